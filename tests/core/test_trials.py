"""Only failures that are the unit's own count against it."""

import pytest

from lookervault.core.trials import Trials
from lookervault.errors import Sort
from lookervault.messages import Fault
from lookervault.units import Count, Ids, Part, Span, Whole

TRIES = 5
ONE = Ids(1, Part("dashboards"), ("7",))
OTHER = Span(2, Part("looks"), 0, 10, 10)
SAME = Span(3, Part("dashboards"), 0, 10, 10)
SHARED = (Sort.OVERLOADED, Sort.TIMED_OUT, Sort.MISSHAPEN)


def fault(sort, status=None):
    return Fault(sort, "made up", status)


def fails(trials, sort, *, times, others, unit=ONE, at=0.0):
    """Let *unit* fail; *others* succeed in between. Return how often it counted."""
    counted = 0
    for n in range(times):
        now = at + 10.0 * n
        if others:
            trials.succeeded(OTHER, now)
        counted += trials.failed(unit, fault(sort), now + 5.0)
    return counted


@pytest.mark.parametrize("sort", SHARED)
def test_after_five_failures_of_its_own_a_unit_is_spent(sort):
    trials = Trials(TRIES)

    spent = []
    for n in range(TRIES):
        fails(trials, sort, times=1, others=True, at=10.0 * n)
        spent.append(trials.spent(ONE, fault(sort)))

    assert spent == [False] * (TRIES - 1) + [True]


@pytest.mark.parametrize("sort", [*SHARED, Sort.UNREACHABLE])
def test_what_everybody_meets_counts_against_nobody(sort):
    trials = Trials(TRIES)

    assert fails(trials, sort, times=100, others=False) == 0
    assert not trials.spent(ONE, fault(sort))


@pytest.mark.parametrize("sort", SHARED)
def test_an_outage_that_starts_in_the_middle_counts_against_one_unit_once(sort):
    trials = Trials(TRIES)
    trials.succeeded(OTHER, 0.0)
    units = [Ids(n, Part("dashboards"), (str(n),)) for n in range(10, 20)]

    counted = [
        unit.number
        for now in range(1, 30)
        for unit in units
        if trials.failed(unit, fault(sort), float(now))
    ]

    assert counted == [10]


@pytest.mark.parametrize("sort", SHARED)
def test_what_comes_first_is_told_by_order_where_the_clock_stands_still(sort):
    trials = Trials(TRIES)

    trials.succeeded(OTHER, 0.0)
    assert trials.failed(ONE, fault(sort), 0.0)
    assert not trials.failed(ONE, fault(sort), 0.0)
    trials.succeeded(OTHER, 0.0)
    assert trials.failed(ONE, fault(sort), 0.0)


@pytest.mark.parametrize("sort", SHARED)
def test_a_success_long_ago_is_no_evidence(sort):
    trials = Trials(TRIES)
    trials.succeeded(OTHER, 0.0)

    assert not trials.failed(ONE, fault(sort), 61.0)


@pytest.mark.parametrize("sort", [Sort.LIMITED, Sort.UNAUTHORIZED, Sort.UNREACHABLE])
@pytest.mark.parametrize("others", [True, False])
def test_what_says_nothing_about_the_unit_never_counts(sort, others):
    trials = Trials(TRIES)

    assert fails(trials, sort, times=100, others=others) == 0
    assert not trials.spent(ONE, fault(sort))


def test_one_that_is_cut_off_whenever_looker_can_be_reached_is_spent_in_the_end():
    trials = Trials(TRIES)

    spent = []
    for n in range(TRIES + 1):
        trials.failed(ONE, fault(Sort.UNREACHABLE), 10.0 * n)
        trials.probed()
        spent.append(trials.spent(ONE, fault(Sort.UNREACHABLE)))

    assert spent == [False] * TRIES + [True]


@pytest.mark.parametrize("sort", [Sort.REFUSED, Sort.NOT_FOUND, Sort.TOO_LARGE])
def test_what_another_try_would_meet_again_is_not_tried_again(sort):
    trials = Trials(TRIES)

    assert trials.failed(ONE, fault(sort), 0.0)
    assert trials.spent(ONE, fault(sort))


def test_a_death_counts_also_if_nothing_else_is_left_to_compare_it_with():
    trials = Trials(TRIES)

    for _ in range(TRIES):
        assert not trials.spent(ONE, fault(Sort.MISSHAPEN))
        trials.died(ONE, fault(Sort.MISSHAPEN))

    assert trials.spent(ONE, fault(Sort.MISSHAPEN))


def test_each_unit_that_is_given_up_costs_the_next_of_its_kind_a_try_but_no_death():
    trials = Trials(TRIES)
    for _ in range(TRIES):
        trials.gave_up(SAME, fault(Sort.MISSHAPEN))

    trials.died(ONE, fault(Sort.MISSHAPEN))
    trials.died(ONE, fault(Sort.MISSHAPEN))
    assert not trials.spent(ONE, fault(Sort.MISSHAPEN))
    for _ in range(2):
        trials.succeeded(Whole(9, Part("roles")), 0.0)
        assert trials.failed(ONE, fault(Sort.MISSHAPEN), 0.0)

    assert trials.spent(ONE, fault(Sort.MISSHAPEN))


def test_what_is_refused_says_nothing_of_how_often_to_try_the_next():
    trials = Trials(TRIES)
    for _ in range(TRIES):
        trials.gave_up(SAME, fault(Sort.TOO_LARGE))

    for _ in range(TRIES - 1):
        trials.succeeded(Whole(9, Part("roles")), 0.0)
        trials.failed(ONE, fault(Sort.MISSHAPEN), 0.0)

    assert not trials.spent(ONE, fault(Sort.MISSHAPEN))


@pytest.mark.parametrize(
    ("unit", "at_once"),
    [
        (Span(1, Part("users"), 0, 10, 10), True),
        (Span(1, Part("users"), 90, None, 10), True),
        (Span(1, Part("users"), 0, 1, 1), False),
        (Span(1, Part("users"), 90, None, 1), False),
        (Ids(1, Part("users"), ("1", "2")), True),
        (Ids(1, Part("users"), ("1",)), False),
        (Count(1, Part("users"), 0, 5000), True),
        (Count(1, Part("explores"), 0, None), False),
        (Whole(1, Part("roles")), False),
    ],
)
def test_what_times_out_is_cut_at_once_if_it_can_be_cut(unit, at_once):
    assert Trials(TRIES).spent(unit, fault(Sort.TIMED_OUT)) == at_once


def test_the_waits_grow_and_stay_bounded_however_long_looker_is_away():
    trials = Trials(TRIES)

    waits = []
    for n in range(3000):
        trials.failed(ONE, fault(Sort.UNREACHABLE), float(n))
        waits.append(trials.wait(ONE))

    assert waits[:5] == [1.0, 2.0, 4.0, 8.0, 15.0]
    assert set(waits[5:]) == {15.0}


def test_a_success_clears_what_was_held_against_the_unit():
    trials = Trials(TRIES)
    fails(trials, Sort.OVERLOADED, times=4, others=True)
    trials.succeeded(ONE, 100.0)

    assert trials.wait(ONE) == 1.0
    assert fails(trials, Sort.OVERLOADED, times=4, others=True, at=200.0) == 4
    assert not trials.spent(ONE, fault(Sort.OVERLOADED))


def test_attempts_count_up():
    trials = Trials(TRIES)

    first = trials.attempt(ONE)
    trials.assigned(ONE)

    assert (first, trials.attempt(ONE)) == (1, 2)


def test_a_probe_asks_where_others_were_answered_last():
    trials = Trials(TRIES)
    trials.succeeded(Whole(8, Part("roles")), 1.0)
    trials.succeeded(OTHER, 2.0)
    trials.succeeded(Ids(9, Part("dashboards"), ("8",)), 3.0)

    assert trials.good(ONE) == OTHER.part


def test_a_probe_without_an_answer_asks_elsewhere_the_next_time():
    trials = Trials(TRIES)
    trials.succeeded(Whole(8, Part("roles")), 1.0)
    trials.succeeded(OTHER, 2.0)

    asked = []
    for n in range(4):
        asked.append(trials.good(ONE).kind)
        trials.missed(Count(20 + n, trials.good(ONE)))

    assert asked == ["looks", "roles", "looks", "roles"]


def test_a_probe_asks_the_unit_s_own_listing_if_no_other_is_known():
    trials = Trials(TRIES)

    assert trials.good(ONE) == ONE.part
    trials.missed(Count(3, ONE.part))
    assert trials.good(ONE) == ONE.part
