"""Ctrl-C ends a run in good order, a second one at once."""

import os
import signal
import sys

import pytest

from lookervault.cli.interrupts import Interrupts


@pytest.fixture
def left():
    return []


@pytest.fixture
def interrupts(left):
    with Interrupts(left.append) as interrupts:
        interrupts.begin()
        yield interrupts


def raise_in_main(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)],
)
def test_the_first_signal_is_taken_note_of(interrupts, left, number, status):
    raise_in_main(number)

    assert interrupts.caught is number
    assert interrupts.status == status
    assert left == []


def test_a_second_signal_ends_the_process(interrupts, left):
    raise_in_main(signal.SIGTERM)
    raise_in_main(signal.SIGINT)

    assert left[0] == 130


def test_what_does_not_end_in_time_is_ended(interrupts, left):
    interrupts.drain(3)
    raise_in_main(signal.SIGALRM)

    assert left[0] == 3


def test_afterwards_everything_is_as_before():
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGALRM)]

    with Interrupts() as interrupts:
        interrupts.drain(0)

    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGALRM)] == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_a_run_under_nohup_outlives_its_terminal():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Interrupts() as interrupts:
            raise_in_main(signal.SIGHUP)
            caught = interrupts.caught
    finally:
        signal.signal(signal.SIGHUP, before)

    assert caught is None


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_before_the_run_begins_ends_it_there(run, stage, number, status):
    stage.login = lambda: raise_in_main(number)

    result = run("extract")

    assert result.exit_code == status
    assert (
        result.stderr == f"lookervault: ended by {number.name} before the run began.\n"
    )
    assert stage.settings is None
    assert stage.closed == ["source"]


def test_a_run_that_is_interrupted_is_cancelled_and_says_how_to_go_on(run, stage):
    def events():
        yield stage_events[0]
        raise_in_main(signal.SIGINT)
        yield None

    stage_events, stage.events = stage.events, events()

    result = run("extract", "--json")

    assert result.exit_code == 130
    assert stage.extraction.cancelled == ("it was ended by SIGINT", 130)
    assert "same command again" in result.stderr
    assert '"status":"stopped"' in result.stdout.splitlines()[-1]
    assert sys.exc_info() == (None, None, None)
