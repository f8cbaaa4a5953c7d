"""Killed at any system call, or without power at any moment, a vault loses nothing.

All that was acknowledged is in it, nothing is there by halves, and it opens and goes on.

strace kills, and records what is written. `recording` says what may be left by a
power cut, and what is taken for granted of a disk.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from . import dying, recording, scenario, surviving

TESTS = Path(__file__).parents[1]
SHELF = Path("/dev/shm")
"""Memory that looks like a disk: a kill does not care, and a power cut is made up."""


def traced(folder, rules, code, *arguments, mistake=""):
    """Run *code* under strace with *rules*; return what strace wrote down."""
    log = folder / "log"
    program = f"import sys\nfrom store import dying, scenario\n{mistake}\n{code}"
    python = [sys.executable, "-Bc", program, *arguments]
    done = subprocess.run(
        ["strace", *rules, "-o", log, *python],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return log


@pytest.fixture(scope="session")
def strace():
    if shutil.which("strace") is None:
        pytest.skip("there is no strace: apt-get install strace")
    if platform.machine() != "x86_64":
        pytest.skip("the names of the system calls are those of x86-64")
    able = subprocess.run(
        ["strace", "-o", os.devnull, "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if able.returncode != 0:
        pytest.skip(f"strace may not trace here: {able.stderr.strip()}")


@pytest.fixture
def shelf(tmp_path):
    """A directory that costs no time to sync."""
    if not SHELF.is_dir():
        yield tmp_path
        return
    folder = SHELF / f"lookervault-{os.getpid()}"
    folder.mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def states(tmp_path_factory):
    """What a vault holds after each operation of the scenario."""
    return scenario.states(tmp_path_factory.mktemp("states") / "vault")


def kill(shelf, states, *names, mistake=""):
    """Kill at each call of the sorts in *names*; return how many were, by their sort."""
    code = "dying.main(*sys.argv[1:])"
    traced(shelf, ["-f", *dying.rules()], code, shelf, *names, mistake=mistake)
    killed = Counter()
    for notes in shelf.glob("*.notes"):
        vault = notes.with_suffix(".vault")
        killed[vault.name.partition("-")[0]] += 1
        surviving.check(vault, scenario.noted(notes), states, go_on=True)
    return killed


@pytest.mark.usefixtures("strace")
def test_killed_at_any_system_call_a_vault_has_what_was_acknowledged(shelf, states):
    killed = kill(shelf, states)

    assert killed.keys() == dying.WASTE.keys()
    assert killed.total() > 100


@pytest.mark.slow
@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("reason", ["EIO", "ENOSPC"])
def test_any_system_call_may_fail_once_and_what_raised_has_done_nothing(
    reason, shelf, states
):
    code = (
        f"import errno; dying.REASON = errno.{reason}; dying.persevere(*sys.argv[1:])"
    )
    traced(shelf, ["-f", *dying.rules(f"error={reason}")], code, shelf)

    vaults = list(shelf.glob("*.vault"))
    for vault in vaults:
        with scenario.opened(vault) as store:
            assert scenario.held(store) == states[-1], vault.name
    assert len(vaults) > 100


def record(folder, mistake="", code="scenario.live(*sys.argv[1:])"):
    """Return what strace saw of the scenario, and the directory that it happened in."""
    root = folder / "disk"
    root.mkdir()
    vault, notes = root / "new" / "newer" / "vault", root / "notes"
    rules = recording.RULES
    return traced(folder, rules, code, vault, notes, mistake=mistake), root


@pytest.fixture(scope="session")
def recorded(strace, tmp_path_factory):
    return record(tmp_path_factory.mktemp("recorded"))


def cut_off(recorded, seeds, shelf):
    """Check what power cuts leave, with so many *seeds*; return how many were checked."""
    code = "import sys; from store import surviving; surviving.main(*sys.argv[1:])"
    arguments = [*recorded, str(seeds), shelf]
    done = subprocess.run(
        [sys.executable, "-Bc", code, *arguments],
        cwd=TESTS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stderr}"
    return int(done.stdout)


def test_after_a_power_cut_a_vault_has_what_was_acknowledged(recorded, shelf):
    assert cut_off(recorded, 1, shelf) > 200


@pytest.mark.slow
def test_after_a_power_cut_a_vault_has_it_whatever_the_disk_had_written(
    recorded, shelf
):
    assert cut_off(recorded, 12, shelf) > 1500


MADE_BY_ANOTHER = """
import os
from lookervault.store import place

if not os.fork():
    place.anchor = lambda path: os._exit(0)
    scenario.live(*sys.argv[1:])
os.wait()
scenario.live(*sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.usefixtures("strace")
def test_a_vault_whose_maker_was_killed_in_the_end_is_there_after_a_power_cut(
    tmp_path, shelf
):
    recorded = record(tmp_path, code=MADE_BY_ANOTHER)

    assert cut_off(recorded, 1, shelf) > 200


@pytest.mark.slow
@pytest.mark.usefixtures("strace")
def test_after_a_power_cut_a_copy_is_whole_or_not_there(tmp_path, shelf):
    recorded = record(tmp_path, code="scenario.live_and_copy(*sys.argv[1:])")

    assert cut_off(recorded, 2, shelf) > 300


NO_SYNC = "import functools, lmdb; lmdb.open = functools.partial(lmdb.open, {}=False)"
TWO_TRANSACTIONS = """
from lookervault.store.lmdb import LmdbStore
from lookervault.store.batch import Batch
put, batch = LmdbStore.put, Batch.put
def put_twice(store, run, epoch, landed, **more):
    Batch.put = lambda self, it: batch(self, it) and {}
    put(store, run, epoch, landed[:1], **more)
    Batch.put = batch
    return put(store, run, epoch, landed, **more)
LmdbStore.put = put_twice
"""
NO_ANCHOR = "from lookervault.store import place; place.anchor = lambda path: None"
NO_FSYNC = "import os; fsync = os.fsync; os.fsync = lambda handle: None"


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize(
    "mistake",
    [NO_SYNC.format("sync"), NO_SYNC.format("metasync"), NO_ANCHOR, NO_FSYNC],
    ids=["no sync", "no sync of meta pages", "names not synced", "files not synced"],
)
def test_a_mistake_that_a_power_cut_punishes_is_found(mistake, tmp_path, shelf):
    recorded = record(tmp_path, mistake)

    with pytest.raises(AssertionError, match=r"cut off at|^-[0-9]+:"):
        cut_off(recorded, 3, shelf)


COPY_NOT_SYNCED = """
import os, types
from lookervault.store import copying
copying.os = types.SimpleNamespace(**vars(os) | {"fsync": lambda file: None})
"""


@pytest.mark.slow
@pytest.mark.usefixtures("strace")
def test_a_copy_that_is_not_synced_is_found(tmp_path, shelf):
    code = "scenario.live_and_copy(*sys.argv[1:])"
    recorded = record(tmp_path, COPY_NOT_SYNCED, code)

    with pytest.raises(AssertionError, match=r"cut off at|^-[0-9]+:"):
        cut_off(recorded, 1, shelf)


@pytest.mark.slow
@pytest.mark.usefixtures("strace")
def test_a_commit_in_two_halves_is_found(shelf, states):
    with pytest.raises(AssertionError):
        kill(shelf, states, "pwrite64", mistake=TWO_TRANSACTIONS)
