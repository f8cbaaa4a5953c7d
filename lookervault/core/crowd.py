"""How many requests may be in flight, by how a server bears them."""

from __future__ import annotations

import math

from lookervault.core.ceiling import Ceiling
from lookervault.core.strain import Strain


class Crowd:
    """The bound on requests in flight: what is turned away sets it, or latency.

    Each request has a number. It ends by `answered`, `failed`, `overloaded` or `void`.
    """

    def __init__(self, limit: float | None = None) -> None:
        self._ceiling = Ceiling(math.inf if limit is None else max(1, int(limit)))
        self._strain = Strain()

    @property
    def limit(self) -> float:
        """Requests in flight; infinite: no bound is known."""
        return min(self._ceiling.limit, self._strain.bound)

    def full(self, flying: int) -> bool:
        """Whether one more would be too many now, be it for a trial."""
        return flying + 1 > max(1.0, min(self._ceiling.limit, self._strain.limit))

    def sent(self, number: int, level: int, now: float, *, free: bool) -> None:
        """A request was sent, the *level*-th in flight.

        *free*: nothing but the number in flight kept it from going earlier.
        """
        self._ceiling.sent(number, level, now)
        self._strain.sent(number, level, now, free=free)

    def answered(self, number: int, now: float) -> None:
        """It was answered as it should be."""
        self._ceiling.ended(number, now)
        self._strain.answered(number, now)

    def failed(self, number: int, now: float) -> None:
        """It failed, or was lost, after it had kept the server busy."""
        self._ceiling.ended(number, now)
        self._strain.void(number)

    def overloaded(self, number: int, now: float) -> None:
        """It was turned away as too many (502, 503, 504)."""
        self._ceiling.overloaded(number, now)
        self._strain.void(number)

    def void(self, number: int) -> None:
        """It never kept the server busy: it was not sent after all, or refused."""
        self._ceiling.void(number)
        self._strain.void(number)
