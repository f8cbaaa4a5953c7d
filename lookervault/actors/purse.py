"""The credit, shared by the threads that read and the one that stores."""

from __future__ import annotations

import threading
from collections.abc import Callable

from lookervault.core.credit import Credit, Ticket

_BLINK = 0.5
"""Seconds after which a reader that waits shows that it is alive."""


class Purse(Credit):
    """A `Credit` that many threads may use, and may wait for."""

    def __init__(self, budget: int, tight: Callable[[], bool] = lambda: False) -> None:
        super().__init__(budget, tight)
        self._freed = threading.Condition()

    def limit(self, budget: int) -> None:
        with self._freed:
            super().limit(budget)
            self._freed.notify_all()

    def reserve(self, ticket: Ticket, size: int) -> bool:
        with self._freed:
            return super().reserve(ticket, size)

    def extend(self, ticket: Ticket, size: int) -> bool:
        with self._freed:
            return super().extend(ticket, size)

    def release(self, ticket: Ticket) -> None:
        with self._freed:
            super().release(ticket)
            self._freed.notify_all()

    def reset(self) -> None:
        with self._freed:
            super().reset()
            self._freed.notify_all()

    def wait_for(self, ticket: Ticket, size: int, beat: Callable[[], None]) -> None:
        """Return when *ticket* may read *size* bytes more. What *beat* raises ends it."""
        with self._freed:
            while not super().extend(ticket, size):
                beat()
                self._freed.wait(_BLINK)
