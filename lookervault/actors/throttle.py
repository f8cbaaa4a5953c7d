"""Says when each fetcher may call Looker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from lookervault.actors.actor import Actor, Slot, Tells
from lookervault.actors.clock import Clock
from lookervault.core.pace import Learned, Pace
from lookervault.messages import (
    Answered,
    Ask,
    Go,
    Slowed,
    ToFetcher,
    ToProgress,
    ToThrottle,
    Turn,
)


class Throttle(Actor[ToThrottle]):
    """Keeps one pace for all fetchers. The arithmetic is `Pace`'s.

    A slowdown is broadcast by *learned*, which each fetcher looks at before it
    uses a token: a message could come too late.
    """

    def __init__(
        self,
        learned: Slot[Learned],
        *,
        max_rate: float | None,
        me: Tells[ToThrottle],
        fetchers: Mapping[str, Tells[ToFetcher]],
        progress: Tells[ToProgress],
        clock: Clock,
    ) -> None:
        self._learned = learned
        self._pace = Pace(learned.value, max_rate=max_rate)
        self._me = me
        self._fetchers = fetchers
        self._progress = progress
        self._clock = clock
        self._turn_at: float | None = None

    def receive(self, message: ToThrottle) -> None:
        now = self._clock.now()
        match message:
            case Ask():
                self._pace.asked(message)
            case Answered():
                self._answered(message, now)
            case Turn():
                self._turn_at = None
            case _:
                assert_never(message)
        self._grant(now)

    def _answered(self, answer: Answered, now: float) -> None:
        slowdown = self._pace.answered(answer, now)
        self._learned.value = self._pace.learned
        if slowdown is not None:
            self._progress.tell(Slowed(slowdown))

    def _grant(self, now: float) -> None:
        serial = self._pace.learned.serial
        for ask in self._pace.grants(now):
            self._fetchers[ask.fetcher].tell(Go(ask.ask, serial))
        at = self._pace.next_at(now)
        if at is not None and (self._turn_at is None or at < self._turn_at):
            self._turn_at = at
            self._clock.after(at - now, self._me, Turn())
