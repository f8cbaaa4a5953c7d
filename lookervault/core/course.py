"""What is left to do for one kind: from its census to the proof that all is there.

::

    counting ──▶ reading ──▶ settling ──▶ searching ──▶ done
       ▲            ▲            │
       │            └── missing ─┤
       └── a census grown old ◀──┘

*Counting* and *reading* go side by side where pages can be guessed. *Settling*
fetches what the census has and the run has not, and counts again. *Searching*
asks for what the vault has and the census lacks. Who fetches what, how often
and when is not known here: `Plan` decides that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from lookervault.content import Kind, Reads
from lookervault.core import cutting
from lookervault.core.effects import Bury, Effect, Keep, Recall, Tell
from lookervault.core.lane import Lane
from lookervault.core.roll import Roll
from lookervault.core.sizing import Sizing
from lookervault.errors import Sort
from lookervault.messages import Expected, Fault, Fetched, Gapped, KindDone
from lookervault.records import Census, Gap, Row
from lookervault.units import Count, Ids, Part, Span, Unit, Whole

_OLD = 600.0
"""Seconds after which a census no longer proves that nothing is missing."""

_ROUNDS = 3
"""How often missing items are fetched and counted before they are given up."""

_SHARE = 0.05
"""If more than this share of a kind is missing, pages are cheaper than single
items; if more would go at once, it is not believed."""

_FEW = 20
"""Up to so many, single items it is; and so many may go at once."""

_NOT_FOUND = 404

MISSING = (
    "The vault has it, Looker does not list it, and nothing proves that it is gone."
)
"""The reason of a gap that a second run confirms."""

_CHANGING = Fault(
    Sort.NOT_FOUND, "Looker listed it and did not show it: it kept changing."
)


class Terms(msgspec.Struct, frozen=True):
    """What all courses of a run share."""

    workers: int
    batch: int
    accept_deletions: bool
    number: cutting.Number


class Course:
    """The way of one kind through a run."""

    def __init__(
        self, kind: Kind, parts: Sequence[Part], roll: Roll, terms: Terms
    ) -> None:
        self.kind = kind
        self.roll = roll
        self.done = False
        self.sizing = Sizing(terms.batch)
        self._terms = terms
        self._queue: deque[Unit] = deque()
        self._hand: set[int] = set()
        self._brought: dict[int, tuple[Row, ...]] = {}
        self._lanes: deque[Lane] = deque()
        if kind.reads is Reads.WHOLE:
            self._queue.extend(Whole(terms.number(), part) for part in parts)
        else:
            guess = kind.reads is Reads.SPANS and not roll.has_any
            self._lanes.extend(Lane(part, guess=guess) for part in parts)
        self._round = 0
        self._rounds_left = _ROUNDS
        self._counted_at: float | None = None
        self._stale = False
        self._asked: set[str] = set()
        """Ids that were asked for one by one."""
        self._recalled = False
        self._strangers: list[str] | None = None
        self._believed = terms.accept_deletions

    # What there is to do

    @property
    def left(self) -> int:
        """Items that are known to lie ahead."""
        queued = sum(cutting.weight(unit) for unit in self._queue)
        return queued + sum(lane.left for lane in self._lanes)

    @property
    def idle(self) -> bool:
        """Whether nothing is queued or out."""
        return not self._hand and not self._queue

    @property
    def counted(self) -> bool:
        """Whether its census is complete."""
        return self._counted_at is not None

    @property
    def waits(self) -> bool:
        """Whether it has asked what the vault has, and not heard yet."""
        return self._recalled and self._strangers is None

    def offer(self, length: int, *, guess: bool) -> Unit | None:
        """Return the next unit, of *length* items at most, if there is one."""
        unit = self._count() or self._queued() or self._span(length, guess=guess)
        if unit is not None:
            self._hand.add(unit.number)
        return unit

    def _count(self) -> Unit | None:
        for lane in self._lanes:
            if not lane.counted and not lane.counting:
                lane.counting = True
                limit = lane.count_page if self.kind.listing.sorts else None
                return Count(self._terms.number(), lane.part, lane.walk.first, limit)
        return None

    def _queued(self) -> Unit | None:
        return self._queue.popleft() if self._queue else None

    def _span(self, length: int, *, guess: bool) -> Unit | None:
        if self.kind.reads is not Reads.SPANS:
            return None
        for _ in range(len(self._lanes)):
            lane = self._lanes[0]
            self._lanes.rotate(-1)
            span = lane.next_span(length, self.roll.done, guess=guess)
            if span is not None:
                return Span(self._terms.number(), lane.part, *span, length)
        return None

    # What has happened

    def recounted(self, census: Census) -> None:
        """The run has this census from an earlier life; it is young enough."""
        for lane in self._lanes:
            lane.walk.took_all([row for row in census.rows if _lies_in(row, lane.part)])
        self._queue.clear()
        self.roll.counted(census.rows)
        self._round = census.round
        self._counted_at = census.taken
        self._plan_reading()

    def fetched(self, unit: Unit, news: Fetched, now: float) -> list[Effect]:
        """*unit* came in; but for a page of the census it is not stored yet."""
        if isinstance(unit, Count):
            self._hand.discard(unit.number)
            return self._took(unit, news, now)
        self.sizing.read(rows=len(news.rows), bytes_=news.bytes, seconds=news.seconds)
        self._brought[unit.number] = news.rows
        if isinstance(unit, Span) and _short(unit, len(news.rows)):
            self._lane(unit.part).came_short()
        if isinstance(unit, Ids) and (unit.witnesses or self._believed):
            gone = self.roll.absent(news.absent)
            return [Bury(self.kind.name, gone)] if gone else []
        return []

    def stored(self, unit: Unit, now: float) -> list[Effect]:
        """*unit* is on disk."""
        self._hand.discard(unit.number)
        rows = self._brought.pop(unit.number, ())
        self.roll.store(rows)
        if isinstance(unit, Whole) and self.kind.reads is Reads.WHOLE:
            return self._close(rows, now)
        return []

    def give_up(self, unit: Unit, fault: Fault, *, final: bool) -> list[Effect]:
        """*unit* cannot be had as it is: cut it up, or let it go.

        *final*: Looker refuses it, so that smaller pieces would not help. What a
        span loses here is missing from the run, so that settling asks for it by id.
        """
        self._hand.discard(unit.number)
        number = self._terms.number
        match unit:
            case Ids() if fault.status == _NOT_FOUND:
                self._ask_others(unit)
            case Ids(ids=(id_,)):
                return self._gap(id_, fault)
            case Ids():
                witnesses = self.roll.witnesses()
                self._queue.extend(cutting.halves(unit, number, witnesses=witnesses))
            case Whole(part=Part(folder=str(folder))) if self.kind.by_folder:
                self._singly([r for r in self.roll.missing() if r.folder == folder])
            case Count() if not final and self._lane(unit.part).count_less():
                pass
            case Span() if not final:
                self._queue.extend(cutting.pieces(unit, number))
            case _:
                return self._refused(unit.part, fault)
        return []

    def known(self, ids: Iterable[str], missing_before: frozenset[str]) -> list[Effect]:
        """The vault has these items of the scope; the last run missed *missing_before*.

        What the census lacks may be gone. One by one it is asked for, unless it
        is too much to believe and no earlier run says the same.
        """
        self._strangers = strangers = self.roll.strangers(ids)
        self._believed |= bool(strangers) and missing_before.issuperset(strangers)
        many = max(_FEW, _SHARE * (len(strangers) + len(self.roll.rows)))
        if len(strangers) > many and not self._believed:
            return self._end()
        self._singly([Row(id_) for id_ in strangers])
        return []

    # What comes next

    def settle(self, now: float) -> list[Effect]:
        """Nothing is queued or out: go on to what comes next."""
        if self._strangers is not None:
            return self._end()
        if self._counted_at is None:
            return self._close_or_end(now)
        if self._lanes and (self._stale or now - self._counted_at > _OLD):
            for lane in self._lanes:
                lane.recount()
            return []
        missing = self.roll.missing()
        if missing:
            return self._seek(missing)
        if self.roll.refused:
            return self._end()
        self._recalled = True
        return [Recall(self.kind.name)]

    def _close_or_end(self, now: float) -> list[Effect]:
        """All parts are counted or refused."""
        if any(lane.walk.done for lane in self._lanes):
            return self._close(self._walked(), now)
        return self._end()

    def _took(self, unit: Count, news: Fetched, now: float) -> list[Effect]:
        lane = self._lane(unit.part)
        lane.counting = False
        if unit.limit is None:
            lane.walk.took_all(news.rows)
        elif unit.first == lane.walk.first:
            lane.walk.took(news.rows)
        if all(lane.counted for lane in self._lanes):
            return self._close(self._walked(), now)
        so_far = max(len(self._walked()), news.total or 0)
        return [Tell(Expected(self.kind.name, so_far, exact=False))]

    def _walked(self) -> list[Row]:
        return [row for lane in self._lanes for row in lane.walk.rows]

    def _close(self, rows: Sequence[Row], now: float) -> list[Effect]:
        """The census is complete."""
        self._round += 1
        self._counted_at = now
        self._stale = False
        self.roll.counted(rows)
        self._plan_reading()
        name, census = self.kind.name, Census(self._round, now, self.roll.rows)
        return [Keep(name, census), Tell(Expected(name, len(census.rows), exact=True))]

    def _plan_reading(self) -> None:
        """Queue what reads the rows of the census, but for spans."""
        match self.kind.reads:
            case Reads.SINGLE:
                self._singly(self.roll.missing())
            case Reads.FOLDERS:
                missing, number = self.roll.missing(), self._terms.number
                whole, rest = cutting.by_folder(self.kind.name, missing, number)
                self._queue.extend(whole)
                self._singly(rest)

    def _seek(self, missing: list[Row]) -> list[Effect]:
        """Fetch what is missing, as often as is worth it."""
        if not self._rounds_left:
            return self._last_call(missing)
        self._rounds_left -= 1
        self._stale = True
        many = len(missing) > max(_FEW, _SHARE * len(self.roll.rows))
        if many and self.kind.reads is Reads.SPANS and self._rounds_left:
            for lane in self._lanes:
                lane.rewind()
        else:
            self._singly(missing)
        return []

    def _last_call(self, missing: list[Row]) -> list[Effect]:
        """Let go of what was asked for by id; ask once for what came up since."""
        late = [row for row in missing if row.id not in self._asked]
        self._singly(late)
        gone = [row for row in missing if row.id in self._asked] if not late else []
        return [effect for row in gone for effect in self._gap(row.id, _CHANGING)]

    def _singly(self, rows: Sequence[Row]) -> None:
        self._asked.update(row.id for row in rows)
        self._queue.extend(
            cutting.singly(
                self.kind.name,
                rows,
                self._terms.number,
                workers=self._terms.workers,
                witnesses=self.roll.witnesses(),
            )
        )

    def _ask_others(self, unit: Ids) -> None:
        """The witnesses of *unit* are gone too: ask others, or leave it to a census."""
        self.roll.doubt(unit.witnesses)
        witnesses = self.roll.witnesses()
        if witnesses or self._believed:
            number = self._terms.number()
            self._queue.append(replace(unit, number=number, witnesses=witnesses))
        else:
            self._stale = True

    def _refused(self, part: Part, fault: Fault) -> list[Effect]:
        """Nothing can be had of *part*: that is one gap, not hundreds."""
        for lane in self._lanes:
            if lane.part == part:
                lane.closed = True
        return self._gap("*", fault)

    def _gap(self, id_: str, fault: Fault) -> list[Effect]:
        gap = Gap(self.kind.name, id_, fault.status, fault.reason, fault.excerpt)
        return [Tell(Gapped(gap))] if self.roll.gap(gap) else []

    def _end(self) -> list[Effect]:
        """Say how it went, also of what nothing is proven."""
        self.done = True
        name = self.kind.name
        missing = [
            Gap(name, id_, None, MISSING)
            for id_ in self.roll.strangers(self._strangers or ())
        ]
        self.roll.lacks(missing)
        news = [Tell(Gapped(gap)) for gap in missing]
        return [*news, Tell(KindDone(name, self.roll.report()))]

    def _lane(self, part: Part) -> Lane:
        return next(lane for lane in self._lanes if lane.part == part)


def _short(unit: Span, rows: int) -> bool:
    """Whether *unit* met the end of its listing."""
    return unit.last is None or rows < unit.last - unit.first


def _lies_in(row: Row, part: Part) -> bool:
    return row.deleted == part.trash and part.folder in {None, row.folder}
