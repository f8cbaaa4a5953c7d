"""Says when each fetcher may call Looker."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import assert_never

from lookervault.actors.actor import Actor, Slot, Tells
from lookervault.actors.clock import Clock
from lookervault.actors.orders import Orders
from lookervault.core.learned import Learned
from lookervault.core.pace import Pace
from lookervault.errors import LimitReached
from lookervault.messages import (
    Answered,
    Ask,
    Go,
    Halt,
    Paced,
    Slowed,
    Steer,
    ToCoordinator,
    ToFetcher,
    ToProgress,
    ToThrottle,
    Turn,
    Waive,
)

_REPORT = 1.0
"""Seconds between two words on the pace, at least."""


class Budget:
    """How many requests a run may send, whoever sends them."""

    def __init__(self, calls: Callable[[], int], most: int | None) -> None:
        self._calls = calls
        self._most = most
        self._before = 0

    def begin(self) -> None:
        """A run begins, in a process that may have had others."""
        self._before = self._calls()

    @property
    def left(self) -> float:
        """Requests that may still be sent."""
        if self._most is None:
            return math.inf
        return self._most - (self._calls() - self._before)

    def spent(self, run: int | None) -> Halt:
        """Return what to tell of *run* when none is left."""
        reason = f"The limit of {self._most} requests (--max-calls) is reached."
        return Halt(reason, LimitReached.exit_code, run)


class Throttle(Actor[ToThrottle]):
    """Keeps one pace for all fetchers. The arithmetic is `Pace`'s.

    A slowdown is broadcast by *learned*, which each fetcher looks at before it
    uses a token: a message could come too late.
    """

    def __init__(
        self,
        learned: Slot[Learned],
        *,
        orders: Orders,
        budget: Budget,
        me: Tells[ToThrottle],
        fetchers: Mapping[str, Tells[ToFetcher]],
        coordinator: Tells[ToCoordinator],
        progress: Tells[ToProgress],
        clock: Clock,
    ) -> None:
        self._learned = learned
        self._orders = orders
        self._pace = Pace(learned.value, max_rate=orders.steering.max_rate)
        self._budget = budget
        self._me = me
        self._fetchers = fetchers
        self._coordinator = coordinator
        self._progress = progress
        self._clock = clock
        self._turn_at: float | None = None
        self._told: Paced | None = None
        self._tell_at = 0.0

    def receive(self, message: ToThrottle) -> None:
        now = self._clock.now()
        match message:
            case Ask():
                self._pace.asked(message, now)
            case Waive(fetcher, ask):
                self._pace.waived(fetcher, ask)
            case Answered():
                self._answered(message, now)
            case Turn(at):
                if at == self._turn_at:
                    self._turn_at = None
            case Steer(steering):
                self._pace.bound(steering.max_rate, now)
            case _:
                assert_never(message)
        self._grant(now)
        self._report(now)

    def _answered(self, answer: Answered, now: float) -> None:
        slowdown = self._pace.answered(answer, now)
        self._learned.value = self._pace.learned
        if slowdown is not None:
            self._progress.tell(Slowed(slowdown))

    def _grant(self, now: float) -> None:
        serial, left = self._pace.learned.serial, self._budget.left
        if left <= 0 and self._pace.waiting:
            self._coordinator.tell(self._budget.spent(self._orders.run))
            return
        for ask in self._pace.grants(now, most=left - self._pace.in_flight(now)):
            self._fetchers[ask.fetcher].tell(Go(ask.ask, serial))
        if self._pace.in_flight(now) >= left:
            return  # What comes next, an answer will tell.
        at = self._pace.next_at(now)
        if at is not None:
            self._wake(at, now)

    def _report(self, now: float) -> None:
        """Tell those who watch, once a second at most, if anything is new."""
        left = self._budget.left
        news = Paced(
            self._pace.rate,
            self._pace.most,
            None if left == math.inf else max(int(left), 0),
            self._pace.waiting,
        )
        if news == self._told:
            return
        if now < self._tell_at:
            self._wake(self._tell_at, now)
            return
        self._told, self._tell_at = news, now + _REPORT
        self._progress.tell(news)

    def _wake(self, at: float, now: float) -> None:
        if self._turn_at is None or at < self._turn_at:
            self._turn_at = at
            self._clock.after(at - now, self._me, Turn(at))
