"""What the user sets about how a run is worked on."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What bounds a plan."""

    batch: int = 100
    """Items a page, at most."""
    tries: int = 5
    """Failures of its own after which a unit is cut up or given up."""
    give_up_after: float = 600.0
    """Seconds without any answer after which the run stops."""
    max_duration: float | None = None
    """Seconds that the run may take; ``None``: as many as it needs."""
    accept_deletions: bool = False
