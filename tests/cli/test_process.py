"""The command as a process: signals and broken pipes, with a system that is a script."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

SCRIPT = """
import itertools, sys, time
from tests.cli.conftest import ListedVault, Stage
from lookervault.cli import main
from lookervault.cli.app import App

stage = Stage()
begin, stubborn = stage.events[0], {stubborn}

def events():
    yield begin
    print("ready", file=sys.stderr, flush=True)
    while stage.extraction.cancelled is None or stubborn:
        time.sleep(0.02)
        yield None

def finite():
    yield from stage.scripted
    for _ in range(20):
        yield stage.scripted[3]

stage.scripted, stage.events = stage.events, {events}()
main(
    ["extract", "--json"],
    obj=App(source=stage.source, store=stage.store, system=stage.system, environ={{}}),
)
"""


@pytest.fixture
def start():
    started = []

    def start(*, events="events", stubborn=False):
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT.format(events=events, stubborn=stubborn)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)],
)
def test_a_signal_ends_a_run_in_good_order(start, number, status):
    process = start()
    assert process.stderr.readline() == "ready\n"

    process.send_signal(number)
    out, err = process.communicate()

    assert process.returncode == status
    assert '"status":"stopped"' in out.splitlines()[-1]
    assert "same command again" in err
    assert "Traceback" not in err


def test_a_second_signal_ends_it_at_once(start):
    process = start(stubborn=True)
    assert process.stderr.readline() == "ready\n"

    process.send_signal(signal.SIGTERM)
    assert "stopping" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()

    assert process.returncode == 143
    assert "ended at once" in err


def test_a_reader_of_the_progress_who_leaves_does_not_end_the_run(start):
    process = start(events="finite")
    process.stdout.close()
    process.stderr.close()

    assert process.wait() == 0
