"""No history of answers leaves the pace far below what the run had, unless refusals insist."""

import heapq
import random
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.learned import Learned
from lookervault.core.pace import Pace
from lookervault.messages import Answered, Ask, Outcome

QUARTER = 0.25
EVENTS = 3
WITHIN = 50
"""Accepted requests: so long ago may be the refusals that justify a slow pace."""

PHASES = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.02, 0.1, 0.3, 0.5, 0.8, 1.0]),  # refused, as a share
        st.sampled_from([0.0, 0.0, 0.0, 0.2]),  # failed or overloaded, likewise
        st.sampled_from([None, None, None, 1.0, 3.0]),  # Retry-After
        st.sampled_from([0.001, 0.01, 0.1, 1.0]),  # seconds of a request
        st.integers(1, 120),  # requests
    ),
    min_size=1,
    max_size=5,
)


class Crew:
    """Fetchers that are never without work, and what their run came to."""

    def __init__(self, size, dice):
        self.pace = Pace(Learned())
        self.now = self._first = 1000.0
        self.accepted = 0
        self.refusals = []
        """How many were accepted before each refusal."""
        self._dice = dice
        self._asks = count(1)
        self._under_way = []
        for name in range(size):
            self._ask(str(name))

    def live(self, phase):
        """Yield after each of the answers that *phase* has."""
        refused, failed, wait, seconds, requests = phase
        for _ in range(requests):
            self._start(refused, failed, wait, seconds)
            yield self._end()

    @property
    def average(self):
        """Accepted requests a second, from the first to when the next may be sent.

        While a Retry-After is obeyed there is no pace.
        """
        until = max(self.now, self.pace.learned.quiet_until)
        return self.accepted / max(1.0, until - self._first)

    @property
    def slow(self):
        """Whether the pace is below a quarter of that."""
        rate = self.pace.rate
        return rate is not None and rate < QUARTER * self.average

    @property
    def justified(self):
        """How many refusals there were of late, with a success before each."""
        late = {n for n in self.refusals if self.accepted - n < WITHIN}
        return len(late)

    def _ask(self, name):
        self.pace.asked(Ask(name, next(self._asks)), self.now)

    def _start(self, refused, failed, wait, seconds):
        """Send what may be sent before the next answer comes."""
        while True:
            for ask in self.pace.grants(self.now):
                roll = self._dice.random()
                outcome = Outcome.OK
                if roll < refused:
                    outcome = Outcome.REFUSED
                elif roll > 1 - failed:
                    outcome = self._dice.choice([Outcome.FAILED, Outcome.OVERLOADED])
                took = seconds * self._dice.uniform(0.5, 1.5)
                told = wait if outcome is Outcome.REFUSED else None
                answer = Answered(ask.fetcher, ask.ask, outcome, took, told)
                heapq.heappush(self._under_way, (self.now + took, ask.ask, answer))
            at = self.pace.next_at(self.now)
            until = self._under_way[0][0] if self._under_way else float("inf")
            if at is None or at > until:
                return
            self.now = max(at, self.now + 1e-9)

    def _end(self):
        self.now, _, answer = heapq.heappop(self._under_way)
        self.pace.answered(answer, self.now)
        if answer.outcome is Outcome.OK:
            self.accepted += 1
        elif answer.outcome is Outcome.REFUSED:
            self.refusals.append(self.accepted)
        self._ask(answer.fetcher)


@given(phases=PHASES, size=st.sampled_from([1, 2, 8]), seed=st.integers(0, 2**32))
def test_a_pace_below_a_quarter_of_the_average_was_asked_for_by_three_refusals(
    phases, size, seed
):
    """Apart from each other, within the last fifty accepted: so soon it is left, too."""
    crew = Crew(size, random.Random(seed))
    for phase in phases:
        for _ in crew.live(phase):
            assert not crew.slow or crew.justified >= EVENTS


@given(phases=PHASES, size=st.sampled_from([1, 2, 8]), seed=st.integers(0, 2**32))
def test_and_is_left_within_fifty_requests_that_are_accepted(phases, size, seed):
    crew = Crew(size, random.Random(seed))
    for phase in phases:
        for _ in crew.live(phase):
            pass
    before = crew.average

    for _ in crew.live((0.0, 0.0, None, 0.01, WITHIN + size)):
        pass

    rate = crew.pace.rate
    assert rate is None or rate >= QUARTER * min(before, crew.average)
