"""The pace never breaks a promise, whatever Looker does, and never comes to a stop."""

import math
from itertools import combinations, pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.learned import Learned, decayed
from lookervault.core.pace import LONGEST_WAIT, Pace
from lookervault.messages import Answered, Ask, Outcome

FETCHERS = ("a", "b", "c", "d")
OUTCOMES = st.sampled_from(list(Outcome))
WAITS = st.none() | st.floats(0, 60)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "start", "answer", "die", "wait"]),
        st.sampled_from(FETCHERS),
        OUTCOMES,
        WAITS,
        st.floats(0, 5),
    ),
    max_size=60,
)


class Fetchers:
    """Some fetchers that ask, start late, answer late, and die, on one pace."""

    def __init__(self, pace):
        self.pace = pace
        self.now = 1000.0
        self.started = []
        self.granted_at = []
        self.slowdowns = []
        self.promised = 0.0
        """Before which Looker wants no request."""
        self._asks = 0
        self._tokens = {}
        self._sent = {}

    def live(self, steps):
        for what, who, outcome, wait, seconds in steps:
            match what:
                case "ask":
                    self.ask(who)
                case "start":
                    self.start(who)
                case "answer":
                    self.answer(who, outcome, wait)
                case "die":
                    self._tokens.pop(who, None)
                    self._sent.pop(who, None)
                case _:
                    self.now += seconds
            self.grant()

    def ask(self, who):
        if who not in self._tokens and who not in self._sent:
            self._asks += 1
            self.pace.asked(Ask(who, self._asks), self.now)

    def grant(self):
        for ask in self.pace.grants(self.now):
            self.granted_at.append(self.now)
            self._tokens[ask.fetcher] = (ask.ask, self.pace.learned.serial)

    def start(self, who):
        """Use a token, unless it is void: then ask again."""
        ask, serial = self._tokens.pop(who, (None, None))
        if ask is None:
            return
        if serial != self.pace.learned.serial:
            self.pace.asked(Ask(who, ask), self.now)
            return
        self.started.append((self.now, self.promised))
        self._sent[who] = (ask, self.now)

    def answer(self, who, outcome, wait):
        ask, sent = self._sent.pop(who, (None, 0.0))
        if ask is None:
            return
        news = Answered(who, ask, outcome, self.now - sent, wait)
        if outcome in {Outcome.REFUSED, Outcome.OVERLOADED} and wait is not None:
            self.promised = max(self.promised, self.now + wait)
        slowdown = self.pace.answered(news, self.now)
        if slowdown is not None:
            self.slowdowns.append(slowdown)


class Client:
    """One fetcher that is never without work; its server answers at once."""

    def __init__(self, pace, now=1000.0):
        self.pace = pace
        self.now = now
        self.first = None
        self.count = 0
        self.accepted = 0
        self.refused = 0

    def call(self, outcome=Outcome.OK, wait=None, seconds=0.001):
        """Make one request as soon as it may be."""
        self.count += 1
        self.pace.asked(Ask("a", self.count), self.now)
        granted = first_grant(self.pace, self.now, within=3600)
        assert granted is not None
        self.now = granted + seconds
        self.first = granted if self.first is None else self.first
        self.accepted += outcome is Outcome.OK
        self.refused += outcome is Outcome.REFUSED
        news = Answered("a", self.count, outcome, seconds, wait)
        return self.pace.answered(news, self.now)

    @property
    def average(self):
        return self.accepted / max(1.0, self.now - self.first)


def refused(who, ask, *, seconds=0.1, wait=None):
    return Answered(who, ask, Outcome.REFUSED, seconds, wait)


def first_grant(pace, now, within):
    """When the one who waits gets a token, if somebody looks when it is told to."""
    until = now + within
    while now <= until:
        if pace.grants(now):
            return now
        at = pace.next_at(now)
        now = now + 1.0 if at is None else max(at, math.nextafter(now, math.inf))
    return None


@given(steps=STEPS, max_rate=st.none() | st.floats(0.1, 100))
def test_nobody_starts_before_looker_said_whoever_was_refused(steps, max_rate):
    fetchers = Fetchers(Pace(Learned(), max_rate=max_rate))

    fetchers.live(steps)

    assert all(now >= promised for now, promised in fetchers.started)


@given(steps=STEPS, rate=st.floats(0.1, 100))
def test_no_window_holds_more_tokens_than_the_rate_and_two(steps, rate):
    fetchers = Fetchers(Pace(Learned(), max_rate=rate))

    fetchers.live(steps)

    # One is the burst of any window; one makes up for a look that came late.
    times = list(enumerate(fetchers.granted_at))
    assert all(
        m - n + 1 <= rate * (later - sooner) + 2 + 1e-6
        for (n, sooner), (m, later) in combinations(times, 2)
    )


@given(
    rate=st.floats(1, 29), late=st.lists(st.floats(0, 1), min_size=100, max_size=100)
)
def test_looks_that_come_late_do_not_cost_throughput(rate, late):
    pace, now, granted = Pace(Learned(), max_rate=rate), 0.0, 0

    for n, share in enumerate(late):
        pace.asked(Ask(str(n), n), now)
        now = pace.next_at(now) + share / rate
        granted += len(pace.grants(now))

    assert granted >= rate * now - 2


@given(steps=STEPS, max_rate=st.none() | st.floats(0.1, 100))
def test_whatever_came_before_whoever_asks_gets_a_token_in_the_end(steps, max_rate):
    fetchers = Fetchers(Pace(Learned(), max_rate=max_rate))
    fetchers.live(steps)
    pace, now = fetchers.pace, fetchers.now

    pace.asked(Ask("another", 10_000), now)

    # The longest Retry-After, all who wait at the slowest rate, a request that is lost.
    assert first_grant(pace, now, within=60 + 80 + 180 + 2) is not None


@given(steps=STEPS, max_rate=st.none() | st.floats(0.1, 100))
def test_what_was_learned_stays_within_reason(steps, max_rate):
    fetchers = Fetchers(Pace(Learned(), max_rate=max_rate))

    fetchers.live(steps)

    learned = fetchers.pace.learned
    assert learned.rate is None or 0.05 <= learned.rate < math.inf
    assert learned.limit is None or learned.limit >= 1
    assert max_rate is None or fetchers.pace.rate <= max_rate
    assert learned.serial >= len(fetchers.slowdowns)
    assert msgspec.json.decode(msgspec.json.encode(learned), type=Learned) == learned


@given(
    number=st.integers(1, 20),
    waits=st.lists(st.none() | st.floats(0, 1), min_size=20, max_size=20),
    apart=st.floats(0, 0.004),
)
def test_refusals_that_arrive_together_are_told_once(number, waits, apart):
    pace, now = Pace(Learned(rate=10.0)), 1000.0
    for n in range(number):
        pace.asked(Ask(str(n), n), now)
    waits[0] = 1.0

    slowdowns = []
    for n in range(number):
        # All of them were sent a tenth of a second before the first was refused.
        news = refused(str(n), n, seconds=0.1 + n * apart, wait=waits[n])
        slowdowns.append(pace.answered(news, now + n * apart))

    assert slowdowns[0] is not None
    assert set(slowdowns[1:]) <= {None}


@given(waits=st.lists(WAITS, min_size=2, max_size=20), apart=st.floats(0, 0.2))
def test_of_refusals_that_arrive_together_those_that_ask_for_longer_are_told(
    waits, apart
):
    pace, told = Pace(Learned(rate=10.0)), []

    for n, wait in enumerate([1.0, *waits]):
        now = 1000.0 + n * apart
        news = refused(str(n), n, seconds=0.1 + n * apart, wait=wait)
        slowdown = pace.answered(news, now)

        if slowdown is not None:
            told.append(slowdown.until)
            assert slowdown.until == pace.learned.quiet_until
        assert pace.learned.quiet_until <= max(told[-1], now) + 0.5

    assert all(later > before + 0.5 for before, later in pairwise(told))


def test_a_wait_that_comes_with_the_failure_that_stops_all_is_told_with_it():
    pace = Pace(Learned())
    for n in range(19):
        pace.answered(Answered("a", n, Outcome.OVERLOADED, 0.1), 1000.0)

    told = pace.answered(Answered("a", 19, Outcome.OVERLOADED, 0.1, 60.0), 1000.0)

    assert "trying one at a time" in told.reason
    assert told.until == pace.learned.quiet_until == 1060.0


@given(rate=st.floats(5, 100))
def test_a_rate_well_known_grows_by_a_twentieth_a_second_at_most(rate):
    client = Client(Pace(Learned(rate=rate, sure=100.0)))
    rates = {}

    while len(rates) < 12:
        client.call(seconds=0.0)
        rates.setdefault(int(client.now), client.pace.rate)

    steps = zip(rates.items(), list(rates.items())[1:], strict=False)
    for (t0, before), (t1, after) in steps:
        assert after <= before * 1.06 ** (t1 - t0 + 1 / before)


def test_thousands_of_refusals_in_a_row_are_borne():
    pace = Pace(Learned())

    for n in range(3000):
        pace.answered(refused("a", n), 1000.0 + n)

    assert pace.rate > 0


@given(waits=st.lists(st.floats(0, 600), min_size=1, max_size=10))
def test_of_refusals_that_arrive_together_the_longest_wait_counts(waits):
    pace = Pace(Learned())

    for n, wait in enumerate(waits):
        pace.answered(refused(str(n), n, seconds=1.0, wait=wait), 1000.0)

    if max(waits) > 0:
        assert pace.learned.quiet_until >= 1000.0 + max(waits)
    pace.asked(Ask("b", 99), 1000.0)
    assert pace.grants(math.nextafter(1000.0 + max(waits), 0.0)) == []


def test_a_wait_of_more_than_ten_minutes_is_cut_and_said():
    pace = Pace(Learned())

    slowdown = pace.answered(refused("a", 1, wait=86_400), 1000.0)

    assert slowdown.until == 1000.0 + LONGEST_WAIT
    assert "86400" in slowdown.reason
    assert "600" in slowdown.reason


def test_a_late_word_that_asks_for_a_longer_wait_voids_what_was_granted():
    pace = Pace(Learned())
    pace.answered(refused("a", 1, wait=1), 1000.0)
    pace.asked(Ask("b", 2), 1000.0)
    pace.grants(1002.0)
    granted = pace.learned.serial

    told = pace.answered(refused("c", 3, seconds=5.0, wait=30), 1002.5)

    assert told.until == 1032.5
    assert pace.learned.serial > granted
    assert pace.learned.quiet_until == 1032.5


@given(steps=STEPS)
def test_a_new_throttle_keeps_what_the_last_one_promised(steps):
    old = Fetchers(Pace(Learned()))
    old.live(steps)
    learned = old.pace.learned

    new = Fetchers(Pace(learned))
    new.now, new.promised = old.now, old.promised
    new.live(steps)

    assert all(now >= promised for now, promised in new.started)
    assert new.pace.learned.serial >= learned.serial


@given(rate=st.floats(0.1, 500), limit=st.floats(1, 50))
def test_a_new_throttle_is_never_without_the_limits_of_the_last(rate, limit):
    pace = Pace(Learned(rate=rate, limit=limit, sure=100))
    for n in range(60):
        pace.asked(Ask(str(n), n), 0.0)

    assert len(pace.grants(0.0)) <= max(1, min(limit, 1 + 0.06 * rate))


@given(
    outcomes=st.lists(
        st.tuples(
            st.sampled_from([Outcome.OK, Outcome.OK, Outcome.OK, Outcome.REFUSED]),
            st.floats(0.001, 0.1),
        ),
        min_size=20,
        max_size=300,
    )
)
def test_a_quarter_of_the_average_is_kept_unless_three_refusals_forbid_it(outcomes):
    client, since = Client(Pace(Learned())), 0
    for outcome, seconds in outcomes:
        client.call(outcome, seconds=seconds)
        rate = client.pace.rate
        if rate is None or rate >= 0.2 * client.average:
            since = client.refused
        else:
            assert client.refused - since >= 3


@given(outcomes=st.lists(st.booleans(), max_size=200))
def test_and_is_regained_within_fifty_requests_that_are_accepted(outcomes):
    client = Client(Pace(Learned()))
    for accepted in outcomes:
        client.call(Outcome.OK if accepted else Outcome.REFUSED)
    client.call()
    average = client.average

    for _ in range(50):
        client.call()

    assert client.pace.rate is None or client.pace.rate >= average / 4


def test_whoever_asks_again_keeps_its_place():
    pace = Pace(Learned(quiet_until=10.0), max_rate=1.0)
    for ask in (Ask("a", 1), Ask("b", 2), Ask("a", 1)):
        pace.asked(ask, 0.0)

    granted = [ask for now in (10.0, 11.0, 12.0) for ask in pace.grants(now)]

    assert granted == [Ask("a", 1), Ask("b", 2)]


def test_who_asked_again_while_its_token_was_on_the_way_gets_no_second_one():
    pace = Pace(Learned(limit=1.0))
    pace.asked(Ask("a", 1), 0.0)
    assert pace.grants(0.0) == [Ask("a", 1)]

    pace.asked(Ask("a", 1), 1.0)
    pace.answered(Answered("a", 1, Outcome.OK, 0.5, None), 1.5)
    pace.asked(Ask("b", 2), 1.5)

    assert pace.grants(2.0) == [Ask("b", 2)]


def test_a_token_that_was_lost_on_the_way_is_given_once_more():
    pace = Pace(Learned(rate=0.1, sure=10.0))
    pace.asked(Ask("a", 1), 0.0)
    pace.asked(Ask("b", 2), 0.0)
    assert pace.grants(0.0) == [Ask("a", 1)]

    pace.asked(Ask("a", 1), 1.0)

    assert pace.grants(1.0) == [Ask("a", 1)]
    assert pace.in_flight(1.0) == 1


def test_an_answer_counts_although_its_token_was_asked_for_twice():
    pace = Pace(Learned(rate=0.05, sure=10.0))
    now = 0.0
    for ask in range(100):
        pace.asked(Ask("a", ask), now)
        now = max(now, pace.next_at(now))
        assert pace.grants(now) == [Ask("a", ask)]
        pace.asked(Ask("a", ask), now)
        pace.grants(now)
        pace.answered(Answered("a", ask, Outcome.OK, 0.0, None), now)

    assert pace.rate > 1.0


def test_a_token_that_a_slowdown_made_void_is_not_given_once_more():
    pace = Pace(Learned())
    for ask in (Ask("a", 1), Ask("b", 2)):
        pace.asked(ask, 0.0)
    assert len(pace.grants(0.0)) == 2
    pace.answered(Answered("b", 2, Outcome.REFUSED, 0.0, 5.0), 0.0)

    pace.asked(Ask("a", 1), 1.0)

    assert pace.grants(1.0) == []
    assert pace.grants(6.0) == [Ask("a", 1)]


def test_a_few_start_at_once_and_the_others_as_answers_come():
    pace = Pace(Learned())
    for n in range(20):
        pace.asked(Ask(str(n), n), 0.0)

    assert 1 < len(pace.grants(0.0)) < 6
    assert first_grant(pace, 0.001, within=0.2) is not None


def test_no_more_are_granted_than_may_be():
    pace = Pace(Learned())
    for n, who in enumerate(FETCHERS):
        pace.asked(Ask(who, n), 0.0)

    assert len(pace.grants(0.0, most=2)) == 2
    assert pace.in_flight(0.0) == 2
    assert pace.waiting


def test_an_overloaded_server_gets_fewer_at_once_not_fewer_a_second():
    pace = Pace(Learned())
    for n, who in enumerate(FETCHERS):
        pace.asked(Ask(who, n), 0.0)
    while pace.waiting:
        pace.grants(pace.next_at(1.0))

    slowdowns = [
        pace.answered(Answered(who, n, Outcome.OVERLOADED, 0.1), 1.1)
        for n, who in enumerate(FETCHERS)
        if who != "a"
    ]

    assert {slowdown.rate for slowdown in slowdowns if slowdown} == {None}
    assert pace.learned.limit == 1.0
    pace.asked(Ask("b", 9), 1.2)
    assert pace.grants(2.0) == []


def test_one_that_is_turned_away_now_and_then_slows_nobody_down():
    pace = Pace(Learned())
    for ask in range(100):
        pace.asked(Ask("a", ask), ask)
        pace.grants(ask)
        outcome = Outcome.OK if ask % 10 else Outcome.OVERLOADED

        assert pace.answered(Answered("a", ask, outcome, 0.1), ask + 0.1) is None

    assert pace.learned.serial == 0


def test_a_request_that_never_ended_does_not_count_for_ever():
    pace = Pace(Learned(limit=1.0))
    pace.asked(Ask("a", 1), 0.0)
    pace.grants(0.0)
    pace.asked(Ask("b", 2), 0.0)

    assert pace.grants(179.0) == []
    assert pace.grants(181.0) == [Ask("b", 2)]


def test_nor_does_it_where_no_limit_was_met():
    pace = Pace(Learned())
    pace.asked(Ask("a", 1), 0.0)
    pace.grants(0.0)

    assert pace.in_flight(179.0) == 1
    assert pace.in_flight(181.0) == 0


def test_a_rate_that_nobody_uses_does_not_climb():
    pace, now = Pace(Learned(rate=5.0)), 100.0
    for ask in range(200):
        now += 2.0
        pace.asked(Ask("a", ask), now)
        pace.grants(now)
        pace.answered(Answered("a", ask, Outcome.OK, 0.1), now + 0.1)

    assert pace.learned.rate == pytest.approx(5.0, rel=0.1)


def test_when_most_requests_fail_all_stop_and_one_tries():
    client = Client(Pace(Learned()))
    news = [client.call(Outcome.FAILED) for _ in range(20)]
    assert [n for n, slowdown in enumerate(news) if slowdown is not None] == [19]
    for n, who in enumerate(FETCHERS):
        client.pace.asked(Ask(who, 100 + n), client.now)

    assert client.pace.grants(client.now) == []
    assert first_grant(client.pace, client.now, within=2) is not None
    assert client.pace.in_flight(client.now + 3) == 1
    assert client.pace.grants(client.now + 3) == []


def test_one_that_succeeds_lets_all_go_again():
    client = Client(Pace(Learned()))
    for _ in range(20):
        client.call(Outcome.FAILED)

    client.call()
    for n, who in enumerate(FETCHERS):
        client.pace.asked(Ask(who, 100 + n), client.now)
    client.pace.grants(client.now + 1)

    assert client.pace.in_flight(client.now + 1) > 1


@given(age=st.floats(0, 1e9), later=st.floats(0, 1e9))
def test_what_was_learned_is_less_sure_the_older_it_is(age, later):
    learned = Learned(rate=7.0, sure=150, limit=9.0, quiet_until=5.0, serial=3)

    young, old = decayed(learned, age), decayed(learned, age + later)

    assert (old.rate, old.limit) == (7.0, 9.0)
    assert old.sure <= young.sure <= 150
    assert (old.quiet_until, old.serial) == (0.0, 0)


def test_a_new_bound_holds_at_once():
    pace = Pace(Learned(), max_rate=0.01)
    for n, name in enumerate("xab"):
        pace.asked(Ask(name, n), 1000.0)
    assert len(pace.grants(1000.0)) == 2  # one was saved up
    assert pace.grants(1001.0) == []

    pace.bound(10.0, 1001.0)
    assert pace.next_at(1001.0) == pytest.approx(1001.1)
    assert pace.grants(1001.2) == [Ask("b", 2)]

    pace.bound(0.5, 1002.0)
    for n in range(3, 9):
        pace.asked(Ask(f"f{n}", n), 1002.0)
    started = [now for now in range(1002, 1012) for _ in pace.grants(float(now))]
    assert len(started) <= 6

    pace.bound(None, 1020.0)
    assert pace.rate is None
    assert pace.next_at(1020.0) in {None, 1020.0}


def test_a_new_bound_does_not_shorten_what_looker_asked_for():
    pace = Pace(Learned(quiet_until=1060.0), max_rate=1.0)
    pace.asked(Ask("a", 1), 999.0)

    pace.bound(None, 1000.0)

    assert pace.grants(1059.0) == []
    assert pace.grants(1060.0) == [Ask("a", 1)]


def test_what_is_waived_neither_waits_nor_is_in_flight():
    pace = Pace(Learned(limit=1.0))
    pace.asked(Ask("a", 1), 1.0)
    assert pace.grants(1.0) == [Ask("a", 1)]
    pace.asked(Ask("b", 2), 1.0)
    assert pace.grants(1.0) == []

    pace.waived("a", 7)
    assert pace.grants(1.0) == [], "another ask is meant"
    pace.waived("a", 1)
    pace.waived("b", 2)

    assert pace.waiting == ()
    assert pace.in_flight(1.0) == 0


def test_what_a_dead_fetcher_had_is_free_again():
    pace = Pace(Learned(limit=1.0))
    pace.asked(Ask("a", 1), 1.0)
    pace.asked(Ask("b", 2), 1.0)
    assert pace.grants(1.0) == [Ask("a", 1)]

    pace.waived("a")

    assert pace.grants(1.1) == [Ask("b", 2)]
