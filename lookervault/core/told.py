"""Which rate to go on with after a refusal that says how long to wait.

A wait that is obeyed in full costs a second at least, for Retry-After counts in whole
ones. So few refusals must do: two of them tell what kind of limit it is and how high,
and whoever looks for more than that does it about once in a hundred seconds.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence

from lookervault.core.stretch import Sent, Stretch

_SECOND = 1.0
"""Seconds of the shortest wait: it is said in whole seconds, rounded up."""

_FREE = 0.015
"""Seconds of each window that are left free: threads that wake late and the network
move requests by some milliseconds, and one that comes too early costs a wait ..."""

_SHARE = 0.005
"""... and this share of it: what the rate grows until it is looked for more."""

_CLIMB = 0.12
"""Growth in the first window after the first refusal, twice that in the next, and so
on. What was accepted until then is all that a window allows, or what a small bucket
held: the first is refused when it has hardly grown, the other is soon found."""

_NEAR = 1.3
"""Times the first guess, up to which a refusal confirms it: a window may refuse only
at its end, and until then the rate grows."""

_PROMPT = 0.9
"""Windows within which a refusal comes only if the first guess was too high."""

_BORNE = 0.7
"""Share of the first guess that is accepted at once after a wait, if a window was
recognized rightly."""

_GREW = 0.003
"""Growth below which a rate was refused as it was set."""

_SMALL = 0.2
"""Windows that a small bucket may be overdrawn by. Less than it holds is refused
again, once, and more leaves some of the limit unused for good."""

_FEW = 3
"""Requests over which a rate is measured at least."""

_SHORT = 1e-3
"""Seconds below which the clock, not the server, is measured."""

_HELD = 2.0
"""Windows: what was sent so long before a refusal was borne, whatever their phase."""

_WAY = 0.7
"""How far from the rate accepted to the rate refused to go on if that had not grown.
A bucket that saves up during a wait loses nothing by being refused again, and what a
window accepted, the wait included, is far below what it would."""

_LEAST = 0.02
"""Error below which a rate is not corrected: about what is left free."""

_MOST = 0.25
"""Error that is corrected at most: a rate that grows faster is refused too late."""

_COST = 2.0
"""Seconds a wait may cost, with what goes before. A rate is up by its error after as
many requests as this forgoes, divided by the error. So a rate that is known to a
fiftieth is left after some hundred seconds, and waits cost a hundredth."""

_BEND = 4
"""Growth goes with this power of the requests since: late, and then soon."""


class Kind(enum.Enum):
    """What the first two refusals speak for."""

    UNKNOWN = enum.auto()
    WINDOW = enum.auto()
    """Nothing can be saved up: what was accepted in one window is its limit."""
    SMALL = enum.auto()
    """A bucket that is full long before a wait is over."""
    LARGE = enum.auto()
    """A bucket that saves up all that a wait forgoes."""


class Told:
    """The rate that refusals with a Retry-After speak for."""

    def __init__(self) -> None:
        self.rate = math.inf
        """Requests a second."""
        self.sure = 1.0
        """Requests after which the rate is up by its error."""
        self.window = 0.0
        """Seconds that the server seems to count over; 0: nothing is known."""
        self._error = _MOST
        self._guess = 0.0
        """Requests that the first window accepted."""
        self._kind = Kind.UNKNOWN

    @property
    def slack(self) -> float:
        """Seconds that may be caught up after a wait: a window's, if it is short."""
        short = self._kind is Kind.WINDOW and self.window < 2 * _SECOND
        return self.window if short else 0.0

    def growth(self, rate: float, calm: int, awake: float) -> float:
        """Return by which share *rate* grows with the next request.

        *calm* requests were sent since it was set, in *awake* seconds.
        """
        if self._kind is Kind.UNKNOWN and self.window:
            climb = max(_CLIMB, min(_MOST, 1 / self._guess)) * (1 + awake / self.window)
            return climb / max(1.0, self.window * rate)
        return self._error * _BEND * (calm / self.sure) ** (_BEND - 1) / self.sure

    def learn(self, stretch: Stretch, wait: float) -> None:
        """Set the rate after a refusal that asks for *wait* seconds."""
        refused = stretch.refused.rate
        if stretch.accepted == 0:
            rate = refused / 2
        elif wait >= 2 * _SECOND or not (self.window or _even(stretch)):
            rate = self._counted(stretch, max(_SECOND, wait))
        else:
            self.window = self.window or max(_SECOND, wait)
            rate = self._bounded(stretch, refused, wait)
        self.rate = min(rate, refused)
        self.sure = max(1.0, _COST * self.rate / self._error)

    def _counted(self, stretch: Stretch, wait: float) -> float:
        """A whole window was used up: its quota by its length is the limit.

        A wait of more than a second ends the window that began when the last wait
        was over; one of a second may be rounded up from nearly nothing.
        """
        if wait >= 2 * _SECOND:
            self.window = math.floor(stretch.span + wait)
            self._kind, count = Kind.WINDOW, stretch.accepted
        else:
            self.window, since = wait, stretch.refused.at - wait
            count = sum(since < sent.at for sent in stretch.last[:-1])
        self._guess = max(1, count)
        self._error = max(_LEAST, _SECOND / self.window)
        return self._freed(self._guess / self.window)

    def _freed(self, rate: float) -> float:
        """Return what of *rate* leaves a little of each window free."""
        return rate * (1 - _SHARE - _FREE / self.window)

    def _bounded(self, stretch: Stretch, refused: float, wait: float) -> float:
        """The limit is below the rate that was refused."""
        first = self._kind is Kind.UNKNOWN
        grown = refused > (1 + _GREW) * self.rate
        self._kind = self._recognized(stretch, grown=grown)
        held = stretch.span >= _HELD * self.window
        if self._kind is Kind.SMALL and (grown or held):
            rate, error = self._drained(stretch.last)
        elif self._kind is Kind.WINDOW and grown:
            rate, error = self._held(stretch.last), _LEAST if first else _MOST
        else:
            low = stretch.accepted / (stretch.span + wait)
            rate, error = low + _WAY * (refused - low), _MOST
            if self.slack and stretch.span < self.window:
                rate = min(rate, self._freed(stretch.accepted / self.window))
        rate = max(refused / 4, min(rate, refused))
        self._error = max(_LEAST, min(_MOST, error, 1 - rate / refused))
        return rate

    def _recognized(self, stretch: Stretch, *, grown: bool) -> Kind:
        """Return what the server is, by what it refused after a wait."""
        if not self._guess:  # The rate was known before, from an earlier run.
            return Kind.SMALL
        prompt = stretch.span < _PROMPT * self.window
        if self._kind is not Kind.UNKNOWN:
            few = stretch.accepted < _BORNE * self._guess
            return Kind.SMALL if self.slack and prompt and few else self._kind
        if prompt or not grown:
            return Kind.LARGE
        near = stretch.refused.rate < _NEAR * self._guess / self.window
        return Kind.WINDOW if near else Kind.SMALL

    def _drained(self, sent: Sequence[Sent]) -> tuple[float, float]:
        """Return the rate that emptied a small bucket, and its error.

        It was full before. So over no time was more accepted than the limit allows
        and what the bucket holds, one token less than its size.
        """
        until, refused = sent[-1]
        held = max(0.0, _SMALL * self.window - 1 / refused)
        rates = [
            (count / max(_SHORT, until - sent[-1 - count].at + held), count)
            for count in range(min(_FEW, len(sent) - 1), len(sent))
        ]
        rate, count = max(rates)
        return min(self._freed(refused), rate), 1 / count

    def _held(self, sent: Sequence[Sent]) -> float:
        """Return the rate that a window bore."""
        until, refused = sent[-1]
        before = until - _HELD * self.window
        rates = [one.rate for one in sent if one.at <= before]
        return min(self._freed(refused), rates[-1] if rates else sent[0].rate)


def _even(stretch: Stretch) -> bool:
    """Whether requests were sent at nearly one rate for longer than a window."""
    slow = stretch.refused.rate < _NEAR * stretch.last[0].rate
    return slow and stretch.span >= _HELD * _SECOND
