"""Pages of a walk that are asked for before their turn, so that it keeps up with many readers.

Where the pages of a walk start is known once one of them came in full. In which order
they come does not matter: each shows a stretch of a sorted listing without a hole, and
two that share a row leave none between them. So that a few changes meanwhile do not part
them, those that are asked for early overlap by more than the seam. If they part all the
same, the walk steps back, and goes on from there one page after the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lookervault.core.walk import Walk
from lookervault.records import Row

_OVERLAP = 0.01
"""Of a page. So many rows may come or go between two answers."""


class Strides:
    """Which pages of *walk* are asked for, and which came before their turn."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._out: set[int] = set()
        """Where pages start that are asked for."""
        self._late: set[int] = set()
        """Where pages start that are out and not wanted any more."""
        self._early: dict[int, Sequence[Row]] = {}
        """Pages that came before their turn, by where they start."""
        self._longest = 0
        """Rows of the longest page."""
        self._sure = False
        """Whether the longest page is as long as a page can be."""
        self._end = math.inf
        """From where on there was nothing."""

    def next(self, most: int) -> int | None:
        """Return where the next page starts, if one is to be asked for now.

        *most* may be asked for at once.
        """
        # One that is late could pass for a newer one that starts at the same place.
        if self._late or len(self._out) >= most:
            return None
        first = self._start()
        if first is not None:
            self._out.add(first)
        return first

    def _start(self) -> int | None:
        asked = self._out | self._early.keys()
        if min(asked, default=math.inf) > self._walk.first:
            return self._walk.first  # Nothing else follows on what it has.
        stride = self._longest - 1 - int(_OVERLAP * self._longest)
        first = max(asked) + stride
        return first if self._sure and stride > 0 and first < self._end else None

    def lost(self, first: int) -> None:
        """The page that starts there cannot be had as it was asked for."""
        self._late.discard(first)
        if first in self._out:
            self._out.discard(first)
            self._forget()  # Those after it would wait for it in vain.

    def took(self, first: int, rows: Sequence[Row], limit: int) -> None:
        """A page of *limit* rows at most came in; what was not asked for is not taken."""
        self._late.discard(first)
        if first not in self._out:
            return
        self._out.discard(first)
        self._sure |= len(rows) >= limit or 0 < len(rows) <= self._longest
        self._longest = max(self._longest, len(rows))
        if len(rows) < self._longest:
            self._end = min(self._end, first + len(rows))
        self._early[first] = rows
        while self._early and not self._walk.done:
            start = min(self._early)
            if start > self._walk.first:
                return
            if not self._walk.took(self._early.pop(start), start):
                self._forget()

    def _forget(self) -> None:
        """Go on one page after the other, as soon as nothing is out any more."""
        self._late |= self._out
        self._out.clear()
        self._early.clear()
        self._longest, self._sure, self._end = 0, False, math.inf
