"""Killed at any moment and started again, a run goes on and asks for nothing twice."""

import contextlib
import random
from itertools import pairwise

import pytest

from lookervault.store.lmdb import LmdbStore

from .conftest import FEW, assert_same_as, served

SOONEST = 0.2
"""Seconds that an extract lives at least: less than it takes to start."""


def acknowledged(command):
    """The items that a marker of the open run vouches for, each with its kind."""
    if not (command.path / "CURRENT").exists():
        return set()
    with contextlib.closing(LmdbStore.read(command.path)) as store:
        run = store.open_run()
        return {
            (marker.unit.part.kind, row.id)
            for marker in (store.markers(run.number) if run else ())
            for row in marker.rows
        }


def answered(looker):
    """The requests that *looker* has answered, once it is at rest."""
    while looker.stats()["in_flight"]:
        pass
    return looker.log()


def asked_again(log, kills):
    """What was sent after it had been acknowledged; *kills*: when, and what then was."""
    return {
        (number, item)
        for number, (length, vouched) in enumerate(kills)
        for entry in log[length:]
        for item in served(entry) & vouched
    }


@pytest.mark.parametrize(
    ("seed", "kills", "latest", "dashboards"),
    [
        (1, 6, 1.0, 3000),
        pytest.param(2, 20, 2.0, 20_000, marks=pytest.mark.slow),
    ],
)
def test_what_was_acknowledged_before_a_kill_is_never_asked_for_again(
    simulated, seed, kills, latest, dashboards
):
    looker, command = simulated(sizes={**FEW, "dashboards": dashboards}, latency=0.13)
    options = ("--workers", 8, "--batch-size", 20)
    dice, known = random.Random(seed), [(0, set())]
    for number in range(kills):
        started = command.start(*options)
        if number % 3 == 0:
            # However slow the machine is, some of the lives get something done.
            started.until_stored(len(known[-1][1]) + 1)
        assert started.killed_after(dice.uniform(SOONEST, latest))
        known.append((len(answered(looker)), acknowledged(command)))

    looker.post("tune", latency=0.0)
    ended = command.complete(*options)

    assert asked_again(answered(looker), known) == set()
    assert len({len(vouched) for _, vouched in known}) > kills // 3
    assert all(later >= sooner for (_, sooner), (_, later) in pairwise(known))
    assert ended.summary["resumed"]
    assert ended.summary["refetched"] == 0
    assert_same_as(looker, command)
    assert_once(command, ended.summary)


def assert_once(command, summary):
    """There is one run, and one version and one body of each item."""
    items, bodies = command.entries()
    assert items == bodies == sum(it["stored"] for it in summary["kinds"].values())
    with command.vault() as vault:
        assert [run.number for run in vault.snapshots()] == [1]
