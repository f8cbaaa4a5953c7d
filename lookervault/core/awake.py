"""Time without the lulls: what the tempo counts by.

A process may be stopped, its machine may sleep, an owner may pause a run, a Looker may
hang. What was accepted before tells nothing of a time in which nothing was sent: an
hour of it would make any limit look like a request a minute.
"""

from __future__ import annotations

import math

_LULL = 30.0
"""Seconds in which a request might have gone and none did, that are a lull. Less is
what slow answers make, when every worker waits for one."""


class Awake:
    """A clock that stands still in lulls."""

    def __init__(self) -> None:
        self._lost = self._before = 0.0
        """Seconds of all lulls, and of those before the last one."""
        self._woke = self._sent = -math.inf

    def might_have_slept(self, now: float) -> bool:
        """Whether *now* may end a lull: it does if a request might have gone."""
        return self._sent > -math.inf and now - self._sent > _LULL

    def look(self, due: float, now: float) -> None:
        """See whether there was a lull until *now*. A request might go from *due* on."""
        since = max(due, self._sent, self._woke)  # No lull counts twice.
        if self.might_have_slept(now) and now - since > _LULL:
            self._before, self._woke = self._lost, now
            self._lost += now - since

    def sent(self, now: float) -> None:
        """A request goes *now*."""
        self._sent = now

    def at(self, moment: float) -> float:
        """Return what this clock showed at a *moment* that is past, or shows now."""
        if moment < self._woke:
            return min(moment - self._before, self._woke - self._lost)
        return moment - self._lost

    def real(self, at: float) -> float:
        """Return when this clock will show *at*, if no lull comes."""
        return at + self._lost
