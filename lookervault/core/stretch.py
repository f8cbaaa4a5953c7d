"""What was sent since a server last asked to wait."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

_REMEMBERED = 5000
"""Requests whose time and rate are remembered: all of some windows of a second."""

_BURST = 3.0
"""Times the rate at which a window's quota is sent. Faster wins little, and more would
be refused before it is heard."""


class Sent(NamedTuple):
    """A request that was sent."""

    at: float
    rate: float
    """Requests a second at that time."""


class Stretch(NamedTuple):
    """What was sent between a wait and the refusal that asks for the next one."""

    began: float
    accepted: int
    last: Sequence[Sent]
    """The last ones, in order, up to the one that was refused."""

    @property
    def refused(self) -> Sent:
        """The request that was refused."""
        return self.last[-1]

    @property
    def span(self) -> float:
        """Seconds from its first request to the one that was refused."""
        return self.refused.at - self.began


class Log:
    """The requests since the last wait."""

    def __init__(self, began: float, accepted: int, slack: float) -> None:
        self._sent: deque[Sent] = deque(maxlen=_REMEMBERED)
        self._began = began
        self._accepted = accepted
        """Accepted before, ever."""
        self.slack = slack
        """Seconds that are caught up after a wait."""

    def add(self, sent: Sent) -> None:
        """A request goes."""
        self._sent.append(sent)

    def due(self, now: float, speed: float, most: float) -> float:
        """Return when the next request may go after one *now*, if waits are caught up.

        In a window no more go than at this *speed*, but all in the first part of it.
        *most* are wanted in a second.
        """
        quota = 1 + int(speed * self.slack)
        at = now + 1 / min(most, _BURST * speed)
        if quota <= len(self._sent):
            at = max(at, self._sent[-quota].at + quota / speed)
        return at

    def until(self, refused: Sent, later: int, accepted: int) -> Stretch:
        """Return all up to a request that was refused.

        *later* requests went after it; *accepted* were before it, ever.
        """
        last = list(self._sent)[: max(0, len(self._sent) - later - 1)]
        count = max(0, accepted - self._accepted)
        return Stretch(min(self._began, refused.at), count, [*last, refused])
