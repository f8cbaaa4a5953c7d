"""How long a window lasts, by when a server that refused all accepts again."""

from __future__ import annotations

import math

from lookervault.core.zeros import Zeros

_LONG = 2.0
"""Seconds from which a window is long: what is sent evenly is refused only at its end,
and what was sent all at once before comes back at once."""

_LONGEST_WINDOW = 900.0
"""Seconds beyond which it was no window: the process slept, or the server was away."""

_COARSE = 0.4
"""Of the time since the start, between two probes of the first blackout ..."""

_LATER = 0.15
"""... and of the time since the last one in a later blackout, or if enough was accepted
that a dozen more refusals are nothing."""

_ENOUGH = 500
"""Requests that are enough for that."""

_USUAL = (10.0, 60.0)
"""Seconds of the windows that people choose: each is worth a probe."""

_AFTER = 0.5
"""Seconds after the end of such a window until it is probed: what was sent when the
rate was still low comes back at a low rate."""

_LONGEST = 60.0
"""Seconds between two probes at most: so late is it noticed that a server that refused
everything accepts again."""

_ECHO = 0.1
"""Of a window, in which refusals after a blackout say nothing, for the same reason."""


class Cycle:
    """A window that is longer than a second or two, if there is one."""

    def __init__(self) -> None:
        self.length = 0.0
        """Seconds; 0: no long window was met."""
        self.error = 0.0
        """Share of it that is not known."""
        self._echo = -math.inf

    def probe_after(self, zeros: Zeros, first: float, began: float) -> float:
        """Return how long to wait for the next probe after a refusal in a blackout.

        The *first* request of all and the blackout *began* at these times.
        """
        return min(_LONGEST, self._gap(zeros, first, began))

    def _gap(self, zeros: Zeros, first: float, began: float) -> float:
        new, before = zeros.newest, zeros.before
        if before is not None:
            return min(_LATER * (new.at - before.at), new.at - began)
        span = new.at - first
        gap = min(
            span * (_COARSE if new.accepted < _ENOUGH else _LATER), new.at - began
        )
        usual = (window + _AFTER - span for window in _USUAL)
        return min([gap, *(left for left in usual if left > 0)])

    def ended(self, zeros: Zeros, first: float, at: float) -> None:
        """A request *at* this time was the first that was accepted after a blackout.

        The last zero point is moved to where the window seems to have ended: half way
        from the last refusal.
        """
        new, before = zeros.newest, zeros.before
        began = first if before is None else before.at
        end = (new.at + at) / 2
        if _LONG < end - began <= _LONGEST_WINDOW:
            self.length = end - began
            self.error = max(0.0, end - new.at) / self.length
            self._echo = at + _ECHO * self.length
        zeros.move(new._replace(at=end))

    def echoes(self, at: float) -> bool:
        """Whether a refusal *at* this time repeats what was refused in a blackout."""
        return at < self._echo
