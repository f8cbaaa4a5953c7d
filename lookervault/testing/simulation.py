"""The whole system in one thread, in an order that a seed decides."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from lookervault.actors.actor import Actor, Address, Tells
from lookervault.messages import Ask, Exited, Go
from lookervault.testing.clock import FakeClock
from lookervault.testing.life import MADE_UP, Said, SimulatedLife

M = TypeVar("M")

_CRASH, _CRASH_AT_WORK = 0.01, 0.05
"""Chance that a message kills whom it reaches, while crashes are left; and that leave
to send a request does, which leads to most of what is told."""

_HANG = 0.15
"""Chance that a request hangs, while hangs are left."""

_FUSE = 4
"""One that dies of a message has told fewer others than that before."""

_WHOLE = frozenset({"root", "pipeline", "pool"})
"""Supervisors do not die half way: nobody could stop what they had started."""

_LATE = 0.5
"""Chance that what hangs has its answer already: it is old when it is told."""

_HUNG = (65.0, 130.0)
"""Seconds that a hang lasts: longer than the lease of a fetcher."""

_AGAIN = 0.5
"""Chance that a request is slow if an earlier life of its fetcher hung."""

_SLOW = (2.0, 25.0)
"""Seconds that it takes then: a ghost may speak meanwhile."""

_STALL = 0.01
"""Chance that whom a message reaches gets no time, while stalls are left."""

_STALLED = (0.5, 20.0)
"""Seconds that a stall lasts: a disk or a processor that is busy elsewhere. Shorter
than any lease."""

_LOSS = 0.05
"""Chance that a message that may be lost is, while losses are left."""

_LOSABLE = (Ask, Go)
"""What is told again by whoever waits for it. What Progress hears may be lost too."""

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
    later, as a ghost, *stalls* how many actors get no time for a while, and *losses*
    how many messages that may be lost are. *between* is called between two messages: let the server
    change there. *watch* sees every message.
    """

    def __init__(
        self,
        seed: int,
        *,
        crashes: int = 0,
        hangs: int = 0,
        stalls: int = 0,
        losses: int = 0,
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
        self._stalls = stalls
        self._losses = losses
        self._spare = spare
        self._between = between
        self._watch = watch
        self._lives: list[SimulatedLife] = []
        self._hung: SimulatedLife | None = None
        """The fetcher that hung last."""
        self._held: Said | None = None
        """What is told while somebody is about to hang."""
        self._fuse: int | None = None
        """Messages that may be told before whoever tells them dies."""

    def spawn(
        self, address: Address[M], actor: Actor[M], report: Tells[Exited]
    ) -> SimulatedLife:
        """Start *actor*, to be run by `run`."""
        life = SimulatedLife(
            address,
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

    def _deliver(self, life: SimulatedLife) -> None:
        chance = _CRASH_AT_WORK if isinstance(life.inbox[0], Go) else _CRASH
        if self._strikes(life, self._crashes - len(self.crashed), chance):
            self.crashed.append(life.name)
            self._crash(life)
        elif self._strikes(life, self._stalls, _STALL):
            self._stalls -= 1
            life.stall(self.random.uniform(*_STALLED))
        elif not (life.name.startswith("fetcher") and self._hang(life)):
            life.deliver()

    def _hang(self, life: SimulatedLife) -> bool:
        """Let *life* hang on a request, or be slow where it hung before.

        Return whether it does.
        """
        if not isinstance(life.inbox[0], Go):
            return False
        if self._strikes(life, self._hangs, _HANG):
            self._hangs -= 1
            self._hung = life
            said = self._withheld(life) if self.random.random() < _LATE else []
            life.hang(self.random.uniform(*_HUNG), said)
            return True
        if self._haunted(life) and self.random.random() < _AGAIN:
            life.hang(self.random.uniform(*_SLOW), [])
            return True
        return False

    def _withheld(self, life: SimulatedLife) -> Said:
        """Let *life* deal with its message, and return what it would tell."""
        said: Said = []
        self._held = said
        life.deliver()
        self._held = None
        return said

    def _haunted(self, life: SimulatedLife) -> bool:
        """Whether an earlier life of the same fetcher hangs still, as a ghost."""
        ghost = self._hung
        return (
            ghost is not None
            and ghost.left_behind
            and not ghost.finished
            and ghost.name == life.name
            and ghost is not life
        )

    def _crash(self, life: SimulatedLife) -> None:
        """Let *life* die of its message, having dealt with some of it."""
        self._fuse = 0 if life.name in _WHOLE else self.random.randrange(_FUSE)
        if self._fuse:
            life.deliver()
        self._fuse = None
        life.crash()

    def _receives(self, actor: Actor[Any], message: Any) -> None:
        if self._watch is not None:
            self._watch.receives(actor, message)

    def _told(self, life: SimulatedLife, message: Any) -> bool:
        """Return whether *message* arrives. Let whoever tells it die, if it is time."""
        if self._watch is not None:
            self._watch.told(life.actor, message)
        self._burn(message)
        if self._held is not None and not isinstance(message, Exited):
            self._held.append((life.address, message))
            return False
        losable = isinstance(message, _LOSABLE) or life.name == "progress"
        if losable and self._losses and self.random.random() < _LOSS:
            self._losses -= 1
            return False
        return True

    def _burn(self, message: Any) -> None:
        if self._fuse is None or isinstance(message, Exited):
            return
        self._fuse -= 1
        if self._fuse < 0:
            self._fuse = None
            raise RuntimeError(MADE_UP)

    def _strikes(self, life: SimulatedLife, left: int, chance: float) -> bool:
        return (
            left > 0 and life.name not in self._spare and self.random.random() < chance
        )
