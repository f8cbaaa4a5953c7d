"""What is written down: the vocabulary that the minds, the messages and the store share.

A **run** is one act of extraction; sealed, it is a snapshot. A **row** is what a
census knows of an item. An **item** is a body on its way into the store, a
**head** what the store says of a stored one. A **gap** is what could not be read.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import msgspec


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One item, as a listing shows it: its identity, and whether it changed."""

    id: str
    updated_at: str | None = None
    """As Looker wrote it, never reformatted."""
    deleted: bool = False
    folder: str | None = None


class Scope(msgspec.Struct, frozen=True):
    """What a run covers, as the user typed it."""

    kinds: tuple[str, ...] = ()
    """In the order of `content.KINDS`. Empty: all of them."""

    folders: tuple[str, ...] = ()
    """Ids of root folders, sorted. Empty: everywhere."""

    recursive: bool = False
    """Whether the folders below the roots belong to it."""

    repair: bool = False
    """Whether it was a repair, which asks for what is damaged and nothing else."""


class Phase(enum.Enum):
    """How far a run is."""

    OPEN = "open"
    SEALED = "sealed"
    ABANDONED = "abandoned"


class State(enum.Enum):
    """What became of an item."""

    PRESENT = "present"
    TRASHED = "trashed"
    GONE = "gone"
    UNREAD = "unread"


class Counts(msgspec.Struct, frozen=True):
    """What commits did to the items that they carried."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    """Also what differs in volatile paths only."""
    gone: int = 0
    repeated: int = 0
    """Stored by this run before, so nothing was written."""
    bytes: int = 0
    """Of raw bodies."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.gone + other.gone,
            self.repeated + other.repeated,
            self.bytes + other.bytes,
        )

    @property
    def stored(self) -> int:
        """How many items this run has, each counted once."""
        return self.new + self.changed + self.unchanged


class KindReport(msgspec.Struct, frozen=True, kw_only=True):
    """How complete one kind of a sealed run is."""

    expected: int
    """Ids in the last census."""
    stored: int
    """Of those, stored by this run."""
    failed: int = 0
    """Gaps."""
    vanished: int = 0
    """Of the census, recorded as gone: deleted while the run was reading."""
    missing: int = 0
    """Items of the vault that the census lacks, too many to believe."""
    complete: bool = True
    """Every id of the census is stored or recorded as gone."""
    read_whole: bool = True
    """Whether every item was asked for, whatever its row says."""


class Login(msgspec.Struct, frozen=True):
    """Who reads."""

    user: str
    """Id of the Looker user."""
    roles: tuple[str, ...] = ()
    """Ids of the roles, sorted."""
    name: str = ""


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """What Looker was found to bear, as the start of the next run."""

    rate: float | None = None
    """Requests a second; ``None``: no limit was met."""
    sure: float = 0.0
    """Accepted requests that the rate was measured with."""
    in_flight: float | None = None
    """Requests at once; ``None``: no limit was met."""
    at: float
    """Wall clock when that was still so, seconds since 1970."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One act of extraction."""

    number: int
    scope: Scope
    phase: Phase = Phase.OPEN
    started: float
    """Wall clock, seconds since 1970."""
    ended: float | None = None
    epoch: int = 0
    """How often a coordinator took the lead; fences what the earlier ones sent."""
    resumed: int = 0
    """How often the run was continued by a new process."""
    expansion: tuple[str, ...] | None = None
    """The folders that `scope` comes to, once that is known."""
    login: Login | None = None
    looker: str = ""
    """Version of the server."""
    counts: Mapping[str, Counts] = {}
    """By kind; grows with each commit."""
    calls: int = 0
    """Requests sent so far, saved with each commit."""
    tolerance: Tolerance | None = None
    """What is known of Looker's limits, saved with each commit; ``None``: nothing."""
    kinds: Mapping[str, KindReport] = {}
    """By kind, once the run is sealed."""
    figures: Mapping[str, float] = {}
    """Seconds, utilization and the like, once the run is sealed."""

    @property
    def complete(self) -> bool:
        """Whether nothing that was listed is missing from it."""
        return self.phase is Phase.SEALED and all(
            report.complete and not report.missing for report in self.kinds.values()
        )


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One body on its way into the store: hashed and compressed already."""

    row: Row
    title: str
    call: str
    """The SDK's method that returned it; the same item differs by call."""
    fetched_at: float
    """Looker's clock when it answered, seconds since 1970."""
    digest: bytes
    """16 bytes of blake2b of the raw body."""
    body: bytes
    """zstd of the raw body."""
    size: int
    """Bytes of the raw body."""
    redacted: bool = False


class Head(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the store says of one version of an item."""

    kind: str
    id: str
    run: int
    """The run that found this version."""
    state: State
    title: str
    folder: str | None
    updated_at: str | None
    fetched_at: float
    call: str
    digest: bytes
    size: int
    redacted: bool = False
    lost: bool = False
    """Whether its body was damaged and has not been got back."""

    @property
    def row(self) -> Row:
        """What a census would say of it."""
        return Row(self.id, self.updated_at, self.state is State.TRASHED, self.folder)


class Gap(msgspec.Struct, frozen=True):
    """What could not be read, and why."""

    kind: str
    id: str
    """``*`` stands for the whole kind."""
    status: int | None
    reason: str
    excerpt: str = ""
    missing: bool = False
    """Whether it is just that the census lacks it, and nothing proves that it is gone."""


class Census(msgspec.Struct, frozen=True):
    """The ids of one kind, as one walk over its listings found them."""

    round: int
    """Counts up in a run; the newest complete one is what counts."""
    taken: float
    """Wall clock when it was finished, seconds since 1970."""
    rows: Sequence[Row]


class About(msgspec.Struct, frozen=True):
    """What a vault is: written once, when it is made."""

    format: int
    id: str
    """Random, 32 hex digits."""
    instance: str
    """Looker's base URL, normalised, without user info."""
    created: float
