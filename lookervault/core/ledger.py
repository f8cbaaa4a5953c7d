"""What has landed and is not committed yet: the writer's mind.

A commit costs a few milliseconds of disk however much it holds, so units are
gathered until they are worth one, or until the oldest has waited long enough.
"""

from __future__ import annotations

from lookervault.messages import Fence, Write

_WORTH_IT = 2 * 2**20
"""Compressed bytes that make a commit worth its cost."""

WAIT = 0.05
"""Seconds that a unit may wait for others."""


class Ledger:
    """The units of the next commit, all of one run and epoch."""

    def __init__(self) -> None:
        self.fence: Fence | None = None
        """Whose word counts; ``None``: nobody's."""
        self._gathered: list[Write] = []
        self._size = 0

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._gathered

    @property
    def full(self) -> bool:
        """Whether it is time to commit."""
        return self._size >= _WORTH_IT

    def add(self, write: Write) -> bool:
        """Gather *write*, if its word counts."""
        if write.lease.fence != self.fence:
            return False
        self._gathered.append(write)
        self._size += sum(len(item.body) for item in write.items)
        return True

    def take(self) -> list[Write]:
        """Return what was gathered, and start anew."""
        taken, self._gathered, self._size = self._gathered, [], 0
        return taken
