"""The whole system in one thread, in an order that a seed decides."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from lookervault.actors.actor import Actor, Address, Pulse, Tells
from lookervault.messages import Exited, Go
from lookervault.testing.clock import FakeClock

M = TypeVar("M")

_CRASH = 0.03
"""Chance that a message kills whom it reaches, while crashes are left."""

_HANG = 0.15
"""Chance that a request hangs, while hangs are left."""

_FUSE = 4
"""One that dies of a message has told fewer others than that before."""

_WHOLE = frozenset({"root", "pipeline", "pool"})
"""Supervisors do not die half way: nobody could stop what they had started."""

_HUNG = (65.0, 130.0)
"""Seconds that a hang lasts: longer than the lease of a fetcher."""

_AGAIN = 0.5
"""Chance that a request is slow if an earlier life of its fetcher hung."""

_SLOW = (2.0, 25.0)
"""Seconds that it takes then: a ghost may speak meanwhile."""

_ENDLESS = 500_000
"""Messages after which a run is taken for endless."""


class Watch(Protocol):
    """Sees what passes between the actors."""

    def receives(self, actor: Any, message: object) -> None:
        """*actor* is about to receive *message*."""

    def told(self, actor: Any, message: object) -> None:
        """*actor* finds *message* in its inbox."""


class Simulation:
    """Runs a system message by message.

    Any actor may be next, so one seed is one interleaving, and a failing seed
    fails every time. *crashes* is how many messages kill whom they reach, at
    once or half way through, *hangs* how many make a fetcher hang and speak
    later, as a ghost. *between* is called between two messages: let the server
    change there. *watch* sees every message.
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
        watch: Watch | None = None,
    ) -> None:
        self.clock = clock or FakeClock()
        self.crashed: list[str] = []
        self.random = random.Random(seed)
        self.steps = 0
        self._crashes = crashes
        self._hangs = hangs
        self._spare = spare
        self._between = between
        self._watch = watch
        self._lives: list[_SimulatedLife] = []
        self._hung: _SimulatedLife | None = None
        """The fetcher that hung last."""
        self._fuse: int | None = None
        """Messages that may be told before whoever tells them dies."""

    def spawn(
        self, address: Address[M], actor: Actor[M], report: Tells[Exited]
    ) -> _SimulatedLife:
        """Start *actor*, to be run by `run`."""
        life = _SimulatedLife(
            address.name,
            actor,
            report,
            self.clock,
            told=self._told,
            receives=self._receives,
        )
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
            self._crash(life)
        elif not (life.name.startswith("fetcher") and self._hang(life)):
            life.deliver()

    def _hang(self, life: _SimulatedLife) -> bool:
        """Let *life* hang on a request, or be slow where it hung before.

        Return whether it does.
        """
        if not isinstance(life.inbox[0], Go):
            return False
        if self._strikes(life, self._hangs, _HANG):
            self._hangs -= 1
            self._hung = life
            life.hang(self.random.uniform(*_HUNG))
            return True
        if self._haunted(life) and self.random.random() < _AGAIN:
            life.hang(self.random.uniform(*_SLOW))
            return True
        return False

    def _haunted(self, life: _SimulatedLife) -> bool:
        """Whether an earlier life of the same fetcher hangs still, as a ghost."""
        ghost = self._hung
        return (
            ghost is not None
            and ghost.left_behind
            and not ghost.finished
            and ghost.name == life.name
            and ghost is not life
        )

    def _crash(self, life: _SimulatedLife) -> None:
        """Let *life* die of its message, having dealt with some of it."""
        self._fuse = 0 if life.name in _WHOLE else self.random.randrange(_FUSE)
        if self._fuse:
            life.deliver()
        self._fuse = None
        life.crash()

    def _receives(self, actor: Actor[Any], message: Any) -> None:
        if self._watch is not None:
            self._watch.receives(actor, message)

    def _told(self, actor: Actor[Any], message: Any) -> None:
        """Let whoever tells this die of it, if it is time."""
        if self._watch is not None:
            self._watch.told(actor, message)
        if self._fuse is None or isinstance(message, Exited):
            return
        self._fuse -= 1
        if self._fuse < 0:
            self._fuse = None
            raise RuntimeError(_MADE_UP)

    def _strikes(self, life: _SimulatedLife, left: int, chance: float) -> bool:
        return (
            left > 0 and life.name not in self._spare and self.random.random() < chance
        )


class _SimulatedLife:
    """A `Life` that is lived one message at a time."""

    def __init__(
        self,
        name: str,
        actor: Actor[Any],
        report: Tells[Exited],
        clock: FakeClock,
        *,
        told: Callable[[Actor[Any], Any], None],
        receives: Callable[[Actor[Any], Any], None],
    ) -> None:
        self.name = name
        self.number = 0
        self.pulse = Pulse(clock.now)
        self.inbox: deque[Any] = deque()
        self._clock = clock
        self._hung_until: float | None = None
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
        return self._hung_until is None or self._hung_until <= self._clock.now()

    @property
    def finished(self) -> bool:
        """Whether nothing will come of it any more."""
        return self._over

    def start(self) -> None:
        self._try(self.actor.started)

    def tell(self, message: Any) -> None:
        self._told(self.actor, message)
        if not self._over:
            self.inbox.append(message)

    def deliver(self) -> None:
        """Deal with one message; what was left behind deals with its last one."""
        self._hung_until = None
        message = self.inbox.popleft()
        if message is not _WAKE:
            self._receives(self.actor, message)
            self.pulse.beat()
            self._try(lambda: self.actor.receive(message))
            self.pulse.rest()
        if self.left_behind:
            self._over = True

    def crash(self) -> None:
        self._end(RuntimeError(_MADE_UP))

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


_MADE_UP = "made up"

_WAKE = object()
"""Makes the clock move on to where a hang ends."""
