"""How many bytes may be in hand: from the first byte read until they are stored.

A unit reserves what its like lately needed before it is handed out, and asks
for more while it reads. One unit at a time may pass the budget, so that none
waits for another that waits for it. The same holds while memory is tight.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Ticket: TypeAlias = tuple[int, int, int]
"""Epoch, unit and attempt: one reading of a unit."""


class Credit:
    """A budget of bytes, and who holds how much of it.

    *tight* tells whether the process is about to have more memory than it may.
    """

    def __init__(self, budget: int, tight: Callable[[], bool] = lambda: False) -> None:
        self._budget = budget
        self._tight = tight
        self._held: dict[Ticket, int] = {}
        self._used: dict[Ticket, int] = {}
        self._beyond: Ticket | None = None

    @property
    def share(self) -> int:
        """Bytes that a unit may need at most, if it could be read in pieces as well."""
        return self._budget // 2

    def used(self, ticket: Ticket) -> int:
        """Return how many bytes *ticket* has read."""
        return self._used.get(ticket, 0)

    @property
    def in_hand(self) -> int:
        """Bytes that are reserved or read."""
        return sum(self._held.values())

    def limit(self, budget: int) -> None:
        """Have *budget* bytes from now on. What is held already stays held."""
        self._budget = budget

    def reserve(self, ticket: Ticket, size: int) -> bool:
        """Set *size* bytes aside for *ticket*; an empty budget takes any size."""
        if self._held and (self.in_hand + size > self._budget or self._tight()):
            return False
        self._held[ticket] = size
        return True

    def extend(self, ticket: Ticket, size: int) -> bool:
        """Let *ticket* read *size* bytes more; ``False``: not now.

        What was struck off is not booked again: nobody would release it.
        """
        if ticket not in self._held:
            return True
        used = self.used(ticket) + size
        short = max(used - self._held[ticket], 0)
        if (short or self._tight()) and not self._may_grow(ticket, short):
            return False
        self._held[ticket] += short
        self._used[ticket] = used
        return True

    def release(self, ticket: Ticket) -> None:
        """Give back all that *ticket* holds. Twice is as good as once."""
        self._held.pop(ticket, None)
        self._used.pop(ticket, None)
        if self._beyond == ticket:
            self._beyond = None

    def reset(self) -> None:
        """Forget everyone: a new coordinator hands out new tickets."""
        self._held.clear()
        self._used.clear()
        self._beyond = None

    def _may_grow(self, ticket: Ticket, short: int) -> bool:
        if self._beyond == ticket:
            return True
        if self.in_hand + short <= self._budget and not self._tight():
            return True
        if self._beyond is None:
            self._beyond = ticket
            return True
        return False
