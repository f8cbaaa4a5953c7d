"""The small request that finds out whether Looker is back, when nothing else would."""

from __future__ import annotations

from lookervault.content import KINDS
from lookervault.core.cutting import Number
from lookervault.core.hands import Hands
from lookervault.core.trials import Trials
from lookervault.units import Count, Unit


class Probe:
    """Whether Looker may be away, and who is out to see."""

    def __init__(self, hands: Hands, trials: Trials, number: Number) -> None:
        self._hands = hands
        self._trials = trials
        self._number = number
        self.unit: Unit | None = None
        """What was sent out, until it is back."""
        self._away = False

    @property
    def holds_back(self) -> bool:
        """Whether Looker may be away: then only what is out already finds that out."""
        return self._away and self._hands.any_out

    def heard(self) -> None:
        """Looker has answered somebody."""
        self._away = False

    def answered(self, unit: Unit) -> bool:
        """*unit* came in. Return whether it was the probe."""
        if unit != self.unit:
            return False
        self.unit = None
        self._trials.probed()
        return True

    def missed(self, unit: Unit) -> bool:
        """*unit* failed. Return whether it was the probe."""
        if unit != self.unit:
            return False
        self.unit = None
        self._trials.missed(unit)
        return True

    def send(self, unit: Unit, *, away: bool) -> None:
        """See whether Looker is there, if nothing else would tell.

        By what befell *unit* it may be *away*; or it was not, and the next failure of
        *unit* counts only if another one succeeds in between.
        """
        self._away |= away
        if self.unit is None and not self._hands.awaits(self._trials.suspects):
            part = self._trials.good(unit)
            limit = 2 if KINDS[part.kind].listing.sorts else None
            self.unit = Count(self._number(), part, 0, limit)
            self._hands.again(self.unit)
