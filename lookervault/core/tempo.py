"""How fast requests follow each other, by which of them were refused."""

from __future__ import annotations

import math

from lookervault.core import onset
from lookervault.core.allowance import Allowance
from lookervault.core.cycle import Cycle
from lookervault.core.stretch import Log, Sent
from lookervault.core.zeros import Zero

_GRACE = 1.5
"""Times the slowest refusal after which a request without an answer is presumed
accepted: a page may take seconds more, and waiting for it would cost more than all
refusals together."""

_TICK = 0.01
"""Seconds added to that: threads that wake late."""

_SLACK = 0.05
"""Seconds of lateness that are caught up; later, nobody wanted to send."""

_RETRY = 0.25
"""Slots by which a refusal delays what follows. A sharp limit is then not refused
again at once for being a trifle too fast; a bucket loses a quarter of a slot."""

_RETRY_BLIND = 1.0
"""The same before anything was measured: the rate is then far too high."""

_BEND = 8
"""After as many requests without a refusal as it was measured with, the rate is up by
what it may be wrong by. It grows with this power of their number: hardly at all while
what is known is likely, and twofold after twice as many."""

_CLIMB = 0.05
"""Of itself, by which the rate grows in a second at most, or by what it may be wrong
by if that is more: a window refuses at its end all that was too much since."""

_PATIENCE = 1.0
"""Seconds before the rate grows: a window of one second refuses only at its end, and
what was sent later may not have been refused yet."""

_STALL = 2
"""Refusals in a row, and one for fifty accepted before, that mean a blackout: nothing
is sent but probes."""

_QUICK = 4
"""Probes that may follow faster: after 1/4, 1/2, 1 and 2 slots."""


class Tempo:
    """When the next request may be sent.

    Each request has a number. It ends by `accepted`, `refused` or `void`; without a
    word in time it is presumed accepted.
    """

    def __init__(self, rate: float | None, sure: float, *, most: float) -> None:
        self.rate = rate
        """Requests a second; ``None``: no limit was met."""
        self._most = most
        """Requests a second that nobody wants to exceed."""
        self._sent = 0
        self._off = 0
        """Sent and not accepted."""
        self._open: dict[int, float] = {}
        """Number and time of requests that may still be refused."""
        self._allowance = Allowance(sure)
        self._zeros = self._allowance.zeros
        self._calm = 0
        """Requests since the rate was set."""
        self._due = self._first = self._last = -math.inf
        self._delay: float | None = None
        """Seconds of the slowest refusal."""
        self._streak = 0
        """Refusals one after the other."""
        self._began = 0.0
        self._newest = (0, 0.0)
        """Number and speed of the newest request that was refused."""
        self._quiet = -math.inf
        self._told = False
        """Whether the last refusal had a Retry-After."""
        self._log = Log(0.0, 0, 0.0)
        self._idle = self._waited = 0.0
        self._cycle = Cycle()
        self._lazy = False
        self._since = 0
        """Accepted until the last refusal before the first measure."""

    @property
    def speed(self) -> float:
        """Requests a second that are sent now."""
        rate = onset.speed(self._accepted) if self.rate is None else self.rate
        return min(self._most, rate)

    @property
    def sure(self) -> float:
        """Accepted requests that the rate rests on."""
        return self._allowance.sure

    @property
    def last(self) -> int:
        """Number of the request that was sent last."""
        return self._sent

    @property
    def _accepted(self) -> int:
        return self._sent - self._off - len(self._open)

    @property
    def _grace(self) -> float:
        if self._delay is None:
            return _GRACE * onset.DOUBT
        return _GRACE * self._delay + _TICK

    @property
    def _stalled(self) -> bool:
        return self._streak > 0 and self._streak > _STALL + self._zeros.between / 50

    def at(self, now: float) -> float:
        """Return when the next request may go: now or earlier, at once."""
        self._presume(now)
        if self._stalled:
            at = self._zeros.newest.at + self._gap
            if self._open:
                at = max(at, self._open[max(self._open)] + max(self._grace, self._gap))
            return max(at, self._quiet)
        if self.rate is None:
            blind = self._sent < onset.BLIND and self._most == math.inf
            return self._quiet if blind else max(self._due, self._quiet)
        at = max(self._due, self._quiet)
        if not self._allowance.measured and len(self._open) >= max(
            1, self._accepted - self._since
        ):
            at = max(at, next(iter(self._open.values())) + self._grace)
        return at

    def bound(self, most: float, now: float) -> None:
        """Nobody wants to exceed *most* requests a second from *now* on."""
        self._most = most
        # Whoever waits must not wait for a turn that a slower rate had set.
        self._due = min(self._due, now + 1 / self.speed)

    def wanted(self, now: float) -> None:
        """Somebody wants to send, after nobody did."""
        at = self.at(now)
        if self._sent and at + (self._log.slack or _SLACK) < now:
            self._idle += now - max(at, self._last)
            self._due = max(self._due, now - _SLACK)
            self._lazy = True

    def send(self, now: float) -> int:
        """Return the number of the request that goes *now*."""
        self._presume(now)
        self._sent += 1
        speed, bounded = self.speed, self.speed >= self._most
        if self._sent == 1:
            self._first = now
            self._due = self._due if bounded else now
        timely = now < self._due + _SLACK + 1 / speed
        if timely and not self._lazy and not bounded:
            self._calm += 1
            if self.rate is not None and not self._streak:
                self._grow(self.rate)
        self._lazy = False
        slack = 1 / speed if bounded else _SLACK
        self._due = max(self._due, now - slack) + 1 / speed
        if self._last < self._quiet or self._sent == 1:
            self._log = Log(now, self._sent - 1 - self._off, self._log.slack)
        self._log.add(Sent(now, speed))
        if self._log.slack and not bounded:
            self._due = self._log.due(now, speed, self._most)
        self._last = now
        self._open[self._sent] = now
        return self._sent

    def _grow(self, rate: float) -> None:
        if self._told:
            told, awake = self._allowance.told, self._last - self._quiet
            share = told.growth(rate, self._calm, awake)
        else:
            share = self._share(rate)
        self.rate = rate * math.exp(min(0.5, share))

    def _share(self, rate: float) -> float:
        """Return by which share *rate* grows with the next request."""
        until = max(self.sure, rate * max(_PATIENCE, self._cycle.length))
        doubt = self._allowance.doubt
        doubt += self._cycle.error if self._calm < until else 0.0
        share = doubt * _BEND * (self._calm / until) ** (_BEND - 1) / until
        return min(share, max(_CLIMB, doubt) / (rate * _PATIENCE))

    def accepted(self, number: int) -> None:
        """The request was answered as it should be."""
        at = self._open.pop(number, None)
        if at is not None:
            self._through(number, at)

    def void(self, number: int) -> None:
        """The request was not sent after all, or it failed: it says nothing."""
        self._off += 1
        self._open.pop(number, None)

    def refused(
        self, number: int, sent: float, speed: float, now: float, *, wait: float = 0.0
    ) -> None:
        """The server refused a request that was *sent* at this *speed* (429).

        *wait* is its Retry-After.
        """
        self._open.pop(number, None)
        self._off += 1
        self._delay = max(self._delay or 0.0, min(now - sent, 1.0))
        under_way = sent < self._quiet  # when another one was refused
        self._obey(now, wait)
        if number < self._newest[0]:
            return
        same = under_way or self._streak > 0
        self._newest = (number, speed)
        self._zero(max(0, number - self._off), sent, now, same=same)
        self._streak += not (under_way and self._streak)
        if not wait and (self._stalled or not self._cycle.echoes(sent)):
            self._learn(anew=not same)
        elif wait and not under_way:
            self._heed(Sent(sent, speed), wait)
        slots = _RETRY if self._allowance.measured else _RETRY_BLIND
        pause = min(1.0, slots * 2.0 ** min(self._streak - 1, _QUICK)) / self.speed
        late = max(now, sent + pause) if number == self._sent else self._due + pause
        self._due = max(late, self._quiet)

    def _heed(self, refused: Sent, wait: float) -> None:
        """Set the rate by what was accepted since the last wait."""
        self._calm, self._told, (number, _) = 0, True, self._newest
        log, anew = self._log, self._streak == 1
        later = self._sent - number
        stretch = log.until(refused, later, number - self._off)
        self.rate = self._allowance.heed(
            stretch, wait, self._first, anew=anew, later=later
        )
        log.slack = self._allowance.told.slack

    def _zero(self, count: int, sent: float, now: float, *, same: bool) -> None:
        if same and len(self._zeros):
            waited = self._zeros.newest.waited
            self._zeros.move(Zero(sent, count, self._idle, waited))
        else:
            waited = self._waited - max(0.0, self._quiet - now)
            self._zeros.add(Zero(sent, count, self._idle, waited))
            self._began = sent

    def _obey(self, now: float, wait: float) -> None:
        if wait > 0:
            self._waited += max(0.0, now + wait - max(now, self._quiet))
            self._quiet = max(self._quiet, now + wait)
            self._due = max(self._due, self._quiet)

    def _presume(self, now: float) -> None:
        until = now - self._grace + 1e-9
        while self._open:
            number, at = next(iter(self._open.items()))
            if at > until:
                return
            del self._open[number]
            self._through(number, at)

    def _through(self, number: int, at: float) -> None:
        """A request was accepted, or is presumed so."""
        if not self._streak or number <= self._newest[0]:
            return
        if self._stalled and not self._told:
            self._cycle.ended(self._zeros, self._first, at)
            self._learn(blackout=at - self._began)
        self._streak = 0

    @property
    def _gap(self) -> float:
        """Seconds from the last refusal to the next probe, in a blackout."""
        slot = 1 / self.speed
        if self._zeros.before is not None and self._streak <= _QUICK:
            return slot * _RETRY * 2.0 ** (self._streak - 1)
        gap = self._cycle.probe_after(self._zeros, self._first, self._began)
        return max(slot, gap)

    def _learn(self, *, anew: bool = False, blackout: float = 0.0) -> None:
        """Set the rate by what is known now. Doing so again changes nothing."""
        self._calm, self._told, self._log.slack = 0, False, 0.0
        _, refused = self._newest
        self.rate = self._allowance.after(
            refused, self._first, anew=anew, blackout=blackout
        )
        if not self._allowance.measured:
            self._since = self._sent - self._off
