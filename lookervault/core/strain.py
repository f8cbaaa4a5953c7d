"""Whether a server gets as much done with fewer requests in flight.

Latency says little about that: kinds of requests differ by a factor of forty, and
pages grow. So two numbers in flight are compared by turns, and only what changes with
them counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean, stdev

_FEW = 16
"""Requests in flight that nobody minds: that many are never made fewer."""

_STEP = 1.6
"""Two numbers in flight that are compared differ by this factor: far enough apart to
be told apart by some dozens of requests, and near enough to be no great loss."""

_LEAP = 2.0
"""They differ by so much at most, if answers are as much slower than the first were."""

_GAIN = 0.8
"""In a server that is full, latency falls as the number in flight does. So much of
that must be seen for fewer to be enough: less throughput than an eighth is lost."""

_SURE = 4.0
"""Standard errors that what is seen must be away from nothing."""

_FEWEST, _MOST = 2, 4
"""Comparisons before fewer are thought enough, and before it is given up."""

_SIZE = 16
"""Requests in a sample, at least: with half as many, some servers were left too full."""

_PRECISE = 5.3
"""Times 1 / log²(step) requests in a sample: latencies that differ by a third of
themselves then give the difference to a sixth."""

_NEARLY = 0.9
"""Of the requests that should be in flight, as many as are enough for a sample:
workers have other things to do, too."""

_LATE = 0.25
"""Share of the answers that are not waited for, but counted as if they came now; and
of the requests that may have waited for the rate."""

_TAIL = 3.0
"""Rounds after a sample, at most, in which its answers may come."""

_PAUSE, _PAUSES, _LONGEST = 2.0, 8.0, 128.0
"""Rounds between two trials: at first, times as many after each that changed nothing,
and at most. A trial costs about one round, hence less than 1 % of a long run."""


@dataclass
class _Sample:
    """The latencies of some requests that were sent with equally many in flight."""

    level: float
    """Requests that should be in flight."""
    size: int
    sent: int = 0
    held: int = 0
    """Requests that had to wait for the rate."""
    levels: list[int] = field(default_factory=list)
    """Requests that were in flight."""
    logs: list[float] = field(default_factory=list)
    """Logarithms of the latencies."""
    _out: dict[int, float] = field(default_factory=dict)

    def send(self, number: int, level: int, now: float, *, free: bool) -> bool:
        """Return whether the sample is complete."""
        self.sent += 1
        if self.sent <= self.size:
            self.levels.append(level)
            self.held += not free
            self._out[number] = now
            return False
        late = len(self._out) > _LATE * self.size
        if late and self.sent < self.size + _TAIL * self.level:
            return False
        for one in list(self._out):
            self.answered(one, now)
        return True

    def answered(self, number: int, now: float) -> None:
        """A request has its answer."""
        at = self._out.pop(number, None)
        if at is not None:
            self.logs.append(math.log(max(1e-4, now - at)))

    def void(self, number: int) -> None:
        """A request gets none that says anything."""
        self._out.pop(number, None)

    @property
    def useful(self) -> bool:
        """Whether it says what the number in flight does, and not the rate."""
        return len(self.logs) >= self.size / 2 and self.held <= _LATE * self.size

    @property
    def mean(self) -> float:
        return fmean(self.logs)

    @property
    def variance(self) -> float:
        """Of the mean."""
        return stdev(self.logs) ** 2 / len(self.logs)


class Strain:
    """The bound on requests in flight that latency sets.

    Now and then another number is tried: by turns, a sample at the bound and one at
    the other. The lower one stays if answers are as much faster there as they must be
    in a server that is full, in each comparison; otherwise the higher one.
    """

    def __init__(self) -> None:
        self.bound = math.inf
        """Requests in flight, but for a trial; infinite: no bound is needed."""
        self._other = math.inf
        """What a trial compares it with."""
        self._samples: list[_Sample] = []
        """At the bound, at the other, at the bound, ..."""
        self._now: _Sample | None = None
        """The one that is being taken."""
        self._skip = 0
        """Requests that may be sent before it begins, until enough are in flight."""
        self._early = _Sample(1, _FEW)
        """With few in flight, as it was at first, or with fewer, when last compared."""
        self._rest = 0.0
        """Requests until the next trial."""
        self._rounds = _PAUSE
        self._up = False
        """Whether the next trial is with more."""

    @property
    def limit(self) -> float:
        """Requests that may be in flight now."""
        trying = self._now is not None and len(self._samples) % 2
        return self._other if trying else self.bound

    def sent(self, number: int, level: int, now: float, *, free: bool) -> None:
        """A request was sent, the *level*-th in flight.

        *free*: nothing but the number in flight kept it from going earlier.
        """
        if level <= _FEW / 2 and self._early.sent < self._early.size:
            self._early.send(number, level, now, free=free)
        if self._now is None:
            self._rest -= 1
            if self._rest <= 0:
                self._begin(level)
        elif self._skip > 0 and (level < _NEARLY * self._now.level or not free):
            self._skip -= 1  # Enough must be in flight, after a burst.
        else:
            self._skip = 0
            if self._now.send(number, level, now, free=free):
                self._turn(self._now)

    def answered(self, number: int, now: float) -> None:
        """A request was answered as it should be."""
        self._early.answered(number, now)
        if self._now is not None:
            self._now.answered(number, now)

    def void(self, number: int) -> None:
        """A request ended otherwise: that says nothing."""
        self._early.void(number)
        if self._now is not None:
            self._now.void(number)

    def _begin(self, level: float) -> None:
        level = min(level, self.bound)
        if level <= _FEW and not self._up:
            self._up = self.bound < math.inf
            self._rest = _PAUSE * level
            return
        self._samples = []
        self._take(level, _STEP)

    def _take(self, level: float, step: float) -> None:
        self._now = _Sample(level, _size(step))
        self._skip = 2 * round(level)

    def _turn(self, sample: _Sample) -> None:
        """A sample is complete."""
        self._samples.append(sample)
        count, first = len(self._samples), self._samples[0]
        if not sample.useful or (count == 1 and not self._suspicious(first)):
            self._end(self.bound)
        elif count == 1:
            self._compare()
        elif count % 2:
            self._judge()
        else:
            self._take(fmean(first.levels), self._step)

    def _suspicious(self, sample: _Sample) -> bool:
        """Whether answers come later than with few in flight, or it is not known."""
        known = len(self._early.logs) >= self._early.size / 2
        if self._up or not known or self._rounds >= _LONGEST:
            return True
        return sample.mean - self._early.mean > math.log(_STEP) / 2

    def _compare(self) -> None:
        """Take a sample at another number, after the one at this."""
        here = self._samples[-1]
        level = fmean(here.levels)
        if self._up:
            self._other = math.ceil(level * _STEP)
        else:
            slower = here.mean - self._early.mean if self._early.logs else 0.0
            step = min(max(_STEP, math.exp(min(slower, 1.0))), _LEAP)
            self._other = int(level / step)
        self._take(self._other, self._step)

    @property
    def _step(self) -> float:
        low, high = sorted((fmean(self._samples[0].levels), self._other))
        return high / low

    def _judge(self) -> None:
        """Settle the trial, or go on with it."""
        here, there = self._samples[::2], self._samples[1::2]
        step = math.log(_level(here) / _level(there))
        if abs(step) < math.log(_STEP) / 2:  # Not as many want to be sent.
            self._end(math.inf if self._up else self.bound)
            return
        gains = [
            ((before.mean + after.mean) / 2 - other.mean) / step
            for (before, after), other in zip(pairwise(here), there, strict=True)
        ]
        full = _verdict(gains, _error(here, there) / abs(step))
        if full is None and len(gains) < _MOST:
            self._take(self._other, self._step)
            return
        least, most = sorted((self.bound, self._other))
        if not full and not self._up:
            self._early = there[-1]
        self._end(least if full else most)

    def _end(self, bound: float) -> None:
        """Leave it at that *bound*."""
        last = self._samples[-2:]
        level = min(last[0].level, bound)
        self._now, self._samples, self._skip = None, [], 0
        if bound == self.bound:
            self._up = not self._up and bound < math.inf
            self._rest = self._rounds * level
            self._rounds = min(_LONGEST, _PAUSES * self._rounds)
            return
        self.bound, self._rounds = bound, _PAUSE
        self._rest = self._rounds * level
        if self._up or _FEW < bound < math.inf:
            # What was measured there is the first sample of the next trial.
            self._samples = last[:1]
            self._compare()


def _verdict(gains: list[float], error: float) -> bool | None:
    """Return whether the server is full, or ``None`` if that is open.

    *gains* are what each comparison saw of what a full server shows, *error* the
    standard error of their mean by the samples alone.
    """
    if min(gains) < _GAIN / 2:
        return False
    gain, count = fmean(gains), len(gains)
    if count > 1:
        error = max(error, stdev(gains) / math.sqrt(count))
    vague = _SURE * error * math.sqrt(count / _MOST) > 1
    if vague or gain + 2 * error < _GAIN:
        return False  # It never will be sure, or it is not.
    sure = count >= _FEWEST and gain >= max(_GAIN, _SURE * error)
    return True if sure else None


def _error(here: list[_Sample], there: list[_Sample]) -> float:
    """Return the standard error of the difference of two sides' mean logarithms."""
    sides = (here, there)
    return math.sqrt(
        sum(sum(one.variance for one in side) / len(side) ** 2 for side in sides)
    )


def _size(step: float) -> int:
    """Return how many requests tell numbers in flight apart that differ by *step*."""
    return max(int(_SIZE), math.ceil(_PRECISE / math.log(step) ** 2))


def _level(samples: list[_Sample]) -> float:
    return fmean(fmean(sample.levels) for sample in samples)
