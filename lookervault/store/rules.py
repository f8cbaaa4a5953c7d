"""What every store decides in the same way: pure functions of what it holds."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain
from typing import TypeAlias

from msgspec.structs import replace

from lookervault.content import KINDS
from lookervault.core.changes import same
from lookervault.records import (
    Counts,
    Gap,
    Head,
    Item,
    KindReport,
    Login,
    Phase,
    Run,
    Scope,
    State,
    Tolerance,
)
from lookervault.store.base import Landed
from lookervault.units import Marker


class Verdict(enum.Enum):
    """What becomes of an item on its way into the store."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REPEATED = "repeated"
    """This run has it, as late or later."""
    REPLACED = "replaced"
    """This run has an earlier one."""

    # Enum's own is written in Python, and each item is counted by its verdict.
    __hash__ = object.__hash__


WRITES = frozenset({Verdict.NEW, Verdict.CHANGED, Verdict.REPLACED})
"""The verdicts that make an entry."""

Bodies: TypeAlias = tuple[bytes, bytes]
"""Raw: the old one, and the new one."""

STANDS_FOR_ALL = "*"
"""The id of a gap that is a whole kind."""


def judge(
    old: Head | None,
    item: Item,
    run: int,
    bodies: Callable[[Head, Item], Bodies],
) -> Verdict:
    """Say what becomes of *item*, whose newest entry is *old*.

    *bodies* returns the raw ones of *old* and *item*; asked only if it must be.
    """
    if old is not None and old.run == run and item.fetched_at < old.fetched_at:
        return Verdict.REPEATED
    if old is None or old.state is State.GONE:
        return Verdict.NEW
    if old.run == run:
        same_one = old.digest == item.digest and _same_place(old, item)
        later = item.fetched_at > old.fetched_at
        return Verdict.REPLACED if later or not same_one else Verdict.REPEATED
    equal = _same_place(old, item) and _same_content(old, item, bodies)
    return Verdict.UNCHANGED if equal else Verdict.CHANGED


def _same_content(
    old: Head, item: Item, bodies: Callable[[Head, Item], Bodies]
) -> bool:
    if old.digest == item.digest:
        return True
    if old.lost:  # Nobody can say any more what the difference is.
        return False
    if _unlike_calls(old, item):
        return True
    if old.updated_at != item.row.updated_at:
        return False
    volatile = KINDS[old.kind].volatile if old.kind in KINDS else ()
    return same(volatile, *bodies(old, item))


def _same_place(old: Head, item: Item) -> bool:
    return (
        old.state is state_of(item)
        and old.folder == item.row.folder
        and old.title == item.title
    )


def _unlike_calls(old: Head, item: Item) -> bool:
    """Whether the bodies differ by the call, and Looker says nothing was changed."""
    return (
        old.call != item.call
        and old.updated_at is not None
        and old.updated_at == item.row.updated_at
    )


def state_of(item: Item) -> State:
    """Return the state that *item* was found in."""
    return State.TRASHED if item.row.deleted else State.PRESENT


def head_of(item: Item, kind: str, run: int) -> Head:
    """Return the entry that *run* makes of *item*."""
    return Head(
        kind=kind,
        id=item.row.id,
        run=run,
        state=state_of(item),
        title=item.title,
        folder=item.row.folder,
        updated_at=item.row.updated_at,
        fetched_at=item.fetched_at,
        call=item.call,
        digest=item.digest,
        size=item.size,
        redacted=item.redacted,
    )


def gone(old: Head, run: int, now: float) -> Head:
    """Return the entry that says that *old* is gone. It keeps the last body."""
    return replace(old, run=run, state=State.GONE, fetched_at=now)


def hides(gap: Gap, old: Head | None, run: int) -> bool:
    """Whether *gap* means that *old*, of an earlier run, could not be read again."""
    one = gap.id != STANDS_FOR_ALL and not gap.missing
    return one and old is not None and old.run != run


def unread(old: Head, run: int) -> Head:
    """Return the entry that says that *old* could not be read again."""
    return replace(old, run=run, state=State.UNREAD)


def latest(landed: Landed) -> float:
    """Return when the last of a unit's items was fetched; 0 if it has none."""
    return max((item.fetched_at for item in landed.items), default=0.0)


def joined(before: Marker | None, epoch: int, landed: Landed) -> Marker:
    """Return the marker of a unit; one that is read again vouches for all it brought."""
    rows = {row.id: row for row in (before.rows if before else ())}
    rows |= {item.row.id: item.row for item in landed.items}
    at = max(latest(landed), before.at if before else 0.0)
    return Marker(epoch, landed.unit, tuple(rows.values()), at)


def counts(
    items: Sequence[Item], verdicts: Sequence[Verdict], known: Collection[str]
) -> Counts:
    """Add up what became of *items*; those of *known* ids were counted before."""
    numbers: Counter[Verdict] = Counter()
    sizes: Counter[Verdict] = Counter()
    seen = set(known)
    for item, verdict in zip(items, verdicts, strict=True):
        told = Verdict.REPEATED if item.row.id in seen else verdict
        seen.add(item.row.id)
        numbers[told] += 1
        sizes[told] += item.size
    return sum((tally(v, n, sizes[v]) for v, n in numbers.items()), Counts())


def tally(verdict: Verdict, number: int, size: int) -> Counts:
    """Return the counts of *number* items with *size* bytes and one verdict."""
    match verdict:
        case Verdict.NEW:
            return Counts(new=number, bytes=size)
        case Verdict.CHANGED:
            return Counts(changed=number, bytes=size)
        case Verdict.UNCHANGED:
            return Counts(unchanged=number, bytes=size)
        case Verdict.REPEATED | Verdict.REPLACED:
            return Counts(repeated=number)


# What becomes of a run


def opened(newest: Run | None, scope: Scope, now: float) -> Run:
    """Return a new run, after the *newest* one."""
    number = 1 if newest is None else newest.number + 1
    return Run(number=number, scope=scope, started=now)


def continues(run: Run, scope: Scope, *, fresh: bool) -> bool:
    """Whether the open *run* may go on."""
    return run.scope == scope and not fresh


def resumed(run: Run) -> Run:
    """*run* is continued by another process."""
    return replace(run, resumed=run.resumed + 1)


def abandoned(run: Run, now: float) -> Run:
    """*run* will not be continued."""
    return replace(run, phase=Phase.ABANDONED, ended=now)


def led(run: Run) -> Run:
    """*run* has a new coordinator."""
    return replace(run, epoch=run.epoch + 1)


def noted(
    run: Run,
    expansion: tuple[str, ...] | None,
    login: Login | None,
    looker: str | None,
) -> Run:
    """*run* knows more; ``None`` changes nothing."""
    told = {"expansion": expansion, "login": login, "looker": looker}
    return replace(run, **{k: v for k, v in told.items() if v is not None})


def grown(
    run: Run,
    brought: Iterable[Mapping[str, Counts]],
    *,
    calls: int | None = None,
    tolerance: Tolerance | None = None,
) -> Run:
    """*run* has stored this much more. What it had already does not count."""
    counts = dict(run.counts)
    for kind, more in chain.from_iterable(each.items() for each in brought):
        told = replace(more, repeated=0)
        if told != Counts():
            counts[kind] = counts.get(kind, Counts()) + told
    return replace(
        run,
        counts=counts,
        calls=run.calls if calls is None else calls,
        tolerance=tolerance or run.tolerance,
    )


def sealed(
    run: Run,
    now: float,
    *,
    kinds: Mapping[str, KindReport],
    figures: Mapping[str, float],
    calls: int,
    tolerance: Tolerance | None,
) -> Run:
    """*run* is a snapshot."""
    return replace(
        run,
        phase=Phase.SEALED,
        ended=now,
        kinds=dict(kinds),
        figures=dict(figures),
        calls=calls,
        tolerance=tolerance or run.tolerance,
    )


def refused(run: int) -> ValueError:
    """Return what to raise when a run that is not open is written to."""
    return ValueError(f"Run {run} is not open.")
