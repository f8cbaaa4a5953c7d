"""An owner who keeps changing his mind, and a process whose memory comes and goes."""

from __future__ import annotations

import random

from lookervault.extraction import Extraction

MOST_MEMORY = 100
"""Bytes that a process under whims may have."""

_CHANCE = 0.03
"""Of a whim, between two messages."""


CANCELLED = "made up: the owner wants it no more"


class Whims:
    """Changes to how a run goes on. The last one lets it go on freely."""

    def __init__(self, chance: random.Random) -> None:
        self._random = chance
        self._left = 0
        self._cancels = False
        self._memory = 0
        self._extraction: Extraction | None = None

    def steer(self, extraction: Extraction, *, cancels: bool) -> None:
        """Have some whims about *extraction*; *cancels*: one may be to end it."""
        self._left = self._random.choice([0, 0, 4, 12])
        self._extraction, self._cancels = extraction, cancels
        self._memory = 0

    def memory(self) -> int:
        """Return how much memory the process has."""
        return self._memory

    def between(self) -> None:
        """Have a whim, perhaps."""
        it = self._extraction
        if it is None or not self._left or self._random.random() > _CHANCE:
            return
        self._left -= 1
        if not self._left:
            self._memory = 0
            it.set_rate(None)
            it.resume()
        else:
            self._one(it)

    def _one(self, it: Extraction) -> None:
        match self._random.randrange(7):
            case 0:
                it.pause()
            case 1:
                it.resume()
            case 2 | 3:
                it.set_workers(self._random.randrange(1, 9))
            case 4:
                it.set_rate(self._random.choice([None, 0.5, 20.0]))
            case 5 if self._cancels:
                it.cancel(CANCELLED, 130)
            case _:
                self._memory = MOST_MEMORY + 1 - self._memory
