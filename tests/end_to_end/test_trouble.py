"""Limits, faults, logins that end and kinds that are forbidden: a run copes by itself."""

import contextlib

import pytest

from lookervault.simulator.recipes import CANARY
from lookervault.simulator.settings import Model, Mutation

from .conftest import FEW, assert_same_as

TINY = {"dashboards": 60, "looks": 12, "users": 5, "explores": 3, "folders": 8}


@pytest.mark.parametrize(
    ("model", "retry_after"),
    [
        (Model.FIXED, False),
        pytest.param(Model.SLIDING, True, marks=pytest.mark.slow),
        pytest.param(Model.FIXED, True, marks=pytest.mark.slow),
        pytest.param(Model.SLIDING, False, marks=pytest.mark.slow),
        pytest.param(Model.BUCKET, True, marks=pytest.mark.slow),
        pytest.param(Model.BUCKET, False, marks=pytest.mark.slow),
    ],
)
def test_a_limit_that_never_ends_is_lived_with(simulated, model, retry_after):
    looker, command = simulated(
        sizes={**FEW, **TINY}, rate=20.0, model=model, retry_after=retry_after
    )

    ended = command.complete("--workers", 8, "--batch-size", 20)

    assert ended.summary["refused"] == looker.stats()["refused"] > 0
    assert_same_as(looker, command)


@pytest.mark.parametrize(
    ("seed", "dashboards"),
    [(1, 200), *(pytest.param(n, 4000, marks=pytest.mark.slow) for n in (2, 3))],
)
def test_requests_that_fail_now_and_then_lose_nothing(simulated, seed, dashboards):
    looker, command = simulated(
        seed=seed, sizes={**FEW, "dashboards": dashboards}, fail_rate=0.05
    )

    ended = command.complete("--batch-size", 10)

    assert looker.stats()["faults"] > 1
    assert ended.summary["retries"] > 0
    assert CANARY not in ended.out + ended.err
    assert_same_as(looker, command)


@pytest.mark.parametrize(
    ("ttl", "dashboards"), [(0.3, 150), pytest.param(2.0, 2000, marks=pytest.mark.slow)]
)
def test_a_login_that_ends_is_renewed(simulated, ttl, dashboards):
    looker, command = simulated(
        sizes={**FEW, "dashboards": dashboards}, token_ttl=ttl, latency=0.1
    )

    command.complete("--workers", 4, "--batch-size", 20)

    assert looker.stats()["logins"] > 2
    assert_same_as(looker, command)


MORE = [
    f"{'200 ' * 19}{word} "
    for word in ["HTML", "EMPTY", "NULL", "CUT", "RST", "SLOW:1", "408", "504"]
]
"""One answer in twenty is broken in a way that chance does not bring."""


@pytest.mark.slow
def test_with_everything_at_once_what_lives_through_the_run_is_stored(simulated):
    """Answers that break in all ways, logins that end, pages that shift and are short."""
    looker, command = simulated(
        sizes={**FEW, "dashboards": 1500, "looks": 600},
        fail_rate=0.05,
        script=(f"looks: {''.join(MORE)} *", f"dashboards: {''.join(MORE)} *"),
        token_ttl=4.0,
        mutation=Mutation(delete=100, create=50, over=6.0),
        page_cap=37,
        latency=0.1,
    )
    before = set(looker.ids("dashboards"))

    ended = command.complete("--workers", 8, "--batch-size", 10)

    gone = {i for it in looker.changes() if it["verb"] == "delete" for i in it["ids"]}
    shown = command.states("dashboards")
    assert looker.stats()["logins"] > 2
    assert looker.stats()["faults"] > 10
    assert len(gone) == 100
    assert before - gone <= {i for i, state in shown.items() if state == "present"}
    assert CANARY not in ended.out + ended.err
    assert_same_as(looker, command, but=["dashboards"])


@pytest.fixture
def forbid(small):
    """Forbids a kind until the test is over."""
    with contextlib.ExitStack() as stack:

        def forbid(kind):
            small.post("forbid", kind=kind)
            stack.callback(small.post, "allow", kind=kind)

        yield forbid


@pytest.mark.parametrize(
    "kind",
    [
        "users",
        pytest.param("dashboards", marks=pytest.mark.slow),
        pytest.param("looks", marks=pytest.mark.slow),
        pytest.param("roles", marks=pytest.mark.slow),
        "explores",
    ],
)
def test_a_kind_that_is_forbidden_is_one_gap(small, command_of, forbid, kind):
    command = command_of(small)
    forbid(kind)

    ended = command.extract()

    assert ended.status == 3
    assert ended.summary["status"] == "incomplete"
    assert [(gap["kind"], gap["id"]) for gap in ended.summary["gaps"]] == [(kind, "*")]
    assert [(it["kind"], it["id"]) for it in ended.told("item_error")] == [(kind, "*")]
    assert ended.summary["gaps"][0]["status"] == 403
    assert_same_as(small, command, but=[kind])

    spoken = command.extract(as_json=False)

    assert spoken.status == 3
    gaps = [line for line in spoken.out.splitlines() if "could not be read" in line]
    assert len(gaps) == 1
    assert f": {kind}: " in gaps[0]

    small.post("allow", kind=kind)
    command.complete()

    assert_same_as(small, command)


def test_a_wrong_secret_is_one_sentence_that_does_not_tell_it(small, command_of):
    command, before = command_of(small), small.stats()["served"]
    command.environ["LOOKERSDK_CLIENT_SECRET"] = "not-the-right-one"

    ended = command.extract()
    spoken = command.extract(as_json=False)

    assert (ended.status, spoken.status) == (13, 13)
    assert ended.err == spoken.err
    assert ended.err.count("\n") == 1
    for text in (ended.out, ended.err, spoken.out):
        assert "not-the-right-one" not in text
    assert small.stats()["served"] == before
