"""The life of an actor, lived one message at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from lookervault.actors.actor import Actor, Address, Pulse, Tells
from lookervault.messages import Exited
from lookervault.testing.clock import FakeClock

MADE_UP = "made up"
"""What those say that are made to die."""

Said = list[tuple[Address[Any], Any]]
"""Messages, and to whom."""

_WAKE = object()
"""Makes the clock move on to where a hang ends."""


class SimulatedLife:
    """A `Life` that is lived one message at a time."""

    def __init__(
        self,
        address: Address[Any],
        actor: Actor[Any],
        report: Tells[Exited],
        clock: FakeClock,
        *,
        told: Callable[[SimulatedLife, Any], bool],
        receives: Callable[[Actor[Any], Any], None],
    ) -> None:
        self.address = address
        self.name = address.name
        self.number = 0
        self.pulse = Pulse(clock.now)
        self.inbox: deque[Any] = deque()
        self._clock = clock
        self._hung_until: float | None = None
        self._stalled_until = 0.0
        self._said: Said = []
        """What it tells when its hang is over."""
        self._over = False
        self.left_behind = False
        """Whether it is a ghost: another life has its address."""
        self.actor = actor
        self._report = report
        self._told = told
        self._receives = receives
        actor.lives(self.pulse)

    @property
    def ready(self) -> bool:
        """Whether a message can be delivered."""
        now = self._clock.now()
        hung = self._hung_until is not None and self._hung_until > now
        return not hung and self._stalled_until <= now

    @property
    def finished(self) -> bool:
        """Whether nothing will come of it any more."""
        return self._over

    def start(self) -> None:
        self._try(self.actor.started)

    def tell(self, message: Any) -> None:
        arrives = message is _WAKE or self._told(self, message)
        if arrives and not self._over:
            self.inbox.append(message)

    def deliver(self) -> None:
        """Deal with one message; what was left behind deals with its last one."""
        self._hung_until = None
        if self._said:
            self._try(self._speak)
        elif (message := self.inbox.popleft()) is not _WAKE:
            self._receives(self.actor, message)
            self.pulse.beat()
            self._try(lambda: self.actor.receive(message))
            self.pulse.rest()
        if self.left_behind:
            self._over = True

    def crash(self) -> None:
        self._end(RuntimeError(MADE_UP))

    def _speak(self) -> None:
        said, self._said = self._said, []
        for address, message in said:
            address.tell(message)
        self.pulse.rest()

    def hang(self, seconds: float, said: Said) -> None:
        """Stay with the message at hand for *seconds*, or tell then what it led to."""
        self._said = said
        self.pulse.beat()
        self._hung_until = self._clock.now() + seconds
        self._clock.after(seconds, self, _WAKE)

    def stall(self, seconds: float) -> None:
        """Get no time for *seconds*; what it is told comes late."""
        self._stalled_until = self._clock.now() + seconds
        self._clock.after(seconds, self, _WAKE)

    def ask_to_stop(self) -> None:
        """Nothing: `wait` does it all."""

    def wait(self, patience: float) -> bool:  # noqa: ARG002  # time stands still
        if self._hung_until is not None:
            return False
        while self.inbox and not self._over:
            self.deliver()
        self._end(None)
        return True

    def abandon(self) -> None:
        """Leave it behind: it says one thing more, when its hang is over."""
        self.left_behind = True
        while len(self.inbox) > 1:
            self.inbox.pop()

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # noqa: BLE001  # any death is to be survived
            self._end(error)

    def _end(self, error: Exception | None) -> None:
        if self._over:
            return
        self._over = True
        self.inbox.clear()
        self.actor.stopped()
        self._report.tell(Exited.of(self.name, self.number, error))
