"""A walk over a listing that may change under our feet.

Pages are sorted by id. What is deleted before the cursor shifts the rest to the
left, and a row slips past unseen. So each page begins with the last row of the
page before: if that *seam* is there, nothing was missed; if not, the walk steps
back until it meets a row that it knows. It ends with a page that holds nothing
but its seam.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lookervault.core.rows import Rows
from lookervault.records import Row

_STRIDE = 8
"""Each further step back is this much longer: 8, 64, 512 … rows, so that a mass
deletion costs few requests and a single one costs one."""


class Walk:
    """Collects the rows of one listing, from the front to the back."""

    def __init__(self) -> None:
        self.rows = Rows()
        self.first = 0
        """Where the next page starts."""
        self.done = False
        self._stride = _STRIDE
        self._end = math.inf
        """Where there was nothing, since the last row that was new."""

    def took(self, page: Sequence[Row], first: int | None = None) -> bool:
        """*page* is what the listing has from *first* on, `first` at most and usually.

        Return whether it follows on what came before; else the walk has stepped back.
        """
        first = self.first if first is None else first
        if first and not any(row.id in self.rows.ids for row in page):
            self._end = self._end if page else min(self._end, first)
            self.first = max(0, first - self._stride)
            self._stride *= _STRIDE
            return False
        self._stride = _STRIDE
        # Also what came up before the seam meanwhile is there.
        fresh = self.rows.extend(page)
        self.first = max(self.first, first + len(page) - 1)
        self._end = math.inf if fresh else self._end
        # A server that repeats rows would have us step back and forth for ever.
        self.done = not fresh and (len(page) <= 1 or self.first >= self._end)
        return True

    def took_all(self, rows: Sequence[Row]) -> None:
        """*rows* is the whole listing, which does not page."""
        self.rows = Rows(rows)
        self.done = True
