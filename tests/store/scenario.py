"""A few commits of every sort, for those who want to cut them off.

`live` does them, and notes each in a file once it is done: what is noted there was
acknowledged.
"""

from __future__ import annotations

import contextlib
import os
import random
from pathlib import Path

from lookervault.errors import LookervaultError
from lookervault.records import Census, Gap, Item, KindReport, Login, Row, Scope, State
from lookervault.store import copying
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.lmdb import LmdbStore
from lookervault.units import Ids, Part, Span

INSTANCE = "https://looker.example"
MAP_SIZE = 2**16
"""So small that it has to grow on the way."""

KINDS = ("dashboards", "looks")
REPORTS = {"looks": KindReport(expected=3, stored=3)}


def item(id_, at, size):
    """Return an item of *size* bytes that do not compress."""
    raw = random.Random(f"{id_} {at}").randbytes(size)
    row = Row(id_, f"2026-01-{at:02d}")
    return Item(
        row=row,
        title=f"Item {id_}",
        call="looks",
        fetched_at=float(at),
        digest=digest(raw),
        body=compress(raw),
        size=size,
    )


def span(number, at, ids, *, kind="looks", size=900):
    found = tuple(item(id_, at, size) for id_ in ids)
    return Landed(Span(number, Part(kind), 0, 5, 5), found)


def rows(count):
    return tuple(Row(str(number), "2026-01-01") for number in range(count))


OPERATIONS = (
    lambda store: store.begin(Scope(), now=1.0),
    lambda store: store.lead(1),
    lambda store: store.note(1, login=Login("7"), looker="26.12"),
    lambda store: store.put(1, 1, [span(1, 1, "123")], calls=1),
    lambda store: store.put(1, 1, [span(2, 2, "345"), span(3, 2, "67")], calls=3),
    # More rows than one page, and than one part, of a census has.
    lambda store: store.put_census(1, "looks", Census(1, 3.0, rows(5_003))),
    lambda store: store.put(
        1, 1, [span(4, 3, "12", kind="dashboards", size=30_000)], calls=4
    ),
    lambda store: store.put_gone(1, "looks", ["6", "nobody"], now=5.0),
    lambda store: store.seal(
        1, now=6.0, kinds=REPORTS, gaps=[Gap("looks", "9", 500, "r")], figures={}, calls=4
    ),
    lambda store: store.begin(Scope(("looks",)), now=7.0),
    lambda store: store.lead(2),
    lambda store: store.put(2, 1, [span(1, 8, "1357"), span(2, 8, "12")], calls=2),
    lambda store: store.begin(Scope(), now=9.0, fresh=True),
    lambda store: store.put(3, 0, [Landed(Ids(1, Part("looks"), ("1",)), ())], calls=0),
    lambda store: store.seal(
        3, now=9.0, kinds={}, gaps=[Gap("looks", "7", 500, "r")], figures={}, calls=4
    ),
)  # fmt: skip


def opened(path):
    """Return the store at *path*, to be closed at the end of a block."""
    store = LmdbStore.create_or_open(path, INSTANCE, now=0.0, size=MAP_SIZE)
    return contextlib.closing(store)


def held(store):
    """Return all that *store* holds, with every body."""
    runs = list(store.runs())
    heads = {
        (kind, run.number): list(store.heads(kind, at=run.number))
        for kind in KINDS
        for run in runs
    }
    found = {head for some in heads.values() for head in some}
    return (
        runs,
        heads,
        {head: digest(store.body(head)) for head in found},
        {run.number: list(store.markers(run.number)) for run in runs},
        {run.number: list(store.gaps(run.number)) for run in runs},
        {(run.number, k): store.census(run.number, k) for run in runs for k in KINDS},
    )


def go_on(path, done, note=lambda: None):
    """Do what is left after the first *done* operations, and *note* each."""
    with opened(path) as store:
        note()
        for operation in OPERATIONS[done:]:
            operation(store)
            note()


def states(path):
    """Return what a vault at *path* holds once it was made, and after each operation."""
    with opened(path) as store:
        told = [held(store)]
        for operation in OPERATIONS:
            operation(store)
            told.append(held(store))
    assert any(head.state is State.GONE for head in told[-1][2])
    assert any(head.state is State.UNREAD for head in told[-1][2])
    return told


def live(vault, notes):
    """Do it all, as a process that may die of it."""
    handle = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    go_on(Path(vault), 0, note=lambda: os.write(handle, b"."))


def live_and_copy(vault, notes):
    """Do it all, and copy the vault; note the copy, too."""
    live(vault, notes)
    for _ in copying.copy(Path(vault), copy_of(Path(vault)), compact=True, now=99.0):
        pass
    with Path(notes).open("ab") as file:
        file.write(b".")


def copy_of(vault):
    return vault.with_name("copies") / "newest"


def persevere(vault, notes):
    """Do it all, and once more what fails: what raised must have done nothing."""
    handle = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with twice(lambda: opened(vault)) as store:
        for operation in OPERATIONS:
            twice(lambda: operation(store), between=lambda: held(store))  # noqa: B023 - at once
            with contextlib.suppress(OSError):
                os.write(handle, b".")


def twice(step, between=lambda: None):
    """Do *step*, and again if it fails as it may; what is stored can be read *between*."""
    try:
        return step()
    except LookervaultError:
        between()
        return step()


def noted(notes):
    """Return how much was acknowledged: the vault itself, and operations."""
    return notes.stat().st_size if notes.exists() else 0
