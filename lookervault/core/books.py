"""What a tally keeps: a page for each kind, a rate, and why it is not higher."""

from __future__ import annotations

import math
from collections import deque

from lookervault.core.figures import KindFigures
from lookervault.messages import Slowdown
from lookervault.records import Counts, KindReport

_WINDOW = 10.0
"""Seconds that a rate looks back on."""

_GRAIN = 0.25
"""Seconds between two samples of a rate, at least."""

_SLOW = 2.0
"""Seconds that a slowdown is shown for, at least."""


class Rate:
    """How fast a total has grown of late."""

    def __init__(self) -> None:
        self._samples = deque[tuple[float, int]]()

    def sample(self, now: float, total: int) -> None:
        """The total is *total* by *now*."""
        if not self._samples or now - self._samples[-1][0] >= _GRAIN:
            self._samples.append((now, total))

    def a_second(self, now: float, total: int) -> float:
        """Return by how much it grew each second, in the last ten."""
        while len(self._samples) > 1 and self._samples[1][0] <= now - _WINDOW:
            self._samples.popleft()
        if not self._samples:
            return 0.0
        since, base = self._samples[0]
        return round(max(total - base, 0) / max(now - since, 1.0), 3)


class KindBook:
    """What is known of one kind."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.report: KindReport | None = None
        self.gaps = 0
        self._expected: int | None = None
        self._exact = False
        self._earlier = 0

    def restart(self, counts: Counts, stored: int) -> None:
        """The store has *counts* and *stored* items of it; forget what was heard."""
        self.counts = counts
        self._earlier = stored - counts.stored
        self.gaps = 0
        self.report = None

    def expect(self, items: int, *, exact: bool) -> None:
        """There are *items*; a census is not overruled by what was read so far."""
        if exact or not self._exact:
            self._expected, self._exact = max(items, 0), exact

    @property
    def durable(self) -> int:
        """How many items are on disk."""
        return max(self.counts.stored + self._earlier, 0)

    @property
    def known(self) -> bool:
        """Whether anything is known of how many there are."""
        return self.report is not None or self._expected is not None

    @property
    def expected(self) -> int:
        """How many there are, as far as is known."""
        if self.report is not None:
            return self.report.expected
        if self._exact and self._expected is not None:
            return self._expected
        return max(self._expected or 0, self.durable + self.gaps)

    @property
    def handled(self) -> int:
        """How many of the expected need nothing more."""
        if self.report is not None:
            return self.report.expected
        return min(self.durable + self.gaps, self.expected)

    @property
    def percent(self) -> float | None:
        """How much of it is done. A kind of no items is done once that is known."""
        if self.report is not None:
            return 100.0
        if not self._exact:
            return None
        if not self.expected:
            return 100.0
        return round(100.0 * self.handled / self.expected, 2)

    def figures(self) -> KindFigures:
        """Return all of it; a report, where there is one, has the last word."""
        report = self.report
        return KindFigures(
            expected=self.expected,
            stored=report.stored if report else self.durable,
            failed=report.failed if report else self.gaps,
            new=self.counts.new,
            changed=self.counts.changed,
            unchanged=self.counts.unchanged,
            gone=self.counts.gone,
            vanished=report.vanished if report else 0,
            missing=report.missing if report else 0,
            exact=self._exact or report is not None,
            done=report is not None,
            percent=self.percent,
        )


class Slowness:
    """The last slowdown, and when it was heard of."""

    def __init__(self) -> None:
        self._slowdown: Slowdown | None = None
        self._heard = 0.0

    def told(self, slowdown: Slowdown, now: float) -> None:
        """Everyone slows down."""
        self._slowdown, self._heard = slowdown, now

    @property
    def last(self) -> str | None:
        """Why everyone slowed down last. ``None``: nobody ever did."""
        return None if self._slowdown is None else self._slowdown.reason

    def age(self, now: float) -> float | None:
        """Return how many seconds ago that was."""
        if self._slowdown is None:
            return None
        return round(max(now - self._heard, 0.0), 3)

    def why(self, now: float) -> str | None:
        """Return why requests are held back just now, if they are."""
        held = now < max(self._until, self._heard + _SLOW)
        return self.last if held else None

    def left(self, now: float) -> float:
        """Return the seconds before the next request may start."""
        return round(max(self._until - now, 0.0), 3)

    @property
    def _until(self) -> float:
        return -math.inf if self._slowdown is None else self._slowdown.until
