"""Bytes in hand stay within the budget but for one unit, and none waits for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)

from lookervault.core.credit import Credit

BUDGET = 100
SIZES = st.integers(0, 150)
TICKETS = st.tuples(st.just(1), st.integers(1, 6), st.integers(1, 2))
ONE, OTHER, THIRD = (1, 1, 1), (1, 2, 1), (1, 3, 1)


class Readings(RuleBasedStateMachine):
    """Any order of reserving, reading and releasing, late ones too."""

    def __init__(self):
        super().__init__()
        self.credit = Credit(BUDGET)

    @property
    def held(self):
        return self.credit._held

    @rule(ticket=TICKETS, size=SIZES)
    def reserve(self, ticket, size):
        if ticket not in self.held:
            fits = not self.held or self.credit.in_hand + size <= BUDGET

            assert self.credit.reserve(ticket, size) == fits

    @rule(ticket=TICKETS, size=SIZES)
    def read(self, ticket, size):
        self.credit.extend(ticket, size)

    @rule(ticket=TICKETS)
    def release(self, ticket):
        self.credit.release(ticket)

        assert ticket not in self.held

    @precondition(lambda self: self.held)
    @rule(size=SIZES, data=st.data())
    def somebody_may_read_on(self, size, data):
        waiting = data.draw(st.permutations(sorted(self.held)))

        assert any(self.credit.extend(ticket, size) for ticket in waiting)

    @rule()
    def a_new_coordinator_starts(self):
        self.credit.reset()

        assert self.credit.in_hand == 0

    @invariant()
    def within_the_budget_but_for_one(self):
        largest = max(self.held.values(), default=0)

        assert self.credit.in_hand <= BUDGET or self.credit.in_hand - largest <= BUDGET

    @invariant()
    def what_was_read_is_booked(self):
        for ticket, used in self.credit._used.items():
            assert used <= self.held[ticket]

    def teardown(self):
        for ticket in list(self.held):
            self.credit.release(ticket)

        assert self.credit.in_hand == 0
        assert self.credit.reserve((9, 9, 9), BUDGET)


TestReadings = Readings.TestCase


@pytest.fixture
def credit():
    return Credit(BUDGET)


def test_a_unit_larger_than_the_budget_goes_by_itself(credit):
    assert credit.reserve(ONE, 5 * BUDGET)
    assert not credit.reserve(OTHER, 1)

    credit.release(ONE)

    assert credit.reserve(OTHER, 1)


def test_one_at_a_time_may_pass_the_budget(credit):
    for ticket in (ONE, OTHER):
        credit.reserve(ticket, 50)
        credit.extend(ticket, 50)

    assert credit.extend(ONE, 10)
    assert not credit.extend(OTHER, 10)
    assert credit.extend(ONE, 10)

    credit.release(ONE)

    assert credit.extend(OTHER, 10)


def test_what_was_reserved_may_be_read_however_full_it_is(credit):
    credit.reserve(ONE, 40)
    credit.reserve(OTHER, 60)
    credit.extend(ONE, 400)

    assert credit.extend(OTHER, 60)


def test_a_reading_that_was_struck_off_is_not_booked_again(credit):
    credit.reserve(ONE, 10)
    credit.release(ONE)

    assert credit.extend(ONE, 500)

    assert credit.in_hand == 0
    credit.reserve(OTHER, BUDGET)
    assert credit.extend(OTHER, BUDGET + 1)


@given(sizes=st.lists(SIZES, max_size=5))
def test_releasing_twice_is_as_good_as_once(sizes):
    credit = Credit(BUDGET)
    credit.reserve(ONE, 10)
    for size in sizes:
        credit.extend(ONE, size)

    credit.release(ONE)
    credit.release(ONE)

    assert credit.in_hand == 0


def test_while_memory_is_tight_one_is_read_and_the_others_wait():
    tight = [False]
    credit = Credit(100, lambda: tight[0])
    one, other = (1, 1, 1), (1, 2, 1)
    assert credit.reserve(one, 10)
    assert credit.reserve(other, 10)

    tight[0] = True
    assert not credit.reserve((1, 3, 1), 1)
    assert credit.extend(one, 1)
    assert not credit.extend(other, 1)
    assert credit.extend(one, 500)

    credit.release(one)
    assert credit.extend(other, 1)
    tight[0] = False
    assert credit.reserve((1, 3, 1), 1)


def test_an_empty_hand_takes_a_unit_however_tight_it_is():
    assert Credit(100, lambda: True).reserve((1, 1, 1), 500)


def test_a_budget_that_was_made_smaller_takes_nothing_back():
    credit = Credit(100)
    assert credit.reserve((1, 1, 1), 80)

    credit.limit(50)

    assert credit.in_hand == 80
    assert not credit.reserve((1, 2, 1), 1)
    assert credit.share == 25
