"""How fast we may call Looker: the throttle's mind.

Two controls. The *rate*, in requests a second, follows refusals (429): unknown
until the first one, then a little below what was accepted before it, and slowly
up again. The number *in flight* follows overload (502, 503, 504) in the same way.
"""

from __future__ import annotations

import math
from collections import deque

import msgspec
from msgspec.structs import replace

from lookervault.messages import Answered, Ask, Outcome, Slowdown

_WINDOW = 10.0
"""Seconds over which accepted requests are counted: long enough that a burst
which the server stored up does not pass for its rate."""

_BELOW = 0.9
"""A refusal says that the rate was too high, not by how much. A tenth less is
refused again soon if the limit fell, and costs little if it did not."""

_HOLD = 5.0
"""Seconds without a refusal before the rate goes up."""

_CLIMB = 1.05
"""The rate goes up by so much a second: double after 14 s, so that a limit that
was raised is found within a minute."""

_RETURN = 1.5
"""The rate goes up by so much a second where it was not refused before: an estimate
that was far too low, since little had been accepted yet, is mended in seconds."""

_AT_FIRST = 5.0
"""Requests a second that are taken for accepted when none was yet."""

_USED = 0.5
"""The share of the rate that must be in use for it to go up."""

_SLOWEST = 0.05
"""Requests a second; slower, a run would seem dead."""

_WITHOUT_WORD = 1.0
"""Seconds to wait after a refusal that does not say how long."""

_LOST = 180.0
"""Seconds after which a request without an end is no longer in flight: longer
than the deadline of any request."""


class Learned(msgspec.Struct, frozen=True):
    """What outlives a throttle: the next one starts from it."""

    rate: float | None = None
    """Requests a second; ``None``: no limit was met."""
    ceiling: float | None = None
    """The rate that was refused last; ``None``: it is not known."""
    limit: float | None = None
    """Requests in flight; ``None``: no limit was met."""
    quiet_until: float = 0.0
    """Monotonic time before which no request may start."""
    serial: int = 0
    """Counts up with each slowdown and each longer wait. A token of an earlier one is
    void."""


class Pace:
    """Who waits for a token, who has one, and when the next may go."""

    def __init__(self, learned: Learned, *, max_rate: float | None = None) -> None:
        self.learned = learned
        self._max_rate = max_rate
        self._waiting: dict[str, int] = {}
        self._flying: dict[str, tuple[int, float]] = {}
        self._accepted: deque[float] = deque(maxlen=10_000)
        self._next_at = 0.0
        self._slowed_at = float("-inf")
        self._raised_at = float("-inf")

    @property
    def rate(self) -> float | None:
        """Requests a second that may start; ``None``: as many as there are."""
        rates = [r for r in (self.learned.rate, self._max_rate) if r is not None]
        return min(rates, default=None)

    def asked(self, ask: Ask) -> None:
        """A fetcher wants to make a request. Whoever waits already keeps its place."""
        self._flying.pop(ask.fetcher, None)
        self._waiting[ask.fetcher] = ask.ask

    def waived(self, fetcher: str, ask: int) -> None:
        """A request is not wanted any more, whether it has its token or waits for it."""
        if self._waiting.get(fetcher) == ask:
            del self._waiting[fetcher]
        if self._flying.get(fetcher, (None,))[0] == ask:
            del self._flying[fetcher]

    def bound(self, max_rate: float | None, now: float) -> None:
        """Start at most *max_rate* requests a second from *now* on."""
        self._max_rate = max_rate
        # Whoever waits must not wait for a turn that a slower rate had set.
        soonest = now + (1 / self.rate if self.rate is not None else 0.0)
        self._next_at = min(self._next_at, soonest)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The fetchers that want a token, the first one first."""
        return tuple(self._waiting)

    @property
    def most(self) -> int | None:
        """Requests that may be in flight; ``None``: as many as there are."""
        limit = self.learned.limit
        return None if limit is None else max(1, int(limit))

    def in_flight(self, now: float) -> int:
        """Return how many tokens are out, but for those whose fetcher must have died."""
        for fetcher, (_, granted) in list(self._flying.items()):
            if now - granted > _LOST:
                del self._flying[fetcher]
        return len(self._flying)

    def grants(self, now: float, *, most: float = math.inf) -> list[Ask]:
        """Return the requests that may start now, *most* of them."""
        granted: list[Ask] = []
        while self._waiting and len(granted) < most and self._may_start(now):
            fetcher, ask = next(iter(self._waiting.items()))
            del self._waiting[fetcher]
            self._flying[fetcher] = (ask, now)
            if self.rate is not None:
                self._next_at = max(self._next_at, now - 1 / self.rate) + 1 / self.rate
            granted.append(Ask(fetcher, ask))
        return granted

    def next_at(self, now: float) -> float | None:
        """Return when `grants` may have more, or ``None`` if only an answer can tell."""
        if not self._waiting or self._crowded(now):
            return None
        return max(now, self._next_at, self.learned.quiet_until)

    def answered(self, answer: Answered, now: float) -> Slowdown | None:
        """A request has ended. Return what everyone must hear, if it is bad news."""
        if self._flying.get(answer.fetcher, (None,))[0] == answer.ask:
            del self._flying[answer.fetcher]
        sent = now - answer.seconds
        match answer.outcome:
            case Outcome.OK:
                self._accepted.append(now)
                self._rise(now)
            case Outcome.REFUSED:
                return self._refused(sent, answer.retry_after, now)
            case Outcome.OVERLOADED:
                return self._overloaded(sent, answer.retry_after, now)
            case Outcome.FAILED:
                pass
        return None

    def _may_start(self, now: float) -> bool:
        start = max(self._next_at, self.learned.quiet_until)
        return start <= now and not self._crowded(now)

    def _crowded(self, now: float) -> bool:
        return self.most is not None and self.in_flight(now) >= self.most

    def _refused(self, sent: float, wait: float | None, now: float) -> Slowdown | None:
        """Refusals of requests sent before the last slowdown belong to it."""
        if sent <= self._slowed_at:
            self._quiet(wait, now)
            return None
        refused = self.rate or math.inf
        below = max(_SLOWEST, _BELOW * min(self._measured(now), refused))
        ceiling = refused if refused < math.inf else None
        self.learned = replace(self.learned, rate=below, ceiling=ceiling)
        return self._slow("Looker refused a request (429)", wait or _WITHOUT_WORD, now)

    def _overloaded(
        self, sent: float, wait: float | None, now: float
    ) -> Slowdown | None:
        if sent <= self._slowed_at:
            self._quiet(wait, now)
            return None
        limit = max(1.0, 0.75 * (len(self._flying) + 1))
        self.learned = replace(self.learned, limit=limit)
        return self._slow("Looker is overloaded", wait or 0.0, now)

    def _quiet(self, wait: float | None, now: float) -> None:
        """A late word of the same event may only make the wait longer."""
        until = now + (wait or 0.0)
        if until > self.learned.quiet_until:
            self._void(until)

    def _slow(self, reason: str, wait: float, now: float) -> Slowdown:
        self._slowed_at = self._raised_at = now
        self._void(max(self.learned.quiet_until, now + wait))
        self._next_at = self.learned.quiet_until
        return Slowdown(reason, self.rate, self.learned.quiet_until)

    def _void(self, quiet_until: float) -> None:
        """Nobody may start before *quiet_until*, whatever was granted."""
        serial = self.learned.serial + 1
        self.learned = replace(self.learned, quiet_until=quiet_until, serial=serial)

    def _measured(self, now: float) -> float:
        """Requests a second that were accepted lately."""
        while self._accepted and self._accepted[0] < now - _WINDOW:
            self._accepted.popleft()
        if not self._accepted:
            return self.learned.rate or _AT_FIRST
        span = max(1.0, now - self._accepted[0])
        return len(self._accepted) / span

    def _rise(self, now: float) -> None:
        """A request went through: take back some of the slowdown, in time."""
        held = now - self._slowed_at >= _HOLD
        limit, rate = self.learned.limit, self.learned.rate
        if limit is not None and held:
            self.learned = replace(self.learned, limit=limit + 1 / limit)
        if rate is not None and now - self._raised_at >= 1.0:
            self._raised_at = now
            # A rate that nobody uses would climb without end, and mean nothing.
            if self._measured(now) > _USED * rate:
                self.learned = replace(self.learned, rate=self._higher(rate, held=held))

    def _higher(self, rate: float, *, held: bool) -> float:
        """Go back quickly to just below what was refused, and slowly beyond."""
        ceiling = self.learned.ceiling
        near = math.inf if ceiling is None else _BELOW * ceiling
        if rate < near:
            return min(near, rate * _RETURN)
        return rate * _CLIMB if held else rate
