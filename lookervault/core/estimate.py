"""How many calls a run will take, by letting its own mind plan it.

The plan of the run is asked what it would fetch from a Looker that holds what was
counted, and that answers everything at once. So the number cannot disagree with
what a run does: both come from `Plan`.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import assert_never

import msgspec

from lookervault.content import KINDS, Kind, Reads
from lookervault.core.credit import Credit
from lookervault.core.effects import Assign, Effect, Recall
from lookervault.core.lane import COUNT_PAGE
from lookervault.core.limits import Limits
from lookervault.core.past import Past
from lookervault.core.plan import Plan
from lookervault.core.sizing import Sizing
from lookervault.messages import Fence, Fetched, Lease, Steering
from lookervault.records import Row, Run
from lookervault.units import Count, Ids, Part, Span, Unit, Whole

AROUND = 4
"""Calls of every run beside those of its plan: the login, who that is, Looker's
version, and the log-out."""

_ROOTS = 10
"""Folders that are looked for before a run, at most."""

_PLANNED = 20_000
"""Rows of a part that are planned one by one; more of them are a matter of division."""

_FULL = 4
"""Ticks that a call for items takes, if one for a page of ids takes 1."""

_LAVISH = 2**60
"""Bytes in hand, at most: memory decides when a call is made, not whether."""


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What Looker has of one kind, as far as was counted."""

    rows: Mapping[Part, Sequence[Row]]
    """Of each part of its listing; what lies in no part is left out."""
    more: Mapping[Part, int] = {}
    """Items that `rows` lacks, of which only the number is known."""
    size: float = 0.0
    """Bytes of an item, about. 0: not known."""
    cap: int = COUNT_PAGE
    """Rows that Looker gives a page, at most, whatever is asked for."""

    @property
    def items(self) -> int:
        """How many there are."""
        return sum(map(len, self.rows.values())) + sum(self.more.values())


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a run will take if nothing fails and nothing changes meanwhile."""

    calls: int
    """All, the login included."""
    kinds: Mapping[str, int]
    """Of those, by kind."""
    folders: tuple[str, ...]
    """What the scope comes to; empty: everywhere."""


def counted(part: Part, number: int, *, size: float = 0.0) -> Holding:
    """Return what is held if all that is known of *part* is that it has *number* items."""
    known = min(number, _PLANNED)
    rows = [Row(str(n)) for n in range(known)]
    return Holding(rows={part: rows}, more={part: number - known}, size=size)


def estimate(
    run: Run,
    past: Mapping[str, Past],
    held: Mapping[str, Holding],
    limits: Limits,
    *,
    workers: int,
    wall: float,
) -> Estimate:
    """Return what *run*, of which *past* is known, will take of a Looker that has *held*.

    A kind that is not in *held* is refused, or not known: it is taken for empty. What
    is gone since the last run is not in it, nor what fails, nor the second census of
    a run that takes longer than ten minutes. *wall* is the time by the calendar.
    """
    plan = Plan(
        run,
        past,
        limits,
        Steering(workers),
        credit=Credit(_LAVISH),
        began=0.0,
        now=0.0,
        wall=wall,
    )
    calls = _Rehearsal(plan, run, held).calls(workers)
    for kind in calls:
        calls[kind] += _beyond(held.get(kind), limits.batch)
    # Before the vault is made, folders that were named are looked for.
    roots = min(len(run.scope.folders), _ROOTS)
    total = AROUND + roots + sum(calls.values())
    return Estimate(calls=total, kinds=dict(calls), folders=plan.folders)


def _beyond(holding: Holding | None, batch: int) -> int:
    """Return the calls for what was not planned: its pages, and those of its census."""
    if holding is None:
        return 0
    sizing = Sizing(batch)
    sizing.read(rows=1, bytes_=round(holding.size), seconds=0.0)
    each = (min(sizing.page, holding.cap), holding.cap - 1)
    return sum(-(-more // page) for more in holding.more.values() for page in each)


class _Rehearsal:
    """Plays a Looker and the fetchers to a plan."""

    def __init__(self, plan: Plan, run: Run, held: Mapping[str, Holding]) -> None:
        self._plan = plan
        self._fence = Fence(run.number, run.epoch)
        self._shelves = {kind: _Shelf(KINDS[kind], held.get(kind)) for kind in KINDS}
        self._order = count()
        self._out: list[tuple[int, int, Fetched]] = []
        """A heap: when it ends, in which order it began, what it brings."""
        self._calls: Counter[str] = Counter()

    def calls(self, workers: int) -> Counter[str]:
        """Let the plan come to its end; return the calls by kind."""
        for number in range(1, workers + 1):
            self._do(self._plan.ready(f"fetcher-{number}", 0.0), 0)
        while self._out:
            tick, _, news = heapq.heappop(self._out)
            self._do(self._plan.fetched(news, 0.0), tick)
            stored = [(news.lease.unit.number, news.lease.attempt)]
            self._do(self._plan.stored(stored, 0.0), tick)
        return self._calls

    def _do(self, effects: Iterable[Effect], tick: int) -> None:
        for effect in effects:
            match effect:
                case Assign():
                    self._send(effect, tick)
                case Recall(kind):
                    # What is gone since is asked for by id; nobody can tell how much.
                    self._do(self._plan.known(kind, (), frozenset(), 0.0), tick)

    def _send(self, assign: Assign, tick: int) -> None:
        unit = assign.unit
        shelf = self._shelves[unit.part.kind]
        rows, calls = shelf.answer(unit)
        self._calls[unit.part.kind] += calls
        light = isinstance(unit, Count)
        news = Fetched(
            assign.fetcher,
            Lease(self._fence, unit, assign.attempt),
            rows,
            pages=calls,
            bytes=0 if light else round(len(rows) * shelf.size),
        )
        end = tick + (1 if light else calls * _FULL)
        heapq.heappush(self._out, (end, next(self._order), news))


class _Shelf:
    """What Looker has of one kind, ready to be asked for."""

    def __init__(self, kind: Kind, holding: Holding | None) -> None:
        holding = holding or Holding(rows={})
        self.size = holding.size
        self._cap = holding.cap
        self._listed = holding.rows
        self._by_id: dict[str, Row] = {}
        self._inside: defaultdict[str | None, list[Row]] = defaultdict(list)
        """By folder, for kinds that are read so."""
        everything = [row for rows in holding.rows.values() for row in rows]
        if kind.reads is not Reads.WHOLE:
            self._by_id = {row.id: row for row in everything}
        if kind.by_folder:
            for row in everything:
                self._inside[None if row.deleted else row.folder].append(row)

    def answer(self, unit: Unit) -> tuple[tuple[Row, ...], int]:
        """Return the rows of *unit*, and how many calls bring them."""
        listed = self._listed.get(unit.part, ())
        match unit:
            case Count(first=first, limit=limit):
                end = len(listed) if limit is None else first + min(limit, self._cap)
                return tuple(listed[first:end]), 1
            case Span(first=first, last=last, page=page):
                rows = tuple(listed[first:last])
                full = last is not None and len(rows) == last - first
                # Else an empty page shows that there is no more.
                return rows, -(-len(rows) // min(page, self._cap)) + (not full)
            case Whole(part=Part(folder=folder)):
                inside = listed if folder is None else self._inside[folder]
                return tuple(inside), 1
            case Ids(ids=ids):
                found = (self._by_id.get(id_) for id_ in ids)
                return tuple(row for row in found if row is not None), len(ids)
            case _:
                assert_never(unit)
