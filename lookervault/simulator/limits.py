"""How a server counts requests against its limit. Time is an argument."""

from __future__ import annotations

import collections
import math
from typing import Protocol

from lookervault.simulator.settings import Model, Settings

_TINY = 1e-9


class Limiter(Protocol):
    """Admits so many requests a second."""

    def admit(self, now: float) -> float:
        """Count a request at *now*, which never decreases, in.

        Return 0, or, if it is refused, the seconds until one would be admitted.
        """


class Bucket:
    """Tokens drip in at *rate* a second; at most *burst* of them wait for use."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = max(1.0, burst)
        self._tokens = self._burst
        self._filled: float | None = None

    def admit(self, now: float) -> float:
        """Take a token, if there is one."""
        passed = 0.0 if self._filled is None else now - self._filled
        self._tokens = min(self._burst, self._tokens + passed * self._rate)
        self._filled = now
        if self._tokens >= 1 - _TINY:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate


class Fixed:
    """Admits *quota* requests in each *window* seconds of the clock."""

    def __init__(self, quota: int, window: float) -> None:
        self._quota = quota
        self._window = window
        self._current: int | None = None
        self._admitted = 0

    def admit(self, now: float) -> float:
        """Count in the window that *now* falls into."""
        current = math.floor(now / self._window)
        if current != self._current:
            self._current, self._admitted = current, 0
        if self._admitted < self._quota:
            self._admitted += 1
            return 0.0
        return max(_TINY, (current + 1) * self._window - now)


class Sliding:
    """Admits *quota* requests in any *window* seconds."""

    def __init__(self, quota: int, window: float) -> None:
        self._quota = quota
        self._window = window
        self._admitted: collections.deque[float] = collections.deque()

    def admit(self, now: float) -> float:
        """Count in the window that ends at *now*."""
        while self._admitted and self._admitted[0] <= now - self._window:
            self._admitted.popleft()
        if len(self._admitted) < self._quota:
            self._admitted.append(now)
            return 0.0
        return max(_TINY, self._admitted[0] + self._window - now)


def limiter(settings: Settings) -> Limiter | None:
    """Return the limiter that *settings* ask for, if any.

    Windows last a second, or as long as one request takes at lower rates.
    """
    if settings.rate is None:
        return None
    if settings.model is Model.BUCKET:
        return Bucket(settings.rate, settings.burst)
    window = max(1.0, 1 / settings.rate)
    quota = max(1, math.floor(settings.rate * window + _TINY))
    return (Fixed if settings.model is Model.FIXED else Sliding)(quota, window)
