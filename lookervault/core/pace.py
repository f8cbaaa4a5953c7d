"""How fast we may call Looker: the throttle's mind.

Three controls. `Tempo` holds the rate, by refusals (429); `Crowd` the number in
flight, by overload (502, 503, 504); `Breaker` stops all when nothing
is answered. ``docs/throttle.md`` tells how and why.
"""

from __future__ import annotations

import math

import msgspec
from msgspec.structs import replace

from lookervault.core.awake import Awake
from lookervault.core.breaker import Breaker
from lookervault.core.crowd import Crowd
from lookervault.core.learned import Learned
from lookervault.core.tempo import Tempo
from lookervault.messages import Answered, Ask, Outcome, Slowdown

LONGEST_WAIT = 600.0
"""Seconds of a Retry-After that are obeyed; more is said, not waited for."""

_LOST = 180.0
"""Seconds after which a request without an end is no longer in flight: longer
than the deadline of any request."""

_NEWS = 0.95
"""A rate that fell by less than a twentieth since it was told is no news."""

_LONGER = 0.5
"""Seconds by which a wait must exceed what was told of it to be news: it is said in
whole ones, and those who were refused together hear of it within tenths."""


class _Flight(msgspec.Struct, frozen=True):
    """A token that is out."""

    ask: int
    granted: float
    number: int
    speed: float
    """Requests a second that were sent then."""
    serial: int
    """Of the slowdowns before it."""


class Pace:
    """Who waits for a token, who has one, and when the next may go."""

    def __init__(self, learned: Learned, *, max_rate: float | None = None) -> None:
        most = math.inf if max_rate is None else max_rate
        self._learned = learned
        self._max_rate = max_rate
        self._tempo = Tempo(learned.rate, learned.sure, most=most)
        self._crowd = Crowd(learned.limit)
        self._breaker = Breaker()
        self._awake = Awake()
        self._waiting: dict[str, int] = {}
        self._flying: dict[str, _Flight] = {}
        self._again: list[Ask] = []
        """Tokens that are out, and asked for once more: they may have been lost."""
        self._paced = False
        """Whether somebody waits for their turn."""
        self._told_at = -math.inf
        self._told_until = learned.quiet_until
        self._told_rate = math.inf if learned.rate is None else learned.rate

    @property
    def learned(self) -> Learned:
        """What the next throttle should know."""
        limit = self._crowd.limit
        return replace(
            self._learned,
            rate=self._tempo.rate,
            sure=self._tempo.sure,
            limit=None if limit == math.inf else limit,
        )

    @property
    def rate(self) -> float | None:
        """Requests a second that may start; ``None``: no bound is known."""
        rates = [r for r in (self._tempo.rate, self._max_rate) if r is not None]
        return min(rates, default=None)

    def asked(self, ask: Ask, now: float) -> None:
        """A fetcher wants to make a request. Whoever waits already keeps its place.

        A token that is out for that very request and was not voided is given once more:
        it is the same one, should the first have been on the way.
        """
        self._look_at_the_clock(now)
        flight, serial = self._flying.get(ask.fetcher), self._learned.serial
        if flight is not None:
            if (flight.ask, flight.serial) == (ask.ask, serial):
                self._again.append(ask)
                return
            del self._flying[ask.fetcher]
            self._void(flight)
        if not self._waiting:
            self._tempo.wanted(self._awake.at(now))
        self._waiting[ask.fetcher] = ask.ask

    def waived(self, fetcher: str, ask: int | None = None) -> None:
        """*ask*, or whatever *fetcher* wants or may, will not be used any more."""
        if ask in {None, self._waiting.get(fetcher)}:
            self._waiting.pop(fetcher, None)
        flight = self._flying.get(fetcher)
        if flight is not None and ask in {None, flight.ask}:
            del self._flying[fetcher]
            self._void(flight)

    def bound(self, max_rate: float | None, now: float) -> None:
        """Start at most *max_rate* requests a second from *now* on."""
        self._max_rate = max_rate
        most = math.inf if max_rate is None else max_rate
        self._tempo.bound(most, self._awake.at(now))

    @property
    def waiting(self) -> tuple[str, ...]:
        """The fetchers that want a token, the first one first."""
        return tuple(self._waiting)

    @property
    def most(self) -> int | None:
        """Requests that may be in flight; ``None``: as many as there are."""
        limit = 1.0 if self._breaker.open else self._crowd.limit
        return None if limit == math.inf else max(1, int(limit))

    def in_flight(self, now: float) -> int:
        """Return how many tokens are out, but for those whose fetcher must have died."""
        while self._flying:
            fetcher, flight = next(iter(self._flying.items()))
            if now - flight.granted <= _LOST:
                break
            del self._flying[fetcher]
            self._crowd.failed(flight.number, now)
        return len(self._flying)

    def grants(self, now: float, *, most: float = math.inf) -> list[Ask]:
        """Return the requests that may start now, *most* of them."""
        self._look_at_the_clock(now)
        again = [ask for ask in self._again if self._is_out(ask)]
        self._again = []
        granted: list[Ask] = []
        while self._waiting and len(granted) < most and self._may_start(now):
            fetcher, ask = next(iter(self._waiting.items()))
            del self._waiting[fetcher]
            speed, free = self._tempo.speed, not self._paced
            self._breaker.started(now)
            number = self._tempo.send(self._awake.at(now))
            self._awake.sent(now)
            serial = self._learned.serial
            self._flying[fetcher] = _Flight(ask, now, number, speed, serial)
            self._crowd.sent(number, len(self._flying), now, free=free)
            granted.append(Ask(fetcher, ask))
        self._paced = bool(self._waiting) and self._start_at(now) > now
        return again + granted

    def _is_out(self, ask: Ask) -> bool:
        flight = self._flying.get(ask.fetcher)
        return flight is not None and flight.ask == ask.ask

    def next_at(self, now: float) -> float | None:
        """Return when `grants` may have more, or ``None`` if only an answer can tell."""
        flying = self.in_flight(now)
        if not self._waiting or self._crowd.full(flying):
            return None
        at = max(now, self._start_at(now))
        return max(at, self._breaker.probe_at) if self._breaker.open else at

    def answered(self, answer: Answered, now: float) -> Slowdown | None:
        """A request has ended. Return what everyone must hear, if it is bad news."""
        self._look_at_the_clock(now)
        flight = self._landed(answer, now)
        match answer.outcome:
            case Outcome.OK:
                self._tempo.accepted(flight.number)
                self._crowd.answered(flight.number, now)
                self._breaker.succeeded()
                return None
            case Outcome.REFUSED:
                self._crowd.void(flight.number)
                self._breaker.succeeded()
                return self._refused(flight, answer, now)
            case Outcome.OVERLOADED:
                self._tempo.void(flight.number)
                return self._overloaded(flight, answer, now)
            case Outcome.FAILED:
                self._crowd.failed(flight.number, now)
                self._tempo.void(flight.number)
                return self._failed(answer, now)

    def _void(self, flight: _Flight) -> None:
        self._tempo.void(flight.number)
        self._crowd.void(flight.number)

    def _landed(self, answer: Answered, now: float) -> _Flight:
        if self._waiting.get(answer.fetcher) == answer.ask:
            # It asked a new throttle while the last one's token was on the way.
            del self._waiting[answer.fetcher]
        flight = self._flying.get(answer.fetcher)
        if flight is not None and flight.ask == answer.ask:
            del self._flying[answer.fetcher]
            return flight
        # An earlier throttle granted it.
        sent, tempo = now - answer.seconds, self._tempo
        return _Flight(answer.ask, sent, tempo.last, tempo.speed, -1)

    def _look_at_the_clock(self, now: float) -> None:
        if self._awake.might_have_slept(now):
            self._awake.look(self._start_at(now), now)

    def _start_at(self, now: float) -> float:
        """When a request may start as far as refusals go."""
        at = self._awake.real(self._tempo.at(self._awake.at(now)))
        return max(self._learned.quiet_until, at)

    def _may_start(self, now: float) -> bool:
        flying = self.in_flight(now)
        return (
            self._breaker.may_start(now)
            and not self._crowd.full(flying)
            and self._start_at(now) <= now
        )

    def _refused(
        self, flight: _Flight, answer: Answered, now: float
    ) -> Slowdown | None:
        wait, more = _heeded(answer.retry_after)
        sent = now - answer.seconds
        began, ended = self._awake.at(sent), self._awake.at(now)
        self._tempo.refused(flight.number, began, flight.speed, ended, wait=wait)
        fell = (self.rate or math.inf) < _NEWS * self._told_rate
        reason = f"Looker refused a request (429){more}"
        return self._tell(reason, sent, now, wait=wait, news=fell or wait > 0)

    def _overloaded(
        self, flight: _Flight, answer: Answered, now: float
    ) -> Slowdown | None:
        before = self._crowd.limit
        self._crowd.overloaded(flight.number, now)
        fell = self._crowd.limit < before
        wait, more = _heeded(answer.retry_after)
        stopped = self._failed(answer, now)
        reason, sent = f"Looker is overloaded{more}", now - answer.seconds
        told = self._tell(reason, sent, now, wait=wait, news=fell or wait > 0)
        if stopped and told:
            return replace(stopped, until=told.until)
        return stopped or told

    def _failed(self, answer: Answered, now: float) -> Slowdown | None:
        if not self._breaker.failed(now - answer.seconds, now):
            return None
        wait = self._breaker.probe_at - now
        reason = "More than half of the last 20 requests failed; trying one at a time"
        return self._tell(reason, math.inf, now, wait=wait, news=True)

    def _tell(
        self, reason: str, sent: float, now: float, *, wait: float, news: bool
    ) -> Slowdown | None:
        """What was sent before the last slowdown belongs to it, but for a longer wait."""
        news = news and sent > self._told_at
        until = self._learned.quiet_until
        if news or now + wait > max(until, now):
            until = max(until, now + wait)
            serial = self._learned.serial + 1
            self._learned = replace(self._learned, quiet_until=until, serial=serial)
        if not (news or until > max(self._told_until, now) + _LONGER):
            return None
        self._told_at, self._told_until = now, until
        self._told_rate = math.inf if self.rate is None else self.rate
        return Slowdown(reason, self.rate, until)


def _heeded(asked: float | None) -> tuple[float, str]:
    """Return the seconds to wait, and what to say if Looker asked for more."""
    asked = asked or 0.0
    if asked <= LONGEST_WAIT:
        return asked, ""
    more = f" and asked for {asked:.0f} s; waiting {LONGEST_WAIT:.0f} s"
    return LONGEST_WAIT, more
