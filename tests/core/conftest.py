"""A plan on a bench: a Looker, fetchers and a store around it, and no actor."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from itertools import count

import pytest
from msgspec.structs import replace

from lookervault.content import KINDS
from lookervault.core import effects
from lookervault.core.credit import Credit
from lookervault.core.errand import errand
from lookervault.core.limits import Limits
from lookervault.core.past import recollect
from lookervault.core.plan import Plan
from lookervault.errors import LookerError, Sort
from lookervault.messages import (
    Failed,
    Fault,
    Fence,
    Fetched,
    Lease,
    Returned,
    Steering,
)
from lookervault.records import Run, Scope
from lookervault.testing import FakeLooker, Thing
from lookervault.units import Ids, Marker, brings_items

WALL = 1_700_000_000.0
"""The date at monotonic time 0."""

COMMIT = 0.05
"""Seconds that a unit waits for the store."""

ENDLESS = 20_000
"""Events after which a plan is taken for endless."""

_TROUBLE = (
    Sort.LIMITED,
    Sort.OVERLOADED,
    Sort.TIMED_OUT,
    Sort.UNREACHABLE,
    Sort.MISSHAPEN,
    Sort.TOO_LARGE,
)


DIES = object()
"""The trouble of a fetcher that dies on its unit."""


class Bench:
    """Carries out what a `Plan` wants, in an order and in a time that a test decides.

    *things* is the Looker: `Thing`s by kind. *trouble* takes a `Lease` and
    returns what befalls its fetcher: a `Fault`, `Bench.dies`, or ``None``.
    *seconds* takes a lease and returns how long it is fetched.
    """

    def __init__(
        self,
        things,
        *,
        kinds=(),
        folders=(),
        recursive=False,
        workers=3,
        batch=10,
        cap=10_000,
        earlier=None,
        has=None,
        missed=(),
        budget=64 * 2**20,
        at=0.0,
        trouble=lambda _: None,
        seconds=lambda _: 0.1,
        **limits,
    ):
        self.looker = FakeLooker(things, cap=cap)
        self.now = at
        self.trouble = trouble
        self.seconds = seconds
        self.answer = None
        """Takes a lease and returns its rows, in place of the Looker."""
        self.credit = Credit(budget)
        self.budget = budget
        self.has = has or {}
        """Ids that the vault has, by kind."""
        self.missed = frozenset(missed)
        """Ids that the last run reported as missing."""
        self.leases = {}
        """What each fetcher was told to get, and has not answered yet."""
        self.mail = defaultdict(deque)
        """What each fetcher has told the coordinator, and it has not heard."""
        self.writes = deque()
        """What waits for the store: a lease, and rows."""
        self.delayed = {}
        self.markers = list(earlier.markers) if earlier else []
        self.censuses = dict(earlier.censuses) if earlier else {}
        self.stored = Counter(
            (m.unit.part.kind, r.id) for m in self.markers for r in m.rows
        )
        self.gone = set()
        self.given = []
        """Every lease that was handed out, in order, and when."""
        self.told = []
        self.busy = Counter()
        self.end = None
        self.touched = set()
        self._due = []
        self._ghosts = []
        self._old = []
        self._landed = []
        self._order = count()
        self._fence = Fence(1, earlier.epoch + 1 if earlier else 1)
        self.run_ = Run(
            number=1,
            scope=Scope(tuple(kinds), tuple(folders), recursive),
            started=WALL,
            epoch=self._fence.epoch,
            expansion=earlier.expansion if earlier else None,
        )
        self.expansion = self.run_.expansion
        self.steering = Steering(workers)
        self.cramped = False
        self.receded = 0
        self.plan = Plan(
            self.run_,
            recollect(self.markers, self.censuses),
            Limits(batch=batch, **limits),
            self.steering,
            credit=self.credit,
            began=at,
            now=at,
            wall=WALL + at,
        )
        self.names = [f"fetcher-{n}" for n in range(1, workers + 1)]

    dies = DIES

    @property
    def epoch(self):
        return self._fence.epoch

    # What the plan wants

    def do(self, wanted):
        for effect in wanted:
            self._do(effect)

    def _do(self, effect):  # noqa: C901 - one arm an effect
        match effect:
            case effects.Assign(fetcher, unit, attempt):
                assert fetcher not in self.leases, f"{fetcher} holds two units"
                assert self.end is None, "work is handed out after the end"
                assert len(self.plan._hands._flying) <= self.most, "too many are out"
                lease = Lease(self._fence, unit, attempt)
                self.leases[fetcher] = lease
                self.given.append((self.now, lease))
                self._after(self.seconds(lease), self._fetch, fetcher, lease)
            case effects.Delay(unit, seconds):
                assert unit not in self.delayed
                self.delayed[unit] = seconds
                self._after(seconds, self.due, unit)
            case effects.Tell(news):
                self.told.append(news)
            case effects.Keep(kind, census):
                self.censuses[kind] = census
            case effects.Expand(folders):
                self.expansion = folders
            case effects.Bury(kind, ids):
                self.gone |= {(kind, id_) for id_ in ids}
            case effects.Recall(kind):
                ids = self.has.get(kind, ())
                self.do(self.plan.known(kind, ids, self.missed, self.now))
            case effects.Recede():
                self.receded += 1
            case effects.Finish() | effects.Stop():
                assert self.end is None, "it ends twice"
                self.end = effect

    # What happens

    def start(self):
        for name in self.names:
            self.ready(name)

    def ready(self, fetcher):
        """*fetcher* starts, or has died and starts again."""
        self.leases.pop(fetcher, None)
        self.do(self.plan.ready(fetcher, self.now))

    def serve(self, fetcher, lease):
        """Return what *fetcher* says of *lease*, having told the store before."""
        fault = self.trouble(lease)
        if fault is DIES:
            return None
        news = fault if fault is None else Failed(fetcher, lease, fault)
        news = news or self._ask(fetcher, lease)
        if isinstance(news, Fetched):
            self.busy[fetcher] += news.seconds
            if brings_items(lease.unit):
                self.writes.append((lease, news.rows))
        return news

    def hear(self, news):
        """The coordinator hears of the end of a unit."""
        if isinstance(news, Returned):
            self.do(self.plan.returned(news.fetcher, news.lease, self.now))
        elif isinstance(news, Fetched):
            self.do(self.plan.fetched(news, self.now))
        else:
            self.do(self.plan.failed(news, self.now))

    def store(self, number=1):
        """The store commits the next *number* units."""
        landed = [self.writes.popleft() for _ in range(min(number, len(self.writes)))]
        for lease, rows in landed:
            unit = lease.unit
            self.credit.release((lease.fence.epoch, unit.number, lease.attempt))
            self.markers.append(Marker(self.epoch, unit, rows, WALL + self.now))
            self.stored.update((unit.part.kind, row.id) for row in rows)
        readings = [(lease.unit.number, lease.attempt) for lease, _ in landed]
        self._landed += readings
        self.do(self.plan.stored(readings, self.now))

    def due(self, unit):
        if self.delayed.pop(unit, None) is not None:
            self.do(self.plan.due(unit, self.now))

    def tick(self):
        self.do(self.plan.tick(self.now))

    def _ask(self, fetcher, lease):
        if self.answer is not None:
            rows, seconds = self.answer(lease), self.seconds(lease)
            return Fetched(fetcher, lease, rows, seconds=seconds)
        kind = KINDS[lease.unit.part.kind]
        it, size = errand(kind, lease.unit), 0
        while (request := it.request()) is not None:
            try:
                answer = self.looker.call(request.call, request.parameters, _Watch())
                size += len(answer.body)
                it.take(answer.body)
            except LookerError as error:
                final = _missed(it, error)
                if final is not None:
                    return Failed(fetcher, lease, final)
        rows, absent = tuple(it.rows), tuple(it.absent)
        seconds = self.seconds(lease)
        return Fetched(fetcher, lease, rows, absent, bytes=size, seconds=seconds)

    # In time

    def run(self, *, events=ENDLESS, until=None):
        """Let everything happen in its time, until the plan ends."""
        self.do(self.plan.opening)
        self.start()
        self._after(1.0, self._tick)
        return self.go_on(events=events, until=until)

    def go_on(self, *, events=ENDLESS, until=None):
        for _ in range(events):
            if self.end is not None or (until is not None and until(self)):
                return self.end
            self.now, _, step, *arguments = heapq.heappop(self._due)
            step(*arguments)
            self.check()
        if events == ENDLESS:
            raise AssertionError("the plan does not end")
        return None

    def _after(self, seconds, step, *arguments):
        entry = (self.now + seconds, next(self._order), step, *arguments)
        heapq.heappush(self._due, entry)

    def _fetch(self, fetcher, lease):
        if self.leases.get(fetcher) != lease:
            return
        news = self.serve(fetcher, lease)
        del self.leases[fetcher]
        if news is None:
            self._after(0.1, self.ready, fetcher)
            return
        if isinstance(news, Fetched) and brings_items(lease.unit):
            self._after(COMMIT, self.store)
        self.hear(news)

    def _tick(self):
        self.tick()
        self._after(1.0, self._tick)

    # In any order

    def shake(self, chance, *, troubles=0, deaths=0, changes=0, whims=0):
        """Let things happen in any order that *chance* makes up, until the plan ends."""
        self.do(self.plan.opening)
        for name in self.names:
            self.mail[name].append(None)
        left = Counter(trouble=troubles, death=deaths, change=changes, whim=whims)
        for _ in range(ENDLESS):
            if self.end is not None:
                return self.end
            self.step(chance, left)
        raise AssertionError("the plan does not end")

    def step(self, chance, left):
        self.now += chance.choice([0.0, 0.01, 1.0])
        chance.choice(self._steps(left))(chance, left)
        self.check()

    def _steps(self, left):
        steps = [self._late, lambda *_: self.tick()]
        steps += [self._serve_one] * 4 * bool(self.leases)
        steps += [self._hear_one] * 4 * any(self.mail.values())
        steps += [self._store_some] * 2 * bool(self.writes)
        steps += [self._due_one] * 2 * bool(self.delayed)
        steps += [self._die] * bool(left["death"])
        steps += [self._ghost] * bool(self._ghosts)
        steps += [self._change] * bool(left["change"])
        steps += [self._whim] * bool(left["whim"])
        return steps

    def _whim(self, chance, left):
        """The owner changes his mind, or memory does; the last whim lets it go on."""
        left["whim"] -= 1
        match chance.randrange(3) if left["whim"] else None:
            case 0:
                self.steer(paused=not self.steering.paused)
            case 1:
                self.steer(workers=chance.randrange(1, 7))
            case 2:
                self.weighed(over=not self.cramped)
            case None:
                self.weighed(over=False)
                self.steer(paused=False)

    def steer(self, **changes):
        """The owner sets how it goes on; new fetchers start."""
        self.steering = replace(self.steering, **changes)
        for n in range(len(self.names) + 1, self.steering.workers + 1):
            self.names.append(f"fetcher-{n}")
            self.mail[self.names[-1]].append(None)
        self.do(self.plan.steer(self.steering, self.now))

    def weighed(self, *, over):
        self.cramped = over
        self.do(self.plan.weighed(self.now, over=over))

    @property
    def most(self):
        """How many units may be out."""
        if self.steering.paused:
            return 0
        return 1 if self.cramped else self.steering.workers

    def _serve_one(self, chance, left):
        fetcher = chance.choice(list(self.leases))
        lease = self.leases.pop(fetcher)
        if left["whim"] and chance.random() < 0.3:
            self._hand_back(chance, fetcher, lease)
            return
        if left["trouble"] and chance.random() < 0.3:
            left["trouble"] -= 1
            fault = Fault(chance.choice(_TROUBLE), "made up")
            news = Failed(fetcher, lease, fault)
        else:
            news = self.serve(fetcher, lease)
        self.mail[fetcher].append(news)

    def _hand_back(self, chance, fetcher, lease):
        """Whoever waited for its turn gives the unit back, or what is left of it."""
        if isinstance(lease.unit, Ids) and len(lease.unit.ids) > 1:
            kept = chance.randrange(1, len(lease.unit.ids))
            half = replace(lease.unit, ids=lease.unit.ids[:kept])
            news = self.serve(fetcher, Lease(lease.fence, half, lease.attempt))
            rest = replace(lease.unit, ids=lease.unit.ids[kept:])
            if isinstance(news, Fetched) and news.rows:
                self.writes[-1] = (lease, news.rows)
                self.mail[fetcher].append(replace(news, lease=lease, left=rest))
                return
            if isinstance(news, Fetched):
                self.writes.pop()
        self.mail[fetcher].append(Returned(fetcher, lease))

    def _hear_one(self, chance, _left):
        fetcher = chance.choice([name for name, mail in self.mail.items() if mail])
        news = self.mail[fetcher].popleft()
        if news is None:
            self.ready(fetcher)
        else:
            self._old.append(news)
            self.hear(news)

    def _store_some(self, chance, _left):
        self.store(chance.randrange(1, 4))

    def _due_one(self, chance, _left):
        self.due(chance.choice(list(self.delayed)))

    def _die(self, chance, left):
        """A fetcher dies, or is left behind and goes on as a ghost."""
        left["death"] -= 1
        fetcher = chance.choice(self.names)
        lease = self.leases.pop(fetcher, None)
        if lease is not None and chance.random() < 0.7:
            self._ghosts.append((fetcher, lease))
        self.mail[fetcher].append(None)

    def _ghost(self, chance, _left):
        """What was left behind says one thing more."""
        fetcher, lease = self._ghosts.pop(chance.randrange(len(self._ghosts)))
        if chance.random() < 0.2:
            self.do(self.plan.returned(fetcher, lease, self.now))
            return
        news = self.serve(fetcher, lease)
        self._old.append(news)
        self.hear(news)

    def _late(self, chance, _left):
        """Something comes twice, or long after."""
        match chance.randrange(3):
            case 0 if self._old:
                self.hear(chance.choice(self._old))
            case 1:
                number = chance.randrange(50)
                self.delayed.pop(number, None)
                self.do(self.plan.due(number, self.now))
            case 2 if self._landed:
                self.do(self.plan.stored([chance.choice(self._landed)], self.now))

    def _change(self, chance, left):
        left["change"] -= 1
        kind = chance.choice([name for name in self.looker.things if name != "folders"])
        ids = list(self.looker.things[kind])
        if not ids or chance.random() < 0.2:
            id_ = str(1000 + left["change"])
            self.looker.put(kind, Thing(f"m::{id_}" if kind == "explores" else id_))
            return
        id_ = chance.choice(ids)
        self.touched.add((kind, id_))
        chance.choice([self.looker.delete, self.looker.update])(kind, id_)

    # What must hold

    def check(self):
        """A unit is in one place, and what is out is somewhere."""
        hands = self.plan._hands
        out = [unit.number for unit in hands._again]
        out += [unit.number for unit, _ in hands._flying.values()]
        out += [unit.number for unit, _ in hands._landing.values()]
        out += list(hands._delayed)
        assert len(out) == len(set(out)), f"a unit is in two places: {sorted(out)}"
        readings = [c.reading for c in self.plan._agenda._courses.values()]
        queued = [unit.number for reading in readings for unit in reading._queue]
        assert len(queued) == len(set(queued))
        assert not set(out) & set(queued)
        courses = self.plan._agenda._courses.values()
        done = [c for c in courses if c.done and not c.roll.refused]
        assert not any(c.reading.open(c.roll.missing()) for c in done)
        known = {number for reading in readings for number in reading._hand}
        extra = {
            unit.number
            for unit in (self.plan._probe.unit, self.plan._agenda.map)
            if unit
        }
        assert known == set(out) - extra, "a unit is lost"
        assert self.credit.in_hand <= self.budget or len(self.credit._held) == 1

    def check_end(self):
        """Every id of the census is stored, gone or a gap."""
        gaps = {(gap.kind, gap.id) for gap in self.plan.gaps}
        for kind, census in self.censuses.items():
            if (kind, "*") in gaps:
                continue
            for row in census.rows:
                it = kind, row.id
                assert self.stored[it] or it in self.gone or it in gaps, f"{it} is lost"
        assert not self.plan._hands.in_flight
        assert not self.credit._held, "credit is not given back"

    # For short

    def ids(self, kind):
        """Return the ids of *kind* that are stored."""
        return {id_ for name, id_ in self.stored if name == kind}

    def units(self, sort, kind=None):
        """Return the units of one sort that were handed out, in order."""
        return [
            lease.unit
            for _, lease in self.given
            if isinstance(lease.unit, sort) and kind in {None, lease.unit.part.kind}
        ]

    def news(self, sort):
        return [news for news in self.told if isinstance(news, sort)]


class _Watch:
    def beat(self):
        pass

    def more(self, size):
        pass


def _missed(it, error):
    if error.sort is Sort.NOT_FOUND:
        try:
            it.missed(error)
        except LookerError as final:
            error = final
        else:
            return None
    return Fault(error.sort, error.reason, error.status)


@pytest.fixture(scope="session")
def bench():
    """The bench itself: give it a Looker."""
    return Bench
