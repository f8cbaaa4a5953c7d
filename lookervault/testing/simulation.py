"""The whole system in one thread, in an order that a seed decides."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from lookervault.actors.actor import Actor, Address, Pulse, Tells
from lookervault.messages import Exited
from lookervault.testing.clock import FakeClock

M = TypeVar("M")

_CRASH = 0.03
"""Chance that a message kills whom it reaches, while crashes are left."""

_HANG = 0.01
"""Chance that a message makes a fetcher hang, while hangs are left."""

_HUNG = (70.0, 200.0)
"""Seconds that a hang lasts: longer than the lease of a fetcher."""

_ENDLESS = 500_000
"""Messages after which a run is taken for endless."""


class Simulation:
    """Runs a system message by message.

    Any actor may be next, so one seed is one interleaving, and a failing seed
    fails every time. *crashes* is how many messages kill whom they reach,
    *hangs* how many make a fetcher hang and speak later, as a ghost.
    *between* is called between two messages: let the server change there.
    """

    def __init__(
        self,
        seed: int,
        *,
        crashes: int = 0,
        hangs: int = 0,
        spare: tuple[str, ...] = ("root",),
        clock: FakeClock | None = None,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.crashed: list[str] = []
        self.random = random.Random(seed)
        self.steps = 0
        self._crashes = crashes
        self._hangs = hangs
        self._spare = spare
        self._between = between
        self._lives: list[_SimulatedLife] = []

    def spawn(
        self, address: Address[M], actor: Actor[M], report: Tells[Exited]
    ) -> _SimulatedLife:
        """Start *actor*, to be run by `run`."""
        life = _SimulatedLife(address.name, actor, report, self.clock)
        life.number = address.move_in(life)
        self._lives = [other for other in self._lives if not other.finished]
        self._lives.append(life)
        life.start()
        return life

    def run(self, until: Callable[[], bool], *, steps: int = _ENDLESS) -> bool:
        """Deliver messages until *until*, or *steps* of them. Return whether it came.

        Raises:
            AssertionError: nothing is left to do, and *until* has not come.

        """
        while not until():
            if self.steps >= steps:
                return False
            ready = [life for life in self._lives if life.inbox and life.ready]
            if ready:
                self.steps += 1
                self._deliver(ready[int(self.random.random() * len(ready))])
                self._between()
            elif not self.clock.jump():
                message = "Nothing is left to do, and the run is not over."
                raise AssertionError(message)
        return True

    def _deliver(self, life: _SimulatedLife) -> None:
        if self._strikes(life, self._crashes - len(self.crashed), _CRASH):
            self.crashed.append(life.name)
            life.crash()
        elif life.name.startswith("fetcher") and self._strikes(
            life, self._hangs, _HANG
        ):
            self._hangs -= 1
            life.hang(self.random.uniform(*_HUNG))
        else:
            life.deliver()

    def _strikes(self, life: _SimulatedLife, left: int, chance: float) -> bool:
        return (
            left > 0 and life.name not in self._spare and self.random.random() < chance
        )


class _SimulatedLife:
    """A `Life` that is lived one message at a time."""

    def __init__(
        self, name: str, actor: Actor[Any], report: Tells[Exited], clock: FakeClock
    ) -> None:
        self.name = name
        self.number = 0
        self.pulse = Pulse(clock.now)
        self.inbox: deque[Any] = deque()
        self._clock = clock
        self._hung_until: float | None = None
        self._over = False
        self._left_behind = False
        self._actor = actor
        self._report = report
        actor.lives(self.pulse)

    @property
    def ready(self) -> bool:
        """Whether a message can be delivered."""
        return self._hung_until is None or self._hung_until <= self._clock.now()

    @property
    def finished(self) -> bool:
        """Whether nothing will come of it any more."""
        return self._over

    def start(self) -> None:
        self._try(self._actor.started)

    def tell(self, message: Any) -> None:
        if not self._over:
            self.inbox.append(message)

    def deliver(self) -> None:
        """Deal with one message; what was left behind deals with its last one."""
        self._hung_until = None
        message = self.inbox.popleft()
        if message is not _WAKE:
            self.pulse.beat()
            self._try(lambda: self._actor.receive(message))
            self.pulse.rest()
        if self._left_behind:
            self._over = True

    def crash(self) -> None:
        self.inbox.popleft()
        self._end(RuntimeError("made up"))

    def hang(self, seconds: float) -> None:
        """Stay with the message at hand for *seconds*."""
        self.pulse.beat()
        self._hung_until = self._clock.now() + seconds
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
        self._left_behind = True
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
        self._actor.stopped()
        self._report.tell(Exited.of(self.name, self.number, error))


_WAKE = object()
"""Makes the clock move on to where a hang ends."""
