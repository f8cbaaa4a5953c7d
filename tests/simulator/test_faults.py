"""Faults are drawn by seed, and are as frequent as asked for."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.simulator.faults import DRAWN, Faults


@given(st.integers(0, 1000), st.permutations(range(20)))
def test_the_order_of_requests_changes_nothing(seed, order):
    expected, shuffled = Faults(seed, 0.5), Faults(seed, 0.5)
    drawn = {n: [expected.draw(f"/{n}") for _ in range(3)] for n in range(20)}

    found = {n: [shuffled.draw(f"/{n}") for _ in range(3)] for n in order}

    assert found == drawn


def test_a_tenth_fails_when_a_tenth_is_asked_for_in_every_way():
    faults = Faults(1, 0.1)

    drawn = [faults.draw(f"/{n}") for n in range(5000)]

    assert 400 < sum(fault is not None for fault in drawn) < 600
    assert set(drawn) == {None, *DRAWN}


def test_a_request_that_failed_may_succeed_when_repeated():
    faults = Faults(1, 0.5)

    drawn = [faults.draw("/dashboards/1") for _ in range(50)]

    assert None in drawn
    assert set(drawn) != {None}


def test_nothing_fails_when_nothing_is_asked_to():
    assert not any(Faults(1, 0).draw("/x") for _ in range(100))


def test_everything_fails_at_a_rate_of_one():
    assert all(Faults(1, 1).draw("/x") for _ in range(100))
