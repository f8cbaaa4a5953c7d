"""As many fetchers as were asked for, all of them busy, and no other number."""

import json
import sys

import pytest

from .conftest import FEW, states_in

WATCHED = """
import json, sys, threading
from lookervault.cli import main

seen, over = set(), threading.Event()

def watch():
    while not over.wait(0.005):
        seen.update(thread.name for thread in threading.enumerate())

watcher = threading.Thread(target=watch, name="watcher")
watcher.start()
try:
    main(sys.argv[1:])
finally:
    over.set()
    watcher.join()
    print(json.dumps(sorted(seen)), file=sys.stderr)
"""
"""The command, and the names of all threads that it ever had."""


def fetchers(names):
    return {name for name in names if "fetcher" in name}


def named(workers):
    return {f"fetcher-{number}" for number in range(1, workers + 1)}


@pytest.mark.parametrize("workers", [1, 20])
def test_so_many_fetchers_are_started_and_no_more(small, command_of, workers):
    ended = command_of(small).extract(
        "--workers", workers, program=(sys.executable, "-c", WATCHED)
    )

    assert ended.status == 0
    assert ended.summary["workers"] == workers
    assert fetchers(json.loads(ended.err.splitlines()[-1])) == named(workers)


@pytest.mark.parametrize(
    ("workers", "dashboards"), [pytest.param(1, 100, marks=pytest.mark.slow), (20, 800)]
)
def test_all_fetchers_fetch_at_once(simulated, workers, dashboards):
    """A fetcher has one request at a time: so many at once come from so many."""
    looker, command = simulated(sizes={**FEW, "dashboards": dashboards}, latency=0.2)

    command.complete("dashboards", "--workers", workers, "--batch-size", 10)

    assert looker.stats()["max_in_flight"] == workers
    assert command.states("dashboards") == states_in(looker, "dashboards")


def test_another_number_is_refused_before_anything_is_sent(small, command_of):
    command, before = command_of(small), small.log()

    refused = [command.extract("--workers", w) for w in ("0", "51", "x", "-1", "2.5")]

    for ended in refused:
        assert (ended.status, ended.out) == (2, "")
        assert ended.err.count("\n") == 1
        assert "--workers" in ended.err
        assert "1 to 50" in ended.err
    assert small.log() == before
    assert not command.path.exists()


@pytest.mark.slow
def test_workers_wait_for_looker_and_for_nothing_else(simulated):
    """A share of the time, not a time: it holds on a slow machine too."""
    looker, command = simulated(sizes={**FEW, "dashboards": 20_000}, per_item=0.02)

    ended = command.complete("dashboards", "--workers", 8)

    assert ended.summary["utilization"] >= 0.97
    shown = ended.told("status")[-1]["fetchers"]
    assert set(shown) == named(8)
    assert all(fetcher["calls"] for fetcher in shown.values())
    assert command.states("dashboards").keys() >= set(looker.ids("dashboards"))


def test_what_the_summary_says_of_utilization_is_what_looker_saw(simulated):
    looker, command = simulated(sizes={**FEW, "dashboards": 100}, per_item=0.01)

    ended = command.complete("dashboards", "--workers", 4)

    log = [entry for entry in looker.log() if entry["kind"]]
    spent = sum(entry["seconds"] for entry in log)
    first = min(entry["t"] for entry in log)
    last = max(entry["t"] + entry["seconds"] for entry in log)
    assert ended.summary["utilization"] == pytest.approx(
        spent / (4 * (last - first)), abs=0.1
    )
