"""Gives an actor a thread and an inbox. The only file that knows Pykka.

Pykka tells nobody when an actor dies, and some ways of dying call no hook: a
failure in ``on_start``, a thread that just ends. A `SystemExit` in one actor
would stop every actor of the process, the host program's too. A failure while
answering an ask goes to the asker, and the actor lives on. And telling a dead
ref raises, in the sender. So nothing that an actor raises reaches Pykka, every
end is reported from here, actors are only ever told things, and what comes too
late is dropped. Nor do ours stand in Pykka's registry, which belongs to the whole
process: what a host tells all its actors, a stop too, is not meant for them.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeAlias, TypeVar

import pykka

from lookervault.actors.actor import Actor, Address, Pulse, Tells
from lookervault.actors.clock import Clock
from lookervault.messages import Exited, ToProgress

log = logging.getLogger(__name__)

M = TypeVar("M")

Subscriber: TypeAlias = "Callable[[ToProgress], object] | pykka.ActorRef[Any]"
"""Whoever wants to hear of events: a function, or an actor of the host program."""


def hearing(subscriber: Subscriber) -> Callable[[ToProgress], object]:
    """Return how *subscriber* is told of an event."""
    return subscriber.tell if isinstance(subscriber, pykka.ActorRef) else subscriber


class Life(Protocol):
    """A running actor, as whoever started it sees it."""

    @property
    def pulse(self) -> Pulse:
        """Whether it moves."""

    def ask_to_stop(self) -> None:
        """Let it finish what it has been told; do not wait for that."""

    def wait(self, patience: float) -> bool:
        """Wait until it has stopped, *patience* seconds at most. Return whether it has."""

    def abandon(self) -> None:
        """Leave it behind: what it says from now on is not heard."""


class Spawn(Protocol):
    """Brings actors to life."""

    def __call__(
        self, address: Address[M], actor: Actor[M], report: Tells[Exited]
    ) -> Life:
        """Start *actor* at *address*; tell *report* when it ends.

        It can be reached before it starts, and has started when this returns.
        """


class Thread:
    """A `Life` lived in a thread."""

    def __init__(self, ref: pykka.ActorRef[Any], pulse: Pulse) -> None:
        self._ref = ref
        self.pulse = pulse
        self.over = threading.Event()
        """Its end has come: it hears nothing more."""
        self.left = False
        """Whether it was left behind: it hears nothing more either."""
        self.name = ""
        self.thread: threading.Thread | None = None

    @property
    def ended(self) -> bool:
        """Whether its thread is no more."""
        return self.thread is not None and not self.thread.is_alive()

    def tell(self, message: Any) -> None:
        """Leave *message* in the inbox, or drop it if it comes too late."""
        with contextlib.suppress(pykka.ActorDeadError):
            self._ref.tell(message)

    def ask_to_stop(self) -> None:
        """Let it finish what it has been told; do not wait for that."""
        with contextlib.suppress(pykka.ActorDeadError):
            self._ref.stop(block=False)

    def wait(self, patience: float) -> bool:
        """Wait until its thread has ended, *patience* seconds at most."""
        if self.thread is not None and self.thread is not threading.current_thread():
            self.thread.join(patience)
            return not self.thread.is_alive()
        return self.over.wait(patience)

    def abandon(self) -> None:
        """End its wait, and show in its thread's name that nobody waits for it.

        The message at hand is its last: should it ever return, the thread ends.
        """
        self.left = True
        if self.thread is not None:
            self.thread.name = f"{self.name} (left behind)"
        self.pulse.cut()
        self.ask_to_stop()


class _Shell(pykka.ThreadingActor):
    """Calls an actor's methods, all from one thread."""

    use_daemon_thread = True

    def __init__(
        self,
        address: Address[Any],
        actor: Actor[Any],
        report: Tells[Exited],
        clock: Clock,
    ) -> None:
        super().__init__()
        self.life = Thread(self.actor_ref, Pulse(clock.now))
        self.life.name = address.name
        self.begun = threading.Event()
        self._actor = actor
        self._report = report
        actor.lives(self.life.pulse)
        self._number = address.move_in(self.life)

    def on_start(self) -> None:
        self.life.thread = threading.current_thread()
        self.life.thread.name = self.life.name
        self._guard(self._actor.started)
        self.begun.set()

    def on_receive(self, message: Any) -> None:
        if not (self.life.over.is_set() or self.life.left):
            self._guard(self._actor.receive, message)

    def on_stop(self) -> None:
        self._end(None)

    def _actor_loop(self) -> None:
        """Run Pykka's loop; whatever becomes of it, the end is reported."""
        cause: BaseException = RuntimeError("its thread ended")
        try:
            super()._actor_loop()
        except BaseException as error:  # only `threading` is left to hear of it
            log.debug("The loop of %s failed", self.life.name, exc_info=True)
            cause = error
        self._end(cause)
        self.actor_stopped.set()
        self.begun.set()

    def _guard(self, step: Any, *arguments: Any) -> None:
        """Take one step, under the eyes of whoever watches the pulse."""
        self.life.pulse.beat()
        try:
            step(*arguments)
        except BaseException as error:  # Pykka would stop the host's actors
            log.debug("%s failed", self.life.name, exc_info=True)
            self._end(error)
            self.stop()
        finally:
            self.life.pulse.rest()

    def _end(self, error: BaseException | None) -> None:
        """Report the end of this life, once."""
        if self.life.over.is_set():
            return
        self.life.over.set()
        try:
            self._actor.stopped()
        except BaseException as late:  # Pykka would stop the host's actors
            log.debug("%s failed at its end", self.life.name, exc_info=True)
            error = error or late
        self._report.tell(self._news(error))

    def _news(self, error: BaseException | None) -> Exited:
        try:
            return Exited.of(self.life.name, self._number, error)
        except Exception:  # noqa: BLE001  # it has no words for itself: it ended all the same
            return Exited(self.life.name, self._number, type(error).__name__)


class Threads:
    """The `Spawn` of real life."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._started: list[Thread] = []

    def __call__(
        self, address: Address[M], actor: Actor[M], report: Tells[Exited]
    ) -> Thread:
        """Start *actor* in a thread of its own, and wait until it has started."""
        shell = _Shell(address, actor, report, self._clock)
        with self._lock:
            self._started = [life for life in self._started if not life.ended]
            self._started.append(shell.life)
        # `start` would hide the shell's life, and register it.
        shell._start_actor_loop()  # noqa: SLF001  # what `start` does besides
        shell.begun.wait()
        return shell.life

    def left(self, patience: float) -> tuple[str, ...]:
        """Return the names of the threads that are still alive after *patience* seconds."""
        until = self._clock.now() + patience
        return tuple(
            life.name
            for life in self._started
            if not life.wait(max(0.0, until - self._clock.now()))
        )
