"""What contradicts what in a vault: the rules that `lookervault check` goes by.

The store reads and decodes; here is decided what of it cannot be true, and how that is
told. A **finding** is one thing that is wrong, or that should be known.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence

import msgspec

from lookervault.core import base_url
from lookervault.errors import UsageError
from lookervault.records import About, Gap, Head, KindReport, Phase, Run, State


class What(enum.Enum):
    """What a finding is about."""

    FILE = "file"
    """The file itself, or its pages: below what an entry is."""
    IDENTITY = "identity"
    RUN = "run"
    VERSION = "version"
    """The entry of one version of an item."""
    BODY = "body"
    SNAPSHOT = "snapshot"
    """What a sealed run promises and the vault does not hold."""
    CENSUS = "census"
    MARKER = "marker"
    GAP = "gap"
    ENTRY = "entry"
    """One that no other word is for."""


class Finding(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that is not as it should be, or, without *harm*, a remark."""

    what: What
    told: str
    """A sentence: what, and where. It may hold hostile ids."""
    advice: str = ""
    """A sentence: what to do."""
    kind: str | None = None
    id: str | None = None
    run: int | None = None
    database: str = ""
    """With *key*, the entry that it is about."""
    key: bytes = b""
    harm: bool = True

    @property
    def sentence(self) -> str:
        """All of it."""
        return f"{self.told} {self.advice}".rstrip()


_MOST = 1_000
"""Of one sort that are named, such as items of a kind and snapshot, or runs in a row. If
more are lost, all may be."""

START_ANEW = (
    "Go back to a copy of the vault, or extract into a new one; lookervault dump may "
    "still read single items of this one."
)
FETCH = "lookervault repair fetches it again."
LET_GO = "lookervault repair notes what is lost, so that the rest can be used."


def of_file(told: str, *, harm: bool = True) -> Finding:
    """Return the finding that the file is not what LMDB wrote."""
    advice = START_ANEW if harm else ""
    return Finding(what=What.FILE, told=told, advice=advice, harm=harm)


def of_entry(
    what: What, database: str, key: bytes, told: str, **where: object
) -> Finding:
    """Return the finding that an entry cannot be read, or is in a wrong place."""
    base = Finding(what=what, told=told, advice=LET_GO, database=database, key=key)
    return msgspec.structs.replace(base, **where)


def of_about(about: About) -> Finding | None:
    """Say whether *about* could be what a vault says of itself."""
    hexadecimal = len(about.id) == 32 and set(about.id) <= set("0123456789abcdef")  # noqa: PLR2004 - digits of 16 bytes
    if hexadecimal and about.format >= 1 and _is_address(about.instance):
        return None
    return of_identity("says of itself what makes no sense (format, id, instance)")


def of_identity(told: str) -> Finding:
    """Return the finding that the vault does not say what it is, or whose."""
    told = f"The vault {told}."
    return Finding(what=What.IDENTITY, told=told, advice=START_ANEW)


def _is_address(text: str) -> bool:
    try:
        return str(base_url.parse(text, insecure_http=True)) == text
    except UsageError:
        return False


# Runs


def of_runs(runs: Sequence[Run]) -> Iterator[Finding]:
    """Say what cannot be true of *runs*, which come by their numbers."""
    for run in runs:
        if run.phase is Phase.OPEN and run is not runs[-1]:
            told = f"Run {run.number} is open, and there is a newer one."
            yield Finding(what=What.RUN, told=told, advice=LET_GO, run=run.number)
    before = 0
    for run in runs:
        for number in range(before + 1, min(run.number, before + _MOST)):
            told = f"Run {number} is missing, and there are newer ones."
            yield Finding(what=What.RUN, told=told, advice=LET_GO, run=number)
        before = run.number


def no_such_run(what: What, database: str, key: bytes, run: int) -> Finding:
    """Return the finding that an entry names a run that is not there."""
    told = f"An entry of {database} belongs to run {run}, which is not there."
    return of_entry(what, database, key, told, run=run)


# Versions and bodies


def body_missing(head: Head) -> Finding:
    """Return the finding that no body is there for *head*."""
    return _of_body(head, "is missing")


def body_broken(head: Head, why: str) -> Finding:
    """Return the finding that the body of *head* is not what was stored."""
    return _of_body(head, f"is broken: {why}")


def _of_body(head: Head, what: str) -> Finding:
    return Finding(
        what=What.BODY,
        told=f"The body of {head.kind}/{head.id} that run {head.run} found {what}.",
        advice=FETCH,
        kind=head.kind,
        id=head.id,
        run=head.run,
    )


def left_over(count: int) -> Finding:
    """Return the remark that no version names so many bodies."""
    are = "1 body is" if count == 1 else f"{count:,} bodies are"
    told = f"{are} left over, which no version names. That is lost space."
    return Finding(what=What.BODY, told=told, harm=False)


def known_lost(head: Head) -> Finding:
    """Return the remark that the body of *head* could not be got back."""
    told = (
        f"The body of {head.kind}/{head.id} that run {head.run} found is lost, as a repair "
        "has noted."
    )
    return Finding(
        what=What.BODY, told=told, kind=head.kind, id=head.id, run=head.run, harm=False
    )


# Snapshots


class Gaps(msgspec.Struct):
    """The gaps of one kind of a run, counted."""

    failed: int = 0
    missing: int = 0

    def add(self, gap: Gap) -> None:
        """Count *gap*."""
        if gap.missing:
            self.missing += 1
        else:
            self.failed += 1


def of_kind(
    run: Run, kind: str, report: KindReport, rows: int | None, gaps: Gaps
) -> Iterator[Finding]:
    """Hold what a sealed *run* says of *kind* against what it wrote down.

    *rows* is how many its census has; ``None``: there is none.
    """
    if report.complete and rows is None:
        yield _of_snapshot(run, kind, "says that it is complete, and has no census.")
    elif report.complete and rows != report.expected:
        told = f"had {report.expected:,} ids to find, and its census has {rows:,}."
        yield _of_snapshot(run, kind, told)
    if (gaps.failed, gaps.missing) != (report.failed, report.missing):
        said, there = report.failed + report.missing, gaps.failed + gaps.missing
        yield _of_snapshot(
            run, kind, f"tells of {said:,} gaps, and {there:,} are there."
        )


def shows(head: Head | None) -> bool:
    """Whether a snapshot whose newest version of an item is *head* shows the item."""
    return head is not None and head.state is not State.GONE


def of_unshown(
    run: Run, kind: str, report: KindReport, ids: Sequence[str]
) -> Iterator[Finding]:
    """Say which of *ids* may be lost: a sealed *run* lists them, and shows nothing of them.

    They are behind no gap. Some may have been deleted while the run was reading: that is
    how many have `vanished` by its report, but not which.
    """
    if len(ids) <= report.vanished:
        return
    few = f", and only {report.vanished:,} such were deleted meanwhile"
    for id_ in ids[:_MOST]:
        told = f"lists {kind}/{id_} and shows no version of it{few * bool(report.vanished)}."
        yield msgspec.structs.replace(_of_snapshot(run, kind, told), id=id_)


def of_vouched(run: Run, kind: str, id_: str, head: Head | None) -> Finding | None:
    """Say whether a marker of the open *run* vouches for an item that is not there.

    *head* is its newest version. It may be gone by now, as this very run has found.
    """
    if head is not None and (head.state is not State.GONE or head.run == run.number):
        return None
    told = f"vouches for {kind}/{id_}, of which the vault has no version."
    return msgspec.structs.replace(_of_snapshot(run, kind, told), id=id_)


def _of_snapshot(run: Run, kind: str, told: str) -> Finding:
    name = "Snapshot" if run.phase is Phase.SEALED else "Run"
    what = What.SNAPSHOT if run.phase is Phase.SEALED else What.MARKER
    return Finding(
        what=what,
        told=f"{name} {run.number}, {kind}: it {told}",
        advice=LET_GO,
        kind=kind,
        run=run.number,
    )
