"""What a server's refusals say of its limit, by counting between them."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

_FEW = 10
"""Fewer accepted between two zero points measure nothing: one more or less is 10 %."""

_POOL = 200
"""Accepted requests after which older zero points add nothing: they measure to half
a percent, which is below what the pace wanders by itself."""

_SLIP = 1.5
"""Accepted requests by which a count may be wrong: a bucket holds up to one token at
a zero point, and requests overtake each other."""

_KEPT = 64
"""Zero points that are remembered: enough for `_POOL` if every third is refused."""

_SHORT = 1e-3
"""Seconds below which the clock, not the server, is measured."""


class Zero(NamedTuple):
    """A moment when the server had nothing left to give: a refusal was sent then."""

    at: float
    accepted: int
    """Requests before, ever."""
    idle: float
    """Seconds without demand before, ever."""
    waited: float
    """Seconds spent on obeying Retry-After before, ever."""


class Measure(NamedTuple):
    """What the zero points say together."""

    rate: float
    """Accepted requests a second."""
    low: float
    """The limit is at least this."""
    sure: int
    """Accepted requests that it rests on."""
    idle: float
    """Share of the time without demand: then *rate* may be far too low."""


class Zeros:
    """The zero points of a run.

    Between two of them the server admitted what its limit allowed: accepted
    requests by time is the limit, whatever burst the server stores. It is never an
    average over a time in which we were slow by our own choice, so it cannot spiral
    down.
    """

    def __init__(self) -> None:
        self._points: deque[Zero] = deque(maxlen=_KEPT)

    def __len__(self) -> int:
        return len(self._points)

    @property
    def newest(self) -> Zero:
        """The last zero point. There must be one."""
        return self._points[-1]

    @property
    def between(self) -> int:
        """Accepted between the last two, or since the start."""
        before = self._points[-2].accepted if len(self) > 1 else 0
        return max(0, self.newest.accepted - before)

    @property
    def before(self) -> Zero | None:
        """The newest one that lies at least a few accepted requests back."""
        enough = self.newest.accepted - _FEW
        return next((z for z in reversed(self._points) if z.accepted <= enough), None)

    def add(self, zero: Zero) -> None:
        """A refusal after a success."""
        self._points.append(zero)

    def move(self, zero: Zero) -> None:
        """A refusal after a refusal: the server still has nothing to give."""
        self._points[-1] = zero

    def bound(self) -> float:
        """Return the rate that the last zero points exclude; few prove little."""
        new = self.newest
        bounds = [
            (new.accepted - old.accepted + _SLIP) / max(_SHORT, new.at - old.at)
            for old in list(self._points)[:-1]
            if new.accepted - old.accepted < _FEW
        ]
        return min(bounds, default=math.inf)

    def measure(self) -> Measure | None:
        """Return the rate since the oldest zero point that agrees with the newer ones.

        A pair of them bounds the limit from both sides. As long as all bounds hold
        together, the limit was the same all the time, and more counts make it more
        precise; where they contradict each other, it has changed.
        """
        new, found = self.newest, None
        low, high = 0.0, math.inf
        for old in list(self._points)[-2::-1]:
            count, span = new.accepted - old.accepted, max(_SHORT, new.at - old.at)
            if count < _FEW:
                continue
            awake = max(_SHORT, span - (new.waited - old.waited))
            low = max(low, (count - _SLIP) / span)
            high = min(high, (count + _SLIP) / awake)
            if low > high:
                break
            found = Measure(count / span, low, count, (new.idle - old.idle) / span)
            if count >= _POOL:
                break
        return found
