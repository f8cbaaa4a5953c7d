"""Which rate to go on with after a refusal."""

from __future__ import annotations

import math

from lookervault.core.stretch import Stretch
from lookervault.core.told import Told
from lookervault.core.zeros import Zeros

_WAY = 0.5
"""How far between the rate accepted and the rate refused to go on. The first loses
time where a limit is sharp (a window); the second is refused again where it is not
(a bucket). Halving the difference needs few refusals for either."""

_ROUGH = 5
"""Requests that a guess from almost nothing counts for."""

_START = 50
"""And at most that from the start of a run, where a stored burst counted in."""

_SURE = 300
"""And at most that ever: a limit that was raised must be noticed."""

_LONG = 1.0
"""Seconds of a blackout that are more than a window of a second explains: growing on
would spend the next quota early."""

_IDLE = 0.25
"""Share of time without demand above which what was accepted says little."""

_SLOWEST = 0.05
"""Requests a second; slower, a run would seem dead."""

_QUARTER = 0.25
"""Of the run's average: slower is believed only after ..."""

_EVENTS = 3
"""... so many refusals apart from each other ..."""

_LATELY = 50
"""... within so many accepted requests: what was long ago tells nothing of today."""


class Allowance:
    """The rate that a server's refusals speak for."""

    def __init__(self, sure: float) -> None:
        self.zeros = Zeros()
        self.told = Told()
        self.sure = max(_ROUGH, sure)
        """Accepted requests that it rests on."""
        self.doubt = 1 / self.sure
        """Share by which the rate may be too low: the error of the count, or what lies
        between it and the rate refused, whichever is more."""
        self.measured = False
        """Whether it ever was more than a guess."""
        self._slow: list[int] = []
        """Accepted before each refusal that asked for less than a quarter of the
        average, of late."""

    def after(
        self, refused: float, first: float, *, anew: bool, blackout: float
    ) -> float:
        """Return the requests a second to go on with.

        *refused* is the speed at which the refused request was sent, *first* when the
        first of all was; *anew*, a success came before; *blackout*, the seconds of many
        refusals before one came.
        """
        measure = self.zeros.measure()
        if measure is None:
            rate = self._guess(refused, first, blackout=blackout > 0)
        else:
            self.measured = True
            rate = min(max(measure.rate, measure.low), refused)
            if measure.idle > _IDLE:
                rate = max(rate, refused * (1 - 1 / (2 + self.zeros.between)))
            rate += _WAY * (refused - rate)
            self.sure = max(_ROUGH, min(_SURE, measure.sure))
        new = self.zeros.newest
        rate = self._watched(rate, new.at - first - new.waited, anew=anew)
        room = math.log(max(1.0, refused / rate)) if blackout <= _LONG else 0.0
        self.doubt = max(1 / self.sure, room)
        return rate

    def heed(
        self, stretch: Stretch, wait: float, first: float, *, anew: bool, later: int
    ) -> float:
        """Return the same after a refusal that asks for *wait* seconds.

        *later* requests were sent after the one that was refused.
        """
        self.measured = True
        self.told.learn(stretch, wait)
        self.sure = max(_ROUGH, min(_SURE, self.told.sure))
        span = stretch.refused.at + wait - first
        # They may be accepted, and one more goes as soon as the wait is over.
        self.told.rate = self._watched(self.told.rate, span, anew=anew, more=later + 1)
        return self.told.rate

    def _guess(self, refused: float, first: float, *, blackout: bool) -> float:
        """Return a rate before anything was measured."""
        new, only = self.zeros.newest, len(self.zeros) == 1
        self.sure = max(_ROUGH, min(_START, new.accepted)) if only else _ROUGH
        if only or blackout:
            return min(refused, max(1, new.accepted) / max(1e-3, new.at - first))
        return max(min(refused, self.zeros.bound()), refused / 3)

    def _watched(self, rate: float, span: float, *, anew: bool, more: int = 0) -> float:
        """Bound *rate* below, by a run of *span* seconds, unless refusals insist.

        *more* may have been accepted than up to the last zero point.
        """
        new = self.zeros.newest
        least = _QUARTER * (new.accepted + more) / max(1.0, span - new.idle)
        rate = max(rate, _SLOWEST)
        if rate >= least:
            self._slow = []
            return rate
        self._slow = [n for n in self._slow if new.accepted + more - n < _LATELY]
        self._slow += [new.accepted] * anew
        self.sure = _ROUGH
        return rate if len(self._slow) >= _EVENTS else least
