"""Limits: what a run learned is where the next one starts, and Looker's word is kept."""

import signal
from itertools import pairwise

import pytest

from lookervault.simulator.settings import Model

from .conftest import states_in

RATE = 60
"""Requests a second: what a run meets within a second, and does not for long."""

OPTIONS = ("--workers", 16, "--batch-size", 4)
STRICT = {
    "latency": 0.03,
    "rate": RATE,
    "burst": RATE,
    "refusal_delay": 0.05,
    "retry_after": False,
}
UNDER_WAY = 0.4
"""Seconds that a request may need from its token to the server, on a busy machine."""

BEGINNING = 2.0
"""Seconds from the first request of a run."""


def requests(looker):
    """What was asked for dashboards and looks, in the order in which it arrived."""
    wanted = ("/dashboards", "/looks")
    log = [it for it in looker.log() if any(name in it["path"] for name in wanted)]
    return sorted(log, key=lambda entry: entry["t"])


def refused_at_first(log):
    """How many of *log* were refused at its beginning."""
    until = log[0]["t"] + BEGINNING
    return sum(it["status"] == 429 for it in log if it["t"] < until)


def rate_of(log):
    """How many a second of the last third were accepted."""
    times = [it["t"] for it in log if it["status"] != 429]
    late = times[len(times) * 2 // 3 :]
    return (len(late) - 1) / (late[-1] - late[0])


@pytest.mark.parametrize(
    "model",
    [
        Model.BUCKET,
        pytest.param(Model.FIXED, marks=pytest.mark.slow),
        pytest.param(Model.SLIDING, marks=pytest.mark.slow),
    ],
)
def test_a_run_starts_from_what_one_learned_that_was_killed(simulated, model):
    """Also if it was another one: what Looker bears does not depend on the scope."""
    looker, command = simulated(
        sizes={"dashboards": 6000, "looks": 4000}, model=model, **STRICT
    )
    started = command.start("dashboards", *OPTIONS)
    started.until_stored(4 * 7 * RATE)  # Seven seconds: some windows to learn from.
    started.send(signal.SIGKILL)
    started.process.wait()
    first = requests(looker)

    ended = command.extract("looks", *OPTIONS, "--max-calls", 3 * RATE)

    second = requests(looker)[len(first) :]
    assert ended.status == 4
    assert refused_at_first(first) >= 8
    assert refused_at_first(second) <= refused_at_first(first) / 4


@pytest.mark.slow
@pytest.mark.parametrize("model", list(Model))
@pytest.mark.parametrize(("now", "seconds"), [(RATE // 2, 20), (RATE * 2, 60)])
def test_a_limit_that_was_changed_between_two_runs_is_found(
    simulated, model, now, seconds
):
    """A higher one within a tenth, before the 44 s are over that it may take."""
    looker, command = simulated(sizes={"dashboards": 16_000}, model=model, **STRICT)
    command.extract("dashboards", *OPTIONS, "--max-calls", 5 * RATE)
    first = requests(looker)

    looker.post("tune", rate=now, burst=now)
    command.extract("dashboards", *OPTIONS, "--max-calls", seconds * RATE)

    second = requests(looker)[len(first) :]
    assert second[len(second) * 2 // 3]["t"] - second[0]["t"] < 44
    assert 0.9 * now <= rate_of(second) <= 1.05 * now


@pytest.mark.parametrize(
    ("words", "waits"),
    [
        ("429:1 429@2", [1, 2]),
        pytest.param("503@2", [2], marks=pytest.mark.slow),
        pytest.param("429@-100", [1], marks=pytest.mark.slow),
        pytest.param("429@12", [12], marks=pytest.mark.slow),
        pytest.param("503:3 429:1 429@2", [3, 1, 2], marks=pytest.mark.slow),
    ],
)
def test_nobody_asks_before_looker_said(simulated, words, waits):
    looker, command = simulated(
        sizes={"dashboards": 300},
        latency=0.05,
        script=f"dashboards: {20 * '200 '}{words}",
    )

    ended = command.complete("dashboards", *OPTIONS)

    log = requests(looker)
    refusals = [entry for entry in log if entry["fault"]]
    for refusal, wait in zip(refusals, waits, strict=True):
        said = refusal["t"] + refusal["seconds"]
        early = [it["t"] - said for it in log if said < it["t"] < said + wait]
        # What is on its way when a refusal is written arrives a moment later.
        assert [ahead for ahead in early if ahead > UNDER_WAY] == []
    told = next(it for it in ended.told("slowdown") if it["seconds"] > 0)
    assert told["seconds"] == pytest.approx(waits[0], abs=0.5)
    assert command.states("dashboards") == states_in(looker, "dashboards")


@pytest.mark.parametrize(
    "word",
    [
        "429@86400",
        pytest.param("503:86400", marks=pytest.mark.slow),
        pytest.param("429=99999999999", marks=pytest.mark.slow),
    ],
)
def test_more_than_ten_minutes_are_not_waited_for_and_that_is_said(simulated, word):
    looker, command = simulated(
        sizes={"dashboards": 400}, latency=0.05, script=f"dashboards: 200 200 {word}"
    )

    started = command.start("dashboards", *OPTIONS)
    told = started.until(lambda event: event["message_type"] == "slowdown")
    held = started.until(
        lambda event: event["message_type"] == "status" and event["paused"] < 599
    )
    started.send(signal.SIGINT)
    ended = started.ended()

    assert told["reason"].endswith("; waiting 600 s")
    assert "asked for 86400 s" in told["reason"] or "=" in word
    assert 599 < told["seconds"] <= 600
    assert held["slowdown"] == told["reason"]
    assert ended.status == 130
    log = requests(looker)
    (refusal,) = [entry for entry in log if entry["fault"]]
    assert log[-1]["t"] < refusal["t"] + refusal["seconds"] + UNDER_WAY


@pytest.mark.slow
def test_what_nobody_understands_holds_nobody_up(simulated):
    words = "429=soon 429=-5 429=5,7 429=1e3 503=never"
    looker, command = simulated(
        sizes={"dashboards": 100}, script=f"dashboards: 200 200 {words}"
    )

    command.complete("dashboards", "--workers", 4, "--batch-size", 10)

    assert looker.stats()["faults"] == 5
    times = [it["t"] for it in requests(looker)]
    assert max(later - sooner for sooner, later in pairwise(times)) < 5


@pytest.mark.slow
def test_a_rate_that_was_set_is_not_exceeded(simulated):
    looker, command = simulated(sizes={"dashboards": 300})

    command.complete("dashboards", *OPTIONS, "--max-rate", 40)

    times = [entry["t"] for entry in requests(looker)]
    assert len(times) > 75
    # One is the burst of any window, one makes up for a look that came late.
    assert all(
        sent <= 40 * (times[last] - times[first] + UNDER_WAY) + 2
        for first in range(len(times))
        for last in range(first, len(times))
        for sent in [last - first + 1]
    )
    assert times[-1] - times[0] >= (len(times) - 2) / 40 - UNDER_WAY


def test_a_run_whose_calls_are_spent_stops_and_goes_on_later(simulated):
    looker, command = simulated(sizes={"dashboards": 300})

    first = command.extract("dashboards", *OPTIONS, "--max-calls", 30)

    assert (first.status, first.summary["status"]) == (4, "stopped")
    assert "--max-calls" in first.summary["reason"]
    sent = requests(looker)
    assert 25 < len(sent) <= 30
    assert len(command.states("dashboards")) > 0

    again = command.complete("dashboards", *OPTIONS)

    assert again.summary["resumed"]
    assert again.summary["refetched"] == 0
    assert command.states("dashboards") == states_in(looker, "dashboards")
