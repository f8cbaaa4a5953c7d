"""The trials of a run's units: who failed how often, and whose fault that was.

An outage fails every unit and says nothing about any of them. So what others
meet as well counts against a unit only if another unit succeeded since it
failed last, and one success is evidence against one unit only. That Looker
cannot be reached counts only if, when nothing else was left to do, it answered
a probe in between: else a unit whose answer is always cut off would be tried
for ever.
"""

from __future__ import annotations

from collections.abc import Iterable

from lookervault.errors import Sort
from lookervault.messages import Fault
from lookervault.units import Count, Ids, Part, Span, Unit

_RECENT = 60.0
"""Seconds: a first failure is the unit's own if another succeeded so lately."""

_LONGEST = 15.0
"""Seconds that a unit waits before its next try, at most: so much later than
Looker do we notice that an outage is over."""

_LEAST = 2
"""Tries that a unit gets also where others of its kind were given up."""

_DOUBLINGS = 4
"""More than that would pass the longest wait."""

REFUSALS = frozenset({Sort.REFUSED, Sort.NOT_FOUND, Sort.TOO_LARGE})
"""Trouble that is the unit's own and that another try would meet again."""

_SHARED = frozenset({Sort.OVERLOADED, Sort.TIMED_OUT, Sort.MISSHAPEN})
"""Trouble that is the unit's own only if others have none."""


class Trials:
    """Attempts and failures, by the unit's number."""

    def __init__(self, tries: int, parts: Iterable[Part] = ()) -> None:
        self.last = "no request was sent."
        """The reason of the last failure."""
        self._tries = tries
        self._good = {part.kind: part for part in parts}
        """Whom to ask of each kind, the best last: where something succeeded."""
        self._attempts: dict[int, int] = {}
        self._failures: dict[int, int] = {}
        self._own: dict[int, int] = {}
        self._deaths: dict[int, int] = {}
        """Of fetchers, by the unit that they read."""
        self._given_up: dict[str, int] = {}
        """Units of a kind, since one succeeded."""
        self._facts = 0
        """How many were heard: their order, where the clock shows none."""
        self._failed_as: dict[int, int] = {}
        self._succeeded_as = self._probed_as = self._blamed_as = 0
        self._succeeded_at = float("-inf")

    def attempt(self, unit: Unit) -> int:
        """Return which attempt the next one will be, from 1."""
        return self._attempts.get(unit.number, 0) + 1

    def assigned(self, unit: Unit) -> None:
        """*unit* is handed out."""
        self._attempts[unit.number] = self.attempt(unit)

    def succeeded(self, unit: Unit, now: float) -> None:
        """*unit* came in."""
        self._good.pop(unit.part.kind, None)
        self._good[unit.part.kind] = unit.part
        self._given_up.pop(unit.part.kind, None)
        self._succeeded_as, self._succeeded_at = self._next(), now
        books = self._attempts, self._failures, self._own, self._deaths, self._failed_as
        for book in books:
            book.pop(unit.number, None)

    def suspects(self, unit: Unit) -> bool:
        """Whether *unit* failed last time: of it no answer is to be hoped for."""
        return unit.number in self._failures

    def good(self, unit: Unit) -> Part:
        """Return where Looker is most likely to answer, if *unit* alone is in trouble."""
        kind = unit.part.kind
        others = [part for part in self._good.values() if part.kind != kind]
        return others[-1] if others else self._good.get(kind, unit.part)

    def probed(self) -> None:
        """Looker answered, when nothing else was asked of it."""
        self._probed_as = self._next()

    def missed(self, probe: Unit) -> None:
        """*probe* had no answer. That may be its own fault: ask elsewhere next time."""
        self._good.pop(probe.part.kind, None)
        self._good = {probe.part.kind: probe.part, **self._good}

    def died(self, unit: Unit, fault: Fault) -> None:
        """The fetcher that read *unit* died or hung. That always counts against it."""
        self._deaths[unit.number] = self._deaths.get(unit.number, 0) + 1
        self._book(unit, fault, own=True)

    def failed(self, unit: Unit, fault: Fault, now: float) -> bool:
        """*unit* failed. Return whether that counts against it."""
        before = self._failed_as.get(unit.number)
        own = fault.sort in REFUSALS
        if fault.sort in _SHARED and self._others_succeed(before, now):
            own, self._blamed_as = True, self._next()
        # Others may be lucky while a network comes and goes: they are no evidence.
        if fault.sort is Sort.UNREACHABLE and before is not None:
            own = self._probed_as > before
        self._book(unit, fault, own=own)
        return own

    def _others_succeed(self, before: int | None, now: float) -> bool:
        """Whether another unit succeeded since this one failed, or lately if it is new."""
        if before is None and now - self._succeeded_at > _RECENT:
            return False
        return self._succeeded_as > max(before or 0, self._blamed_as)

    def _book(self, unit: Unit, fault: Fault, *, own: bool) -> None:
        self.last = fault.reason
        number = unit.number
        self._failures[number] = self._failures.get(number, 0) + 1
        self._failed_as[number] = self._next()
        if own:
            self._own[number] = self._own.get(number, 0) + 1

    def _next(self) -> int:
        self._facts += 1
        return self._facts

    def spent(self, unit: Unit, fault: Fault) -> bool:
        """Return whether another try at *unit* as it is makes no sense."""
        if fault.sort in REFUSALS:
            return True
        if fault.sort is Sort.TIMED_OUT and _divisible(unit):
            return True
        own, died = self._own.get(unit.number, 0), self._deaths.get(unit.number, 0)
        lost = self._given_up.get(unit.part.kind, 0)
        return own >= self._tries or own - died >= max(_LEAST, self._tries - lost)

    def gave_up(self, unit: Unit, fault: Fault) -> None:
        """*unit* is not tried again. The next of its kind that fails so has a try less."""
        kind = unit.part.kind
        if fault.sort not in REFUSALS:
            self._given_up[kind] = self._given_up.get(kind, 0) + 1

    def wait(self, unit: Unit) -> float:
        """Return the seconds to wait before *unit* is tried again."""
        doublings = min(self._failures.get(unit.number, 1) - 1, _DOUBLINGS)
        return min(_LONGEST, 2.0**doublings)


def _divisible(unit: Unit) -> bool:
    match unit:
        case Span():
            return unit.length > 1
        case Ids(ids=ids):
            return len(ids) > 1
        case _:
            return isinstance(unit, Count) and unit.limit is not None
