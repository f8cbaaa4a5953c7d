"""What a throttle has learned: how it outlives the throttle, the process and the run."""

from __future__ import annotations

import msgspec

from lookervault.records import Tolerance

_FORGET = 3600.0
"""Seconds in which half of what was counted is forgotten: limits are changed by
people, during the day. What remains is still the best start."""


class Learned(msgspec.Struct, frozen=True):
    """What outlives a throttle: the next one starts from it."""

    rate: float | None = None
    """Requests a second; ``None``: no limit was met."""
    sure: float = 0.0
    """Accepted requests that the rate was measured with."""
    limit: float | None = None
    """Requests in flight; ``None``: no limit was met."""
    quiet_until: float = 0.0
    """Monotonic time before which no request may start."""
    serial: int = 0
    """Counts up with each slowdown and each longer wait. A token of an earlier one is
    void."""


def decayed(learned: Learned, age: float) -> Learned:
    """Return what a run may start from that comes *age* seconds after this was learned.

    The rate stays, less sure the older it is, so that it is soon left if it was raised.
    What names moments of the earlier process is dropped.
    """
    sure = learned.sure * 0.5 ** (max(0.0, age) / _FORGET)
    return Learned(rate=learned.rate, sure=sure, limit=learned.limit)


def recalled(known: Tolerance | None, wall: float) -> Learned:
    """Return what a run may start from, at *wall*, that knows this of an earlier one."""
    if known is None:
        return Learned()
    learned = Learned(rate=known.rate, sure=known.sure, limit=known.in_flight)
    return decayed(learned, wall - known.at)


def kept(learned: Learned, wall: float) -> Tolerance | None:
    """Return what is worth keeping, at *wall*, of what was *learned*, if anything is.

    To recall it and keep it again changes nothing: what decays does so by halves.
    """
    rate, limit = learned.rate, learned.limit
    if rate is None and limit is None:
        return None
    return Tolerance(rate=rate, sure=learned.sure, in_flight=limit, at=wall)
