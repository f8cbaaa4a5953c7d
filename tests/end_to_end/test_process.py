"""Whatever happens to the process of a run, its vault is whole and the next run goes on."""

import os
import shutil
import signal
import stat
import sys
import time
from pathlib import Path

import pytest

from .conftest import FEW, PROGRAM, assert_refused, assert_same_as

SLOW = {"sizes": {**FEW, "dashboards": 400}, "latency": 0.1}
OPTIONS = ("--workers", 4, "--batch-size", 20)


def state_of(process):
    """The letter by which the system tells what a process does."""
    text = Path(f"/proc/{process.pid}/stat").read_text("utf-8")
    return text.rpartition(") ")[2][0]


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


@pytest.mark.parametrize("form", [["--json"], pytest.param([], marks=pytest.mark.slow)])
def test_a_reader_who_leaves_does_not_end_the_run(simulated, form):
    looker, command = simulated(sizes=FEW, latency=0.02)
    head = 'exec 3>&1; { "$@"; echo $? >&3; } 2>&1 | head -1 >/dev/null'
    options = ("extract", "--vault", command.path, *form)

    done = command.run(*options, program=("bash", "-c", head, "bash", *PROGRAM))

    assert done.stdout == b"0\n"
    assert_same_as(looker, command)


@pytest.fixture
def stopped(simulated):
    """A run that was stopped in the middle, as by Ctrl-Z; its token ends soon."""
    looker, command = simulated(**SLOW, token_ttl=1.0)
    started = command.start(*OPTIONS)
    started.until_stored()
    started.send(signal.SIGSTOP)
    while state_of(started.process) != "T":
        pass
    return looker, command, started


@linux
def test_a_process_that_is_stopped_for_a_while_goes_on_where_it_was(stopped):
    looker, command, started = stopped
    time.sleep(1.0)  # so long that its token ends
    sent = len(looker.log())

    started.send(signal.SIGCONT)
    ended = started.ended()

    assert sent < len(looker.log())
    assert (ended.status, ended.summary["restarts"]) == (0, 0)
    assert ended.summary["refetched"] == 0
    assert_same_as(looker, command)


@linux
@pytest.mark.slow
def test_a_holder_that_is_stopped_still_holds_the_vault(stopped):
    looker, command, started = stopped

    second = command.extract(*OPTIONS)

    assert (second.status, second.out) == (11, "")
    assert str(started.process.pid) in second.err
    assert command.run("snapshots", "--vault", command.path).returncode == 0
    started.send(signal.SIGKILL)
    started.ended()
    looker.post("tune", latency=0.0)
    assert command.complete(*OPTIONS).summary["resumed"]
    assert_same_as(looker, command)


@pytest.mark.slow
def test_a_terminal_that_is_closed_ends_a_run_that_goes_on_later(simulated):
    looker, command = simulated(**SLOW)
    started = command.start(*OPTIONS)
    started.until_stored()

    started.send(signal.SIGHUP)
    ended = started.ended()

    assert (ended.status, ended.summary["status"]) == (143, "stopped")
    looker.post("tune", latency=0.0)
    again = command.complete(*OPTIONS)
    assert again.summary["resumed"]
    assert_same_as(looker, command)


def removed(path):
    shutil.rmtree(path)


def moved(path):
    path.rename(path.with_name("elsewhere"))


def replaced(path):
    shutil.copytree(path, path.with_name("copy"))
    path.rename(path.with_name("elsewhere"))
    path.with_name("copy").rename(path)


@pytest.mark.slow
@pytest.mark.parametrize("how", [removed, moved, replaced])
def test_a_vault_that_goes_away_under_a_run_ends_it(simulated, how):
    _, command = simulated(**SLOW)
    started = command.start(*OPTIONS)
    started.until_stored()

    how(command.path)
    ended = started.ended()

    assert (ended.status, ended.summary["status"]) == (15, "failed")
    assert ended.err.count("\n") == 1
    assert "was removed or replaced" in ended.err
    if how is not replaced:
        assert not command.path.exists()
    command.complete(*OPTIONS)


def quiet(file):
    """Wait until nothing has been written to *file* for a while."""
    before = None
    while before != (before := file.stat().st_mtime_ns):
        time.sleep(0.6)


@pytest.mark.slow
@pytest.mark.parametrize("left", [8192, -4096])
def test_a_data_file_that_is_cut_off_under_a_run_ends_it_with_a_sentence(
    simulated, left
):
    looker, command = simulated(**SLOW)
    started = command.start(*OPTIONS)
    started.until_stored()
    data = command.path / "data-1" / "data.mdb"
    looker.post("tune", latency=3.0)
    quiet(data)  # what is cut off within a transaction may still end the process

    os.truncate(data, left % data.stat().st_size)
    ended = started.ended()
    again = command.extract(*OPTIONS)

    assert (ended.status, ended.summary["status"]) == (14, "failed")
    assert ended.err.count("\n") == 1
    assert f"{data}, was cut off while it was in use" in ended.err
    if left > 0:  # else only what lies in that page is missed
        assert_refused(again, 14, str(data), "is cut off", "a copy")


def modes(path):
    """The mode of each file and directory of *path*, and of itself."""
    return {
        file.relative_to(path.parent).as_posix(): stat.S_IMODE(file.stat().st_mode)
        for file in (path, *path.rglob("*"))
    }


@pytest.mark.parametrize("umask", ["000", "277"])
def test_what_a_run_leaves_is_for_its_owner_alone(small, command_of, tmp_path, umask):
    command = command_of(small)
    log = tmp_path / "run.log"
    shell = ("sh", "-c", f'umask {umask}; exec "$@"', "sh", *PROGRAM)

    ended = command.extract("roles", "--log-file", log, program=shell)

    assert ended.status == 0
    told = modes(command.path) | modes(log)
    assert {mode for name, mode in told.items() if (tmp_path / name).is_dir()} == {
        0o700
    }
    assert {mode for name, mode in told.items() if (tmp_path / name).is_file()} == {
        0o600
    }
