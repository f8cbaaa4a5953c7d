"""Killed at any moment and started again, a run goes on and asks for nothing twice."""

import contextlib
import random

import pytest

from lookervault.store.lmdb import LmdbStore

from .conftest import FEW, assert_same_as, served

SOONEST = 0.2
"""Seconds that an extract lives at least; it stores nothing before half a second."""


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
    ("seed", "kills", "latest", "settings"),
    [
        (1, 6, 1.4, {"sizes": {**FEW, "dashboards": 3000}, "per_item": 0.008}),
        pytest.param(
            2, 20, 2.0, {"sizes": {"dashboards": 20_000}, "per_item": 0.01},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            3, 20, 2.0, {"sizes": {**FEW, "dashboards": 3000}, "latency": 0.1},
            marks=pytest.mark.slow,
        ),
    ],
)  # fmt: skip
def test_what_was_acknowledged_before_a_kill_is_never_asked_for_again(
    simulated, seed, kills, latest, settings
):
    looker, command = simulated(**settings)
    dice, known = random.Random(seed), []
    for _ in range(kills):
        started = command.start("--workers", 8, "--batch-size", 20)
        assert started.killed_after(dice.uniform(SOONEST, latest))
        known.append((len(answered(looker)), acknowledged(command)))

    ended = command.complete("--workers", 8, "--batch-size", 20)

    assert asked_again(answered(looker), known) == set()
    assert known[-1][1] >= known[0][1]
    assert len(known[-1][1]) > 0
    assert ended.summary["resumed"]
    assert ended.summary["refetched"] == 0
    assert_same_as(looker, command)
    items, bodies = command.entries()
    assert items == bodies == sum(it["stored"] for it in ended.summary["kinds"].values())
    with command.vault() as vault:
        assert [run.number for run in vault.snapshots()] == [1]
