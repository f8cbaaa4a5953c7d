"""A vault can be read by `docs/format.md` alone: by LMDB, zlib, zstd and MessagePack.

Nothing of the package reads here. What this file says, the page says, and the
other way round.
"""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import zlib
from pathlib import Path

import lmdb
import msgspec
import pytest
import zstandard

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
from lookervault.store.recall import tolerance
from lookervault.units import Ids, Part, Span

PAGE = Path(__file__).parents[2] / "docs" / "format.md"
LOOKER = "https://looker.example"
LONG = "long/" * 100
RAW = b'{"id": "7", "title": "Sales"}'


def item(id_, raw=RAW, **row):
    return Item(
        row=Row(id_, **row),
        title="Sales",
        call="dashboard",
        fetched_at=3.5,
        digest=digest(raw),
        body=compress(raw),
        size=len(raw),
        redacted=True,
    )


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    """A vault with a sealed run and an open one."""
    path = tmp_path_factory.mktemp("format") / "vault"
    store = LmdbStore.create_or_open(path, LOOKER, now=1.5)
    part = Part("dashboards", "f")
    store.begin(Scope(("dashboards",), ("f",), recursive=True), now=2.0)
    store.put(1, 1, [Landed(Span(0, part, 0, 9, 9), (item("7"), item(LONG)))], calls=4)
    report = KindReport(expected=2, stored=2)
    gap = Gap("looks", "9", 500, "Broken.", "<html>")
    bears = Tolerance(rate=20.5, sure=150.0, at=8.5)
    store.seal(
        1,
        now=9.0,
        kinds={"dashboards": report},
        gaps=[gap],
        figures={},
        calls=5,
        tolerance=bears,
    )
    store.begin(Scope(), now=10.0)
    store.lead(2)
    store.note(2, expansion=("f", "g"), login=Login("5", ("1",), "Ada"), looker="26.4")
    new = item("7", b"{}", updated_at="u", deleted=True, folder="f")
    store.put(2, 1, [Landed(Ids(300, part, ("7",)), (new,))], calls=6)
    store.put_gone(2, "dashboards", [LONG], now=11.0)
    rows = tuple(Row(str(i), f"u{i}", folder="f") for i in range(5_001))
    store.put_census(2, "dashboards", Census(3, 12.0, rows))
    store.close()
    return path


@pytest.fixture(scope="module")
def raw(vault):
    """Every database as a dict of payloads by key, their check sums verified."""
    current = (vault / "CURRENT").read_text("ascii")
    found = {}
    with lmdb.open(str(vault / current.rstrip("\n")), max_dbs=32, readonly=True) as env:
        with env.begin() as txn:
            names = [bytes(key).decode() for key, _ in txn.cursor()]
        for name in names:
            database = env.open_db(name.encode(), create=False)
            with env.begin() as txn:
                entries = list(txn.cursor(database))
            found[name] = {key: verified(key, value) for key, value in entries}
    return found


def verified(key, value):
    assert struct.unpack(">I", value[:4])[0] == zlib.crc32(key + value[4:])
    return value[4:]


def unpacked(payload):
    return msgspec.msgpack.decode(payload)


def opened(payload):
    """Return what a packed payload holds."""
    version, size, frame = unpacked(payload)
    raw = zstandard.ZstdDecompressor().decompress(frame)
    assert (version, size) == (1, len(raw))
    return unpacked(raw)


def name(text):
    data = text.encode()
    if len(data) > 200:
        return b"\xff" + hashlib.blake2b(data, digest_size=32).digest()
    return struct.pack(">B", len(data)) + data


def nur(run):
    return struct.pack(">Q", 2**64 - 1 - run)


def blake(data):
    return hashlib.blake2b(data, digest_size=16).digest()


def test_the_directory_has_what_the_page_says(vault):
    files = {str(file.relative_to(vault)): file for file in vault.rglob("*")}

    assert set(files) == {
        "CURRENT", "lock", "data-1", "data-1/data.mdb", "data-1/lock.mdb",
    }  # fmt: skip
    modes = {stat.S_IMODE(f.stat().st_mode) for f in files.values() if f.is_file()}
    assert modes == {0o600}
    assert files["CURRENT"].read_bytes() == b"data-1\n"
    assert set(msgspec.json.decode(files["lock"].read_bytes())) == {
        "pid", "host", "since",
    }  # fmt: skip


def test_the_databases_are_the_ones_of_the_page(raw):
    described = re.findall(r"^### `(\w+)`", PAGE.read_text("utf-8"), re.MULTILINE)

    assert sorted(described) == sorted(raw)


def test_about_is_as_described(raw):
    about = unpacked(raw["about"].pop(b"about"))

    assert raw["about"] == {}
    assert re.fullmatch("[0-9a-f]{32}", about.pop("id"))
    assert about == {"format": 1, "instance": LOOKER, "created": 1.5}


def test_runs_are_as_described(raw):
    first, second = (unpacked(raw["runs"][struct.pack(">Q", run)]) for run in (1, 2))

    assert len(raw["runs"]) == 2
    assert first == {
        "number": 1,
        "scope": {
            "kinds": ["dashboards"],
            "folders": ["f"],
            "recursive": True,
            "repair": False,
        },
        "phase": "sealed",
        "started": 2.0,
        "ended": 9.0,
        "epoch": 0,
        "resumed": 0,
        "expansion": None,
        "login": None,
        "looker": "",
        "counts": {
            "dashboards": {
                "new": 2, "changed": 0, "unchanged": 0, "gone": 0, "repeated": 0,
                "bytes": 2 * len(RAW),
            }
        },
        "calls": 5,
        "tolerance": {"rate": 20.5, "sure": 150.0, "in_flight": None, "at": 8.5},
        "kinds": {
            "dashboards": {
                "expected": 2, "stored": 2, "failed": 0, "vanished": 0, "missing": 0,
                "complete": True, "read_whole": True,
            }
        },
        "figures": {},
    }  # fmt: skip
    assert (second["phase"], second["ended"], second["epoch"]) == ("open", None, 1)
    assert second["expansion"] == ["f", "g"]
    assert second["login"] == {"user": "5", "roles": ["1"], "name": "Ada"}
    assert second["looker"] == "26.4"
    assert second["tolerance"] is None


def test_a_vault_of_before_there_was_a_tolerance_opens_and_goes_on(tmp_path):
    store = LmdbStore.create_or_open(tmp_path / "vault", LOOKER, now=1.5)
    store.begin(Scope(), now=2.0)
    store.close()
    key = struct.pack(">Q", 1)
    with lmdb.open(str(tmp_path / "vault" / "data-1"), max_dbs=32) as env:
        runs = env.open_db(b"runs", create=False)
        with env.begin(write=True) as txn:
            run = unpacked(verified(key, txn.get(key, db=runs)))
            assert run.pop("tolerance") is None
            payload = msgspec.msgpack.encode(run)
            check = struct.pack(">I", zlib.crc32(key + payload))
            txn.put(key, check + payload, db=runs)

    again = LmdbStore.create_or_open(tmp_path / "vault", LOOKER, now=9.0)

    assert tolerance(again) is None
    assert again.begin(Scope(), now=10.0).number == 1
    found = Tolerance(rate=20.0, sure=5.0, at=11.0)
    again.put(
        1, 1, [Landed(Ids(1, Part("looks"), ("7",)), ())], calls=1, tolerance=found
    )
    assert tolerance(again) == found
    again.close()


def test_items_are_as_described(raw):
    seven, long = name("dashboards") + name("7"), name("dashboards") + name(LONG)

    assert list(raw["items"]) == [
        seven + nur(2), seven + nur(1), long + nur(2), long + nur(1),
    ]  # fmt: skip
    heads = [unpacked(payload) for payload in raw["items"].values()]
    old, size = blake(RAW), len(RAW)
    assert heads == [
        [1, "7", 1, "Sales", "f", "u", 3.5, "dashboard", blake(b"{}"), 2, True, False],
        [1, "7", 0, "Sales", None, None, 3.5, "dashboard", old, size, True, False],
        [1, LONG, 2, "Sales", None, None, 11.0, "dashboard", old, size, True, False],
        [1, LONG, 0, "Sales", None, None, 3.5, "dashboard", old, size, True, False],
    ]


def test_bodies_are_as_described(raw):
    bodies = {}
    for key, payload in raw["bodies"].items():
        body = zstandard.ZstdDecompressor().decompress(payload[16:])
        assert payload[:16] == blake(body)
        assert key.endswith(payload[:8])
        bodies[key[:-8]] = [*bodies.get(key[:-8], []), body]

    seven, long = name("dashboards") + name("7"), name("dashboards") + name(LONG)
    assert {key: sorted(found) for key, found in bodies.items()} == {
        seven: sorted([RAW, b"{}"]),
        long: [RAW],
    }


def test_markers_are_as_described(raw):
    ((key, payload),) = raw["markers"].items()
    unit, at, columns = opened(payload)

    assert struct.unpack(">QII", key) == (2, 1, 300)
    assert unit.pop("witnesses", []) == []
    assert unit == {
        "type": "Ids",
        "number": 300,
        "part": {"kind": "dashboards", "folder": "f", "trash": False},
        "ids": ["7"],
    }
    assert (at, columns) == (3.5, [["7"], ["u"], [True], ["f"]])


def test_a_census_is_as_described(raw):
    prefix = struct.pack(">Q", 2) + name("dashboards")

    assert list(raw["census"]) == [prefix + struct.pack(">I", part) for part in (0, 1)]
    first, second = map(opened, raw["census"].values())
    assert (first[:3], second[:3]) == ([3, 12.0, 2], [3, 12.0, 2])
    assert [len(column) for column in first[3]] == [5_000] * 4
    assert second[3] == [["5000"], ["u5000"], [False], ["f"]]


def test_gaps_are_as_described(raw):
    key = struct.pack(">Q", 1) + name("looks") + name("9")

    assert {key: unpacked(payload) for key, payload in raw["gaps"].items()} == {
        key: [1, "9", 500, "Broken.", "<html>", False]
    }
