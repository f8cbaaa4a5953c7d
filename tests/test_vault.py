"""Users see a snapshot as it was, and are told in a sentence what is not there."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys

import pytest

from lookervault.errors import UsageError, VaultError
from lookervault.records import Gap, Item, Row, Scope, State
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.lmdb import LmdbStore
from lookervault.store.memory import MemoryStore
from lookervault.units import Ids, Part
from lookervault.vault import Vault

LOOKER = "https://looker.example"


def put(store, run, unit, **bodies):
    items = []
    for id_, value in bodies.items():
        raw = json.dumps(value).encode()
        items.append(
            Item(
                row=Row(id_.strip("_")),
                title="T",
                call="c",
                fetched_at=1.0,
                digest=digest(raw),
                body=compress(raw),
                size=len(raw),
            )
        )
    unit = Ids(unit, Part("looks"), tuple(bodies))
    store.put(run, 1, [Landed(unit, tuple(items))], calls=1)


def begin(store):
    return store.begin(Scope(), now=1.0, fresh=True).number


def seal(store, run, *gaps):
    store.seal(run, now=2.0, kinds={}, gaps=gaps, figures={}, calls=1)


@pytest.fixture
def store():
    return MemoryStore(LOOKER)


@pytest.fixture
def vault(store):
    """Two snapshots, an abandoned run between them, and an open one.

    Item 1 changes with each run, 2 goes with the second snapshot, 4 is of the
    run that is open.
    """
    begin(store)
    put(store, 1, 1, _1="first", _2="two")
    seal(store, 1)
    begin(store)
    put(store, 2, 1, _1="abandoned")
    begin(store)
    put(store, 3, 1, _1="third", _3="three")
    store.put_gone(3, "looks", ["2"], now=5.0)
    seal(store, 3, Gap("looks", "9", 500, "Broken."))
    begin(store)
    put(store, 4, 1, _1="open", _4="four")
    return Vault(store)


def shown(vault, **what):
    return {head.id: head.run for head in vault.items("looks", **what)}


def test_runs_are_shown_newest_first(vault):
    assert [run.number for run in vault.snapshots()] == [4, 3, 2, 1]
    assert vault.about.instance == LOOKER


@pytest.mark.parametrize(
    ("name", "number"),
    [("1", 1), (4, 4), (" 3 ", 3), ("latest", 3), ("latest~0", 3), ("latest~1", 1)],
)
def test_a_snapshot_is_named_by_its_number_or_from_the_end(vault, name, number):
    assert vault.snapshot(name).number == number


@pytest.mark.parametrize(
    "name",
    [
        "5",
        "0",
        "-1",
        "",
        "newest",
        "latest~2",
        "latest~",
        "9" * 40,
        "\u0661",
        "\x1b",
        7,
    ],
)
def test_what_names_no_snapshot_is_an_error(vault, name):
    with pytest.raises(VaultError, match="There is no snapshot"):
        vault.snapshot(name)


def test_the_newest_sealed_run_is_shown_unless_another_is_asked_for(vault):
    assert vault.default.number == 3
    assert shown(vault) == {"1": 3, "3": 3}
    assert shown(vault, at=1) == {"1": 1, "2": 1}
    assert shown(vault, at=2) == {"1": 2, "2": 1}
    assert shown(vault, at=4) == {"1": 4, "3": 3, "4": 4}


def test_as_long_as_nothing_is_sealed_the_newest_run_is_shown(store):
    begin(store)
    put(store, 1, 1, _1="first")
    vault = Vault(store)

    assert vault.default.number == 1
    assert vault.body("looks", "1") == b'"first"'


def test_an_empty_vault_says_so(store):
    with pytest.raises(VaultError, match="nothing has been extracted"):
        Vault(store).items("looks")


def test_gone_items_are_shown_to_those_who_ask(vault):
    heads = {head.id: head.state for head in vault.items("looks", gone=True)}

    assert heads == {"1": State.PRESENT, "2": State.GONE, "3": State.PRESENT}


def test_an_item_is_shown_as_the_snapshot_has_it(vault):
    assert vault.body("looks", "1") == b'"third"'
    assert vault.body("looks", "1", at=1) == b'"first"'
    assert vault.head("looks", "1", at=4).run == 4
    assert vault.head("looks", "2", at=2).run == 1


def test_the_versions_of_an_item_are_shown_newest_first(vault):
    versions = list(vault.versions("looks", "2"))

    assert [(head.run, head.state) for head in versions] == [
        (3, State.GONE),
        (1, State.PRESENT),
    ]
    assert [vault.read(head) for head in versions] == [b'"two"'] * 2


def test_what_could_not_be_read_is_shown(vault):
    assert [gap.id for gap in vault.gaps()] == ["9"]
    assert list(vault.gaps(at=1)) == []


def test_an_item_that_is_not_there_is_an_error(vault):
    with pytest.raises(VaultError, match="There is no looks/4 in snapshot 3"):
        vault.head("looks", "4")
    with pytest.raises(VaultError, match="There is no looks/3 in snapshot 1"):
        vault.body("looks", "3", at=1)


def test_an_item_that_is_gone_is_an_error_that_says_since_when(vault):
    with pytest.raises(
        VaultError, match="looks/2 is gone from Looker since snapshot 3"
    ) as error:
        vault.body("looks", "2")

    (last,) = re.findall(r"\(--at (\d+)\)", str(error.value))
    assert vault.body("looks", "2", at=int(last))


def test_a_snapshot_that_is_not_there_is_an_error(vault):
    with pytest.raises(VaultError, match="There is no snapshot '9'"):
        vault.items("looks", at=9)


@pytest.mark.parametrize("call", ["items", "head", "versions", "body"])
def test_a_kind_that_does_not_exist_is_a_mistake_of_the_user(vault, call):
    arguments = ("lokks",) if call == "items" else ("lokks", "1")

    with pytest.raises(UsageError, match="did you mean looks"):
        getattr(vault, call)(*arguments)


def test_a_vault_is_closed_at_the_end_of_its_block(store):
    with Vault(store) as vault:
        begin(store)

    with pytest.raises(VaultError, match="closed"):
        list(vault.snapshots())


def test_there_must_be_a_vault_to_open(tmp_path):
    with pytest.raises(VaultError, match="There is no vault at"):
        Vault.open(tmp_path / "none")


def test_a_vault_can_be_read_while_a_run_writes_from_this_process_and_another(tmp_path):
    path = tmp_path / "looker.vault"
    script = (
        "import sys; from lookervault.vault import Vault\n"
        "with Vault.open(sys.argv[1]) as vault:\n"
        "    print([head.id for head in vault.items('looks')])\n"
    )

    with contextlib.closing(LmdbStore.create_or_open(path, LOOKER, now=0.0)) as store:
        begin(store)
        with Vault.open(str(path)) as vault:
            put(store, 1, 1, _1="first")
            here = shown(vault)
        there = subprocess.check_output([sys.executable, "-c", script, str(path)])
        put(store, 1, 2, _2="second")

        assert here == {"1": 1}
        assert there == b"['1']\n"
