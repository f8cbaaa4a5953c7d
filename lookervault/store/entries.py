"""Looks at single entries: whether they can be read, and belong where they are.

Each function here is given what is kept under a key, and says what is wrong with it.
Values come as windows into a map; none is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from lookervault.core import audit
from lookervault.core.audit import Finding, What
from lookervault.errors import Damaged
from lookervault.records import Head, Phase, Run
from lookervault.store import keys, rules, values
from lookervault.store.view import View
from lookervault.units import Marker


def run(key: bytes, value: memoryview) -> tuple[Run | None, Finding | None]:
    """Return the run under *key*, or what is wrong with it."""
    try:
        it = values.read_run(key, bytes(value))
    except Damaged:
        it = None
    if it is not None and keys.of_run(it.number) == key:
        return it, None
    number = keys.number_of(key)
    told = f"What run {number} was cannot be read."
    return None, audit.of_entry(What.RUN, keys.RUNS, key, told, run=number)


def head(
    view: View, key: bytes, value: memoryview
) -> tuple[Head | None, list[Finding]]:
    """Return the version under *key*, if it can be read, and what is to say of it."""
    try:
        it = values.read_head(key, bytes(value))
    except (Damaged, UnicodeDecodeError):
        return None, [_version(key)]
    if keys.of_item(it.kind, it.id) + keys.backwards(it.run) != key:
        return None, [_version(key)]
    found = []
    if view.get(keys.RUNS, keys.of_run(it.run)) is None:
        found.append(audit.no_such_run(What.VERSION, keys.ITEMS, key, it.run))
    if it.lost:
        found.append(audit.known_lost(it))
    return it, found


def _version(key: bytes) -> Finding:
    """Return the finding that the version under *key* cannot be read."""
    kind, id_ = keys.names_of(key)
    number = keys.run_of(key)
    name = f"{kind}/{id_}" if id_ is not None else f"an item of {kind} with a long id"
    told = f"What the vault has of {name} from run {number} cannot be read."
    where = {"kind": kind, "id": id_, "run": number}
    return audit.of_entry(What.VERSION, keys.ITEMS, key, told, **where)


def gap(view: View, key: bytes, value: memoryview) -> Iterator[Finding]:
    """Say what is wrong with a gap."""
    number = keys.number_of(key)
    try:
        it = values.read_gap(key, bytes(value))
        sound = keys.of_gap(number, it.kind, it.id) == key
    except (Damaged, UnicodeDecodeError, IndexError):
        sound = False
    if not sound:
        kind, id_ = keys.names_of(key[keys.RUN_BYTES :])
        told = f"Why run {number} could not read something of {kind} cannot be read."
        where = {"kind": kind, "id": id_, "run": number}
        yield audit.of_entry(What.GAP, keys.GAPS, key, told, **where)
    yield from _homeless(view, What.GAP, keys.GAPS, key)


def census(view: View, key: bytes, value: memoryview) -> Iterator[Finding]:
    """Say what is wrong with a part of a census."""
    try:
        values.read_part(key, bytes(value))
    except Damaged:
        kind, _ = keys.names_of(key[keys.RUN_BYTES :])
        number = keys.number_of(key)
        told = f"The list of {kind} that run {number} went by cannot be read."
        where = {"kind": kind, "run": number}
        yield audit.of_entry(What.CENSUS, keys.CENSUS, key, told, **where)
    yield from _homeless(view, What.CENSUS, keys.CENSUS, key)


def marker(view: View, key: bytes, value: memoryview) -> Iterator[Finding]:
    """Say what is wrong with a marker; one of an open run vouches for its rows."""
    number = keys.number_of(key)
    try:
        it = values.read_marker(key, bytes(value))
    except Damaged:
        told = f"What a unit of run {number} has stored cannot be read."
        yield audit.of_entry(What.MARKER, keys.MARKERS, key, told, run=number)
        return
    known = run_of(view, number)
    if known is not None and known.phase is Phase.OPEN:
        for finding in _unvouched(view, known, it):
            yield replace(finding, database=keys.MARKERS, key=key)
    yield from _homeless(view, What.MARKER, keys.MARKERS, key)


def other(_: View, key: bytes, value: memoryview) -> Iterator[Finding]:
    """Say whether an entry matches its check sum, whatever it is."""
    try:
        values.unseal(key, bytes(value))
    except Damaged:
        told = f"What the vault says of itself under {key!r} cannot be read."
        yield audit.of_entry(What.ENTRY, keys.ABOUT, key, told)


def unshown(view: View, it: Run, kind: str, ids: Iterable[str]) -> Iterator[str]:
    """Yield those of *ids* that snapshot *it* does not show, and has no gap for."""
    if view.get(keys.GAPS, keys.of_gap(it.number, kind, rules.STANDS_FOR_ALL)):
        return
    for id_ in ids:
        item = keys.of_item(kind, id_)
        gap_key = keys.of_run(it.number) + item
        try:
            there = audit.shows(_shown(view, item, it.number))
        except Damaged:
            continue  # That it is so is told of the version itself.
        if not there and view.get(keys.GAPS, gap_key) is None:
            yield id_


def _unvouched(view: View, it: Run, marker_: Marker) -> Iterator[Finding]:
    """Say for what a marker of the open run *it* vouches that is not there."""
    kind = marker_.unit.part.kind
    for row in marker_.rows:
        try:
            head_ = _shown(view, keys.of_item(kind, row.id), it.number)
        except Damaged:
            continue
        finding = audit.of_vouched(it, kind, row.id, head_)
        if finding is not None:
            yield finding


def _shown(view: View, item: bytes, number: int) -> Head | None:
    """Return the newest version of *item* that run *number* shows."""
    for key, value in view.entries(keys.ITEMS, item + keys.backwards(number)):
        return values.read_head(key, bytes(value)) if key.startswith(item) else None
    return None


def run_of(view: View, number: int) -> Run | None:
    """Return run *number*, if it is there and can be read."""
    key = keys.of_run(number)
    value = view.get(keys.RUNS, key)
    return None if value is None else run(key, value)[0]


def _homeless(view: View, what: What, database: str, key: bytes) -> Iterator[Finding]:
    number = keys.number_of(key)
    if view.get(keys.RUNS, keys.of_run(number)) is None:
        yield audit.no_such_run(what, database, key, number)
