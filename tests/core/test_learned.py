"""What a run learned of Looker's limits is where the next one starts."""

import heapq
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.learned import Learned, kept, recalled
from lookervault.core.pace import Pace
from lookervault.messages import Answered, Ask, Outcome
from lookervault.records import Tolerance
from lookervault.simulator.limits import Bucket, Fixed, Sliding

HOUR = 3600.0
TIMES = st.floats(0, 1e8)
RATES = st.none() | st.floats(0.05, 1e4)
LEARNED = st.builds(
    Learned,
    rate=RATES,
    sure=st.floats(0, 150),
    limit=st.none() | st.floats(1, 50),
    quiet_until=st.floats(0, 1e6),
    serial=st.integers(0, 9),
)


def test_without_an_earlier_run_nothing_is_known():
    assert recalled(None, 1e9) == Learned()


@given(wall=TIMES, serial=st.integers(0, 9))
def test_where_no_limit_was_met_nothing_is_kept(wall, serial):
    assert kept(Learned(sure=5.0, serial=serial), wall) is None


@given(learned=LEARNED, wall=TIMES, later=TIMES)
def test_limits_are_recalled_and_what_names_a_moment_is_not(learned, wall, later):
    again = recalled(kept(learned, wall), wall + later)

    assert (again.rate, again.limit) == (learned.rate, learned.limit)
    assert (again.quiet_until, again.serial) == (0.0, 0)
    assert again.sure <= learned.sure


@given(learned=LEARNED, wall=TIMES, pause=st.floats(0, 1e5), rest=st.floats(0, 1e5))
def test_a_run_that_learned_nothing_new_does_not_make_it_younger(
    learned, wall, pause, rest
):
    once = recalled(kept(learned, wall), wall + pause + rest)
    between = recalled(kept(learned, wall), wall + pause)

    twice = recalled(kept(between, wall + pause), wall + pause + rest)

    assert (twice.rate, twice.limit) == (once.rate, once.limit)
    assert twice.sure == pytest.approx(once.sure, rel=1e-6, abs=1e-9)


def test_a_clock_that_was_set_back_makes_nobody_surer():
    known = Tolerance(rate=7.0, sure=100.0, at=9 * HOUR)

    assert recalled(known, 8 * HOUR).sure == 100.0


@given(rate=st.floats(1, 200), age=st.floats(0, 1e7))
def test_a_run_starts_at_the_rate_that_it_recalls(rate, age):
    known = Tolerance(rate=rate, sure=150.0, at=0.0)
    pace, now, began = Pace(recalled(known, age)), 0.0, []
    for ask in range(12):
        pace.asked(Ask("a", ask), now)
        while not pace.grants(now):
            now = pace.next_at(now)
        began.append(now)
        pace.answered(Answered("a", ask, Outcome.OK, 1e-3), now + 1e-3)

    # A twentieth of a second is caught up where looks come late.
    assert len(began) - 1 <= 1.5 * rate * (began[-1] - began[0] + 0.05) + 1


class Crowd:
    """Eight fetchers that are never without work, at a limit; answers take 50 ms."""

    def __init__(self, learned, limiter):
        self._pace, self._limiter = Pace(learned), limiter
        self._now, self._asks, self._under_way = 0.0, count(1), []
        self.accepted, self.refused = [], []
        for name in "abcdefgh":
            self._pace.asked(Ask(name, next(self._asks)), self._now)

    def live(self, seconds):
        while self._now < seconds:
            for ask in self._pace.grants(self._now):
                refused = self._limiter.admit(self._now) > 0
                (self.refused if refused else self.accepted).append(self._now)
                outcome = Outcome.REFUSED if refused else Outcome.OK
                answer = Answered(ask.fetcher, ask.ask, outcome, 0.05)
                heapq.heappush(self._under_way, (self._now + 0.05, ask.ask, answer))
            at = self._pace.next_at(self._now)
            if self._under_way and (at is None or self._under_way[0][0] <= at):
                self._now, _, answer = heapq.heappop(self._under_way)
                self._pace.answered(answer, self._now)
                again = Ask(answer.fetcher, next(self._asks))
                self._pace.asked(again, self._now)
            else:
                self._now = max(at, self._now + 1e-9)

    def rate(self, since, until):
        """How many a second were accepted."""
        return sum(since <= at < until for at in self.accepted) / (until - since)


LIMITS = [lambda r: Bucket(r, r), lambda r: Fixed(r, 1.0), lambda r: Sliding(r, 1.0)]


@pytest.mark.parametrize("limit", LIMITS, ids=["bucket", "fixed", "sliding"])
@pytest.mark.parametrize("now", [20, 40, 80])
@pytest.mark.parametrize("age", [0.0, 24 * HOUR])
def test_a_limit_that_was_changed_since_is_found(limit, now, age):
    known = Tolerance(rate=40.0, sure=150.0, at=0.0)
    crowd = Crowd(recalled(known, age), limit(now))

    crowd.live(90.0)

    assert 0.9 * now <= crowd.rate(60.0, 90.0) <= 1.02 * now


@pytest.mark.parametrize("limit", LIMITS, ids=["bucket", "fixed", "sliding"])
def test_whoever_recalls_the_limit_is_hardly_refused_at_first(limit):
    first = Crowd(Learned(), limit(40))
    first.live(20.0)
    second = Crowd(recalled(kept(first._pace.learned, 0.0), HOUR), limit(40))

    second.live(5.0)

    before = sum(at < 5.0 for at in first.refused)
    assert before >= 6
    assert len(second.refused) <= before / 2
    assert second.rate(0.0, 5.0) >= 0.9 * 40
