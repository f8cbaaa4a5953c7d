"""A supervisor restarts whom OTP would, and gives up when OTP would."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.restart import (
    Again,
    GiveUp,
    Ignore,
    Intensity,
    Restart,
    Rules,
    Strategy,
)

NAMES = ("a", "b", "c", "d")
TIMES = st.lists(st.integers(0, 20), max_size=40).map(
    lambda gaps: list(accumulate(gaps))
)


def rules(
    strategy=Strategy.ONE_FOR_ONE,
    restart=Restart.PERMANENT,
    restarts=3,
    period=30.0,
):
    children = [(name, restart) for name in NAMES]
    return Rules(children, strategy, Intensity(restarts, period))


@given(times=TIMES, restarts=st.integers(0, 5), period=st.integers(1, 60))
def test_it_gives_up_exactly_when_there_were_too_many_restarts_in_the_period(
    times, restarts, period
):
    supervisor = rules(restarts=restarts, period=float(period))

    for n, now in enumerate(times):
        verdict = supervisor.exited("a", failed=True, now=float(now))

        within = [at for at in times[: n + 1] if at >= now - period]
        assert (verdict == GiveUp()) == (len(within) > restarts)
        if verdict == GiveUp():
            return


@given(rate=st.integers(1, 5), rounds=st.integers(1, 30))
def test_failures_that_are_rare_enough_go_on_for_ever(rate, rounds):
    supervisor = rules(restarts=rate, period=10.0)

    verdicts = [
        supervisor.exited("a", failed=True, now=burst * 10.5)
        for burst in range(rounds)
        for _ in range(rate)
    ]

    assert GiveUp() not in verdicts


@pytest.mark.parametrize(
    ("strategy", "again"),
    [
        (Strategy.ONE_FOR_ONE, ("b",)),
        (Strategy.REST_FOR_ONE, ("b", "c", "d")),
        (Strategy.ONE_FOR_ALL, ("a", "b", "c", "d")),
    ],
)
def test_the_strategy_says_who_goes_with_it_in_the_order_of_their_start(
    strategy, again
):
    assert rules(strategy).exited("b", failed=True, now=0.0) == Again(again)


@pytest.mark.parametrize(
    ("restart", "failed", "comes_back"),
    [
        (Restart.PERMANENT, True, True),
        (Restart.PERMANENT, False, True),
        (Restart.TRANSIENT, True, True),
        (Restart.TRANSIENT, False, False),
        (Restart.TEMPORARY, True, False),
        (Restart.TEMPORARY, False, False),
    ],
)
def test_who_comes_back_is_told_by_the_policy_and_the_way_it_ended(
    restart, failed, comes_back
):
    verdict = rules(restart=restart).exited("a", failed=failed, now=0.0)

    assert verdict == (Again(("a",)) if comes_back else Ignore())


@given(ends=st.integers(0, 20))
def test_an_end_that_needs_no_restart_does_not_count(ends):
    supervisor = rules(restart=Restart.TRANSIENT, restarts=1)
    for _ in range(ends):
        supervisor.exited("a", failed=False, now=0.0)

    assert supervisor.exited("a", failed=True, now=0.0) == Again(("a",))


def test_restarts_of_all_children_count_together():
    supervisor = rules(restarts=2)

    verdicts = [supervisor.exited(name, failed=True, now=0.0) for name in "abc"]

    assert verdicts == [Again(("a",)), Again(("b",)), GiveUp()]
