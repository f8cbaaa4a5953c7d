"""Nothing that lives through a run is missed, however Looker changes and pages."""

import pytest

from lookervault.simulator.settings import Mutation

from .conftest import FEW, assert_same_as

CAP = 37
"""Rows a page: a number that no page size is a multiple of."""


def happened(looker, verb):
    return {
        id_
        for change in looker.changes()
        if change["verb"] == verb and change["kind"] == "dashboards"
        for id_ in change["ids"]
    }


@pytest.mark.parametrize(
    ("dashboards", "latency", "over"),
    [
        (400, 0.05, 0.5),
        pytest.param(20_000, 0.01, 4.0, marks=pytest.mark.slow),
    ],
)
def test_what_lives_through_a_run_is_stored(simulated, dashboards, latency, over):
    looker, command = simulated(
        sizes={**FEW, "dashboards": dashboards},
        mutation=Mutation(delete=100, create=50, over=over),
        page_cap=CAP,
        latency=latency,
    )
    before = set(looker.ids("dashboards"))

    command.complete("--workers", 8)

    deleted, created = happened(looker, "delete"), happened(looker, "create")
    assert (len(deleted), len(created)) == (100, 50)
    stored = command.states("dashboards")
    assert before - deleted <= {i for i, s in stored.items() if s == "present"}
    assert set(looker.ids("dashboards", trashed=True)) <= set(stored)
    assert set(stored) <= before | created | set(looker.ids("dashboards", trashed=True))
    assert_same_as(looker, command, but=["dashboards"])
