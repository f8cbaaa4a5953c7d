"""The throttle lets fetchers go at one pace, within the budget, and never spins."""

import pytest

from lookervault.actors.actor import Slot
from lookervault.actors.orders import Orders
from lookervault.actors.throttle import Budget, Throttle
from lookervault.core.learned import Learned
from lookervault.errors import LimitReached
from lookervault.messages import (
    Answered,
    Ask,
    Go,
    Halt,
    Outcome,
    Paced,
    Slowed,
    Steer,
    Steering,
    Turn,
    Waive,
)
from lookervault.testing import FakeClock, Inbox

NAMES = ("a", "b", "c")


class Bench:
    """A throttle with inboxes round it."""

    def __init__(self, clock, *, learned=None, max_rate=None, most=None):
        self.clock = clock
        self.fetchers = {name: Inbox() for name in NAMES}
        self.coordinator = Inbox()
        self.progress = Inbox()
        self.learned = learned or Slot(Learned())
        self.sent = 0
        self.turns = 0
        self.asks = 0
        self.throttle = Throttle(
            self.learned,
            orders=Orders(Steering(len(NAMES), max_rate), clock.now()),
            budget=Budget(lambda: self.sent, most),
            me=self,
            fetchers=self.fetchers,
            coordinator=self.coordinator,
            progress=self.progress,
            clock=clock,
        )

    def tell(self, message):
        """Be the throttle's address: what is told is dealt with at once."""
        self.turns += isinstance(message, Turn)
        assert self.turns < 1000
        self.throttle.receive(message)

    def ask(self, *names):
        for name in names:
            self.asks += 1
            self.tell(Ask(name, self.asks))

    def answered(self, name, outcome=Outcome.OK, wait=None, seconds=0.1):
        self.sent += 1
        ask = self.asks
        self.tell(Answered(name, ask, outcome, seconds, wait))

    def gone(self):
        """Who may go."""
        return [name for name in NAMES for _ in self.fetchers[name].take()]


@pytest.fixture
def bench(clock):
    clock.advance(1000)
    return lambda **options: Bench(clock, **options)


def test_at_first_everyone_may_go_at_once(bench):
    it = bench()

    it.ask(*NAMES)

    assert it.gone() == list(NAMES)


def test_a_token_names_its_ask_and_the_slowdowns_it_knows_of(bench):
    it = bench(learned=Slot(Learned(serial=7)))

    it.ask("a")

    assert it.fetchers["a"].take() == [Go(1, 7)]


def test_at_a_rate_they_go_one_after_the_other(bench, clock):
    it = bench(max_rate=2.0)
    it.ask("a")
    it.gone()
    it.ask("a", "b", "c")

    gone = []
    for _ in range(4):
        gone.append(it.gone())
        clock.advance(0.5)

    assert gone == [["a"], ["b"], ["c"], []]


def test_a_429_is_told_and_keeps_everyone_waiting_as_long_as_looker_asked(bench, clock):
    it = bench()
    it.ask("a")
    it.gone()

    it.answered("a", Outcome.REFUSED, wait=30)
    it.ask("b")

    (news,) = [news for news in it.progress.take() if isinstance(news, Slowed)]
    assert news.slowdown.until == clock.now() + 30
    assert it.learned.value.serial == 1
    clock.advance(29)
    assert it.gone() == []
    clock.advance(1)
    assert it.gone() == ["b"]


def test_a_new_throttle_goes_on_from_what_the_last_one_learned(bench, clock):
    first = bench()
    first.ask("a")
    first.answered("a", Outcome.REFUSED, wait=30)

    second = bench(learned=first.learned)
    second.ask("a")

    assert second.gone() == []
    clock.advance(30)
    assert second.gone() == ["a"]


def test_a_turn_of_an_earlier_life_or_an_earlier_plan_makes_no_second_chain(
    bench, clock
):
    it = bench(max_rate=1.0)
    it.ask("a", "b", "c")
    for _ in range(5):
        it.tell(Turn(123.0))
    it.turns = 0

    for _ in range(20):
        it.ask("a", "b", "c")
        clock.advance(1.0)

    assert it.turns <= 21


def test_no_more_requests_are_let_go_than_the_budget_has(bench):
    it = bench(most=2)

    it.ask(*NAMES)

    assert it.gone() == ["a", "b"]


def test_while_the_last_requests_are_out_it_waits_for_their_answers(bench, clock):
    it = bench(most=2)
    it.ask(*NAMES)
    it.gone()

    clock.advance(10)

    assert it.turns <= 1
    assert it.coordinator.take() == []


def test_a_fetcher_that_died_with_a_token_does_not_hold_up_the_budget_for_ever(
    bench, clock
):
    it = bench(most=1)
    it.ask("a")
    assert it.gone() == ["a"]

    it.ask("b")
    clock.advance(181)
    it.ask("b")

    assert it.gone() == ["b"]


def test_when_the_budget_is_spent_the_run_is_ended_with_its_own_status(bench):
    it = bench(most=1)
    it.ask("a")
    it.gone()

    it.answered("a")
    it.ask("b")

    assert it.gone() == []
    (halt,) = it.coordinator.take()
    assert isinstance(halt, Halt)
    assert halt.exit_code == LimitReached.exit_code
    assert "1 requests" in halt.reason


def test_a_budget_without_a_limit_is_never_spent():
    assert Budget(lambda: 10**9, None).left > 0


def test_whoever_asks_again_gets_one_token(bench, clock):
    it = bench(max_rate=1.0)
    it.ask("b")
    it.gone()
    it.ask("b")
    it.gone()

    it.tell(Ask("a", 77))
    it.tell(Ask("a", 77))
    clock.advance(5)

    assert it.fetchers["a"].take() == [Go(77, 0)]


def test_time_is_the_clocks_alone():
    it = Bench(FakeClock(), max_rate=1.0)
    it.ask("a", "b", "c")

    while it.clock.jump():
        pass

    assert it.gone() == ["a", "b", "c"]


# What those who watch are told, and what the owner sets


def paced(it):
    return [news for news in it.progress.take() if isinstance(news, Paced)]


def test_the_pace_is_told_when_it_changes_and_once_a_second_at_most(bench, clock):
    it = bench(max_rate=0.1, most=100)
    it.ask(*NAMES)
    assert paced(it) == [Paced(0.1, None, 100, ())]

    clock.advance(0.5)
    assert paced(it) == []
    clock.advance(0.6)
    assert paced(it) == [Paced(0.1, None, 100, ("c",))]

    it.answered("a")
    clock.advance(1.0)
    assert paced(it) == [Paced(0.1, None, 99, ("c",))]
    clock.advance(60)
    assert paced(it) == [Paced(0.1, None, 99, ())]


def test_without_a_budget_nothing_is_left_of_it(bench):
    it = bench()

    it.ask("a")

    assert paced(it) == [Paced(None, None, None, ())]


def test_a_rate_that_is_set_holds_for_those_who_wait(bench, clock):
    it = bench(max_rate=0.001)
    it.ask(*NAMES)
    first = it.gone()

    it.tell(Steer(Steering(3, max_rate=None)))

    assert sorted([*first, *it.gone()]) == list(NAMES)
    assert paced(it)[-1].rate in {0.001, None}
    clock.advance(1.0)
    it.ask("a")
    assert it.gone() == ["a"]


def test_a_token_that_was_waived_is_free_for_another(bench):
    it = bench(learned=Slot(Learned(limit=1.0)))
    it.ask("a")
    it.ask("b")
    assert it.gone() == ["a"]

    it.tell(Waive("a", 1))

    assert it.gone() == ["b"]
