"""What a run would be: the vault is read, and Looker is asked cheaply. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lookervault.cli.app import App
from lookervault.cli.wish import Wish
from lookervault.content import covered
from lookervault.core import outlook
from lookervault.core.estimate import Estimate, Holding, counted
from lookervault.core.outlook import Course, Standing
from lookervault.errors import LoginRefused, VaultError
from lookervault.looker.base import Source
from lookervault.records import Scope
from lookervault.units import Part

if TYPE_CHECKING:
    from lookervault.looker.survey import Finding, Survey

GAPS = 3
"""Exit status: some kinds may not be listed, so that a run would have gaps."""

_WEIGHED = 200
"""Items of a kind whose sizes stand for all."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of one kind, and what it takes to copy it."""

    kind: str
    items: int | None
    """``None``: nobody knows."""
    by: str | None
    """``X-Total-Count``, ``ids``, ``listing`` or ``last run``."""
    calls: int
    status: int | None
    """Of the answer, if Looker refuses to list the kind."""
    reason: str
    refused: bool


class Prospect(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would be."""

    course: Course
    kinds: tuple[Counted, ...]
    folders: tuple[str, ...]
    lost: tuple[str, ...]
    calls: int
    """That the run will send, the login included."""


def standing(app: App, path: Path, scope: Scope) -> Standing:
    """Return what the vault at *path* has for a run of *scope*.

    Raises:
        VaultError: there is something else, or it is too new.
        Damaged: it is broken.

    """
    from lookervault.store import place  # noqa: PLC0415 - loads LMDB

    if place.current(path) is None:
        return Standing()
    with app.vault(path) as vault:
        runs = tuple(vault.snapshots())
        sizes = {}
        for kind in covered(scope) if runs else ():
            some = [head.size for head in islice(vault.items(kind), _WEIGHED)]
            if some:
                sizes[kind] = sum(some) / len(some)
        found = Standing(there=True, runs=runs, sizes=sizes)
        before = found.open_run
        past = vault.past(before) if before and before.scope == scope else {}
        return msgspec.structs.replace(found, past=past)


def check_instance(app: App, path: Path, source: Source) -> None:
    """Check that the vault at *path* is that of *source*.

    Raises:
        VaultError: it is another's.

    """
    with app.vault(path) as vault:
        owner = vault.about.instance
    if owner != source.instance:
        message = (
            f"The vault {path} belongs to {owner}, not to {source.instance}: name "
            "another vault."
        )
        raise VaultError(message)


def prospect(app: App, source: Source, asked: Wish, there: Standing) -> Prospect:
    """Return what a run of *asked* would be, over a vault that has *there*.

    Raises:
        LookerError: Looker does not answer, or refuses the login.

    """
    from lookervault.looker.survey import survey  # noqa: PLC0415 - loads the network

    now = app.calendar()
    found = survey(source, asked.scope, there.sizes, sleep=app.sleep)
    held = dict(_held(found, there))
    course = outlook.course(there, asked.scope, fresh=asked.fresh, now=now)
    estimate = outlook.calls(
        course,
        held,
        batch=asked.settings["batch_size"],
        workers=asked.access.workers,
        now=now,
    )
    kinds = (
        _counted(finding, held.get(kind), estimate)
        for kind, finding in found.findings.items()
    )
    return Prospect(
        course=course,
        kinds=tuple(kinds),
        folders=found.folders,
        lost=found.lost,
        calls=estimate.calls,
    )


def _held(found: Survey, there: Standing) -> Iterator[tuple[str, Holding]]:
    """Yield what is held of each kind; what could not be counted, as the last run did."""
    for kind, finding in found.findings.items():
        if finding.holding is not None:
            yield kind, finding.holding
            continue
        before = None if finding.refused else there.expected(kind)
        if before is not None:
            yield kind, counted(Part(kind), before, size=there.sizes.get(kind, 0.0))


def _counted(finding: Finding, held: Holding | None, estimate: Estimate) -> Counted:
    items = held.items if held else None
    by = finding.by or ("last run" if held else None)
    return Counted(
        kind=finding.kind,
        items=items,
        by=by,
        calls=estimate.kinds.get(finding.kind, 0),
        status=finding.status,
        reason=finding.reason,
        refused=finding.refused,
    )


def denied(kinds: Sequence[Counted]) -> tuple[int, str] | None:
    """Return exit status and sentence, if this login may not list some of *kinds*."""
    refused = [it.kind for it in kinds if it.refused]
    if not refused:
        return None
    if len(refused) == len(kinds):
        what = f"This login may list nothing of what was asked for: {refused[0]}: "
        reason = next(it.reason for it in kinds if it.refused)
        return LoginRefused.exit_code, what + reason
    return GAPS, (
        f"This login may not list {', '.join(refused)}, which would be gaps: give its "
        "user a role that may, or name the other kinds."
    )
