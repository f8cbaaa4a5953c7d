"""A vault is looked at by a process that a damaged one may end; that is a finding, too."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lookervault.core.audit import Finding, What
from lookervault.errors import Damaged, LookervaultError, VaultError
from lookervault.records import About
from lookervault.store import inspection, keys, values
from lookervault.store.lmdb import LmdbStore
from lookervault.store.share import Seen

from .conftest import (
    ALL,
    LOOKER,
    all_read,
    altered,
    broken,
    data,
    make,
    put,
    set_value,
)
from .conftest import an_item as item


def inspected(path, share=ALL, **more):
    return list(inspection.inspect(path, share, **more))


def harm(messages):
    return [m for m in messages if isinstance(m, Finding) and m.harm]


def whole(messages):
    """Whether it came to its end."""
    return isinstance(messages[-1], Seen)


def seen(messages):
    """The sorts of what is wrong; each is a sentence with what to do."""
    wrong = harm(messages)
    assert all(it.told.endswith(".") and it.advice.endswith(".") for it in wrong)
    return {it.what for it in wrong}


def page_of(path, flags):
    """The numbers of the pages with these flags: 1 for branches, 2 for leaves."""
    content = data(path).read_bytes()
    pages = range(2, len(content) // 4096)
    return [n for n in pages if content[4096 * n + 10] == flags]


def overwrite(path, at, content):
    with data(path).open("r+b") as file:
        file.seek(at)
        file.write(content)


def test_a_vault_that_is_whole_is_seen_to_its_end(honest):
    messages = inspected(honest)

    assert harm(messages) == []
    assert whole(messages)


def test_looking_changes_nothing(vault):
    before = {f: f.read_bytes() for f in vault.rglob("*") if f.is_file()}

    inspected(vault)

    after = {f: f.read_bytes() for f in vault.rglob("*") if f.is_file()}
    assert {f: after[f] for f in before} == before
    assert {f.name for f in after.keys() - before.keys()} <= {"lock.mdb"}


# The file


@pytest.mark.parametrize("length", [0, 1, 100, 4096, 8191, 8192, 100_000])
def test_a_file_that_is_cut_off_is_found_without_opening_it(vault, length):
    os.truncate(data(vault), length)

    messages = inspected(vault)

    assert seen(messages) == {What.FILE}
    assert not whole(messages)


def test_a_file_that_is_something_else_is_found(vault):
    data(vault).write_bytes(random.Random(1).randbytes(100_000))

    assert seen(inspected(vault)) == {What.FILE}


def test_a_file_that_is_missing_is_damage(vault):
    data(vault).unlink()

    with pytest.raises(Damaged, match="lost its data"):
        inspected(vault)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    ("at", "size"), [(10, 2), (16, 4), (20, 4), (40, 4), (144, 1), (145, 1), (0, 4096)]
)
def test_a_meta_page_that_is_broken_is_found(vault, number, at, size):
    place = 4096 * number + at
    before = data(vault).read_bytes()[place : place + size]
    overwrite(vault, place, bytes(byte ^ 0xFF for byte in before))

    assert What.FILE in seen(inspected(vault))


def test_a_meta_page_of_the_commit_before_last_is_found(vault):
    number = int.from_bytes(data(vault).read_bytes()[144:152], sys.byteorder)
    newer = 1 - number % 2
    overwrite(vault, 4096 * newer + 144, (number + 5).to_bytes(8, sys.byteorder))

    (wrong,) = harm(inspected(vault))

    assert "meta pages" in wrong.told
    assert wrong.what is What.FILE


@pytest.mark.parametrize("flags", [1, 2])
def test_each_page_of_keys_that_is_zeroed_is_found(vault, flags):
    pages = random.Random(flags).sample(page_of(vault, flags), 4)
    live = data(vault).read_bytes()
    sound = all_read(vault)
    found = 0
    for number in pages:
        overwrite(vault, 4096 * number, bytes(4096))
        messages = inspected(vault)
        # Pages that are free, or of a commit before the last, are nobody's.
        assert seen(messages) or all_read(vault) == sound, number
        found += bool(seen(messages))
        overwrite(vault, 4096 * number, live[4096 * number :][:4096])

    assert found


def test_a_process_that_is_killed_is_a_finding(vault, monkeypatch):
    script = vault.parent / "killed.py"
    script.write_text("import os; os.kill(os.getpid(), 11)")
    monkeypatch.setattr(inspection, "_EXAMINER", "killed")
    monkeypatch.setenv("PYTHONPATH", str(vault.parent))

    (wrong,) = inspected(vault)

    assert "was ended by SIGSEGV" in wrong.told
    assert wrong.what is What.FILE


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("import time; time.sleep(60)", "did nothing for 1 s"),
        ("import sys; sys.stdout.write('hello, who are you?')", "makes no sense"),
        ("import sys; sys.stdout.write('\\0\\0\\0\\1!')", "makes no sense"),
    ],
)
def test_a_process_that_says_nothing_that_makes_sense_is_a_finding(
    vault, monkeypatch, script, told
):
    (vault.parent / "odd.py").write_text(script)
    monkeypatch.setattr(inspection, "_EXAMINER", "odd")
    monkeypatch.setenv("PYTHONPATH", str(vault.parent))

    (wrong,) = inspected(vault, patience=1.0)

    assert told in wrong.told


def test_a_mistake_of_ours_is_no_damage(vault, monkeypatch):
    (vault.parent / "mistaken.py").write_text("raise ValueError")
    monkeypatch.setattr(inspection, "_EXAMINER", "mistaken")
    monkeypatch.setenv("PYTHONPATH", str(vault.parent))

    with pytest.raises(
        LookervaultError, match=r"failed \(exit status 1\). That is a bug"
    ):
        inspected(vault)


# Identity


def test_a_vault_that_does_not_say_what_it_is_is_found(vault):
    set_value(vault, keys.ABOUT, keys.THE_ABOUT, None)

    assert seen(inspected(vault)) == {What.IDENTITY}


def test_an_identity_that_does_not_match_its_check_sum_is_found(vault):
    broken(vault, keys.ABOUT)

    assert What.IDENTITY in seen(inspected(vault))


@pytest.mark.parametrize("instance", ["", "somewhere else", "https://x/?a=b"])
def test_an_identity_of_something_else_is_found(vault, instance):
    about = values.record(keys.THE_ABOUT, About(1, "0" * 32, instance, 1.0))
    set_value(vault, keys.ABOUT, keys.THE_ABOUT, about)

    assert seen(inspected(vault)) == {What.IDENTITY}


def test_a_newer_vault_is_refused(vault):
    about = values.record(keys.THE_ABOUT, About(2, "0" * 32, LOOKER, 1.0))
    set_value(vault, keys.ABOUT, keys.THE_ABOUT, about)

    with pytest.raises(VaultError, match="newer lookervault"):
        inspected(vault)


def test_where_there_is_no_vault_nothing_is_made(tmp_path):
    with pytest.raises(VaultError, match="There is no vault at"):
        inspected(tmp_path / "nothing")

    assert list(tmp_path.iterdir()) == []


def test_a_vault_that_lacks_a_database_is_found(vault):
    altered(vault, lambda txn, db: txn.drop(db[keys.GAPS]))

    assert seen(inspected(vault)) == {What.FILE}


# The process


def test_a_vault_can_be_looked_at_while_it_is_written_to(vault):
    with contextlib.closing(LmdbStore.create_or_open(vault, LOOKER, now=1.0)) as store:
        messages = []
        for number, message in enumerate(inspection.inspect(vault, ALL)):
            put(store, 3, "dashboards", [item(f"n{number}", "x")], number + 2)
            messages.append(message)

    assert harm(messages) == []
    assert whole(messages)


def test_the_process_gets_no_secret_and_ends_with_whoever_started_it(vault):
    script = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from lookervault.store import inspection\n"
        "from lookervault.store.share import Share\n"
        "messages = inspection.inspect(Path(sys.argv[1]), Share())\n"
        "next(messages)\n"
        "print('begun', flush=True)\n"
        "time.sleep(60)\n"
    )
    secrets = {"LOOKERSDK_CLIENT_SECRET": "canary-0815", "MINE": "canary-4711"}
    environ = {**os.environ, **secrets}
    for _ in range(5):  # A small vault may be looked through before we look.
        with subprocess.Popen(
            [sys.executable, "-c", script, str(vault)],
            stdout=subprocess.PIPE,
            env=environ,
        ) as parent:
            assert parent.stdout.readline() == b"begun\n"
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children")
            if not children.exists():
                parent.kill()
                pytest.skip("only Linux tells of children")
            child = Path("/proc", children.read_text().strip())
            try:
                environment = (child / "environ").read_bytes()
            except (ProcessLookupError, NotADirectoryError, FileNotFoundError):
                environment = b""
            parent.send_signal(signal.SIGKILL)
        if environment:
            break

    assert environment
    assert b"canary" not in environment
    deadline = time.monotonic() + 30
    while child.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not child.exists()


# Anything at all


def struck(content, dice):
    """Flip some bits, or write over a piece, or cut it off."""
    bits = bytearray(content)
    match dice.randrange(8):
        case 0:
            at = dice.randrange(len(bits))
            bits[at : at + 512] = dice.randbytes(len(bits[at : at + 512]))
        case 1:
            at = dice.randrange(0, len(bits), 4096)
            bits[at : at + 4096] = bytes(4096)
        case 2:
            del bits[dice.randrange(len(bits)) :]
        case 3:
            at = 4096 * dice.randrange(2) + dice.randrange(160)
            bits[at] ^= 1 << dice.randrange(8)
        case _:
            for _ in range(dice.choice([1, 1, 3])):
                bits[dice.randrange(len(bits))] ^= 1 << dice.randrange(8)
    return bits


@pytest.mark.parametrize(
    "seeds", [range(6), pytest.param(range(6, 400), marks=pytest.mark.slow)]
)
def test_damage_at_any_place_is_found_or_does_no_harm(honest, tmp_path, seeds):
    vault = make(tmp_path / "looker.vault")
    content, sound, found = data(vault).read_bytes(), all_read(vault), 0
    for seed in seeds:
        data(vault).write_bytes(struck(content, random.Random(seed)))

        messages = inspected(vault)

        found += bool(seen(messages))
        assert seen(messages) or all_read(vault) == sound, seed
    assert found
