"""The roll of one kind: who should be there, and who has been seen."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import islice

from lookervault.core.ids import Ids
from lookervault.core.rows import Rows
from lookervault.records import Gap, KindReport, Row

_WITNESSES = 3
"""Enough that not all of them vanish in the moment between two requests."""

_DOUBTED = 9
"""So many gone witnesses are no accident: this login lost a permission."""


class Roll:
    """Joins the census of a kind with what the run has stored of it."""

    def __init__(self, kind: str, earlier: Mapping[str, Row]) -> None:
        self._kind = kind
        self._earlier = dict(earlier)
        """Stored by this run before the present census; may have changed since."""
        self._stored = Ids()
        self._both: int | None = 0
        """How many of them the census lists; ``None``: to be counted again."""
        self._census = Rows()
        self._absent: set[str] = set()
        self._doubted: set[str] = set()
        """Witnesses that were gone when they were asked for."""
        self._gaps: dict[str, Gap] = {}
        self._missing = 0

    @property
    def rows(self) -> Sequence[Row]:
        """The census."""
        return self._census

    @property
    def listed(self) -> Container[str]:
        """The ids of the census."""
        return self._census.ids

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read."""
        return tuple(self._gaps.values())

    @property
    def any_stored(self) -> bool:
        """Whether something of the kind is stored."""
        return bool(self._stored or self._earlier)

    @property
    def has_any(self) -> bool:
        """Whether the run had stored something when this coordinator started."""
        return bool(self._earlier)

    def counted(self, rows: Iterable[Row]) -> None:
        """A new census replaces the last one. What it lists again is not gone."""
        self._census = rows if isinstance(rows, Rows) else Rows(rows)
        self._both = None
        self._absent = {id_ for id_ in self._absent if id_ not in self._census.ids}

    def store(self, rows: Iterable[Row]) -> None:
        """These are on disk."""
        ids = [row.id for row in rows]
        self._stored.add(ids)
        self._both = None
        self._absent.difference_update(ids)
        for id_ in self._gaps.keys() & ids if self._gaps else ():
            del self._gaps[id_]

    def absent(self, ids: Iterable[str]) -> tuple[str, ...]:
        """There is evidence that these are gone. Return those the run has not stored."""
        news = tuple(id_ for id_ in ids if id_ not in self._stored)
        self._absent.update(news)
        return news

    @property
    def gone(self) -> tuple[str, ...]:
        """What is not there any more, by evidence."""
        return tuple(sorted(self._absent))

    @property
    def refused(self) -> bool:
        """Whether Looker refuses the kind, or a part of it."""
        return "*" in self._gaps

    def gap(self, gap: Gap) -> bool:
        """Give an item up. Return whether that is news."""
        news = gap.id not in self._gaps
        self._gaps.setdefault(gap.id, gap)
        return news

    def lacks(self, gaps: Iterable[Gap]) -> None:
        """The vault has these, the census lacks them, and nothing is proven."""
        for gap in gaps:
            self._gaps[gap.id] = gap
            self._missing += 1

    def done(self, row: Row) -> bool:
        """Whether nothing is left to do about *row* of the census."""
        return self._is_settled(row.id) or self._is_as_before(row)

    def _is_settled(self, id_: str) -> bool:
        return id_ in self._stored or id_ in self._absent or id_ in self._gaps

    def _is_as_before(self, row: Row) -> bool:
        before = self._earlier.get(row.id)
        return before is not None and unchanged(row, before)

    def missing(self) -> list[Row]:
        """Return the rows of the census that are not done."""
        if self._listed_and_stored() == len(self._census):
            return []  # As it mostly is, and there may be half a million.
        return [row for row in self._census if not self.done(row)]

    def _listed_and_stored(self) -> int:
        if self._both is None:
            self._both = self._stored.common(self._census.ids)
        return self._both

    def strangers(self, known: Iterable[str]) -> list[str]:
        """Return which of *known* neither the census nor this life of the run has seen."""
        return [
            id_
            for id_ in known
            if id_ not in self._census.ids and not self._is_settled(id_)
        ]

    def doubt(self, witnesses: Iterable[str]) -> None:
        """These could not be read any more: do not call them again."""
        self._doubted.update(witnesses)

    def witnesses(self) -> tuple[str, ...]:
        """Return a few items that can be read: present, and stored by this run."""
        if len(self._doubted) >= _DOUBTED:
            return ()
        lost = self._absent | self._doubted
        there = (
            row.id
            for row in self._census
            if not row.deleted and row.id not in lost
            if row.id in self._stored or row.id in self._earlier
        )
        return tuple(islice(there, _WITNESSES))

    def report(self) -> KindReport:
        """Return how complete the kind is."""
        listed = self._census.ids
        vanished = sum(id_ in listed for id_ in self._absent)
        failed = len(self._gaps) - self._missing
        before = (id_ for id_ in self._earlier if id_ not in self._stored)
        there = self._listed_and_stored() + sum(id_ in listed for id_ in before)
        return KindReport(
            expected=len(self._census),
            stored=there,
            failed=failed,
            vanished=vanished,
            missing=self._missing,
            complete=not failed and not self.missing(),
        )


def unchanged(row: Row, before: Row) -> bool:
    """Whether *row* of a census says nothing new of an item stored as *before*."""
    return (
        row.updated_at in {None, before.updated_at}
        and row.deleted == before.deleted
        and row.folder in {None, before.folder}
    )
