"""An inbox that a test can look into."""

from __future__ import annotations

from typing import Generic, TypeVar

M = TypeVar("M")


class Inbox(Generic[M]):
    """Keeps what it is told, for a test to look at."""

    def __init__(self) -> None:
        self.messages: list[M] = []

    def tell(self, message: M) -> None:
        """Keep *message*."""
        self.messages.append(message)

    def take(self) -> list[M]:
        """Return what has come in since the last call."""
        taken, self.messages = self.messages, []
        return taken
