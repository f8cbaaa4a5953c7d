"""The number in flight follows what the server bears, not what it is asked."""

import heapq
import itertools
import math
import random

import hypothesis.strategies as st
from hypothesis import given, settings

from lookervault.core.crowd import Crowd

SEEDS = st.integers(0, 2**32)


class Server:
    """Fifty workers that send whenever they may, and a server that bears some."""

    def __init__(self, crowd, seed, *, workers=50, latency=0.2, spread=0.3):
        self.crowd = crowd
        self.bears = math.inf
        self.slows = math.inf
        self.fails = 0.0
        self.latency = lambda: latency * self.chance.lognormvariate(0, spread)
        self.chance = random.Random(seed)
        self.now = 0.0
        self.flying = 0
        self.busy = 0
        self.levels = []
        self._workers = workers
        self._numbers = itertools.count(1)
        self._ends = []

    def serve(self, requests):
        """Send so many; return the mean number in flight of the last half."""
        self.levels = []
        while len(self.levels) < requests:
            while self.flying < self._workers and not self.crowd.full(self.flying):
                self._send()
            self._answer()
        late = self.levels[requests // 2 :]
        return sum(late) / len(late)

    def _send(self):
        number = next(self._numbers)
        self.flying += 1
        self.levels.append(self.flying)
        self.crowd.sent(number, self.flying, self.now, free=True)
        if self.busy >= self.bears or self.chance.random() < self.fails:
            heapq.heappush(self._ends, (self.now + 0.01, number, False))
            return
        self.busy += 1
        took = self.latency() * max(1.0, self.busy / self.slows)
        heapq.heappush(self._ends, (self.now + took, number, True))

    def _answer(self):
        self.now, number, served = heapq.heappop(self._ends)
        self.flying -= 1
        if served:
            self.busy -= 1
            self.crowd.answered(number, self.now)
        else:
            self.crowd.overloaded(number, self.now)


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.integers(2, 40))
def test_a_server_that_turns_more_away_is_run_at_its_limit(seed, bears):
    server = Server(Crowd(), seed)
    server.bears = bears

    assert 0.8 * bears <= server.serve(2000) <= bears + 1


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.integers(2, 30))
def test_little_is_turned_away_once_the_limit_is_known(seed, bears):
    server = Server(Crowd(), seed)
    server.bears = bears
    server.serve(2000)

    assert sum(n > bears for n in server.levels[1000:]) <= 0.05 * 1000


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_room_that_comes_back_is_used_again(seed):
    server = Server(Crowd(), seed)
    server.bears = 12
    server.serve(2000)
    server.bears = math.inf

    assert server.serve(8000) > 40


@settings(deadline=None, max_examples=20)
@given(SEEDS)
def test_room_that_is_lost_is_noticed(seed):
    server = Server(Crowd(), seed)
    server.serve(500)
    server.bears = 12

    assert 10 <= server.serve(3000) <= 13


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.floats(0, 0.05), st.sampled_from([8, 16, 50]))
def test_failures_that_have_nothing_to_do_with_it_bound_little(seed, share, workers):
    server = Server(Crowd(), seed, workers=workers)
    server.fails = share

    assert server.serve(3000) > 0.8 * workers


@given(st.lists(st.booleans()), st.none() | st.floats(1, 100))
def test_a_request_that_is_alone_never_lowers_anything(ends, limit):
    crowd = Crowd(limit)
    before = crowd.limit

    for number, served in enumerate(ends):
        crowd.sent(number, 1, number, free=True)
        (crowd.answered if served else crowd.overloaded)(number, number + 0.5)

    assert crowd.limit >= before


def test_one_failure_among_many_is_none_of_it():
    crowd = Crowd()
    for number in range(1, 11):
        crowd.sent(number, number, 0.0, free=True)

    crowd.overloaded(5, 0.1)

    assert crowd.limit == math.inf


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "answered", "failed", "overloaded", "void"]),
        st.integers(0, 5),
        st.floats(0, 5),
        st.booleans(),
    ),
    max_size=200,
)


@given(STEPS, st.none() | st.floats(0.1, 100))
def test_at_least_one_may_always_go(steps, limit):
    crowd, out, now, numbers = Crowd(limit), [], 0.0, itertools.count(1)
    for what, which, seconds, free in steps:
        now += seconds
        if what == "send" and not crowd.full(len(out)):
            out.append(next(numbers))
            crowd.sent(out[-1], len(out), now, free=free)
        elif what != "send" and out:
            number = out.pop(which % len(out))
            getattr(crowd, what)(*([number] if what == "void" else [number, now]))
        assert not crowd.full(0)


def test_a_server_that_only_gets_slower_is_given_little_more():
    """Of 300 seeds, 233 end at 16 or fewer in flight, and one above 20 (20.02)."""
    ends = []
    for seed in range(300):
        server = Server(Crowd(), seed)
        server.slows = 12
        ends.append(server.serve(4000))

    assert min(ends) >= 8
    assert sum(end <= 16 for end in ends) >= 233
    assert sum(end <= 20 for end in ends) >= 299


@settings(deadline=None, max_examples=10)
@given(SEEDS, st.floats(0.1, 1.0))
def test_latencies_that_differ_bound_nothing_for_long(seed, spread):
    server = Server(Crowd(), seed, spread=spread)

    assert server.serve(3000) > 35


@settings(deadline=None, max_examples=10)
@given(SEEDS)
def test_quick_and_slow_kinds_in_turn_bound_nothing_for_long(seed):
    server = Server(Crowd(), seed)
    server.latency = lambda: (0.05, 2.0)[len(server.levels) // 400 % 2]

    assert server.serve(3000) > 35


@settings(deadline=None, max_examples=10)
@given(SEEDS)
def test_sixteen_at_once_are_nothing_to_try_fewer_of(seed):
    server = Server(Crowd(), seed, workers=16)
    server.slows = 4

    server.serve(1000)

    assert server.levels[20:] == [16] * 980
