"""Time, as actors see it: a number, and a way to be told something later."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from typing import Any, Protocol, TypeVar

from lookervault.actors.actor import Tells

M = TypeVar("M")


class Clock(Protocol):
    """The only source of time for the actors."""

    def now(self) -> float:
        """Seconds since some fixed moment; never goes back."""

    def wall(self) -> float:
        """Seconds since 1970; may jump."""

    def after(self, seconds: float, to: Tells[M], message: M) -> None:
        """Tell *message* to *to*, *seconds* from now."""


class SystemClock:
    """Real time, with one thread for all that is due later."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Tells[Any], Any]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def now(self) -> float:
        """Seconds on the monotonic clock."""
        return time.monotonic()

    def wall(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait *seconds*. For those who are no actors: an actor never waits."""
        time.sleep(seconds)

    def after(self, seconds: float, to: Tells[M], message: M) -> None:
        """Tell *message* to *to*, *seconds* from now."""
        if seconds <= 0:
            to.tell(message)
            return
        entry = (self.now() + seconds, next(self._order), to, message)
        with self._changed:
            if self._closed:
                return
            heapq.heappush(self._due, entry)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="clock", daemon=True
                )
                self._thread.start()
            if self._due[0] is entry:
                self._changed.notify()

    def close(self) -> None:
        """Forget what is due, and end the thread."""
        with self._changed:
            self._closed = True
            self._due.clear()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._ripe():
                    if self._closed:
                        return
                    wait = self._due[0][0] - self.now() if self._due else None
                    self._changed.wait(wait)
                _, _, to, message = heapq.heappop(self._due)
            to.tell(message)

    def _ripe(self) -> bool:
        return bool(self._due) and self._due[0][0] <= self.now()
