"""A fetcher asks before each request, delivers whole units or none, and hides no bug."""

import threading
from itertools import count

import pytest

from lookervault.actors.actor import Pulse, Slot
from lookervault.actors.fetcher import Fetcher
from lookervault.actors.purse import Purse
from lookervault.core.learned import Learned
from lookervault.errors import LookerError, Sort
from lookervault.looker.base import Answer
from lookervault.messages import (
    Answered,
    Ask,
    Called,
    Failed,
    Fault,
    Fence,
    Fetch,
    Fetched,
    Go,
    Lease,
    Nudge,
    Outcome,
    Ready,
    Recede,
    Returned,
    Waive,
)
from lookervault.records import Row
from lookervault.store.codec import decompress
from lookervault.testing import FakeLooker, Inbox, Thing
from lookervault.units import Count, Ids, Part, Span, Whole

PART = Part("dashboards")
FENCE = Fence(1, 3)
BUDGET = 2**20


class Bench:
    """A fetcher with inboxes round it, and a Looker that raises what a test hands it."""

    def __init__(self, clock, source=None):
        self.clock = clock
        self.trouble = []
        self.looker = source or FakeLooker(
            {"dashboards": [Thing(str(n), "7") for n in range(25)]},
            cap=10,
            trouble=lambda _: self.trouble.pop(0) if self.trouble else None,
        )
        self.inbox = Inbox()
        self.coordinator = Inbox()
        self.throttle = Inbox()
        self.writer = Inbox()
        self.progress = Inbox()
        self.purse = Purse(BUDGET)
        self.learned = Slot(Learned())
        self.pulse = Pulse(clock.now)
        self.fetcher = Fetcher(
            "fetcher-1",
            self.looker,
            me=self.inbox,
            coordinator=self.coordinator,
            throttle=self.throttle,
            writer=self.writer,
            progress=self.progress,
            clock=clock,
            purse=self.purse,
            learned=self.learned,
            asks=count(1),
        )
        self.fetcher.lives(self.pulse)

    def fetch(self, unit, attempt=1):
        lease = Lease(FENCE, unit, attempt)
        self.purse.reserve((FENCE.epoch, unit.number, attempt), 0)
        self.fetcher.receive(Fetch(lease))
        return lease

    def go(self):
        """Grant the newest ask. Return what the throttle is told of the request."""
        ask = [m for m in self.throttle.take() if isinstance(m, Ask)][-1]
        self.fetcher.receive(Go(ask.ask, self.learned.value.serial))
        return next(m for m in self.throttle.messages if isinstance(m, Answered))

    def go_on(self):
        """Grant every ask, until there is none."""
        while any(isinstance(m, Ask) for m in self.throttle.messages):
            self.go()


@pytest.fixture
def bench(clock):
    return Bench(clock)


def error(sort, status=None, retry_after=None):
    return LookerError(
        sort, f"made up: {sort.value}", status=status, retry_after=retry_after
    )


def test_it_says_when_it_is_ready(bench):
    bench.fetcher.started()

    assert bench.coordinator.take() == [Ready("fetcher-1")]


def test_it_sends_nothing_before_it_may(bench):
    bench.fetch(Whole(1, PART))

    assert bench.throttle.take() == [Ask("fetcher-1", 1)]
    assert bench.looker.requests == []


def test_each_page_has_its_own_token(bench):
    bench.fetch(Span(1, PART, 0, 25, 10))

    bench.go_on()

    assert [p["offset"] for _, p in bench.looker.requests] == [0, 10, 20]
    assert [m for m in bench.throttle.take() if isinstance(m, Answered)] != []


def test_a_unit_goes_to_the_writer_whole_and_is_then_reported(bench):
    lease = bench.fetch(Span(1, PART, 5, 25, 10))

    bench.go_on()

    (write,) = bench.writer.take()
    assert write.lease == lease
    assert [item.row.id for item in write.items] == [str(n) for n in range(5, 25)]
    (fetched,) = bench.coordinator.take()
    assert fetched.rows == tuple(item.row for item in write.items)
    assert fetched.pages == 2
    assert fetched.bytes == sum(item.size for item in write.items) + 2 * 11


def test_what_is_stored_is_what_was_sent(bench):
    bench.fetch(Span(1, PART, 0, 10, 10))

    bench.go_on()

    (write,) = bench.writer.take()
    for item in write.items:
        body = decompress(item.body, item.size)
        assert body in bench.looker.served["dashboards", item.row.id]
        assert (item.call, item.title) == (
            "search_dashboards",
            f"dashboards {item.row.id}, version 1",
        )


def test_a_page_of_a_census_is_nothing_for_the_writer(bench):
    bench.fetch(Count(1, PART, 0, 10))

    bench.go_on()

    assert bench.writer.take() == []
    (fetched,) = bench.coordinator.take()
    assert len(fetched.rows) == 10


def test_a_token_of_before_a_slowdown_is_void(bench):
    bench.fetch(Whole(1, PART))
    bench.throttle.take()
    bench.learned.value = Learned(serial=1)

    bench.fetcher.receive(Go(1, 0))

    assert bench.looker.requests == []
    assert bench.throttle.take() == [Ask("fetcher-1", 1)]


def test_a_token_for_something_else_is_not_used(bench):
    bench.fetcher.receive(Go(1, 0))
    bench.fetch(Whole(1, PART))

    bench.fetcher.receive(Go(99, 0))

    assert bench.looker.requests == []


def test_without_a_token_it_asks_again_every_second(bench, clock):
    bench.fetch(Whole(1, PART))
    bench.throttle.take()

    for _ in range(3):
        clock.advance(1.0)
        for message in bench.inbox.take():
            bench.fetcher.receive(message)

    assert bench.throttle.take() == [Ask("fetcher-1", 1)] * 3


def test_once_it_was_answered_it_asks_no_more(bench):
    bench.fetch(Whole(1, PART))
    bench.go()
    bench.throttle.take()

    bench.fetcher.receive(Nudge(1))

    assert bench.throttle.take() == []


def test_a_429_is_for_the_throttle_and_the_request_is_made_again(bench):
    bench.trouble = [error(Sort.LIMITED, 429, retry_after=30.0)]
    bench.fetch(Whole(1, PART))

    answered = bench.go()

    assert (answered.outcome, answered.retry_after) == (Outcome.REFUSED, 30.0)
    assert bench.coordinator.take() == []
    bench.go_on()
    assert len(bench.looker.requests) == 2
    assert isinstance(bench.coordinator.take()[0], Fetched)


@pytest.mark.parametrize(
    ("sort", "outcome"),
    [
        (Sort.OVERLOADED, Outcome.OVERLOADED),
        (Sort.TIMED_OUT, Outcome.FAILED),
        (Sort.UNREACHABLE, Outcome.FAILED),
        (Sort.UNAUTHORIZED, Outcome.OK),
        (Sort.NOT_FOUND, Outcome.OK),
        (Sort.REFUSED, Outcome.OK),
        (Sort.MISSHAPEN, Outcome.OK),
        (Sort.TOO_LARGE, Outcome.OK),
    ],
)
def test_other_trouble_ends_the_unit_and_nothing_of_it_is_written(bench, sort, outcome):
    bench.trouble = [None, error(sort, 500)]
    lease = bench.fetch(Span(1, PART, 0, 25, 10))
    bench.go()
    bench.throttle.take()
    bench.fetcher.receive(Go(2, 0))

    assert bench.throttle.take()[0].outcome is outcome
    assert bench.writer.take() == []
    fault = Fault(sort, f"made up: {sort.value}", 500)
    assert bench.coordinator.take() == [Failed("fetcher-1", lease, fault)]


def test_an_answer_that_makes_no_sense_ends_the_unit(clock):
    class Html:
        def call(self, _name, _parameters, _watch):
            return Answer(b"<html>", seconds=0.1)

    bench = Bench(clock, Html())
    bench.fetch(Whole(1, PART))

    bench.go()

    (failed,) = bench.coordinator.take()
    assert failed.fault.sort is Sort.MISSHAPEN


def test_a_bug_is_not_caught(bench):
    bench.trouble = [KeyError("a bug")]
    bench.fetch(Whole(1, PART))

    with pytest.raises(KeyError):
        bench.fetcher.receive(Go(1, 0))

    assert bench.coordinator.take() == []


def test_an_item_that_is_gone_is_reported_on_the_word_of_a_witness(bench):
    bench.fetch(Ids(1, PART, ("3", "gone"), witnesses=("4",)))

    bench.go_on()

    (fetched,) = bench.coordinator.take()
    assert fetched.absent == ("gone",)
    (write,) = bench.writer.take()
    assert [item.row for item in write.items] == [
        Row("3", Thing("3").updated_at, deleted=False, folder="7")
    ]


def test_a_unit_that_waits_for_a_token_can_be_handed_back(bench):
    lease = bench.fetch(Span(1, PART, 0, 25, 10))

    bench.fetcher.receive(Recede())
    bench.fetcher.receive(Go(1, 0))

    assert bench.coordinator.take() == [Returned("fetcher-1", lease)]
    assert bench.looker.requests == []
    assert bench.writer.take() == []


def test_handed_back_half_way_what_it_brought_so_far_is_stored(bench):
    lease = bench.fetch(Span(1, PART, 0, 25, 10))
    bench.go()

    bench.fetcher.receive(Recede())
    bench.fetcher.receive(Go(2, 0))

    (write,) = bench.writer.take()
    assert write.lease == lease
    assert len(write.items) == 10
    (fetched,) = bench.coordinator.take()
    assert fetched.rows == tuple(item.row for item in write.items)
    assert len(bench.looker.requests) == 1


def test_who_has_nothing_hands_nothing_back(bench):
    bench.fetcher.receive(Recede())

    assert bench.coordinator.take() == []


def test_a_new_unit_takes_the_place_of_one_that_was_struck_off(bench):
    bench.fetch(Span(1, PART, 0, 10, 10))
    lease = bench.fetch(Span(2, PART, 10, 20, 10))

    bench.go_on()

    (fetched,) = bench.coordinator.take()
    assert fetched.lease == lease


def test_each_request_is_shown_with_how_long_it_waited_and_took(bench, clock):
    bench.fetch(Count(1, PART, 0, 10))
    clock.advance(0.5)

    bench.go()

    (called,) = bench.progress.take()
    assert isinstance(called, Called)
    assert (called.call, called.waited, called.outcome) == (
        "search_dashboards",
        0.5,
        Outcome.OK,
    )


def test_what_it_reads_is_booked_until_it_is_stored(bench):
    bench.fetch(Whole(1, PART))

    bench.go_on()

    (fetched,) = bench.coordinator.take()
    assert bench.purse.in_hand == fetched.bytes


def test_one_that_is_cut_off_while_it_waits_for_memory_waits_no_longer(bench):
    for ticket in ((3, 8, 1), (3, 9, 1)):
        bench.purse.reserve(ticket, BUDGET // 2)
        bench.purse.extend(ticket, BUDGET // 2)
    bench.purse.extend((3, 8, 1), 1)
    bench.purse._held[3, 1, 1] = 0
    bench.fetcher.receive(Fetch(Lease(FENCE, Whole(1, PART))))

    bench.pulse.cut()
    thread = threading.Thread(target=bench.go, daemon=True)
    thread.start()
    thread.join(20)

    assert not thread.is_alive()
    (failed,) = bench.coordinator.take()
    assert failed.fault.sort is Sort.UNREACHABLE


def test_it_shows_that_it_moves_while_it_reads(bench, clock):
    bench.fetch(Whole(1, PART))
    clock.advance(5.0)

    bench.go()

    assert bench.pulse.last == 5.0


def test_what_is_left_of_a_unit_goes_back_with_what_it_has_brought(bench):
    lease = bench.fetch(Ids(5, PART, ("1", "2", "3", "4"), ("9",)))
    bench.go()
    bench.go()

    bench.fetcher.receive(Recede())

    (fetched,) = bench.coordinator.take()
    assert [row.id for row in fetched.rows] == ["1", "2"]
    assert fetched.left == Ids(5, PART, ("3", "4"), ("9",))
    (write,) = bench.writer.take()
    assert write.lease == lease


def test_what_is_left_of_a_span_begins_after_its_last_row(bench):
    bench.fetch(Span(5, PART, 0, 25, 100))
    bench.go()

    bench.fetcher.receive(Recede())

    (fetched,) = bench.coordinator.take()
    assert len(fetched.rows) == 10
    assert fetched.left == Span(5, PART, 10, 25, 100)


def test_a_unit_that_is_done_leaves_nothing(bench):
    bench.fetch(Span(5, PART, 0, 10, 10))
    bench.go_on()

    (fetched,) = bench.coordinator.take()
    assert fetched.left is None


def test_the_token_of_a_unit_that_was_handed_back_is_waived(bench):
    bench.fetch(Span(5, PART, 0, 10, 10))
    (ask,) = bench.throttle.take()

    bench.fetcher.receive(Recede())

    assert bench.throttle.take() == [Waive("fetcher-1", ask.ask)]
    bench.fetcher.receive(Go(ask.ask, 0))
    assert bench.looker.requests == []


def test_the_time_without_a_unit_is_told_once(bench, clock):
    def idle():
        return [m.idle for m in bench.progress.take() if isinstance(m, Called)]

    bench.fetcher.started()
    clock.advance(3.0)
    bench.fetch(Span(5, PART, 0, 20, 10))
    clock.advance(50.0)
    bench.go_on()
    assert idle() == [3.0, 0.0]

    clock.advance(2.0)
    bench.fetch(Span(6, PART, 0, 10, 10))
    bench.fetcher.receive(Recede())
    clock.advance(4.0)
    bench.fetch(Span(6, PART, 0, 10, 10), attempt=2)
    bench.throttle.take()
    bench.inbox.take()
    bench.fetcher.receive(Recede())
    bench.fetch(Span(6, PART, 0, 10, 10), attempt=3)
    bench.go()

    assert idle() == [6.0]


def large(number):
    """A Looker whose dashboards have 100 KB each, in pages of any size."""

    class Large(FakeLooker):
        def call(self, name, parameters, watch):
            limit = parameters.get("limit", 1)
            for _ in range(10):
                watch.more(limit * 10_000)
            return super().call(name, parameters, watch)

    return Large({"dashboards": [Thing(str(n)) for n in range(number)]})


def test_a_page_that_is_too_large_for_memory_is_to_be_read_in_pieces(clock):
    bench = Bench(clock, large(10))  # a megabyte, of half a megabyte
    bench.fetch(Span(5, PART, 0, 10, 10))

    bench.go()

    (failed,) = bench.coordinator.take()
    assert failed.fault.sort is Sort.TOO_LARGE


@pytest.mark.parametrize("unit", [Span(5, PART, 0, 1, 100), Ids(5, PART, ("1",))])
def test_a_single_item_is_read_however_large_it_is(clock, unit):
    bench = Bench(clock, large(3))
    bench.purse.limit(1000)
    bench.fetch(unit)

    bench.go_on()

    (fetched,) = bench.coordinator.take()
    assert len(fetched.rows) == 1
