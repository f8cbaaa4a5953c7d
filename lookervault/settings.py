"""What can be set about a run, and what of that makes sense."""

from __future__ import annotations

import math

import msgspec

from lookervault.errors import UsageError
from lookervault.messages import Steering

MOST_WORKERS = 50
"""Looker serves some 50 requests at once, by default; more would only wait there."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What can be set about a run."""

    workers: int = 8
    """Fetchers, 1 to 50."""
    batch_size: int = 100
    """Items a page, at most."""
    give_up_after: float = 600.0
    """Seconds without an answer of Looker's."""
    max_calls: int | None = None
    """Requests that may be sent."""
    max_rate: float | None = None
    """Requests a second."""
    max_duration: float | None = None
    """Seconds that a run may take in this process, pauses included."""
    max_memory: int | None = None
    """Bytes of anonymous memory that the process should stay below."""
    accept_deletions: bool = False
    """Believe that many items are gone at once."""
    credit: int = 64 * 2**20
    """Bytes in hand; fewer, if *max_memory* leaves less room."""

    @property
    def steering(self) -> Steering:
        """How a run starts."""
        return Steering(self.workers, self.max_rate)


def check(settings: Settings) -> None:
    """Check what types cannot say.

    Raises:
        UsageError: for the first value that makes no sense.

    """
    check_steering(settings.steering)
    if settings.batch_size < 1:
        message = f"A page needs at least one item, not {settings.batch_size}."
        raise UsageError(message)
    for name in ("max_calls", "max_duration", "max_memory", "credit"):
        value = getattr(settings, name)
        if value is not None and not value > 0:
            message = f"{name} must be more than 0, not {value}."
            raise UsageError(message)


def check_steering(steering: Steering) -> None:
    """Check what may be set while a run goes on.

    Raises:
        UsageError: for the first value that makes no sense.

    """
    workers, rate = steering.workers, steering.max_rate
    if not 1 <= workers <= MOST_WORKERS:
        message = (
            f"The number of workers must be from 1 to {MOST_WORKERS}, not {workers}."
        )
        raise UsageError(message)
    if rate is not None and not 0 < rate < math.inf:
        message = f"Requests a second must be more than 0, not {rate}."
        raise UsageError(message)
