"""What can be said of a run in numbers: a `Status` while it goes on, a `Summary` at its end.

Both are printed as JSON as they stand, so their fields are a contract with
scripts: fields may be added, and none is ever renamed or dropped.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lookervault.records import Gap


class KindFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of a run."""

    expected: int
    """Items that are listed, as far as is known."""
    stored: int
    """Items that this run has on disk, each counted once."""
    failed: int = 0
    """Gaps."""
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    vanished: int = 0
    """Deleted in Looker between the listing and the reading."""
    missing: int = 0
    """Items of the vault that the listing lacks, too many to believe."""
    exact: bool = False
    """Whether *expected* comes from a complete census."""
    done: bool = False
    percent: float | None = None
    """0 to 100. ``None``: how many there are is not known yet."""

    @property
    def counted(self) -> bool:
        """Whether *expected* is more than what was read so far."""
        return self.exact or self.done


class WorkerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One fetcher, as the last thing heard of it shows it."""

    kind: str | None
    """What it reads. ``None``: it has had nothing to do yet."""
    what: str
    """Which part of that, such as ``from 400`` or ``42``. It holds ids as Looker has them."""
    waiting: bool
    """It waits for its turn to make a request."""
    active: bool
    """It holds a unit, and was heard of in the last seconds."""
    attempt: int = 1
    seconds: float = 0.0
    """Since it was given the unit."""
    calls: int = 0
    busy: float = 0.0
    """Seconds spent on requests."""
    waited: float = 0.0
    """Seconds spent waiting for tokens."""
    error: str = ""
    """Why its last unit or its last life failed, until the next success."""


class _Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What a status and a summary have in common."""

    run: str
    """The number of the run."""
    seconds: float
    """Since this process began."""
    stored: int
    failed: int
    new: int
    changed: int
    unchanged: int
    gone: int
    utilization: float
    """0 to 1: time spent on requests / (workers x time from the first to the last)."""
    throttled: float
    """0 to 1: time spent waiting for tokens, likewise."""
    starved: float
    """0 to 1: time without anything to do, likewise."""
    over_memory: float
    """Seconds that the process had more memory than it may."""
    workers: int
    calls: int
    """Of the whole run, its earlier processes included."""
    refused: int
    """Answers of 429."""
    retries: int
    restarts: int
    bytes: int
    """Of the bodies that this process received."""
    resumed: bool
    """Whether an earlier process began the run."""
    refetched: int
    """Items that this process fetched although the run had them."""
    kinds: Mapping[str, KindFigures]


class Status(_Figures, frozen=True, tag_field="message_type", tag="status"):
    """How far a run is."""

    items: int | None
    """Items that are listed. ``None``: not known of every kind yet."""
    percent: float | None
    """0 to 100; 100 only once every kind is done."""
    items_per_second: float
    """Over the last ten seconds."""
    seconds_left: float | None
    memory: int
    """Bytes of anonymous memory, when last weighed."""
    max_memory: int | None
    """Bytes that it may have. ``None``: as many as there are."""
    cramped: bool
    """It has more just now, so that one unit at a time goes on."""
    rate: float | None
    """Requests a second that may start just now. ``None``: not bounded."""
    max_rate: float | None
    """Requests a second that were allowed. ``None``: as many as Looker takes."""
    most_in_flight: int | None
    """Requests that may be under way at once just now. ``None``: not bounded."""
    calls_left: int | None
    """Requests that the budget still has. ``None``: there is no budget."""
    on_hold: bool
    """Whether the owner of the run has paused it."""
    active: int
    """Fetchers that have work."""
    slowdown: str | None
    """Why requests are held back just now."""
    paused: float
    """Seconds before the next request may start."""
    slowed_by: str | None
    """Why all workers were slowed down last. ``None``: they were not."""
    slowed_for: float | None
    """Seconds since then."""
    fetchers: Mapping[str, WorkerFigures]


class Summary(_Figures, frozen=True, tag_field="message_type", tag="summary"):
    """What a run came to."""

    status: str
    """``complete``, ``incomplete``, ``stopped`` or ``failed``."""
    items: int
    """Items that were listed."""
    items_per_second: float
    """Stored by this process, over all of *seconds*."""
    peak_memory: int
    """Bytes of anonymous memory at its highest."""
    reason: str = ""
    """Why it stopped or failed."""
    exit_code: int = 0
    gaps: tuple[Gap, ...] = ()
    """What could not be read; the first thousand of them."""
    left_out: tuple[str, ...] = ()
    """Kinds that know no folder, where only folders were asked for."""
