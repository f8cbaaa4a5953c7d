"""Who slept, or was told to pause, goes on as if nothing had been between."""

import heapq
import math
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookervault.core.awake import Awake
from lookervault.core.learned import Learned
from lookervault.core.pace import Pace
from lookervault.messages import Answered, Ask, Outcome
from lookervault.simulator.limits import Bucket, Fixed, Sliding

START = 1000.0
WORKERS = 8
AFTER = 1500
"""Requests that a limit would accept while it is looked at after a lull."""

LIMITS = {
    "a bucket": (lambda: Bucket(20, 4), 20),
    "a sliding second": (lambda: Sliding(20, 1.0), 20),
    "a window of ten seconds": (lambda: Fixed(100, 10.0), 10),
    "a sliding one": (lambda: Sliding(100, 10.0), 10),
    "a minute": (lambda: Sliding(300, 60.0), 5),
}


class Sleepers:
    """Workers on one pace that always want more, and hear and do nothing meanwhile.

    *asleep* after the start, for *seconds*. *said* makes a Retry-After of a wait. Who
    *paused* hands its wish back before, and asks again.
    """

    def __init__(self, limit, rate, said, asleep, seconds, *, paused=False):
        self.pace, self.now = Pace(Learned()), START
        self.accepted, self.early = [], 0
        self.woke = START + asleep + seconds
        self._limit, self._rate, self._said = limit, rate, said
        self._asleep, self._paused = START + asleep, paused
        self._ends, self._numbers = [], count()
        self._promised = 0.0
        for name in range(WORKERS):
            self._ask(str(name))

    def live(self):
        while self.now < self.woke + AFTER / self._rate:
            at = min(self._next_grant(), self._ends[0][0] if self._ends else math.inf)
            self._go_to(at)
            while self._ends and self._ends[0][0] <= self.now:
                self._answer(*heapq.heappop(self._ends)[1:])
            self._send()

    def _go_to(self, at):
        before, self.now = self.now, max(self.now, at)
        if before < self._asleep <= self.now:
            if self._paused:
                self.now = self._asleep
                self._pause()
            self.now = max(self.now, self.woke)

    def _pause(self):
        """Finish what is under way, and want nothing before it is over."""
        waiting = self.pace.waiting
        for fetcher in waiting:
            self.pace.waived(fetcher)
        while self._ends:
            self.now, *end = heapq.heappop(self._ends)
            self._answer(*end, again=False)
        self.now = self.woke
        for name in range(WORKERS):
            self._ask(str(name))

    def _next_grant(self):
        at = self.pace.next_at(self.now)
        return math.inf if at is None else max(at, math.nextafter(self.now, math.inf))

    def _ask(self, name):
        self.pace.asked(Ask(name, next(self._numbers)), self.now)

    def _send(self):
        for ask in self.pace.grants(self.now):
            self.early += self.now < self._promised
            wait = self._limit.admit(self.now)
            if not wait:
                self.accepted.append(self.now)
            end = (self.now + 0.05, ask.ask, ask.fetcher, self.now, wait)
            heapq.heappush(self._ends, end)

    def _answer(self, ask, fetcher, sent, wait, *, again=True):
        said = float(self._said(wait)) if wait and self._said else None
        outcome = Outcome.REFUSED if wait else Outcome.OK
        if said is not None:
            self._promised = max(self._promised, self.now + said)
        news = Answered(fetcher, ask, outcome, self.now - sent, said)
        self.pace.answered(news, self.now)
        if again:
            self._ask(fetcher)

    @property
    def share(self):
        """How much of the limit was used afterwards."""
        return sum(self.woke <= at for at in self.accepted) / AFTER


@pytest.mark.parametrize("said", [None, math.ceil], ids=["silent", "told"])
@pytest.mark.parametrize("limit", LIMITS)
@settings(max_examples=6, deadline=None)
@given(asleep=st.floats(0.1, 80), seconds=st.floats(35, 20_000), paused=st.booleans())
def test_a_limit_is_used_after_a_lull_whenever_it_came(
    limit, said, asleep, seconds, paused
):
    made, rate = LIMITS[limit]
    sleepers = Sleepers(made(), rate, said, asleep, seconds, paused=paused)

    sleepers.live()

    assert sleepers.share > 0.75
    assert sleepers.early == 0


@pytest.mark.parametrize("said", [None, math.ceil], ids=["silent", "told"])
@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("asleep", [0.2, 2.5, 15.0, 70.0])
def test_an_hour_s_sleep_is_no_window_of_an_hour(asleep, paused, said):
    sleepers = Sleepers(Fixed(100, 10.0), 10, said, asleep, 3600.0, paused=paused)

    sleepers.live()

    assert sleepers.share > 0.9


def test_a_wait_is_obeyed_whoever_slept_in_it():
    pace = Pace(Learned())
    pace.asked(Ask("a", 1), START)
    pace.grants(START)
    pace.asked(Ask("b", 2), START)
    pace.answered(Answered("a", 1, Outcome.REFUSED, 0.1, 600.0), START + 0.1)

    assert pace.grants(START + 599.0) == []
    assert pace.next_at(START + 599.0) == START + 600.1
    assert pace.grants(START + 5000.0) == [Ask("b", 2)]


@given(
    st.lists(
        st.tuples(st.floats(0, 100), st.floats(0, 100), st.booleans()), max_size=30
    )
)
def test_the_clock_never_goes_back_and_only_lulls_stop_it(steps):
    awake, now, lulls, last, shown = Awake(), START, 0.0, None, -math.inf
    for passed, ahead, sends in steps:
        now += passed
        due = now - passed + ahead
        awake.look(due, now)
        since = None if last is None else now - max(due, last)
        if since is not None and since > 30.0:
            lulls += since
        assert shown <= awake.at(now) + 1e-9
        shown = awake.at(now)
        assert shown == pytest.approx(now - lulls)
        assert awake.real(shown) == pytest.approx(now)
        if sends or since is None or since > 30.0:
            awake.sent(now)
            last = now


def test_what_was_before_a_lull_stays_before_it():
    awake = Awake()
    awake.sent(START)
    awake.look(START + 1.0, START + 3601.0)

    assert awake.at(START + 0.5) == START + 0.5
    assert awake.at(START + 1800.0) == START + 1.0
    assert awake.at(START + 3601.0) == START + 1.0
    assert awake.at(START + 3602.0) == START + 2.0


@given(looks=st.lists(st.floats(0, 10_000), min_size=2, max_size=9))
def test_a_lull_counts_once_however_often_it_is_looked_at(looks):
    awake = Awake()
    awake.sent(START)

    for now in sorted(START + look for look in looks):
        awake.look(-math.inf, now)
        awake.look(-math.inf, now)

    assert awake.at(START + max(looks)) >= START - 1e-6
