"""How many requests may be in flight, by how a server bears them."""

from __future__ import annotations

import math

_CUT = 0.75
"""Of those in flight when one was refused as too many: a quarter fewer is surely
fewer than the server has, and is won back within a minute if it was no lack of room."""

_CALM = 5.0
"""Seconds without overload before more are tried."""


class Crowd:
    """The bound on requests in flight.

    Many requests that are sent together may be refused together: that is one event,
    and cuts the bound once. It then grows by one in as many answers as it allows.
    """

    def __init__(self, limit: float | None = None) -> None:
        self.limit = math.inf if limit is None else limit
        """Requests in flight."""
        self._cut_at = -math.inf

    def full(self, flying: int) -> bool:
        """Whether one more would be too many."""
        return flying + 1 > max(1.0, self.limit)

    def overloaded(self, flying: int, sent: float, now: float) -> None:
        """A request *sent* then was refused as too many, beside *flying* others."""
        if sent > self._cut_at:
            self.limit = max(1.0, _CUT * (flying + 1))
            self._cut_at = now

    def answered(self, now: float) -> None:
        """A request was answered as it should be."""
        if self.limit < math.inf and now - self._cut_at >= _CALM:
            self.limit += 1 / self.limit
