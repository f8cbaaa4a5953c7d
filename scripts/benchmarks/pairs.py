"""Ratios of two ways to do the same, measured in turn on a machine that others use too."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import NamedTuple

PAIRS = {False: 9, True: 3}
"""Interleaved pairs, usually and in a hurry: one slow moment does not decide."""


class Ratio(NamedTuple):
    """How many times the first way took what the second did."""

    median: float
    least: float
    most: float

    def told(self) -> dict[str, float]:
        """Return it for the details of a figure."""
        return {name: round(value, 3) for name, value in self._asdict().items()}


def ratio(
    first: Callable[[], float], second: Callable[[], float], *, pairs: int
) -> Ratio:
    """Do both *pairs* times, in turn; each says what it took.

    Which goes first changes from pair to pair, so that neither always finds what the
    other has left warm.
    """
    found = []
    for pair in range(pairs):
        if pair % 2:
            below, above = second(), first()
        else:
            above, below = first(), second()
        found.append(above / below)
    return Ratio(statistics.median(found), min(found), max(found))
