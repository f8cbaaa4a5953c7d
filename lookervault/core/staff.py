"""What a tally keeps of those who work: a page for each fetcher, and what they weigh."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from lookervault.core.figures import WorkerFigures
from lookervault.messages import Called, Outcome, Weighed
from lookervault.units import Unit, described

_QUIET = 2.0
"""Seconds after its last answer that a fetcher still counts as active."""


def micro(seconds: float) -> int:
    """Return *seconds* as whole microseconds: sums of them know no order."""
    return round(seconds * 1e6)


class WorkerBook:
    """What is known of one fetcher."""

    def __init__(self) -> None:
        self.error = ""
        self.busy = 0
        """Microseconds spent on requests."""
        self.waited = 0
        """Microseconds spent waiting for tokens."""
        self.idle = 0
        """Microseconds without a unit, between two of them."""
        self.ended = float("-inf")
        """When its last request ended."""
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
        self.idle += micro(event.idle)
        self.ended = max(self.ended, event.started + event.seconds)
        self._answered = now
        if event.outcome is Outcome.OK:
            self.error = ""

    def retried(self, reason: str) -> None:
        """What it could not read will be tried again."""
        # If its life ended, why it did is what matters.
        if self._unit is not None:
            self.error = reason

    def failed(self, error: str) -> None:
        """Its life ended; whatever it held will be handed out again."""
        self.error, self._unit = error, None

    def active(self, now: float) -> bool:
        """Whether it has work, as far as can be told."""
        if self._unit is None:
            return False
        return self._answered is None or now - self._answered < _QUIET

    def starved(self, span: tuple[float, float]) -> int:
        """Return its microseconds of *span* without a unit, the end included."""
        last = max(self.ended, span[0])
        return self.idle + micro(max(span[1] - last, 0.0))

    def figures(self, now: float, *, waiting: bool) -> WorkerFigures:
        """Return all of it."""
        return WorkerFigures(
            kind=self._unit.part.kind if self._unit else None,
            what=described(self._unit) if self._unit else "",
            waiting=waiting,
            active=self.active(now),
            attempt=self._attempt,
            seconds=round(max(now - self._since, 0.0), 3) if self._unit else 0.0,
            calls=self._calls,
            busy=self.busy / 1e6,
            waited=self.waited / 1e6,
            error=self.error,
        )


class Staff:
    """All fetchers of a run. Their number may change while it goes on."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._books: dict[str, WorkerBook] = {}
        self._span: tuple[float, float] | None = None
        self._before = 0
        """Microseconds that those before the last change of their number had, together."""
        self._since: float | None = None
        """When that was."""

    def __getitem__(self, fetcher: str) -> WorkerBook:
        """Return the page of *fetcher*, a new one if need be."""
        book = self._books.get(fetcher)
        if book is None:
            book = self._books[fetcher] = WorkerBook()
        return book

    def called(self, event: Called, now: float) -> None:
        """A request of theirs ended."""
        start, end = event.started, event.started + event.seconds
        first, last = self._span or (start, end)
        self._span = (min(first, start), max(last, end))
        self[event.fetcher].called(event, now)

    def resized(self, workers: int, now: float) -> None:
        """There are *workers* of them from *now* on."""
        if self._span is not None:
            self._before += self._workers * self._lately(now)
            self._since = now
        self._workers = workers

    def active(self, now: float) -> int:
        """Return how many have work."""
        return sum(book.active(now) for book in self._books.values())

    def figures(
        self, now: float, *, waiting: AbstractSet[str]
    ) -> dict[str, WorkerFigures]:
        """Return what each does; those *waiting* wait for their turn."""
        return {
            name: book.figures(now, waiting=name in waiting)
            for name, book in self._books.items()
        }

    def shares(self) -> tuple[float, float, float]:
        """Return the utilization, the throttled and the starved share, at most 1 in all."""
        if self._span is None:
            return 0.0, 0.0, 0.0
        whole = self._before + self._workers * self._lately(self._span[1])
        if whole <= 0:
            return 0.0, 0.0, 0.0
        books = self._books.values()
        used = round(min(sum(b.busy for b in books) / whole, 1.0), 4)
        waited = round(min(sum(b.waited for b in books) / whole, 1.0 - used), 4)
        absent = max(self._workers - len(books), 0) * self._lately(self._span[1])
        idle = (absent + sum(b.starved(self._span) for b in books)) / whole
        starved = round(min(idle, max(1.0 - used - waited, 0.0)), 4)
        return used, waited, starved

    def _lately(self, until: float) -> int:
        """Return the microseconds from the last change of their number *until* then."""
        begin = self._since if self._since is not None else (self._span or (until,))[0]
        return max(micro(until - begin), 0)


class Scales:
    """How much memory the process has, and for how long that was too much."""

    def __init__(self, most: int | None) -> None:
        self.most = most
        """Bytes that it may have."""
        self.memory = 0
        """Bytes, when last weighed."""
        self.peak = 0
        """Bytes at most."""
        self.over = False
        """Whether it has too much."""
        self._over = 0.0
        self._at = 0.0

    def weighed(self, event: Weighed, now: float) -> None:
        """It was weighed."""
        self._over = self.seconds_over(now)
        self._at = now
        self.memory, self.over = event.memory, event.over
        self.peak = max(self.peak, event.memory)

    def seconds_over(self, now: float) -> float:
        """Return for how many seconds it had too much."""
        return round(self._over + (now - self._at if self.over else 0.0), 3)
