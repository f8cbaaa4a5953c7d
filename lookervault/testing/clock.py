"""Time that passes only when told to."""

from __future__ import annotations

import heapq
import itertools
from typing import Any, TypeVar

from lookervault.actors.actor import Tells

M = TypeVar("M")

_EPOCH = 1_700_000_000.0
"""What the wall clock shows at the start, in seconds since 1970."""


class FakeClock:
    """A `Clock` for tests."""

    def __init__(self, now: float = 0.0) -> None:
        self._now = now
        self._epoch = _EPOCH
        self._due: list[tuple[float, int, Tells[Any], Any]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """The time that the test has set."""
        return self._now

    def wall(self) -> float:
        """The same time, as a date."""
        return self._epoch + self._now

    def set_wall(self, seconds: float) -> None:
        """Set the date so many *seconds* forward, or back. No wait gets shorter by that."""
        self._epoch += seconds

    def after(self, seconds: float, to: Tells[M], message: M) -> None:
        """Tell *message* when `advance` passes *seconds* from now."""
        entry = (self._now + max(0.0, seconds), next(self._order), to, message)
        heapq.heappush(self._due, entry)

    def jump(self) -> bool:
        """Go to when the next message falls due. Return whether there was one."""
        if not self._due:
            return False
        self.advance(max(0.0, self._due[0][0] - self._now))
        return True

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass, telling what falls due in order."""
        until = self._now + seconds
        while self._due and self._due[0][0] <= until:
            self._now, _, to, message = heapq.heappop(self._due)
            to.tell(message)
        self._now = max(self._now, until)
