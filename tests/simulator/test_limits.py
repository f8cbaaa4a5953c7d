"""A limiter admits what its model allows, never more, and says how long to wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.simulator.limits import Bucket, Fixed, Sliding, limiter
from lookervault.simulator.settings import Model, Settings

# Sixteenths are exact in binary, so that windows begin exactly where they should.
GAPS = st.lists(st.integers(0, 32).map(lambda n: n / 16), max_size=200)
RATES = st.sampled_from([0.25, 1.0, 4.0, 16.0])


def times(gaps):
    now = 100.0
    for gap in gaps:
        now += gap
        yield now


def admitted(limits, gaps):
    return [now for now in times(gaps) if limits.admit(now) == 0]


@given(GAPS, RATES, st.integers(1, 20))
def test_a_bucket_admits_its_burst_and_what_dripped_in_since(gaps, rate, burst):
    passed = admitted(Bucket(rate, burst), gaps)

    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            allowed = burst + (passed[last] - start) * rate
            assert last - first + 1 <= allowed + 1e-6


@given(GAPS, st.integers(1, 10))
def test_a_fixed_window_admits_its_quota_in_each_second(gaps, quota):
    passed = admitted(Fixed(quota, 1.0), gaps)

    for second in {int(now) for now in passed}:
        assert sum(int(now) == second for now in passed) <= quota


@given(GAPS, st.integers(1, 10))
def test_a_sliding_window_admits_its_quota_in_any_second(gaps, quota):
    passed = admitted(Sliding(quota, 1.0), gaps)

    for start in passed:
        assert sum(start <= now < start + 1 for now in passed) <= quota


@given(GAPS, RATES, st.sampled_from(Model))
def test_whoever_waits_as_long_as_told_is_admitted(gaps, rate, model):
    limits = limiter(Settings(rate=rate, model=model))
    now = 100.0
    for gap in gaps:
        now += gap
        wait = limits.admit(now)
        if wait:
            now += wait + 1e-6

            assert limits.admit(now) == 0


@given(RATES, st.sampled_from(Model))
def test_someone_who_never_stops_asking_gets_the_rate(rate, model):
    limits = limiter(Settings(rate=rate, model=model))
    seconds = 40
    asked = (now / 64 for now in range(seconds * 64))

    passed = sum(limits.admit(now) == 0 for now in asked)

    assert passed == pytest.approx(rate * seconds, abs=max(1, rate))


def test_without_a_rate_there_is_no_limiter():
    assert limiter(Settings()) is None
