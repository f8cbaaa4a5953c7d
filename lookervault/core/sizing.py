"""How large a unit of a kind should be, and how many bytes it will need."""

from __future__ import annotations

from collections import deque

_BYTES = 2 * 2**20
"""A page should not be larger: it is held twice, raw and compressed."""

_SECONDS = 5.0
"""A page should not take longer: a failed one is read again from its start."""

_UNKNOWN = 2**20
"""Bytes that a unit is expected to need before one of its kind came in."""

_MEMORY = 50
"""Units that are remembered; the largest of the last 50 but two is about the
95th percentile."""


class Sizing:
    """What the units of one kind have been like so far."""

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self._sizes: deque[int] = deque(maxlen=_MEMORY)
        self._bytes = 0.0
        self._seconds = 0.0

    def read(self, *, rows: int, bytes_: int, seconds: float) -> None:
        """A unit brought *rows* items of *bytes_* in *seconds*."""
        self._sizes.append(bytes_)
        if rows:
            self._bytes = _blend(self._bytes, bytes_ / rows)
            self._seconds = _blend(self._seconds, seconds / rows)

    def too_large(self, rows: int) -> None:
        """*rows* items were too many at once. Later, that may be the fault of one."""
        if not self._sizes:
            self._batch = max(1, min(self._batch, rows // 2))

    @property
    def page(self) -> int:
        """Items that a request should ask for."""
        most = float(self._batch)
        if self._bytes:
            most = min(most, _BYTES / self._bytes)
        if self._seconds:
            most = min(most, _SECONDS / self._seconds)
        return max(1, int(most))

    @property
    def seconds(self) -> float:
        """Seconds that an item takes; 0 before one came in."""
        return self._seconds

    @property
    def expected(self) -> int:
        """Bytes that a unit will need, 19 times out of 20."""
        if not self._sizes:
            return _UNKNOWN
        return sorted(self._sizes)[-(-19 * len(self._sizes) // 20) - 1]


def _blend(old: float, new: float) -> float:
    """Let the last four or so decide."""
    return 0.75 * old + 0.25 * new if old else new
