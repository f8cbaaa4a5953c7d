"""The server's threads: so many requests are worked on at once, the others wait in line."""

from __future__ import annotations

import collections
import enum
from typing import Generic, TypeVar

T = TypeVar("T")


class Place(enum.Enum):
    """Where a request goes."""

    THREAD = "it is worked on"
    LINE = "it waits"
    NOWHERE = "the line is full"


class Pool(Generic[T]):
    """Hands *threads* threads to requests, first come, first served.

    At most *queue* requests wait. Times are seconds, and never decrease.
    """

    def __init__(self, threads: int, queue: int) -> None:
        self._threads = threads
        self._queue = queue
        self._line: collections.deque[tuple[T, float]] = collections.deque()
        self._busy = 0
        self._began: float | None = None
        self._since = 0.0
        self._worked = self._waited = 0.0
        self._most_busy = self._most_waiting = self._refused = 0

    def enter(self, request: T, now: float) -> Place:
        """Return what becomes of *request*, which came at *now*."""
        if self._busy < self._threads:
            self._count(now, self._busy + 1)
            return Place.THREAD
        if len(self._line) >= self._queue:
            self._refused += 1
            return Place.NOWHERE
        self._line.append((request, now))
        self._most_waiting = max(self._most_waiting, len(self._line))
        return Place.LINE

    def leave(self, now: float) -> T | None:
        """Give a thread back at *now*. Return the request that gets it, if one waits."""
        if not self._line:
            self._count(now, self._busy - 1)
            return None
        request, came = self._line.popleft()
        self._waited += now - came
        return request

    def stats(self, now: float) -> dict[str, float]:
        """Return the counts up to *now*; ``busy`` is the share of all threads' time.

        Time counts from the first request on.
        """
        if self._began is not None:
            self._count(now, self._busy)
        passed = now - (now if self._began is None else self._began)
        return {
            "threads": self._threads,
            "busy": self._worked / (passed * self._threads) if passed else 0.0,
            "most_busy": self._most_busy,
            "waiting": len(self._line),
            "most_waiting": self._most_waiting,
            "waited": self._waited,
            "refused": self._refused,
        }

    def _count(self, now: float, busy: int) -> None:
        """Count the time up to *now*, after which *busy* threads are."""
        if self._began is None:
            self._began = self._since = now
        self._worked += self._busy * (now - self._since)
        self._since, self._busy = now, busy
        self._most_busy = max(self._most_busy, busy)
