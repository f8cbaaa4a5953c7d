"""The reading of one kind: which units there are, and which comes next."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from lookervault.content import Kind, Reads
from lookervault.core import cutting
from lookervault.core.lane import Lane
from lookervault.core.roll import Roll
from lookervault.messages import Fetched
from lookervault.records import Row
from lookervault.units import Count, Ids, Part, Span, Unit, Whole


class Terms(msgspec.Struct, frozen=True):
    """What all kinds of a run share."""

    workers: int
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
        self._roll = roll
        self._terms = terms
        self._queue: deque[Unit] = deque()
        self._queued = 0
        """Items that the queue may bring."""
        self._begun = False
        self._hand: set[int] = set()
        self._lanes: deque[Lane] = deque()
        if kind.reads is Reads.WHOLE:
            self._put(Whole(terms.number(), part) for part in parts)
        else:
            guess = kind.reads is Reads.SPANS and not roll.has_any
            self._lanes.extend(Lane(part, guess=guess) for part in parts)

    # What there is to do

    @property
    def left(self) -> int:
        """Items that are known to lie ahead."""
        if self._begun and self._kind.reads is not Reads.SPANS:
            return self._queued  # What the census has is there, or was.
        return self._queued + sum(lane.left for lane in self._lanes)

    @property
    def idle(self) -> bool:
        """Whether nothing is queued or out."""
        return not self._hand and not self._queue

    @property
    def counts(self) -> bool:
        """Whether its census is a listing apart, and so can be taken again."""
        return any(not lane.closed for lane in self._lanes)

    @property
    def counted(self) -> bool:
        """Whether each part is counted, or refused."""
        return all(lane.counted for lane in self._lanes)

    @property
    def short(self) -> bool:
        """Whether the census has fewer rows than Looker says there are."""
        return any(
            lane.total is not None and lane.total > len(lane.walk.rows)
            for lane in self._lanes
        )

    @property
    def seen(self) -> int:
        """How many rows of the census there are so far."""
        return sum(len(lane.walk.rows) for lane in self._lanes)

    @property
    def walked(self) -> list[Row]:
        """The rows of the census so far."""
        return [row for lane in self._lanes for row in lane.walk.rows]

    def count(self) -> Count | None:
        """Return the next page of the census, if one can be asked for now."""
        for lane in self._lanes:
            if not lane.counted and not lane.counting:
                lane.counting = True
                limit = lane.count_page if self._kind.listing.sorts else None
                number, first = self._terms.number(), lane.walk.first
                self._hand.add(number)
                return Count(number, lane.part, first, limit)
        return None

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

    def _next(self) -> Unit | None:
        if not self._queue:
            return None
        unit = self._queue.popleft()
        self._queued -= cutting.weight(unit)
        return unit

    def _span(self, length: int, *, guess: bool) -> Unit | None:
        """Take the parts in turn, so that no folder waits for another."""
        if self._kind.reads is not Reads.SPANS:
            return None
        for _ in range(len(self._lanes)):
            lane = self._lanes[0]
            self._lanes.rotate(-1)
            span = lane.next_span(length, self._roll.done, guess=guess)
            if span is not None:
                return Span(self._terms.number(), lane.part, *span, length)
        return None

    # What has happened

    def back(self, unit: Unit) -> None:
        """*unit* is out no more: it is stored, or was cut up."""
        self._hand.discard(unit.number)

    def took(self, unit: Count, news: Fetched) -> None:
        """A page of the census came in."""
        lane = self._lane(unit.part)
        lane.counting = False
        lane.total = lane.total if news.total is None else news.total
        if unit.limit is None:
            lane.walk.took_all(news.rows)
        elif unit.first == lane.walk.first:
            lane.walk.took(news.rows)

    def recounted(self, rows: Sequence[Row]) -> None:
        """The census is known from an earlier life."""
        self._queue.clear()
        self._queued = 0
        for lane in self._lanes:
            lane.walk.took_all([row for row in rows if _lies_in(row, lane.part)])

    def ended(self, unit: Unit, rows: int) -> None:
        """*unit* brought *rows* items; fewer than it asked for are the end of its part."""
        if isinstance(unit, Span) and (
            unit.last is None or rows < unit.last - unit.first
        ):
            self._lane(unit.part).came_short()

    # What to do next

    def begin(self) -> None:
        """Queue what reads the rows of the census, but for spans."""
        self._begun = True
        match self._kind.reads:
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

    def again(self, unit: Ids, witnesses: tuple[str, ...]) -> None:
        """Queue *unit* with other witnesses."""
        number = self._terms.number()
        self._put([replace(unit, number=number, witnesses=witnesses)])

    def drop(self) -> None:
        """Ask for nothing of what is queued."""
        self._queue.clear()

    def rewind(self) -> bool:
        """Read by spans what is missing; return whether the kind is read so."""
        if self._kind.reads is not Reads.SPANS:
            return False
        for lane in self._lanes:
            lane.rewind()
        return True

    def recount(self) -> None:
        """Take the census again."""
        for lane in self._lanes:
            lane.recount()

    def cut(self, unit: Unit, *, final: bool) -> bool:
        """Cut up *unit*; return whether that could be done.

        What a span of one row loses is missing from the run, so that it will be
        asked for by id. *final*: smaller pieces would be refused as well.
        """
        number = self._terms.number
        match unit:
            case Ids(ids=ids) if len(ids) > 1:
                witnesses = self._roll.witnesses()
                self._put(cutting.halves(unit, number, witnesses=witnesses))
            case Whole(part=Part(folder=str(folder))) if self._kind.by_folder:
                rows = self._roll.missing()
                self.singly([r for r in rows if r.folder == folder and not r.deleted])
            case Span() if not final:
                self._put(cutting.pieces(unit, number))
            case Count(limit=int()) if not final:
                return self._lane(unit.part).count_less()
            case _:
                return False
        return True

    def close(self, part: Part) -> None:
        """Looker refuses *part*: ask for no more of it."""
        for lane in self._lanes:
            if lane.part == part:
                lane.closed = True

    def open(self, rows: Sequence[Row]) -> list[Row]:
        """Return those of *rows* that lie in no part that Looker refuses."""
        closed = [lane.part for lane in self._lanes if lane.closed]
        return [r for r in rows if not any(_lies_in(r, part) for part in closed)]

    def _lane(self, part: Part) -> Lane:
        return next(lane for lane in self._lanes if lane.part == part)


def _lies_in(row: Row, part: Part) -> bool:
    return row.deleted == part.trash and part.folder in {None, row.folder}
