"""Both stores say the same, whatever is asked of them in whatever order."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lookervault.records import (
    Census,
    Gap,
    Item,
    KindReport,
    Login,
    Row,
    Scope,
    Tolerance,
)
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.lmdb import LmdbStore
from lookervault.store.memory import MemoryStore
from lookervault.units import Ids, Part

KINDS = st.sampled_from(["dashboards", "looks", "boards"])
NAMES = st.sampled_from(["1", "2", "10", "", "*", "é", "x" * 201])
DATES = st.sampled_from([None, "u", "v"])
TIMES = st.sampled_from([0.0, 1.0, 2.5])
RUNS = st.integers(0, 3)
BODIES = st.fixed_dictionaries(
    {"view_count": st.integers(0, 2), "x": st.sampled_from([0, 1, 1.0, True])}
)


@st.composite
def items(draw):
    raw = json.dumps(draw(BODIES)).encode()
    row = Row(
        draw(NAMES),
        draw(DATES),
        deleted=draw(st.booleans()),
        folder=draw(st.sampled_from([None, "f"])),
    )
    return Item(
        row=row,
        title=draw(st.sampled_from(["T", "U"])),
        call=draw(st.sampled_from(["by list", "by id"])),
        fetched_at=draw(TIMES),
        digest=digest(raw),
        body=compress(raw),
        size=len(raw),
    )


UNITS = st.builds(
    lambda number, kind, found: Landed(Ids(number, Part(kind), ("1",)), tuple(found)),
    st.integers(0, 5),
    KINDS,
    st.lists(items(), max_size=4),
)
SCOPES = st.sampled_from([Scope(), Scope(("looks",))])
CENSUSES = st.builds(
    Census,
    st.integers(0, 3),
    TIMES,
    st.lists(st.builds(Row, NAMES, DATES), max_size=4).map(tuple),
)
GAPS = st.lists(st.builds(Gap, KINDS, NAMES, st.none(), st.just("r")), max_size=3)
TOLERANCES = st.none() | st.builds(Tolerance, rate=TIMES, sure=TIMES, at=TIMES)
REPORTS = st.just({"looks": KindReport(expected=1, stored=1)})


def calls(name, *args, **kwargs):
    """Make one call of the store: its name, arguments and keywords."""
    return st.tuples(st.just(name), st.tuples(*args), st.fixed_dictionaries(kwargs))


OPERATIONS = st.one_of(
    calls("begin", SCOPES, now=TIMES, fresh=st.booleans()),
    calls("lead", RUNS),
    calls("note", RUNS, login=st.just(Login("1")), looker=st.just("26")),
    calls("put", RUNS, st.integers(0, 2), st.lists(UNITS, max_size=3), calls=RUNS),
    calls(
        "put", RUNS, st.integers(0, 2), st.lists(UNITS, max_size=3), calls=RUNS,
        tolerance=TOLERANCES,
    ),
    calls("put_census", RUNS, KINDS, CENSUSES),
    calls("put_gone", RUNS, KINDS, st.lists(NAMES, max_size=3), now=TIMES),
    calls(
        "seal", RUNS, now=TIMES, kinds=REPORTS, gaps=GAPS, figures=st.just({}), calls=RUNS,
        tolerance=TOLERANCES,
    ),
)  # fmt: skip


def told(store, name, args, kwargs):
    try:
        return getattr(store, name)(*args, **kwargs)
    except ValueError as error:
        return str(error)


def held(store):
    """Return everything that a store can be asked for."""
    runs = list(store.runs())
    heads = {
        (kind, at): list(store.heads(kind, at=at))
        for kind in ("dashboards", "looks", "boards")
        for at in (None, *(run.number for run in runs))
    }
    ids = {(head.kind, head.id) for found in heads.values() for head in found}
    versions = {one: list(store.versions(*one)) for one in ids}
    bodies = [store.body(head) for found in versions.values() for head in found]
    return (
        runs,
        store.open_run(),
        heads,
        versions,
        sorted(bodies),
        {run.number: list(store.markers(run.number)) for run in runs},
        {run.number: list(store.gaps(run.number)) for run in runs},
        {(run.number, k): store.census(run.number, k) for run in runs for k, _ in ids},
    )


@settings(max_examples=60, deadline=None)
@given(operations=st.lists(OPERATIONS, max_size=25))
def test_both_stores_agree(operations):
    memory = MemoryStore()
    with tempfile.TemporaryDirectory() as folder:
        lmdb = LmdbStore.create_or_open(
            Path(folder) / "vault", memory.about.instance, now=0.0, size=2**20
        )
        memory.begin(Scope(), now=0.0)
        lmdb.begin(Scope(), now=0.0)

        for operation in operations:
            assert told(memory, *operation) == told(lmdb, *operation)

        assert held(memory) == held(lmdb)
        lmdb.close()
