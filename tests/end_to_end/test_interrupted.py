"""A run that is interrupted keeps what came in, and goes on later; a vault has one writer."""

import signal
import time

import pytest

from .conftest import FEW, assert_same_as, served, states_in

SLOW = {"sizes": {**FEW, "dashboards": 1000}, "latency": 0.1}
OPTIONS = ("--workers", 4, "--batch-size", 20)


def items_of(command, kinds):
    return {(kind, id_) for kind in kinds for id_ in command.states(kind)}


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.slow),
    ],
)
def test_one_signal_commits_what_is_in_flight(simulated, number, status):
    """Units of three requests: what one has brought counts before it is whole."""
    looker, command = simulated(**SLOW, page_cap=7)
    started = command.start(*OPTIONS)
    started.until_stored()

    started.send(number)
    ended = started.ended()

    assert ended.status == status
    assert ended.summary["status"] == "stopped"
    assert "run the same command again" in ended.err.replace("\n", " ")
    sent = set().union(*map(served, looker.log()))
    assert items_of(command, {kind for kind, _ in sent}) == sent
    assert len(sent) < 1000

    looker.post("tune", latency=0.0)
    again = command.complete(*OPTIONS)

    assert again.summary["resumed"]
    assert again.summary["refetched"] == 0
    assert_same_as(looker, command)


def test_two_signals_end_it_at_once(simulated):
    looker, command = simulated(**SLOW)
    started = command.start(*OPTIONS)
    started.until_stored()
    looker.post("tune", latency=20.0)
    time.sleep(0.3)  # what was sent before that comes back after a third of it
    while looker.stats()["in_flight"] < 4:
        pass

    started.send(signal.SIGINT)
    while "stopping" not in started.process.stderr.readline():
        pass
    started.send(signal.SIGINT)
    ended = started.ended()

    assert ended.status == 130
    assert "ended at once" in ended.err
    assert looker.stats()["in_flight"]
    stored = set(command.states("dashboards"))
    assert stored

    looker.post("tune", latency=0.0)
    again = command.complete(*OPTIONS)

    assert again.summary["resumed"]
    assert_same_as(looker, command)


def test_a_vault_has_one_writer_at_a_time(simulated):
    looker, command = simulated(**SLOW)
    started = command.start(*OPTIONS)
    started.until_stored()

    second = command.extract(*OPTIONS)
    seen = command.ls("dashboards")

    assert (second.status, second.out) == (11, "")
    assert str(started.process.pid) in second.err
    assert second.err.count("\n") == 1
    assert seen
    assert started.process.poll() is None
    looker.post("tune", latency=0.0)
    assert started.ended().status == 0
    assert_same_as(looker, command)


def test_a_vault_belongs_to_one_looker(small, simulate, command_of):
    command = command_of(small)
    command.complete()
    other = simulate(sizes={**FEW, "dashboards": 7})
    before = command.entries()

    ended = command_of(other, command.path).extract()

    assert (ended.status, ended.out) == (10, "")
    assert small.base_url in ended.err
    assert other.base_url in ended.err
    assert other.stats()["served"] == {}
    assert command.entries() == before
    assert command.states("dashboards") == states_in(small, "dashboards")
