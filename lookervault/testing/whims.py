"""An owner who keeps changing his mind, and a process whose memory comes and goes."""

from __future__ import annotations

import random

from lookervault.extraction import Extraction

MOST_MEMORY = 100
"""Bytes that a process under whims may have."""

_CHANCE = 0.03
"""Of a whim, between two messages."""


class Whims:
    """Up to *number* changes to how a run goes on. The last one lets it go on freely."""

    def __init__(self, chance: random.Random, number: int) -> None:
        self._random = chance
        self._left = number
        self._memory = 0
        self.extraction: Extraction | None = None
        """The run that is steered."""

    def memory(self) -> int:
        """Return how much memory the process has."""
        return self._memory

    def between(self) -> None:
        """Have a whim, perhaps."""
        it = self.extraction
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
        match self._random.randrange(6):
            case 0:
                it.pause()
            case 1:
                it.resume()
            case 2 | 3:
                it.set_workers(self._random.randrange(1, 9))
            case 4:
                it.set_rate(self._random.choice([None, 0.5, 20.0]))
            case _:
                self._memory = MOST_MEMORY + 1 - self._memory
