"""A copy is whole or not there, private, and made while a run goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

import pytest

from lookervault.core.audit import Finding
from lookervault.errors import Damaged, DiskFailed, Locked, VaultError
from lookervault.records import About
from lookervault.store import copying, disk, inspection, keys, values
from lookervault.store.copying import Begun, Copied
from lookervault.store.lmdb import LmdbStore
from lookervault.store.lock import Lock

from .conftest import ALL, LOOKER, all_read, altered, data, put, set_value
from .conftest import an_item as item


def copied(path, target, *, compact=False):
    return list(copying.copy(path, target, compact=compact, now=1.0))


def assert_sound(path):
    told = list(inspection.inspect(path, ALL))
    assert [it for it in told if isinstance(it, Finding)] == []


def modes(path):
    found = [path, *path.rglob("*")]
    return {str(it.relative_to(path)): it.lstat().st_mode & 0o777 for it in found}


@pytest.fixture
def target(tmp_path):
    return tmp_path / "backup" / "copy.vault"


@pytest.mark.parametrize("compact", [False, True])
def test_a_copy_holds_what_the_vault_holds_and_is_a_vault_itself(
    honest, target, compact
):
    told = copied(honest, target, compact=compact)

    assert all_read(target) == all_read(honest)
    assert_sound(target)
    assert told[-1] == Copied(*2 * (data(target).stat().st_size,))
    with contextlib.closing(LmdbStore.create_or_open(target, LOOKER, now=1.0)) as store:
        assert store.open_run().number == 3


def test_a_copy_that_is_compact_leaves_out_what_is_free(vault, target):
    def fill(txn, db):
        for number in range(500):
            txn.put(b"%d" % number, bytes(5000), db=db[keys.BODIES])

    def free(txn, db):
        for number in range(500):
            txn.delete(b"%d" % number, db=db[keys.BODIES])

    altered(vault, fill)
    altered(vault, free)

    copied(vault, target / "whole")
    copied(vault, target / "compact", compact=True)

    sizes = [data(target / name).stat().st_size for name in ("whole", "compact")]
    assert sizes[0] > sizes[1] + 2_000_000
    assert all_read(target / "compact") == all_read(target / "whole")


@pytest.mark.parametrize("umask", [0o000, 0o277])
def test_a_copy_is_private_whatever_the_umask(honest, target, umask):
    target.parent.mkdir()
    before = os.umask(umask)
    try:
        copied(honest, target)
    finally:
        os.umask(before)

    assert modes(target) == {
        ".": 0o700,
        "CURRENT": 0o600,
        "data-1": 0o700,
        "data-1/data.mdb": 0o600,
        "lock": 0o600,
    }


def test_the_vault_stays_as_it_is_and_its_lock_is_not_touched(vault, target):
    with contextlib.closing(LmdbStore.create_or_open(vault, LOOKER, now=1.0)) as store:
        before = {f: f.read_bytes() for f in vault.rglob("*") if f.is_file()}

        copied(vault, target)

        after = {f: f.read_bytes() for f in vault.rglob("*") if f.is_file()}
        changed = {f.name for f in after if after[f] != before.get(f)}
        assert changed <= {"lock.mdb"}
        with pytest.raises(Locked):
            LmdbStore.create_or_open(vault, LOOKER, now=1.0)
        put(store, 3, "looks", [item("more", "x")])


@pytest.mark.parametrize("compact", [False, True])
def test_a_copy_that_is_made_while_a_run_writes_is_of_one_moment(
    vault, target, compact
):
    over = threading.Event()
    with contextlib.closing(LmdbStore.create_or_open(vault, LOOKER, now=1.0)) as store:

        def write():
            number = 0
            while not over.is_set():
                number += 1
                items = [item(f"n{number}-{i}", "x" * 999 * i) for i in range(5)]
                put(store, 3, "looks", items, number + 1)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(3):
                copied(vault, target / str(number), compact=compact)
        finally:
            over.set()
            writer.join()

    for number in range(3):
        assert_sound(target / str(number))
        with contextlib.closing(LmdbStore.read(target / str(number))) as copy:
            heads = {head.id for head in copy.heads("looks")}
            vouched = {row.id for m in copy.markers(3) for row in m.rows}
        new = {id_ for id_ in heads if id_.startswith("n")}
        assert new == {id_ for id_ in vouched if id_.startswith("n")}
        assert len(new) % 5 == 0


# Where no copy can be


@pytest.mark.parametrize("what", ["a file", "a link", "a full directory", "a vault"])
def test_what_is_there_already_is_not_touched(honest, target, tmp_path, what):
    target.parent.mkdir()
    match what:
        case "a file":
            target.write_text("mine")
        case "a link":
            target.symlink_to(tmp_path / "elsewhere")
        case "a full directory":
            target.mkdir()
            (target / "mine").touch()
        case "a vault":
            copied(honest, target)
    before = modes(target.parent)

    with pytest.raises(VaultError, match="is there already: name another place"):
        copied(honest, target)

    assert modes(target.parent) == before


def test_an_empty_directory_becomes_the_copy(honest, target):
    target.mkdir(parents=True, mode=0o755)

    copied(honest, target)

    assert modes(target)["."] == 0o700
    assert_sound(target)


def test_a_copy_inside_the_vault_is_refused(vault):
    for inside in (vault, vault / "copy", vault / "data-1" / ".." / "copy"):
        with pytest.raises(VaultError, match="lies in the vault itself"):
            copied(vault, inside)

    assert sorted(it.name for it in vault.iterdir()) == ["CURRENT", "data-1"]


def test_where_there_is_no_vault_there_is_no_copy(tmp_path, target):
    with pytest.raises(VaultError, match="There is no vault at"):
        copied(tmp_path / "nothing", target)

    assert list(tmp_path.iterdir()) == []


def test_a_newer_vault_is_copied_as_it_is(vault, target):
    about = values.record(keys.THE_ABOUT, About(2, "0" * 32, LOOKER, 1.0))
    set_value(vault, keys.ABOUT, keys.THE_ABOUT, about)

    copied(vault, target)

    with pytest.raises(VaultError, match="newer lookervault"):
        LmdbStore.read(target)


def test_too_little_space_is_told_before_anything_is_written(
    honest, target, monkeypatch
):
    # The only thing that a test cannot have in every place is a small disk.
    monkeypatch.setattr(disk, "NEEDED", 0)
    monkeypatch.setattr(disk, "free", lambda _: 2**20)

    with pytest.raises(DiskFailed, match="has 1 MiB left, and the copy needs up to 2"):
        copied(honest, target)

    assert not target.parent.exists()


def test_a_disk_that_is_full_leaves_nothing_behind(honest, target):
    script = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from lookervault.store import copying\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "list(copying.copy(*map(Path, sys.argv[1:]), compact=False, now=1.0))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, honest, target],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "lookervault.errors.DiskFailed" in done.stderr
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("compact", [False, True])
def test_a_vault_that_is_damaged_is_not_copied_and_nothing_is_left(
    vault, target, compact
):
    content = bytearray(data(vault).read_bytes())
    for page in range(2, len(content) // 4096):
        if content[4096 * page + 10] == 1:
            content[4096 * page : 4096 * page + 4096] = bytes(4096)
    data(vault).write_bytes(content)

    with pytest.raises(Damaged, match="lookervault check says what is wrong"):
        copied(vault, target, compact=compact)

    assert list(target.parent.iterdir()) == []


# Cut off


def test_who_stops_in_the_middle_leaves_nothing_behind(honest, target):
    steps = copying.copy(honest, target, compact=False, now=1.0)
    next(steps)

    steps.close()

    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("at", ["place.draft", "place.finish", "copying._arrive"])
def test_what_a_copy_that_was_killed_left_is_removed_by_the_next_one(
    honest, target, at
):
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from lookervault.store import copying, place\n"
        f"{at} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "list(copying.copy(*map(Path, sys.argv[1:]), compact=False, now=1.0))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, honest, target], check=False)
    assert done.returncode == -signal.SIGKILL
    draft = target.with_name("copy.vault.copying")
    assert draft.is_dir()
    assert not target.exists()

    told = copied(honest, target)

    assert told[0] == Begun(draft)
    assert [it.name for it in target.parent.iterdir()] == ["copy.vault"]
    assert_sound(target)


def test_what_is_no_draft_of_ours_is_left_alone(honest, target):
    draft = target.with_name("copy.vault.copying")
    draft.mkdir(parents=True)
    (draft / "thesis.tex").touch()

    with pytest.raises(VaultError, match="is in the way"):
        copied(honest, target)

    assert [it.name for it in draft.iterdir()] == ["thesis.tex"]


def test_two_copies_to_one_place_do_not_get_in_each_others_way(honest, target):
    draft = target.with_name("copy.vault.copying")
    draft.mkdir(parents=True)
    other = Lock(draft, now=1.0)

    with pytest.raises(Locked, match=f"by process {os.getpid()}"):
        copied(honest, target)

    assert [it.name for it in draft.iterdir()] == ["lock"]
    other.release()
