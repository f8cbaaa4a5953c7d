"""Who holds what: the books of the units that are out.

A unit that is out is *flying* (a fetcher has it), *landing* (fetched, not yet
stored) or *delayed* (waiting for its next try). Facts are checked against these
books, and each strikes a unit off at most once.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from lookervault.core.credit import Credit, Ticket
from lookervault.messages import Lease
from lookervault.units import Unit

Held: TypeAlias = tuple[Unit, int]
"""A unit, and for the how manieth time it is out."""


class Hands:
    """The units that are out, and the fetchers that have none."""

    def __init__(self, epoch: int, credit: Credit) -> None:
        self._epoch = epoch
        self._credit = credit
        self.most = math.inf
        """Units that may be flying at once."""
        self._idle: dict[str, None] = {}
        self._flying: dict[str, Held] = {}
        self._landing: dict[int, Held] = {}
        self._early: set[tuple[int, int]] = set()
        """Stored, but we have not heard yet that they were fetched."""
        self._delayed: dict[int, Unit] = {}
        self._again: deque[Unit] = deque()

    @property
    def any_free(self) -> bool:
        """Whether a fetcher wants work and may have it."""
        return bool(self._idle) and len(self._flying) < self.most

    @property
    def flying(self) -> bool:
        """Whether a fetcher has a unit."""
        return bool(self._flying)

    @property
    def in_flight(self) -> bool:
        """Whether something is being fetched or stored."""
        return bool(self._flying or self._landing)

    @property
    def landing(self) -> bool:
        """Whether something waits for the store."""
        return bool(self._landing)

    @property
    def waiting(self) -> bool:
        """Whether something is to be tried again."""
        return bool(self._again or self._delayed)

    @property
    def any_out(self) -> bool:
        """Whether a unit is out, or is to be handed out again."""
        return self.in_flight or self.waiting

    def awaits(self, suspect: Callable[[Unit], bool]) -> bool:
        """Whether an answer is to be expected soon, of a unit that is no *suspect*."""
        flying = [unit for unit, _ in self._flying.values()]
        return not all(map(suspect, [*flying, *self._again]))

    # Fetchers

    def rest(self, fetcher: str) -> None:
        """*fetcher* wants work."""
        self._idle[fetcher] = None

    def give(self, unit: Unit, attempt: int, size: int) -> str | None:
        """Hand *unit* to an idle fetcher, or to nobody if *size* bytes are too many."""
        if not self._credit.reserve((self._epoch, unit.number, attempt), size):
            self._again.appendleft(unit)
            return None
        fetcher = next(iter(self._idle))
        del self._idle[fetcher]
        self._flying[fetcher] = (unit, attempt)
        return fetcher

    def holds(self, fetcher: str, lease: Lease) -> bool:
        """Whether by these books *fetcher* has *lease*."""
        return self._flying.get(fetcher) == (lease.unit, lease.attempt)

    def strike(self, fetcher: str) -> Unit | None:
        """Take what *fetcher* holds from it, with all its credit."""
        held = self._flying.pop(fetcher, None)
        if held is None:
            return None
        self._credit.release(self._ticket(held))
        return held[0]

    # Units

    def again(self, unit: Unit) -> None:
        """Hand *unit* out before all others."""
        self._again.append(unit)

    def next_again(self) -> Unit | None:
        """Return the next unit that is to be handed out again."""
        return self._again.popleft() if self._again else None

    def delay(self, unit: Unit) -> None:
        """Keep *unit* until it is due."""
        self._delayed[unit.number] = unit

    def due(self, number: int) -> None:
        """The wait of a unit is over."""
        unit = self._delayed.pop(number, None)
        if unit is not None:
            self.again(unit)

    def lands(self, fetcher: str) -> Unit | None:
        """*fetcher* has passed its unit on; return it if it is stored already."""
        held = unit, attempt = self._flying.pop(fetcher)
        if (unit.number, attempt) in self._early:
            self._early.discard((unit.number, attempt))
            return unit
        self._landing[unit.number] = held
        return None

    def stored(self, readings: Iterable[tuple[int, int]]) -> Iterator[Unit]:
        """Yield the units of these readings; what a ghost stored does not count."""
        for number, attempt in readings:
            unit, latest = self._landing.get(number, (None, 0))
            if unit is not None and latest == attempt:
                del self._landing[number]
                yield unit
            elif any(
                (u.number, a) == (number, attempt) for u, a in self._flying.values()
            ):
                self._early.add((number, attempt))

    def _ticket(self, held: Held) -> Ticket:
        unit, attempt = held
        return self._epoch, unit.number, attempt
