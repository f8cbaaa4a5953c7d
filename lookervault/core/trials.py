"""The trials of a run's units: who failed how often, and whose fault that was.

An outage fails every unit and says nothing about any of them. So what others
meet as well counts against a unit only if another unit succeeded since it
failed last.
"""

from __future__ import annotations

from lookervault.errors import Sort
from lookervault.messages import Fault
from lookervault.units import Count, Ids, Part, Span, Unit

_RECENT = 60.0
"""Seconds: a first failure is the unit's own if another succeeded so lately."""

_LONGEST = 15.0
"""Seconds that a unit waits before its next try, at most: so much later than
Looker do we notice that an outage is over."""

_REFUSALS = frozenset({Sort.REFUSED, Sort.NOT_FOUND, Sort.TOO_LARGE})
"""Trouble that is the unit's own and that another try would meet again."""

_SHARED = frozenset({Sort.OVERLOADED, Sort.TIMED_OUT, Sort.MISSHAPEN})
"""Trouble that is the unit's own only if others have none."""


class Trials:
    """Attempts and failures, by the unit's number."""

    def __init__(self, tries: int) -> None:
        self.good: Part | None = None
        """Where a unit succeeded last."""
        self.last = "no request was sent."
        """The reason of the last failure."""
        self._tries = tries
        self._attempts: dict[int, int] = {}
        self._failures: dict[int, int] = {}
        self._own: dict[int, int] = {}
        self._failed_at: dict[int, float] = {}
        self._succeeded_at: float | None = None

    def attempt(self, unit: Unit) -> int:
        """Return which attempt the next one will be, from 1."""
        return self._attempts.get(unit.number, 0) + 1

    def assigned(self, unit: Unit) -> None:
        """*unit* is handed out."""
        self._attempts[unit.number] = self.attempt(unit)

    def succeeded(self, unit: Unit, now: float) -> None:
        """*unit* came in."""
        self.good = unit.part
        self._succeeded_at = now
        for book in (self._attempts, self._failures, self._own, self._failed_at):
            book.pop(unit.number, None)

    def failed(self, unit: Unit, fault: Fault, now: float) -> bool:
        """*unit* failed. Return whether that counts against it."""
        self.last = fault.reason
        number = unit.number
        since = self._failed_at.get(number, now - _RECENT)
        others_do = self._succeeded_at is not None and self._succeeded_at > since
        own = fault.sort in _REFUSALS or (fault.sort in _SHARED and others_do)
        self._failures[number] = self._failures.get(number, 0) + 1
        self._failed_at[number] = now
        if own:
            self._own[number] = self._own.get(number, 0) + 1
        return own

    def spent(self, unit: Unit, fault: Fault) -> bool:
        """Return whether another try at *unit* as it is makes no sense."""
        if fault.sort in _REFUSALS:
            return True
        if fault.sort is Sort.TIMED_OUT and _divisible(unit):
            return True
        return self._own.get(unit.number, 0) >= self._tries

    def wait(self, unit: Unit) -> float:
        """Return the seconds to wait before *unit* is tried again."""
        return min(_LONGEST, 2.0 ** (self._failures.get(unit.number, 1) - 1))


def _divisible(unit: Unit) -> bool:
    match unit:
        case Span(first=first, last=last, page=page):
            return (page if last is None else last - first) > 1
        case Ids(ids=ids):
            return len(ids) > 1
        case _:
            return isinstance(unit, Count)
