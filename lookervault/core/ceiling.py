"""How many requests a server takes at once, by which of them it turned away."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

_WEIGHT = 3
"""Requests borne that one turned away outweighs: where a quarter is turned away, there
are too many in flight, where a tenth is, something else is wrong."""

_PROOF = 9
"""Doubt from which on a number is too many: three turned away in a row. One or two
are none of it."""

_TRUST = 6
"""Requests borne that are remembered of each number: two failures' worth, so that a
few that meet by chance weigh nothing, and room that is lost is noticed soon."""

_TRIAL = 6
"""Doubt that one more starts with: the first that is turned away refutes it."""

_ROUNDS = 32.0
"""Rounds between two trials of one more at most, when all were refuted: so few
requests in a hundred are turned away then, and so late is room noticed."""

_DOUBT = 0.1
"""Seconds that it may take to be turned away, until that was seen."""

_GRACE = 1.5
"""Times the longest it took after which a request counts as borne."""

_SLOWEST = 1.0
"""Seconds of that at most: a gateway's timeout is no measure for others."""


@dataclass
class _Sent:
    """A request that is out."""

    at: float
    level: int
    """Requests in flight as it was sent, itself included."""
    full: bool
    """Whether no other could have been sent beside it."""


@dataclass
class Ceiling:
    """The bound on requests in flight that being turned away sets.

    What was sent with few in flight is borne; from some number on, most is turned
    away. The limit lies where that step is most distinct. Failures that are as
    frequent with few as with many in flight make no step, hence no limit.
    """

    limit: float = math.inf
    """Requests in flight."""
    _doubts: list[int] = field(default_factory=lambda: [0])
    """The doubt in 0, 1, 2, ... requests in flight, by what was sent at just that."""
    _out: dict[int, _Sent] = field(default_factory=dict)
    """By number: what has no end yet."""
    _fresh: dict[int, _Sent] = field(default_factory=dict)
    """By number: what is not known to be borne yet, in order of sending."""
    _delay: float = _DOUBT
    _seen: bool = False
    _borne: int = 0
    """Requests borne at the limit since it was set."""
    _patience: float = 1.0
    """Rounds that must be borne before one more is tried."""
    _trying: bool = False

    def sent(self, number: int, level: int, now: float) -> None:
        """A request was sent, the *level*-th in flight."""
        self._settle(now - _GRACE * self._delay)
        sent = _Sent(now, level, level >= self.limit)
        self._out[number] = self._fresh[number] = sent
        missing = level + 1 - len(self._doubts)
        self._doubts += [0] * missing

    def ended(self, number: int, now: float) -> None:
        """It was answered, or failed for reasons of its own."""
        self._out.pop(number, None)
        self._settle(now - _GRACE * self._delay)

    def void(self, number: int) -> None:
        """It never kept the server busy, so those sent after it were one fewer."""
        self._out.pop(number, None)
        if self._fresh.pop(number, None) is not None:
            for later, sent in self._fresh.items():
                if later > number:
                    sent.level -= 1

    def overloaded(self, number: int, now: float) -> None:
        """It was turned away."""
        sent = self._out.get(number)
        if sent is None:
            return
        took = min(now - sent.at, _SLOWEST)
        self._delay = max(self._delay, took) if self._seen else took
        self._seen = True
        # Whatever was sent before would have been turned away before.
        self._settle(sent.at)
        self.void(number)
        if sent.level > 1:  # One at a time is never too many.
            self._doubts[sent.level] += _WEIGHT
            self._judge()

    def _judge(self) -> None:
        """Set the limit below the number from which on most were turned away."""
        doubt, most, least = 0, 0, 0
        for level in range(int(min(self.limit, len(self._doubts) - 1)), 1, -1):
            doubt += self._doubts[level]
            if doubt > max(most, _PROOF - 1):
                most, least = doubt, level
        if not least:
            return
        if self._trying and least == self.limit:
            self._patience = min(_ROUNDS, 2 * self._patience)
        else:
            self._patience = 1.0
        self._trying, self._borne = False, 0
        self.limit = least - 1

    def _settle(self, until: float) -> None:
        """Take for borne what was sent before that."""
        while self._fresh:
            number, sent = next(iter(self._fresh.items()))
            if sent.at >= until:
                return
            del self._fresh[number]
            self._bear(sent)

    def _bear(self, sent: _Sent) -> None:
        self._doubts[sent.level] = max(-_TRUST, self._doubts[sent.level] - 1)
        if sent.full:
            self._borne += 1
            if self._borne >= self._patience * self.limit:
                self._raise()

    def _raise(self) -> None:
        top = int(self.limit)
        if self._trying:
            if self._doubts[top] > 0:
                return
            self._patience = max(1.0, self._patience / 2)
        self._trying, self._borne = True, 0
        self.limit = top + 1
        if len(self._doubts) <= top + 1:
            self._doubts.append(0)
        self._doubts[top + 1] = _TRIAL
