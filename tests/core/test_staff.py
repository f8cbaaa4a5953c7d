"""Where the workers' time went: shares are shares, whatever changes while they work."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lookervault.core.staff import Scales, Staff
from lookervault.messages import Called, Outcome, Weighed

SECONDS = st.floats(0, 100)


def called(fetcher, started, seconds, *, waited=0.0, idle=0.0):
    return Called(
        fetcher,
        "looks",
        "look",
        started,
        seconds,
        waited,
        10,
        Outcome.OK,
        None,
        idle,
    )


def test_a_worker_that_was_never_heard_of_starved_all_the_time():
    staff = Staff(2)

    staff.called(called("fetcher-1", 0.0, 10.0), 10.0)

    assert staff.shares() == (0.5, 0.0, 0.5)


def test_the_time_between_two_units_and_after_the_last_is_starved():
    staff = Staff(2)

    staff.called(called("fetcher-1", 0.0, 10.0), 10.0)
    staff.called(called("fetcher-2", 2.0, 3.0, idle=2.0), 5.0)

    assert staff.shares() == (0.65, 0.0, 0.35)


def test_workers_that_join_count_from_then_on():
    staff = Staff(1)
    staff.called(called("fetcher-1", 0.0, 10.0), 10.0)

    staff.resized(2, 10.0)
    staff.called(called("fetcher-1", 10.0, 10.0), 20.0)
    staff.called(called("fetcher-2", 10.0, 10.0), 20.0)

    assert staff.shares() == (1.0, 0.0, 0.0)


@given(
    st.lists(
        st.tuples(st.integers(1, 5), SECONDS, SECONDS, SECONDS, SECONDS), max_size=20
    ),
    st.integers(1, 50),
)
def test_shares_are_never_negative_and_never_more_than_all(calls, workers):
    staff = Staff(3)
    for number, start, seconds, waited, idle in calls:
        event = called(f"fetcher-{number}", start, seconds, waited=waited, idle=idle)
        staff.called(event, start + seconds)
        staff.resized(workers, start + seconds)

    shares = staff.shares()

    assert all(share >= 0 for share in shares)
    assert sum(shares) == pytest.approx(min(sum(shares), 1.0))


def test_seconds_over_the_limit_are_counted_until_it_is_back_below():
    scales = Scales(100)

    scales.weighed(Weighed(50, over=False), 1.0)
    scales.weighed(Weighed(150, over=True), 2.0)
    assert scales.seconds_over(4.5) == 2.5
    scales.weighed(Weighed(90, over=False), 5.0)

    assert scales.seconds_over(9.0) == 3.0
    assert (scales.memory, scales.peak) == (90, 150)
