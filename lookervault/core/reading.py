"""The reading of one kind: which units there are, and which comes next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from lookervault.content import Kind, Reads
from lookervault.core import cutting
from lookervault.core.lanes import Lanes
from lookervault.core.roll import Roll
from lookervault.core.rows import Rows
from lookervault.messages import Fetched
from lookervault.records import Row
from lookervault.units import Count, Ids, Part, Span, Unit, Whole

_COUNTING = 10
"""One worker out of so many, at most, counts a part: a row of the census costs a server
some twentieth of an item, so that it is complete when half of the items are read."""


class Terms(msgspec.Struct):
    """What all kinds of a run share."""

    workers: int
    """How many fetchers there are; that may change while the run goes on."""
    batch: int
    """Items a page, at most."""
    accept_deletions: bool
    number: cutting.Number


class Reading:
    """Offers units: pages of the census, what is queued, and spans of the lanes."""

    def __init__(
        self, kind: Kind, parts: Sequence[Part], roll: Roll, terms: Terms
    ) -> None:
        self._kind = kind
        self._reads = kind.reads
        self._roll = roll
        self._terms = terms
        self._queue: deque[Unit] = deque()
        self._queued = 0
        """Items that the queue may bring."""
        self._begun = False
        self._hand: set[int] = set()
        self._lanes = Lanes()
        if self._reads is Reads.WHOLE:
            self._put(Whole(terms.number(), part) for part in parts)
        else:
            guess = self._reads is Reads.SPANS and not roll.has_any
            self._lanes = Lanes(parts, guess=guess)

    # What there is to do

    @property
    def left(self) -> int:
        """Items that are known to lie ahead."""
        if self._begun and self._reads is not Reads.SPANS:
            return self._queued  # What the census has is there, or was.
        return self._queued + self._lanes.left

    @property
    def idle(self) -> bool:
        """Whether nothing is queued or out."""
        return not self._hand and not self._queue

    @property
    def out(self) -> bool:
        """Whether a unit of it is out, or is to be tried again."""
        return bool(self._hand)

    @property
    def counts(self) -> bool:
        """Whether its census is a listing apart, and so can be taken again."""
        return self._lanes.any_open

    @property
    def counted(self) -> bool:
        """Whether each part is counted, or refused."""
        return self._lanes.counted

    @property
    def short(self) -> bool:
        """Whether the census has fewer rows than Looker says there are."""
        return self._lanes.short

    @property
    def seen(self) -> int:
        """How many rows of the census there are so far."""
        return self._lanes.seen

    @property
    def walked(self) -> Rows:
        """The rows of the census so far."""
        return self._lanes.walked

    def count(self) -> Count | None:
        """Return the next page of the census, if one can be asked for now."""
        abreast = max(1, self._terms.workers // _COUNTING)
        found = self._lanes.to_count(abreast if self._kind.listing.sorts else 1)
        if found is None:
            return None
        lane, first = found
        limit = lane.count_page if self._kind.listing.sorts else None
        unit = Count(self._terms.number(), lane.part, first, limit)
        self._hand.add(unit.number)
        return unit

    def offer(self, length: int, *, guess: bool) -> Unit | None:
        """Return the next unit, of *length* items at most, if there is one."""
        unit = self._next() or self._span(length, guess=guess)
        if unit is not None:
            self._hand.add(unit.number)
        return unit

    def _put(self, units: Iterable[Unit]) -> None:
        for unit in units:
            self._queue.append(unit)
            self._queued += cutting.weight(unit)

    def _put_first(self, units: Sequence[Unit]) -> None:
        """Queue pieces before all else: soon one succeeds, or all of it is hopeless."""
        self._queue.extendleft(reversed(units))
        self._queued += sum(map(cutting.weight, units))

    def _next(self) -> Unit | None:
        if not self._queue:
            return None
        unit = self._queue.popleft()
        self._queued -= cutting.weight(unit)
        return unit

    def _span(self, length: int, *, guess: bool) -> Unit | None:
        if self._reads is not Reads.SPANS:
            return None
        span = self._lanes.span(length, self._roll.done, guess=guess)
        return None if span is None else Span(self._terms.number(), *span, length)

    # What has happened

    def back(self, unit: Unit) -> None:
        """*unit* is out no more: it is stored, or was cut up."""
        self._hand.discard(unit.number)

    def took(self, unit: Count, news: Fetched) -> None:
        """A page of the census came in."""
        self._lanes.took(unit, news)

    def recounted(self, rows: Sequence[Row]) -> None:
        """The census is known from an earlier life."""
        self.drop()
        self._lanes.recounted(rows)

    def ended(self, unit: Unit, rows: int) -> None:
        """*unit* brought *rows* items; fewer than it asked for are the end of its part."""
        if isinstance(unit, Span) and (
            unit.last is None or rows < unit.last - unit.first
        ):
            self._lanes.came_short(unit.part)

    # What to do next

    def begin(self) -> None:
        """Queue what reads the rows of the census, but for spans."""
        self._begun = True
        match self._reads:
            case Reads.SINGLE:
                self.singly(self._roll.missing())
            case Reads.FOLDERS:
                missing, number = self._roll.missing(), self._terms.number
                whole, rest = cutting.by_folder(self._kind.name, missing, number)
                self._put(whole)
                self.singly(rest)

    def singly(self, rows: Sequence[Row]) -> None:
        """Queue what reads *rows* by id."""
        self._put(
            cutting.singly(
                self._kind.name,
                rows,
                self._terms.number,
                workers=self._terms.workers,
                witnesses=self._roll.witnesses(),
            )
        )

    def rest(self, unit: Unit) -> None:
        """Queue *unit*: what was handed back of one that had brought something."""
        self._put_first([replace(unit, number=self._terms.number())])

    def again(self, unit: Ids, witnesses: tuple[str, ...]) -> None:
        """Queue *unit* with other witnesses."""
        number = self._terms.number()
        self._put([replace(unit, number=number, witnesses=witnesses)])

    def drop(self) -> None:
        """Ask for nothing of what is queued."""
        self._queue.clear()
        self._queued = 0

    def rewind(self) -> bool:
        """Read by spans what is missing; return whether the kind is read so."""
        if self._reads is not Reads.SPANS:
            return False
        self._lanes.rewind()
        return True

    def recount(self) -> None:
        """Take the census again."""
        self._lanes.recount()

    def cut(self, unit: Unit, *, final: bool) -> bool:
        """Cut up *unit*; return whether that could be done.

        What a span of one row loses is missing from the run, so that it will be
        asked for by id. *final*: smaller pieces would be refused as well.
        """
        number = self._terms.number
        match unit:
            case Ids(ids=ids) if len(ids) > 1:
                witnesses = self._roll.witnesses()
                self._put_first(cutting.halves(unit, number, witnesses=witnesses))
            case Whole(part=Part(folder=str(folder))) if self._kind.by_folder:
                rows = self._roll.missing()
                self.singly([r for r in rows if r.folder == folder and not r.deleted])
            case Whole() if not final:
                # One item may spoil it. Who is there, fewer fields may tell.
                self._reads, self._lanes = Reads.SINGLE, Lanes([unit.part])
            case Span() if not final:
                self._put_first(cutting.pieces(unit, number))
            case Count(limit=int()) if not final:
                return self._lanes.count_less(unit)
            case _:
                return False
        return True

    def hold(self) -> None:
        """Read nothing before its census is there."""
        self._lanes.hold()

    def close(self, part: Part) -> None:
        """Looker refuses *part*: ask for no more of it."""
        self._lanes.close(part)

    def close_all(self) -> None:
        """Ask for no more of the kind."""
        self.drop()
        self._lanes.close_all()

    def open(self, rows: Sequence[Row]) -> list[Row]:
        """Return those of *rows* that lie in no part that Looker refuses."""
        return self._lanes.open(rows)
