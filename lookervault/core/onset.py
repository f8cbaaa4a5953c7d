"""How fast a run begins, before any limit was met."""

from __future__ import annotations

DOUBT = 0.1
"""Seconds that a refusal may take to come back, until one was seen: as on the
internet."""

BLIND = 3
"""Requests that may go before anything is known: two more than the least."""

_SHARE = 0.5
"""Of the requests accepted so far, so many may be without an answer at first. The
rate grows as fast as answers allow, and what the limit then refuses is bounded."""

_KNEE = 20
"""And at most so many, two hundred a second, ..."""

_LEAN = 0.02
"""... and this share of the accepted: a stored burst of a thousand is not overrun."""


def speed(accepted: int) -> float:
    """Return the requests a second that may go after so many were *accepted*."""
    open_ = min(_SHARE * accepted, _KNEE) + _LEAN * accepted
    return max(BLIND, open_) / DOUBT
