"""The events that scripts may want: what is printed as JSON, and logged.

Their fields are a contract, as those of `Status` and `Summary` are: fields may be
added, and none is ever renamed or dropped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from lookervault.core.figures import Status, Summary
from lookervault.messages import (
    Began,
    Gapped,
    KindDone,
    Slowdown,
    Slowed,
    ToProgress,
    WorkerFailed,
)
from lookervault.output.words import time
from lookervault.records import Gap, KindReport


class Start(msgspec.Struct, frozen=True, tag_field="message_type", tag="start"):
    """A run begins, or goes on."""

    run: str
    kinds: tuple[str, ...]
    folders: tuple[str, ...]
    recursive: bool
    resumed: bool
    stored: Mapping[str, int]
    """How many items of each kind the run has already."""
    started: str
    """RFC 3339."""
    lost_roles: tuple[str, ...]
    """Roles that the login had in the last snapshot of the scope and lacks now."""
    looker: str | None
    """Its version."""
    looker_before: str | None
    """That of the last snapshot of the vault, if it is another one."""


class Done(msgspec.Struct, frozen=True, tag_field="message_type", tag="kind_done"):
    """A kind is finished."""

    kind: str
    expected: int
    stored: int
    failed: int
    vanished: int
    missing: int
    complete: bool


class Error(msgspec.Struct, frozen=True, tag_field="message_type", tag="item_error"):
    """An item, or with the id ``*`` a whole kind, could not be read."""

    kind: str
    id: str
    status: int | None
    reason: str
    excerpt: str


class Slow(msgspec.Struct, frozen=True, tag_field="message_type", tag="slowdown"):
    """All workers slow down."""

    reason: str
    rate: float | None
    """Requests a second from now on; ``null``: not bounded."""
    seconds: float
    """Before the next request starts."""


class Failure(
    msgspec.Struct, frozen=True, tag_field="message_type", tag="worker_failed"
):
    """A worker failed, and starts again."""

    worker: str
    error: str


Event: TypeAlias = Start | Status | Done | Error | Slow | Failure | Summary
"""Everything that is printed, told apart by ``message_type``."""


def record_of(event: ToProgress, now: float) -> Event | None:
    """Return what scripts are told of *event*, if anything."""
    match event:
        case Began():
            return _start(event)
        case KindDone(kind, report):
            return _done(kind, report)
        case Gapped(Gap() as gap):
            return Error(gap.kind, gap.id, gap.status, gap.reason, gap.excerpt)
        case Slowed(slowdown):
            return _slow(slowdown, now)
        case WorkerFailed(fetcher, error):
            return Failure(fetcher, error)
        case _:
            return None


def _start(event: Began) -> Start:
    run, stored = event.run, dict(event.stored)
    return Start(
        run=str(run.number),
        kinds=event.kinds,
        folders=run.scope.folders,
        recursive=run.scope.recursive,
        resumed=run.resumed > 0 or any(stored.values()),
        stored=stored,
        started=time(run.started),
        lost_roles=event.lost_roles,
        looker=run.looker or None,
        looker_before=event.looker_before or None,
    )


def _done(kind: str, report: KindReport) -> Done:
    return Done(
        kind=kind,
        expected=report.expected,
        stored=report.stored,
        failed=report.failed,
        vanished=report.vanished,
        missing=report.missing,
        complete=report.complete,
    )


def _slow(slowdown: Slowdown, now: float) -> Slow:
    rate = slowdown.rate if slowdown.rate and math.isfinite(slowdown.rate) else None
    seconds = slowdown.until - now
    return Slow(slowdown.reason, rate, max(seconds, 0.0) if seconds < math.inf else 0.0)
