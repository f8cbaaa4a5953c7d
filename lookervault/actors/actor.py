"""What an actor is, and how one names another."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

M = TypeVar("M")
M_contra = TypeVar("M_contra", contravariant=True)


class Tells(Protocol[M_contra]):
    """Something that can be told messages of one type. Telling never fails."""

    def tell(self, message: M_contra) -> None:
        """Leave *message* and go on at once."""


class Slot(Generic[M]):
    """A value that outlives the actor that sets it, and that others may look at."""

    def __init__(self, value: M) -> None:
        self.value = value


class Pulse:
    """Shows from outside whether a life makes progress, and ends what it waits for.

    A message could not: it would wait behind the very work that hangs.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._cut: Callable[[], None] | None = None
        self.severed = False
        """Whether whatever it waits for, now or later, is of no use any more."""
        self.last: float | None = None
        """Monotonic time of the last step of a message; ``None``: at rest."""

    def beat(self) -> None:
        """Something moved."""
        self.last = self._now()

    def rest(self) -> None:
        """The message is dealt with."""
        self.last = None

    def cuttable(self, cut: Callable[[], None] | None) -> None:
        """Take *cut*, which ends the wait from another thread; ``None``: it is over."""
        self._cut = cut
        if cut is not None and self.severed:  # it was cut between two waits
            cut()

    def cut(self) -> None:
        """End whatever is waited for, or will be."""
        self.severed = True
        cut = self._cut
        if cut is not None:
            cut()


class Actor(abc.ABC, Generic[M]):
    """Takes one message at a time, asks a pure mind what to do, and does it.

    A plain object: it knows no thread, no Pykka and no other actor, only what
    it may tell to whom. Constructing it starts nothing, so a test can call
    `receive` itself. To let it crash is fine: whatever it knew is in the store.
    """

    def lives(self, pulse: Pulse) -> None:
        """Take the pulse that shows whether this actor moves."""

    def started(self) -> None:
        """Run before the first message."""

    @abc.abstractmethod
    def receive(self, message: M) -> None:
        """Act on one message."""

    def stopped(self) -> None:
        """Run at the end, however it came. Let go of things; finish nothing."""


class Address(Generic[M]):
    """A name that outlives the actors behind it.

    What is told between two lives is dropped. That is safe, because every life
    resumes from the store.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.lives = 0
        self._home: Tells[M] | None = None

    def __repr__(self) -> str:
        return f"<Address {self.name}, life {self.lives}>"

    def move_in(self, home: Tells[M]) -> int:
        """Deliver to *home* from now on. Return how many have lived here."""
        self._home = home
        self.lives += 1
        return self.lives

    def tell(self, message: M) -> None:
        """Leave *message* with whoever lives here now."""
        if self._home is not None:
            self._home.tell(message)
