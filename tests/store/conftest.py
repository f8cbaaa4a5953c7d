"""A vault as honest runs leave it, and ways to damage it."""

from __future__ import annotations

import contextlib
import json
import random

import lmdb
import pytest

from lookervault.records import Census, Gap, Item, KindReport, Row, Scope
from lookervault.store import keys, place
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.lmdb import LmdbStore
from lookervault.store.share import Share
from lookervault.units import Part, Span

LOOKER = "https://looker.example"
LONG = "x" * 300
IDS = (*map(str, range(60)), LONG)
BOTH = ("dashboards", "looks")
ALL = Share(1, 1)


def an_item(id_, text, at=1.0):
    raw = json.dumps({"id": id_, "title": f"T{id_[:9]}", "text": text}).encode()
    return Item(
        row=Row(id_),
        title=f"T{id_[:9]}",
        call="c",
        fetched_at=at,
        digest=digest(raw),
        body=compress(raw),
        size=len(raw),
    )


def put(store, run, kind, items, number=1):
    landed = Landed(Span(number, Part(kind), 0, 10, 10), tuple(items))
    store.put(run, 1, [landed], calls=number)


def make(path):
    """Make a vault with a snapshot that has gaps, a second one, and an open run."""
    dice = random.Random(7)
    with contextlib.closing(LmdbStore.create_or_open(path, LOOKER, now=1.0)) as store:
        store.begin(Scope(), now=1.0)
        store.lead(1)
        report = KindReport(expected=62, stored=61, failed=1, complete=False)
        for kind in BOTH:
            texts = {id_: dice.randbytes(dice.choice([9, 3000])).hex() for id_ in IDS}
            put(store, 1, kind, [an_item(*each) for each in texts.items()])
            rows = tuple(Row(id_) for id_ in (*IDS, "unreadable"))
            store.put_census(1, kind, Census(1, 1.0, rows))
        gaps = [Gap(kind, "unreadable", 500, "Broken.") for kind in BOTH]
        kinds = dict.fromkeys(BOTH, report)
        store.seal(1, now=2.0, kinds=kinds, gaps=gaps, figures={}, calls=3)
        store.begin(Scope(("looks",)), now=3.0)
        store.lead(2)
        put(store, 2, "looks", [an_item(id_, "new", 5.0) for id_ in IDS[:20]])
        store.put_gone(2, "looks", ["59"], now=6.0)
        store.put_census(2, "looks", Census(1, 3.0, tuple(map(Row, IDS[:59]))))
        report = KindReport(expected=59, stored=59)
        store.seal(2, now=7.0, kinds={"looks": report}, gaps=[], figures={}, calls=3)
        store.begin(Scope(("dashboards",)), now=8.0)
        store.lead(3)
        put(store, 3, "dashboards", [an_item(id_, "newest", 9.0) for id_ in IDS[:5]])
    return path


@pytest.fixture(scope="session")
def honest(tmp_path_factory):
    """The vault that all share; they leave it as it is."""
    return make(tmp_path_factory.mktemp("honest") / "looker.vault")


@pytest.fixture
def vault(honest, tmp_path):
    """A copy of it, to be damaged."""
    path = tmp_path / "looker.vault"
    (path / "data-1").mkdir(parents=True)
    for name in ("CURRENT", "data-1/data.mdb"):
        (path / name).write_bytes((honest / name).read_bytes())
    return path


def data(path):
    return place.current(path) / place.DATA


def altered(path, job):
    """Let *job* write to the databases of a closed vault, behind its back."""
    with lmdb.open(str(place.current(path)), max_dbs=32) as env:
        names = {name: env.open_db(name.encode()) for name in keys.DATABASES}
        with env.begin(write=True) as txn:
            return job(txn, names)


def entries(path, database, prefix=b""):
    """The keys and values of *database* whose keys begin with *prefix*."""
    found = altered(path, lambda txn, db: list(txn.cursor(db[database])))
    return [(key, value) for key, value in found if key.startswith(prefix)]


def flipped(value, at=-1):
    bits = bytearray(value)
    bits[at] ^= 1
    return bytes(bits)


def set_value(path, database, key, value):
    """Write *value* under *key*; ``None`` deletes it."""

    def job(txn, db):
        if value is None:
            assert txn.delete(key, db=db[database])
        else:
            txn.put(key, value, db=db[database])

    altered(path, job)


def broken(path, database, prefix=b""):
    """Flip a bit in the first entry of *database* with *prefix*; return its key."""
    key, value = entries(path, database, prefix)[0]
    set_value(path, database, key, flipped(value))
    return key


def gone(path, database, prefix=b""):
    """Delete the first entry of *database* with *prefix*; return its key."""
    key, _ = entries(path, database, prefix)[0]
    set_value(path, database, key, None)
    return key


def all_read(path):
    """Every body that the vault shows, by kind, id and run."""
    with contextlib.closing(LmdbStore.read(path)) as store:
        return {
            (kind, head.id, head.run): store.body(head)
            for kind in BOTH
            for newest in store.heads(kind)
            for head in store.versions(kind, newest.id)
        }
