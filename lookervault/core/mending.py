"""How a vault that is damaged is made true again: pure functions of what it holds.

Nothing is made up. What was stored and cannot be read is put down as lost, so that it
is seen, that the rest can be used, and that the next run fetches what can be had.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from lookervault.core.audit import Gaps
from lookervault.records import Gap, Head, KindReport, Phase, Run, Scope, State

NO_DIGEST = bytes(16)
"""Of a version of which nothing is known."""

_GAP = "Why it could not be read is not known any more: the entry was damaged."
_NO_VERSION = "The vault has lost its version of it."


def unknown_run(number: int) -> Run:
    """Return what stands for a run that cannot be read: no promise, and no times."""
    run = Run(number=number, scope=Scope(), started=0.0)
    return replace(run, phase=Phase.ABANDONED, ended=0.0)


def unknown_version(kind: str, id_: str, run: int) -> Head:
    """Return what stands for a version that cannot be read."""
    return Head(
        kind=kind,
        id=id_,
        run=run,
        state=State.UNREAD,
        title="",
        folder=None,
        updated_at=None,
        fetched_at=0.0,
        call="",
        digest=NO_DIGEST,
        size=0,
        lost=True,
    )


def unknown_gap(kind: str, id_: str) -> Gap:
    """Return what stands for a gap that cannot be read."""
    return Gap(kind, id_, None, _GAP)


def lost_item(kind: str, id_: str) -> Gap:
    """Return the gap of a snapshot that listed an item and shows no version of it."""
    return Gap(kind, id_, None, _NO_VERSION)


def admitted(run: Run, kind: str, gaps: Iterable[Gap]) -> Run:
    """Return *run* with a report on *kind* that its *gaps* bear out.

    It is not complete any more: what would prove that is damaged.
    """
    report = run.kinds.get(kind, KindReport(expected=0, stored=0))
    counted = Gaps()
    for gap in gaps:
        counted.add(gap)
    told = replace(
        report, failed=counted.failed, missing=counted.missing, complete=False
    )
    return replace(run, kinds={**run.kinds, kind: told})


def wanted(versions: Sequence[Head]) -> bool:
    """Whether Looker is to be asked for an item with these *versions*, the newest first.

    It has the newest one only, if any. One that is gone is not there to be asked for.
    """
    if not versions:
        return True
    newest = versions[0]
    return newest.lost and newest.state is not State.GONE


def lost_in(versions: Sequence[Head]) -> list[int]:
    """Return the runs that found the bodies that are lost, the oldest first.

    *versions* come newest first. One that repeats the body of an older one found none.
    """
    runs: dict[bytes, int] = {}
    for head in reversed(versions):
        if head.lost:
            runs.setdefault(head.digest, head.run)
    return list(runs.values())
