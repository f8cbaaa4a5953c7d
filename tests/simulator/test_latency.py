"""A latency is seconds, or a distribution that is drawn from by seed."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.errors import UsageError
from lookervault.simulator.dice import Dice
from lookervault.simulator.latency import parse_latency

SHAPES = [
    "uniform:0.1,0.5",
    "exponential:0.2",
    "lognormal:0.2,0.8",
    "tail:0.2,5,0.01",
]


def drawn(text, count=20_000, seed=1):
    dice, latency = Dice(seed), parse_latency(text)
    return [latency.seconds(dice, f"/{number}") for number in range(count)]


@pytest.mark.parametrize(
    ("value", "seconds"), [(0, 0), (0.2, 0.2), ("0.2", 0.2), ("3", 3.0), (".5", 0.5)]
)
def test_a_number_is_what_every_request_takes(value, seconds):
    assert set(drawn(value, 10)) == {seconds}


@pytest.mark.parametrize("text", SHAPES)
@given(share=st.floats(0, 1, exclude_max=True), more=st.floats(0, 1, exclude_max=True))
def test_a_larger_share_of_requests_takes_longer_and_none_takes_for_ever(
    text, share, more
):
    quantile = parse_latency(text).quantile
    low, high = sorted((share, more))

    assert 0 <= quantile(low) <= quantile(high) < math.inf


@pytest.mark.parametrize("text", SHAPES)
def test_the_seed_decides(text):
    assert drawn(text, 200) == drawn(text, 200)
    assert drawn(text, 2000) != drawn(text, 2000, seed=2)


def test_a_uniform_one_stays_within_its_bounds():
    times = drawn("uniform:0.1,0.5")

    assert 0.1 <= min(times) < max(times) <= 0.5
    assert statistics.mean(times) == pytest.approx(0.3, rel=0.02)


def test_an_exponential_one_has_its_mean():
    assert statistics.mean(drawn("exponential:0.2")) == pytest.approx(0.2, rel=0.05)


def test_a_lognormal_one_has_its_median_and_sigma():
    times = drawn("lognormal:0.2,0.8")

    assert statistics.median(times) == pytest.approx(0.2, rel=0.05)
    logs = [math.log(time) for time in times]
    assert statistics.stdev(logs) == pytest.approx(0.8, rel=0.05)


def test_a_tail_has_two_times_and_a_share_of_the_slow_one():
    times = drawn("tail:0.2,5,0.01")

    assert set(times) == {0.2, 5.0}
    assert times.count(5.0) == pytest.approx(200, rel=0.3)


def test_a_tail_of_everything_or_nothing_has_one_time():
    assert set(drawn("tail:0.2,5,1", 500)) == {5.0}
    assert set(drawn("tail:0.2,5,0", 500)) == {0.2}


@pytest.mark.parametrize(
    "value",
    [
        *[
            "",
            "slow",
            "-1",
            "nan",
            "inf",
            "1e3",
            "٣",
            "uniform",
            "uniform:",
            "cauchy:1",
        ],
        *["uniform:0.1", "uniform:0.5,0.1", "uniform:1,2,3", "exponential:x"],
        *["lognormal:0.2,0", "lognormal:0.2,9", "tail:5,0.2,0.1", "tail:1,2,1.5"],
        *[-1, math.nan, math.inf],
    ],
)
def test_what_is_no_time_is_refused_with_what_there_is(value):
    with pytest.raises(UsageError, match=r"is no time: say seconds.*lognormal:MEDIAN"):
        parse_latency(value)
