"""The roll of one kind: who should be there, and who has been seen."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from itertools import islice

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
        self._stored: set[str] = set()
        self._census: dict[str, Row] = {}
        self._absent: set[str] = set()
        self._doubted: set[str] = set()
        """Witnesses that were gone when they were asked for."""
        self._gaps: dict[str, Gap] = {}
        self._missing = 0

    @property
    def rows(self) -> tuple[Row, ...]:
        """The census."""
        return tuple(self._census.values())

    @property
    def listed(self) -> Container[str]:
        """The ids of the census."""
        return self._census.keys()

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
        self._census = {row.id: row for row in rows}
        self._absent.difference_update(self._census)

    def store(self, rows: Iterable[Row]) -> None:
        """These are on disk."""
        ids = {row.id for row in rows}
        self._stored |= ids
        self._absent -= ids
        for id_ in self._gaps.keys() & ids:
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
        if all(map(self._stored.__contains__, self._census)):
            return []  # As it mostly is, and there may be half a million.
        return [row for row in self._census.values() if not self.done(row)]

    def strangers(self, known: Iterable[str]) -> list[str]:
        """Return which of *known* neither the census nor this life of the run has seen."""
        return [
            id_
            for id_ in known
            if id_ not in self._census and not self._is_settled(id_)
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
            for row in self._census.values()
            if not row.deleted and row.id not in lost
            if row.id in self._stored or row.id in self._earlier
        )
        return tuple(islice(there, _WITNESSES))

    def report(self) -> KindReport:
        """Return how complete the kind is."""
        vanished = sum(map(self._census.__contains__, self._absent))
        failed = len(self._gaps) - self._missing
        there = sum(id_ in self._stored or id_ in self._earlier for id_ in self._census)
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
