"""Starts children in order, stops them in reverse, restarts them by `Rules`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, assert_never

import msgspec

from lookervault.actors.actor import Actor, Address, Tells
from lookervault.actors.clock import Clock
from lookervault.actors.threads import Life, Spawn
from lookervault.core.restart import (
    Again,
    GiveUp,
    Ignore,
    Intensity,
    Restart,
    Rules,
    Strategy,
)
from lookervault.errors import GaveUp
from lookervault.messages import Enlist, Exited, Inspect, ToSupervisor

_INSPECTION = 1.0
"""Seconds between two looks at children that may hang."""

_NAP = 5.0
"""Seconds that a look may come late. Later, nothing of this process had moved, because it
was stopped or its machine slept, and nobody can be blamed for not having moved."""

_GHOSTS = 3
_LIVES_A_GHOST = 10
"""Threads that hang and cannot be ended: three, or one in ten, and it is a sign of worse."""

_LONG = 3600.0
"""Seconds that a supervisor gets to stop: as long as its children need, but not
for ever, because a thread may be lost."""


class Child(msgspec.Struct, frozen=True):
    """How to make, address and stop one child: OTP's child specification."""

    address: Address[Any]
    make: Callable[[], Actor[Any]]
    restart: Restart = Restart.PERMANENT
    patience: float = 10.0
    """Seconds that it gets to stop."""
    lease: float | None = None
    """Seconds without a beat after which it counts as hung; ``None``: never."""
    cut: bool = False
    """Whether what it waits for is of no use once it is to stop."""
    vital: bool = False
    """Whether nobody can take its place while it hangs: it holds what is one only."""


def nested(address: Address[Any], make: Callable[[], Actor[Any]]) -> Child:
    """Return the specification of a child that is a supervisor itself."""
    return Child(address, make, patience=_LONG)


class Supervisor(Actor[ToSupervisor]):
    """Keeps its children alive, or crashes and lets its own supervisor decide."""

    def __init__(
        self,
        children: Iterable[Child],
        strategy: Strategy,
        intensity: Intensity,
        *,
        me: Tells[ToSupervisor],
        spawn: Spawn,
        clock: Clock,
        failed: Callable[[Exited], None] = lambda _: None,
        wanted: Callable[[], int] | None = None,
    ) -> None:
        self._children = {child.address.name: child for child in children}
        self._lives: dict[str, Life] = {}
        self._ghosts: list[Life] = []
        self._rules = Rules(
            [(name, child.restart) for name, child in self._children.items()],
            strategy,
            intensity,
        )
        self._me = me
        self._spawn = spawn
        self._clock = clock
        self._failed = failed
        self._wanted = wanted
        """How many children are to start with it; ``None``: all."""
        self._inspect_at = 0.0
        self._awake_since = -math.inf

    def started(self) -> None:
        self._enlist(None if self._wanted is None else self._wanted())
        if any(child.lease is not None for child in self._children.values()):
            self._inspect_later()

    def stopped(self) -> None:
        self._stop(self._children)

    def receive(self, message: ToSupervisor) -> None:
        match message:
            case Exited():
                self._exited(message)
            case Inspect():
                self._inspect()
            case Enlist(count):
                self._enlist(count)
            case _:
                assert_never(message)

    def _enlist(self, number: int | None) -> None:
        """Have the first *number* of them alive."""
        self._start(list(self._children)[:number])

    def _exited(self, news: Exited) -> None:
        child, latest = news.child, self._children[news.child].address.lives
        if child not in self._lives or news.life < latest:
            return  # We ended that life ourselves.
        alive = len(self._lives)
        del self._lives[child]
        if news.error is not None:
            self._failed(news)
        if news.exit_code is not None:
            raise GaveUp(news.error or child, news.exit_code)
        self._replace(news, alive)

    def _replace(self, news: Exited, alive: int) -> None:
        failed, now = news.error is not None, self._clock.now()
        match self._rules.exited(news.child, failed=failed, now=now, alive=alive):
            case Again(children):
                self._stop(children)
                self._start(children)
            case Ignore():
                pass
            case GiveUp():
                raise GaveUp(f"{news.child} keeps failing: {news.error}")

    def _inspect(self) -> None:
        """Treat children that have not moved for their lease as dead."""
        now = self._clock.now()
        if now < self._inspect_at:
            return  # Meant for an earlier life; each would go on for ever.
        if now - self._inspect_at > _NAP:
            self._awake_since = now
        self._inspect_later()
        for name, life in list(self._lives.items()):
            lease, last = self._children[name].lease, life.pulse.last
            if lease is None or last is None:
                continue
            if now - max(last, self._awake_since) > lease:
                self._hung(name, life, f"It hung for {lease:.0f} s.")

    def _hung(self, name: str, life: Life, reason: str) -> None:
        child = self._children[name]
        if child.vital:
            raise GaveUp(f"The {name} cannot go on, and cannot be replaced. {reason}")
        life.abandon()
        self._haunted(life)
        self._exited(Exited(name, child.address.lives, reason))

    def _inspect_later(self) -> None:
        self._inspect_at = self._clock.now() + _INSPECTION
        self._clock.after(_INSPECTION, self._me, Inspect())

    def _haunted(self, life: Life) -> None:
        """A thread cannot be killed: take note of one more that hangs."""
        self._ghosts = [ghost for ghost in self._ghosts if not ghost.wait(0)]
        self._ghosts.append(life)
        if len(self._ghosts) > max(_GHOSTS, len(self._lives) // _LIVES_A_GHOST):
            raise GaveUp(f"{len(self._ghosts)} threads hang and cannot be ended.")

    def _start(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._lives:
                child = self._children[name]
                self._lives[name] = self._spawn(child.address, child.make(), self._me)

    def _stop(self, names: Iterable[str]) -> None:
        """Stop children from the last to the first; those that may be cut, together."""
        asked = self._clock.now()
        stopping = [n for n in reversed(list(names)) if n in self._lives]
        for name in stopping:
            if self._children[name].cut:
                self._lives[name].ask_to_stop()
                self._lives[name].pulse.cut()
        for name in stopping:
            child, life = self._children[name], self._lives.pop(name)
            life.ask_to_stop()
            waited = self._clock.now() - asked if child.cut else 0.0
            if not life.wait(max(0.0, child.patience - waited)):
                life.abandon()
