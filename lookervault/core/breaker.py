"""When to leave a server alone that no longer answers."""

from __future__ import annotations

import math
from collections import deque

_LAST = 20
"""Requests that are looked at: enough that a single unlucky unit is none of it."""

_SHARE = 0.5
"""More than half of them failing is no longer the fault of single requests."""

_PAUSE = 1.0
"""Seconds before the first probe: a restart behind a load balancer takes as long."""

_LONGEST = 30.0
"""Seconds between probes at most: so late do we notice that the server is back."""


class Breaker:
    """Open, it lets one request through now and then, until one succeeds."""

    def __init__(self) -> None:
        self._failed: deque[bool] = deque(maxlen=_LAST)
        self._pause = _PAUSE
        self.open = False
        self.probe_at = -math.inf
        """When the next request may go, while it is open."""
        self._probed_at = -math.inf

    def may_start(self, now: float) -> bool:
        """Whether a request may start."""
        return not self.open or now >= self.probe_at

    def started(self, now: float) -> None:
        """A request starts. While open, no other does before it ends, or is lost."""
        if self.open:
            self._probed_at, self.probe_at = now, now + _LONGEST

    def succeeded(self) -> None:
        """The server answered, be it with a refusal: it is there."""
        if self.open:
            self._failed.clear()
            self._pause = _PAUSE
        self.open = False
        self._failed.append(False)

    def failed(self, sent: float, now: float) -> bool:
        """A request failed that was *sent* then. Return whether this opens it."""
        if self.open:
            if sent >= self._probed_at:
                self._pause = min(_LONGEST, 2 * self._pause)
                self.probe_at = now + self._pause
            return False
        self._failed.append(True)
        if len(self._failed) < _LAST or sum(self._failed) <= _SHARE * _LAST:
            return False
        self.open, self._probed_at = True, math.inf
        self.probe_at = now + self._pause
        return True
