"""Drives the throttle's mind against hidden limits, in simulated time.

``python scripts/benchmarks/throttle.py`` runs the whole grid (minutes), ``--quick`` a
sample. Every figure follows from the seeds alone. The mind is driven as the actor
drives it: it is told what is asked and answered, and looked at when it wants to be.
"""

from __future__ import annotations

import argparse
import heapq
import importlib
import itertools
import math
import multiprocessing
import random
import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from lookervault.core.pace import Learned, Pace
from lookervault.messages import Answered, Ask, Outcome
from lookervault.simulator.limits import Bucket, Fixed, Limiter, Sliding

JITTER = 0.002
"""Mean of the seconds from a send to the server, exponential: threads that wake
late, and a network."""

SPREAD = 0.3
"""Sigma of the latency, which is lognormal."""

GIVE_UP = 5.0
"""A run that takes so many times the ideal is cut off there."""

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

    @property
    def requests(self) -> int:
        return max(1000, round(60 * self.rate)) if self.rate < math.inf else 3000

    @property
    def hands(self) -> int:
        """Requests in flight at most."""
        return min(self.workers, self.crowd or self.workers)

    @property
    def mean_latency(self) -> float:
        return self.latency * math.exp(SPREAD**2 / 2) + JITTER

    @property
    def ideal(self) -> float:
        """Seconds that the limit or the workers allow, whichever is more."""
        burst = max(1.0, self.size * self.rate) if self.model == "bucket" else 0.0
        by_limit = (self.requests - burst) / self.rate if self.rate < math.inf else 0.0
        return max(by_limit, self.requests * self.mean_latency / self.hands)

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
        if over and not cell.slows:
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
        latency = cell.latency * self._chance.lognormvariate(0, SPREAD)
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
    """Run *cell* with a mind that knows nothing yet."""
    return World(cell, Pace(Learned())).run()


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


# What is printed


def spread(values: Iterable[float]) -> str:
    """Median, 90th of a hundred, and worst, in percent."""
    ranked = sorted(100 * value for value in values)
    middle, most = statistics.median(ranked), ranked[int(0.9 * len(ranked))]
    return f"{middle:7.2f} {most:7.2f} {ranked[-1]:7.2f}"


def line(name: str, results: Sequence[Result], most: float = 0.05) -> str:
    """One group of cells."""
    within = [r.overhead <= most and r.refusals <= most for r in results]
    over = spread(r.overhead for r in results)
    refused = spread(r.refusals for r in results)
    share = 100 * sum(within) / len(within)
    return f"{name:<34}{len(results):5} |{over} |{refused} |{share:6.1f} %"


def groups(results: Sequence[Result], key: Callable[[Cell], str]) -> Iterator[str]:
    """A line for each group of *results* that *key* names."""
    found: dict[str, list[Result]] = {}
    for one in results:
        found.setdefault(key(one.cell), []).append(one)
    for name, members in found.items():
        yield line(name, members)


def worst(results: Sequence[Result], count: int) -> Iterator[str]:
    """The worst cells, by name."""
    for what in ("overhead", "refusals"):
        ranked = sorted(results, key=lambda r: -getattr(r, what))
        for one in ranked[:count]:
            yield f"worst {what} {100 * getattr(one, what):6.2f} %: {one.cell}"


_SAMPLE = 19
"""A prime: in step with none of the grid's sides, so that a sample has some of each."""

HEAD = f"{'':<34}cells | overhead %: median, 90th, worst | refused % | within"


def _report(run: Callable[[Iterable[Cell]], list[Result]], seeds: list[int]) -> None:
    """Run and print all."""
    cells = run(steady(seeds, SHORT))
    binding = [r for r in cells if r.cell.binds]
    silent = [r for r in binding if not r.cell.told]
    print(HEAD)
    for key in (
        lambda c: f"{c.model} {c.size:g} s{', Retry-After' * c.told}",
        lambda c: f"{c.rate:g}/s{', Retry-After' * c.told}",
        lambda c: f"after {1000 * c.delay:g} ms{', Retry-After' * c.told}",
        lambda c: f"latency {c.latency:g} s{', Retry-After' * c.told}",
        lambda c: f"{c.workers} workers{', Retry-After' * c.told}",
    ):
        print("\n".join(groups(binding, key)))
    print(line("the workers are the limit", [r for r in cells if not r.cell.binds]))
    long = [r for r in run(steady(seeds, LONG)) if r.cell.binds]
    print(
        "\n".join(
            groups(long, lambda c: f"{c.model} {c.size:g} s{', Retry-After' * c.told}")
        )
    )
    for factor in (0.5, 2.0):
        held = sorted(run(changing(seeds, factor)), key=lambda r: r.held)
        shares = spread(r.held for r in held)
        print(f"limit x {factor:g}: accepted of the new limit, %:{shares}")
        print(*(f"  {100 * r.held:5.1f} %: {r.cell}" for r in held[:5]), sep="\n")
    for slows, rate in itertools.product((False, True), (math.inf, 20.0)):
        over = run(overloaded(seeds, rate, slows=slows))
        name = f"{'slows' if slows else '503'} above 12, {rate:g}/s"
        least, most = min(r.crowd for r in over), max(r.crowd for r in over)
        print(line(name, over), f" {least:.1f} to {most:.1f} in flight")
    print("\n".join(worst(silent, 10)))
    print(
        line("windows of at most 1 s, Retry-After", [r for r in binding if r.cell.told])
    )
    print(line("windows of at most 1 s", silent))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="101,102,103")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help=f"one cell in {_SAMPLE}")
    parser.add_argument("--without", action="append", default=[], metavar="FILE.NAME=X")
    options = parser.parse_args()
    for change in options.without:
        name, value = change.split("=")
        file, constant = name.split(".")
        module = importlib.import_module(f"lookervault.core.{file}")
        setattr(module, constant, float(value))

    with multiprocessing.get_context("fork").Pool(options.processes) as pool:

        def run(cells: Iterable[Cell]) -> list[Result]:
            every = sorted(cells, key=lambda cell: -cell.requests)
            chosen = every[:: _SAMPLE if options.quick else 1]
            return pool.map(result, chosen, chunksize=4)

        _report(run, [int(seed) for seed in options.seeds.split(",")])


if __name__ == "__main__":
    main()
