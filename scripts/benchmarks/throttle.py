"""Drives the throttle's mind against hidden limits, in simulated time.

Every figure follows from the seeds alone. The mind is driven as the actor drives it: it
is told what is asked and answered, and looked at when it wants to be.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from lookervault.core.crowd import Crowd
from lookervault.core.learned import Learned
from lookervault.core.pace import Pace
from lookervault.messages import Answered, Ask, Outcome
from lookervault.simulator.limits import Bucket, Fixed, Limiter, Sliding

JITTER = 0.002
"""Mean of the seconds from a send to the server, exponential: threads that wake
late, and a network."""

SPREAD = 0.3
"""Sigma of the latency, which is lognormal."""

GIVE_UP = 5.0
"""A run that takes so many times the ideal is cut off there."""

QUICK, SLOW = 0.05, 2.0
"""Seconds that requests of two kinds take, in runs that have both."""

PHASE = 400
"""Requests of one kind in a row."""

PAGES = 10
"""Times what the first page takes that the last one takes."""

MEASURED = 30.0
"""Seconds, and at least a hundred requests, that are measured after a change."""

SHORT = (
    ("bucket", 0.2),
    ("bucket", 1.0),
    ("bucket", 5.0),
    ("fixed", 1.0),
    ("sliding", 1.0),
)
"""Kind of limit, and seconds of its burst or window."""

LONG = (("fixed", 10.0), ("fixed", 60.0), ("sliding", 10.0), ("sliding", 60.0))

RATES = (5, 10, 50, 200)
WORKERS = (8, 16, 50)
LATENCIES = (0.05, 0.2, 2.0)
DELAYS = (0.01, 0.05, 0.1)


class Cell(NamedTuple):
    """One server and one client."""

    model: str
    size: float
    """Seconds of burst (bucket) or of the window."""
    rate: float
    workers: int
    latency: float
    delay: float
    """Seconds from a request's arrival until its refusal is seen."""
    told: bool
    """Whether there is a Retry-After, in whole seconds, rounded up."""
    seed: int
    factor: float = 1.0
    """What the limit is multiplied with in the middle of the run."""
    crowd: int | None = None
    """Requests in flight beyond which the server is overloaded."""
    slows: bool = False
    """Whether it then takes longer, in proportion; else it answers 503."""
    spread: float = SPREAD
    """Sigma of the latency, which is lognormal."""
    kinds: str = "alike"
    """What the requests have to do with each other; see `Work`."""
    errors: float = 0.0
    """Share of requests that are answered 503 whatever is in flight."""

    @property
    def requests(self) -> int:
        by_rate = max(1000, round(60 * self.rate)) if self.rate < math.inf else 0
        return by_rate if by_rate and self.crowd is None else max(3000, by_rate)

    @property
    def hands(self) -> int:
        """Requests in flight at most."""
        return min(self.workers, self.crowd or self.workers)

    @property
    def mean_latency(self) -> float:
        times = {"alike": 1.0, "pages": (1 + PAGES) / 2}.get(self.kinds)
        latency = (QUICK + SLOW) / 2 if times is None else times * self.latency
        return latency * math.exp(self.spread**2 / 2) + JITTER

    @property
    def ideal(self) -> float:
        """Seconds that the limit or the workers allow, whichever is more."""
        burst = max(1.0, self.size * self.rate) if self.model == "bucket" else 0.0
        by_limit = (self.requests - burst) / self.rate if self.rate < math.inf else 0.0
        return max(by_limit, self.requests * self.mean_latency / self.hands)

    @property
    def unlimited(self) -> bool:
        """Whether there is nothing to be found."""
        return self.rate == math.inf and self.crowd is None

    @property
    def binds(self) -> bool:
        """Whether the limit is what bounds the run, not the workers."""
        return 1 / self.rate > self.mean_latency / self.hands

    def __str__(self) -> str:
        words = [
            f"{self.model} {self.size:g} s",
            f"{self.rate:g}/s",
            f"{self.workers} workers",
            f"latency {self.latency:g} s",
            f"refused after {1000 * self.delay:g} ms",
        ]
        words += ["Retry-After"] * self.told
        words += [f"spread {self.spread:g}"] * (self.spread != SPREAD)
        words += [f"kinds {self.kinds}"] * (self.kinds != "alike")
        words += [f"{100 * self.errors:g} % errors"] * (self.errors > 0)
        if self.factor != 1:
            words.append(f"limit x {self.factor:g}")
        if self.crowd is not None:
            words.append(f"{'slows' if self.slows else '503'} above {self.crowd}")
        return ", ".join([*words, f"seed {self.seed}"])


class Result(NamedTuple):
    """How a run went."""

    cell: Cell
    overhead: float
    refusals: float
    """Refused, as a share of accepted."""
    held: float
    """Accepted after the change, as a share of the new limit; 0: no change."""
    crowd: float
    """Mean number in flight over the second half."""


class Work:
    """How long the server takes for one request after the other, if it has room.

    ``alike``: each is the same but for its spread; ``mixed``: each is quick or slow;
    ``phases``: some hundreds of quick ones, as many slow ones, and so on; ``pages``:
    ever larger ones, then small ones again. The order of requests alone decides, so
    that two minds have the same work to do.
    """

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._chance = random.Random(-cell.seed - 1)  # noqa: S311 - no secret, but a seed
        self._done = 0

    def next(self) -> float:
        """Return the seconds that the next request takes."""
        cell, done = self._cell, self._done
        self._done += 1
        latency = cell.latency
        if cell.kinds == "mixed":
            latency = self._chance.choice((QUICK, SLOW))
        elif cell.kinds == "phases":
            latency = (QUICK, SLOW)[done // PHASE % 2]
        elif cell.kinds == "pages":
            latency *= 1 + (PAGES - 1) * (done % PHASE) / PHASE
        return latency * self._chance.lognormvariate(0, cell.spread)


class Boundless(Crowd):
    """A bound on the number in flight that bounds nothing."""

    def full(self, flying: int) -> bool:  # noqa: ARG002 - whatever it is
        return False


class Uncrowded(Pace):
    """The mind without its second control."""

    def __init__(self) -> None:
        super().__init__(Learned())
        self._crowd = Boundless()


class Hidden:
    """The limit of a cell, with its phase and its change."""

    def __init__(self, cell: Cell) -> None:
        self._cell = cell
        self._limiter = self._make(1.0)
        self._changed = cell.factor == 1.0
        self._phase = random.Random(cell.seed).random() * cell.size  # noqa: S311 - no secret, but a seed

    def admit(self, now: float) -> float:
        if not self._changed and now >= change_at(self._cell):
            self._changed = True
            self._limiter = self._make(self._cell.factor)
        return self._limiter.admit(now + self._phase)

    def _make(self, factor: float) -> Limiter:
        cell, rate = self._cell, self._cell.rate * factor
        if rate == math.inf:
            return Bucket(1e9, 1e9)
        if cell.model == "bucket":
            return Bucket(rate, rate * cell.size)
        quota = max(1, int(rate * cell.size + 1e-9))
        return (Fixed if cell.model == "fixed" else Sliding)(quota, cell.size)


def change_at(cell: Cell) -> float:
    """When the limit changes: long after the start."""
    return max(40.0, 400 / cell.rate)


def settled_at(cell: Cell) -> float:
    """When the pace must have followed a change."""
    rate = cell.rate * cell.factor
    burst = cell.size if cell.model == "bucket" else 1.0
    seconds = max(20.0 + 2 * burst, 400 / rate)
    return change_at(cell) + seconds * (1 if cell.factor < 1 else 2)


def allowed(cell: Cell) -> float:
    """Requests a second that the limit admits after its change; windows count whole."""
    rate = cell.rate * cell.factor
    whole = int(rate * cell.size + 1e-9) / cell.size
    return rate if cell.model == "bucket" else whole


class World:
    """A server, its clients and one mind: an event loop in simulated time."""

    def __init__(self, cell: Cell, pace: Pace) -> None:
        self._cell = cell
        self._pace = pace
        self._work = Work(cell)
        self._chance = random.Random(cell.seed)  # noqa: S311 - no secret, but a seed
        self._limit = Hidden(cell)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._turn = math.inf
        self._flying = 0
        self._crowds: list[tuple[float, int]] = []
        self._now = 0.0
        self._first: float | None = None
        self._last = 0.0
        self._left = cell.requests if cell.factor == 1.0 else 10**9
        self._refused = 0
        self._accepted: list[float] = []

    def run(self) -> Result:
        """Live until all is fetched, or it takes too long."""
        cell = self._cell
        until = cell.ideal * GIVE_UP
        if cell.factor != 1.0:
            until = settled_at(cell) + max(MEASURED, 100 / cell.rate)
        for n in range(cell.workers):
            self._at(self._chance.random() * 0.01, partial(self._ask, str(n)))
        while self._events:
            self._now, _, happen = heapq.heappop(self._events)
            if self._now > until:
                break
            happen()
            self._grant()
        return self._result(until)

    def _result(self, until: float) -> Result:
        cell = self._cell
        done = len(self._accepted) >= cell.requests
        took = (self._last if done else until) - (self._first or 0.0)
        held = 0.0
        if cell.factor != 1.0:
            since = settled_at(cell)
            after = sum(since <= at for at in self._accepted)
            held = after / (allowed(cell) * (until - since))
        late = [n for at, n in self._crowds if at > self._now / 2]
        return Result(
            cell,
            took / cell.ideal - 1,
            self._refused / max(1, len(self._accepted)),
            held,
            statistics.fmean(late) if late else 0.0,
        )

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), happen))

    def _ask(self, name: str) -> None:
        if self._left > 0:
            self._left -= 1
            self._pace.asked(Ask(name, next(self._numbers)), self._now)

    def _grant(self) -> None:
        pace, now = self._pace, self._now
        if not pace.waiting:
            return
        for ask in pace.grants(now):
            self._first = now if self._first is None else self._first
            arrival = now + self._chance.expovariate(1 / JITTER)
            self._at(arrival, partial(self._arrived, ask, now))
        at = pace.next_at(now)
        if at is not None and at < self._turn:
            self._turn = at
            self._at(max(at, now + 1e-6), self._turned)

    def _turned(self) -> None:
        self._turn = math.inf

    def _arrived(self, ask: Ask, sent: float) -> None:
        """The request meets the server."""
        cell = self._cell
        over = cell.crowd is not None and self._flying >= cell.crowd
        failed = cell.errors > 0 and self._chance.random() < cell.errors
        if failed or (over and not cell.slows):
            self._answer_in(cell.delay, ask, Outcome.OVERLOADED, sent)
            return
        wait = self._limit.admit(self._now)
        if wait:
            said = float(math.ceil(wait)) if cell.told else None
            self._answer_in(cell.delay, ask, Outcome.REFUSED, sent, said)
            return
        self._flying += 1
        self._crowds.append((self._now, self._flying))
        self._accepted.append(self._now)
        latency = self._work.next()
        if over:
            latency *= self._flying / (cell.crowd or 1)
        self._answer_in(latency, ask, Outcome.OK, sent)

    def _answer_in(
        self,
        after: float,
        ask: Ask,
        outcome: Outcome,
        sent: float,
        wait: float | None = None,
    ) -> None:
        self._at(self._now + after, lambda: self._answer(ask, outcome, sent, wait))

    def _answer(
        self, ask: Ask, outcome: Outcome, sent: float, wait: float | None
    ) -> None:
        if outcome is Outcome.OK:
            self._flying -= 1
            self._last = self._now
        else:
            self._refused += 1
            self._left += 1
        news = Answered(ask.fetcher, ask.ask, outcome, self._now - sent, wait)
        self._pace.answered(news, self._now)
        self._ask(ask.fetcher)


def result(cell: Cell) -> Result:
    """Run *cell* with a mind that knows nothing yet.

    Where there is nothing to be found, overhead is against the mind without this control.
    """
    found = World(cell, Pace(Learned())).run()
    if not cell.unlimited:
        return found
    free = World(cell, Uncrowded()).run()
    return found._replace(overhead=(1 + found.overhead) / (1 + free.overhead) - 1)


# The grid


def steady(seeds: Sequence[int], sizes: Iterable[tuple[str, float]]) -> Iterator[Cell]:
    """All cells whose limit stays as it is, or in which the workers are too few."""
    for seed, (model, size), rate, workers, latency, delay, told in itertools.product(
        seeds, sizes, RATES, WORKERS, LATENCIES, DELAYS, (False, True)
    ):
        yield Cell(model, size, rate, workers, latency, delay, told, seed)


def changing(seeds: Sequence[int], factor: float) -> Iterator[Cell]:
    """Limits that change in the middle; no Retry-After."""
    for seed, (model, size), rate, delay in itertools.product(
        seeds, SHORT, RATES, DELAYS
    ):
        yield Cell(
            model, size, rate, 50, 0.05, delay, told=False, seed=seed, factor=factor
        )


def overloaded(seeds: Sequence[int], rate: float, *, slows: bool) -> Iterator[Cell]:
    """Servers that bear twelve at once, with or without a limit besides."""
    for seed, workers, latency, delay in itertools.product(
        seeds, (16, 50), LATENCIES, DELAYS
    ):
        yield Cell(
            "bucket",
            1.0,
            rate,
            workers,
            latency,
            delay,
            told=False,
            seed=seed,
            crowd=12,
            slows=slows,
        )


def unlimited(seeds: Sequence[int]) -> Iterator[Cell]:
    """Servers that bear everything, with latencies and errors that look otherwise."""
    plain = Cell("bucket", 1.0, math.inf, 8, QUICK, 0.05, told=False, seed=0)
    variants = [
        *(plain._replace(spread=spread) for spread in (0.3, 0.6, 1.0)),
        *(plain._replace(kinds=kinds) for kinds in ("mixed", "phases", "pages")),
        *(plain._replace(errors=share) for share in (0.01, 0.05)),
    ]
    for seed, cell, workers, latency in itertools.product(
        seeds, variants, WORKERS, LATENCIES
    ):
        if cell.kinds in {"alike", "pages"} or latency == QUICK:  # Else it has both.
            yield cell._replace(seed=seed, workers=workers, latency=latency)
