"""A server that says how long to wait is refused by rarely, and never hurried."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookervault.core.learned import Learned
from lookervault.core.pace import Pace
from lookervault.core.stretch import Log, Sent, Stretch
from lookervault.core.told import Told
from lookervault.messages import Answered, Ask, Outcome
from lookervault.simulator.limits import Bucket, Fixed, Sliding

LIMITS = st.one_of(
    st.builds(Bucket, st.floats(1, 100), st.floats(1, 200)),
    st.builds(Fixed, st.integers(1, 100), st.sampled_from([1.0, 2.5, 10.0, 60.0])),
    st.builds(Sliding, st.integers(1, 100), st.sampled_from([1.0, 2.5, 10.0, 60.0])),
)
ROUNDED = st.sampled_from([math.ceil, lambda wait: wait, lambda wait: 2 * wait + 3])


class Clients:
    """Some fetchers that always want more, on one pace, against one limit."""

    def __init__(self, limit, said, delay):
        self.limit, self.said, self.delay = limit, said, delay
        self.pace = Pace(Learned())
        self.now = 1000.0
        self.accepted = self.refused = self.early = self.waits = 0
        self.starts = []
        self._ends = []
        self._promised = 0.0

    def live(self, requests, workers):
        for n in range(workers):
            self.pace.asked(Ask(str(n), n), self.now)
        for number in range(workers, workers + requests):
            while not self._step():
                pass
            self.now, who, ask, sent, wait = self._ends.pop(0)
            self._answer(Ask(who, ask), sent, wait)
            self.pace.asked(Ask(who, number), self.now)

    def _step(self):
        """Start who may; return whether an answer is due before anyone else may."""
        for ask in self.pace.grants(self.now):
            self.early += self.now < self._promised
            self.starts.append(self.now)
            wait = self.limit.admit(self.now)
            end = (self.now + self.delay, ask.fetcher, ask.ask, self.now, wait)
            self._ends.append(end)
        at = self.pace.next_at(self.now)
        if self._ends and (at is None or self._ends[0][0] <= at):
            return True
        self.now = max(at, math.nextafter(self.now, math.inf))
        return False

    def _answer(self, ask, sent, wait):
        outcome = Outcome.REFUSED if wait else Outcome.OK
        self.accepted += not wait
        self.refused += bool(wait)
        said = float(self.said(wait)) if wait else None
        if said is not None:
            self.waits += sent >= self._promised
            self._promised = max(self._promised, self.now + min(said, 600.0))
        took = self.now - sent
        self.pace.answered(
            Answered(ask.fetcher, ask.ask, outcome, took, said), self.now
        )


def stretch(rate, seconds, *, began=0.0, accepted=None):
    """Return what is sent evenly until the last request is refused."""
    count = round(rate * seconds)
    sent = [Sent(began + n / rate, rate) for n in range(count + 1)]
    return Stretch(began, count if accepted is None else accepted, sent)


@settings(max_examples=50, deadline=None)
@given(limit=LIMITS, said=ROUNDED, delay=st.floats(0.001, 0.3))
def test_no_request_starts_before_a_wait_is_over_whatever_the_limit(limit, said, delay):
    clients = Clients(limit, said, delay)

    clients.live(requests=300, workers=5)

    assert clients.refused > 0 or clients.accepted == 300
    assert clients.early == 0


@pytest.mark.parametrize("limit", [Sliding(20, 1.0), Fixed(20, 1.0), Bucket(20, 4)])
def test_a_few_waits_are_enough_where_each_costs_a_second(limit):
    clients = Clients(limit, math.ceil, 0.05)

    clients.live(requests=1000, workers=8)

    assert clients.waits <= 5
    assert clients.accepted / (clients.now - clients.starts[0]) > 0.9 * 20


def test_a_bucket_that_saves_up_a_wait_loses_nothing_by_it():
    clients = Clients(Bucket(20, 20), math.ceil, 0.05)

    clients.live(requests=1000, workers=8)

    assert clients.waits > 5
    assert clients.accepted / (clients.now - clients.starts[0]) > 0.99 * 20


@pytest.mark.parametrize(("limit", "window"), [(Sliding, 10.0), (Sliding, 60.0)])
def test_a_long_window_asks_to_wait_once(limit, window):
    clients = Clients(limit(100, window), math.ceil, 0.05)

    clients.live(requests=400, workers=8)

    assert clients.waits <= 2
    assert clients.accepted / (clients.now - clients.starts[0]) > 0.9 * 100 / window


@given(
    rates=st.lists(st.tuples(st.floats(0.1, 500), st.floats(0, 20)), min_size=1),
    waits=st.lists(st.floats(0.001, 600), min_size=1, max_size=8),
)
def test_the_rate_is_below_the_one_refused_and_above_a_fifth_of_it(rates, waits):
    told = Told()
    for (rate, seconds), wait in zip(rates, waits, strict=False):
        known = told.window > 0 and wait < 2
        told.learn(stretch(rate, seconds), wait)

        assert 0 < told.rate <= rate
        assert not known or told.rate >= rate / 5
        assert 0 <= told.growth(told.rate, 10, 1.0) < math.inf


def test_what_a_window_accepted_in_the_last_second_is_the_first_guess():
    told = Told()

    told.learn(stretch(100, 0.5), 1.0)

    assert told.window == 1.0
    assert 48 < told.rate < 50


@given(window=st.integers(3, 60), spent=st.floats(0.1, 0.9), quota=st.integers(50, 500))
def test_a_long_wait_tells_the_window_to_the_second(window, spent, quota):
    told, used = Told(), min(spent, 0.9) * (window - 2)
    wait = math.ceil(window - used)

    told.learn(stretch(quota / used, used, accepted=quota), wait)

    assert told.window == window
    assert 0.97 * quota < told.rate * window < quota


def test_a_window_is_left_as_fast_as_it_was_borne():
    told = Told()
    told.learn(stretch(100, 0.5), 1.0)
    rates = [told.rate, told.rate, told.rate, 1.05 * told.rate, 1.1 * told.rate]
    sent = [Sent(n / 2, rate) for n, rate in enumerate(rates)]

    told.learn(Stretch(0.0, 100, sent), 1.0)

    assert told.rate == pytest.approx(rates[0])
    assert told.slack == 1.0


def test_a_small_bucket_catches_nothing_up():
    told = Told()
    told.learn(stretch(100, 0.2), 1.0)

    told.learn(stretch(60, 5.0), 1.0)

    assert told.slack == 0.0
    assert 54 < told.rate < 60


def test_a_large_bucket_is_approached_from_above():
    told = Told()
    told.learn(stretch(100, 0.9), 1.0)
    guess = told.rate

    told.learn(stretch(guess, 1.0), 1.0)

    assert guess / 2 < told.rate < guess
    assert told.slack == 0.0


@given(
    rates=st.lists(st.floats(1, 100), min_size=1, max_size=30), most=st.floats(1, 200)
)
def test_what_is_caught_up_stays_within_the_window_and_what_is_wanted(rates, most):
    log, now, times = Log(0.0, 0, 1.0), 0.0, []
    for rate in (rate for rate in rates for _ in range(10)):
        log.add(Sent(now, rate))
        times.append(now)
        following = log.due(now, min(rate, most), most)
        quota = 1 + int(min(rate, most))
        if len(times) >= quota:
            assert following >= times[-quota] + 1 - 1e-9
        assert following >= now + 1 / most - 1e-9
        now = following
