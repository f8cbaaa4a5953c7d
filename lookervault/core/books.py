"""What a tally keeps: a page for each kind, a page for each fetcher, and a rate."""

from __future__ import annotations

from collections import deque

from lookervault.core.figures import KindFigures, WorkerFigures
from lookervault.messages import Called, Outcome
from lookervault.records import Counts, KindReport
from lookervault.units import Unit

_WINDOW = 10.0
"""Seconds that a rate looks back on."""

_GRAIN = 0.25
"""Seconds between two samples of a rate, at least."""

_QUIET = 2.0
"""Seconds after its last answer that a fetcher still counts as active."""


def micro(seconds: float) -> int:
    """Return *seconds* as whole microseconds: sums of them know no order."""
    return round(seconds * 1e6)


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


class WorkerBook:
    """What is known of one fetcher."""

    def __init__(self) -> None:
        self.error = ""
        self.busy = 0
        """Microseconds spent on requests."""
        self.waited = 0
        """Microseconds spent waiting for tokens."""
        self._calls = 0
        self._unit: Unit | None = None
        self._attempt = 1
        self._since = 0.0
        self._answered: float | None = None

    def assigned(self, unit: Unit, attempt: int, now: float) -> None:
        """It starts on *unit*."""
        self._unit, self._attempt = unit, attempt
        self._since, self._answered = now, None

    def called(self, event: Called, now: float) -> None:
        """One of its requests ended."""
        self._calls += 1
        self.busy += micro(event.seconds)
        self.waited += micro(event.waited)
        self._answered = now
        if event.outcome is Outcome.OK:
            self.error = ""

    def failed(self, error: str) -> None:
        """Its life ended; whatever it held will be handed out again."""
        self.error, self._unit = error, None

    def active(self, now: float) -> bool:
        """Whether it has work, as far as can be told."""
        if self._unit is None:
            return False
        return self._answered is None or now - self._answered < _QUIET

    def figures(self, now: float) -> WorkerFigures:
        """Return all of it."""
        return WorkerFigures(
            kind=self._unit.part.kind if self._unit else None,
            active=self.active(now),
            attempt=self._attempt,
            seconds=round(max(now - self._since, 0.0), 3) if self._unit else 0.0,
            calls=self._calls,
            busy=self.busy / 1e6,
            waited=self.waited / 1e6,
            error=self.error,
        )
