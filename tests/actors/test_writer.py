"""What the writer says is stored is stored; what is void is dropped, and gives back its credit."""

import pytest

from lookervault.actors.purse import Purse
from lookervault.actors.writer import Meter, Writer
from lookervault.errors import DiskFailed
from lookervault.messages import (
    Committed,
    Counted,
    Fence,
    Flush,
    Gone,
    Lead,
    Lease,
    Led,
    Note,
    Seal,
    Sealed,
    Stored,
    Write,
)
from lookervault.records import Census, Item, Phase, Row, Scope, State, Tolerance
from lookervault.store.codec import compress, digest
from lookervault.store.memory import MemoryStore
from lookervault.testing import Inbox
from lookervault.units import Part, Whole


class Bench:
    """A writer with inboxes round it."""

    def __init__(self, clock, store):
        self.clock = clock
        self.store = store
        self.inbox = Inbox()
        self.coordinator = Inbox()
        self.progress = Inbox()
        self.purse = Purse(1000)
        self.sent = 0
        self.tolerance = None
        self.writer = Writer(
            store,
            me=self.inbox,
            coordinator=self.coordinator,
            progress=self.progress,
            clock=clock,
            credit=self.purse,
            meter=Meter(lambda: self.sent),
            tolerance=lambda: self.tolerance,
        )
        self.fence = None

    def lead(self, ticket=1):
        self.writer.receive(Lead(ticket))
        *_, led = self.coordinator.take()
        self.fence = Fence(led.run.number, led.run.epoch)
        return led

    def write(self, number, *ids, fence=None, text="{}"):
        lease = Lease(fence or self.fence, Whole(number, Part("roles")))
        ticket = (lease.fence.epoch, number, 1)
        self.purse.reserve(ticket, 10)
        self.writer.receive(Write(lease, tuple(item(id_, text) for id_ in ids)))

    def pass_by(self, seconds):
        self.clock.advance(seconds)
        for message in self.inbox.take():
            self.writer.receive(message)

    @property
    def ids(self):
        return [head.id for head in self.store.heads("roles")]


def item(id_, text="{}"):
    raw = text.encode()
    return Item(
        row=Row(id_),
        title=id_,
        call="all_roles",
        fetched_at=1.0,
        digest=digest(raw),
        body=compress(raw),
        size=len(raw),
    )


@pytest.fixture
def store():
    store = MemoryStore()
    store.begin(Scope(), now=0.0)
    return store


@pytest.fixture
def bench(clock, store):
    return Bench(clock, store)


@pytest.fixture
def led(bench):
    bench.lead()
    return bench


def test_whoever_takes_the_lead_gets_the_open_run_in_a_new_epoch(bench):
    first, second = bench.lead(7), bench.lead(8)

    assert (first.ticket, second.ticket) == (7, 8)
    assert second.run.epoch == first.run.epoch + 1


def test_without_an_open_run_there_is_nothing_to_lead(clock):
    bench = Bench(clock, MemoryStore())

    bench.writer.receive(Lead(1))

    assert bench.coordinator.take() == [Led(1, None)]


def test_a_unit_waits_a_moment_for_others_and_is_then_stored_with_them(led):
    led.write(1, "a")
    led.write(2, "b", "c")
    assert led.ids == []
    assert led.coordinator.take() == []

    led.pass_by(0.05)

    assert led.ids == ["a", "b", "c"]
    assert led.coordinator.take() == [Stored(led.fence, ((1, 1), (2, 1)))]
    (committed,) = led.progress.take()
    assert committed.counts["roles"].new == 3
    assert led.purse.in_hand == 0


def test_those_who_watch_hear_of_a_commit_before_it_may_end_the_run(led):
    told = []
    led.coordinator.tell = told.append
    led.progress.tell = told.append
    led.write(1, "a")

    led.pass_by(0.05)

    assert [type(message) for message in told] == [Committed, Stored]


def test_what_is_worth_a_commit_is_stored_at_once(led):
    noise = "".join(str(hash((n, "x"))) for n in range(300_000))

    led.write(1, "a", text=f'"{noise}"')

    assert led.ids == ["a"]


def test_a_flush_that_was_due_earlier_stores_nothing_twice(led):
    led.write(1, "a")
    led.writer.receive(Flush())
    led.coordinator.take()

    led.pass_by(1.0)

    assert led.coordinator.take() == []


def test_what_was_told_under_another_lead_is_dropped_and_gives_back_its_credit(led):
    old = led.fence
    led.lead()

    led.write(1, "a", fence=old)
    led.pass_by(1.0)

    assert led.ids == []
    assert led.coordinator.take() == []
    assert led.purse.in_hand == 0


def test_what_an_earlier_coordinator_was_told_is_stored_before_the_next_leads(led):
    led.write(1, "a")

    led.writer.receive(Lead(2))

    stored, next_led = led.coordinator.take()
    assert isinstance(stored, Stored)
    assert isinstance(next_led, Led)
    assert [m.unit.number for m in led.store.markers(1)] == [1]


@pytest.mark.parametrize(
    "message",
    [
        lambda fence: Note(fence, looker="26.0"),
        lambda fence: Counted(fence, "roles", Census(1, 1.0, (Row("a"),))),
        lambda fence: Gone(fence, "roles", ("a",)),
        lambda fence: Seal(fence, {}, (), {}),
    ],
)
def test_a_fact_of_an_earlier_lead_changes_nothing(led, message):
    led.write(1, "a")
    led.pass_by(1.0)
    old = led.fence
    led.lead()
    before = led.store.run(1)

    led.writer.receive(message(old))

    assert led.store.run(1) == before
    assert led.store.census(1, "roles") is None
    assert next(led.store.heads("roles")).state is State.PRESENT


def test_facts_are_stored_after_all_that_was_told_before_them(led):
    led.write(1, "a")

    led.writer.receive(Gone(led.fence, "roles", ("a",)))

    assert next(led.store.heads("roles")).state is State.GONE
    assert isinstance(led.coordinator.take()[0], Stored)


def test_a_census_and_a_note_are_stored(led):
    census = Census(1, 1.0, (Row("a"),))

    led.writer.receive(Counted(led.fence, "roles", census))
    led.writer.receive(Note(led.fence, expansion=("1", "2")))

    assert led.store.census(1, "roles") == census
    assert led.store.run(1).expansion == ("1", "2")


def test_a_seal_flushes_first_and_then_nobody_leads(led):
    led.write(1, "a")
    led.sent = 12

    led.writer.receive(Seal(led.fence, {}, (), {"seconds": 1.0}))
    led.write(2, "b")
    led.pass_by(1.0)

    stored, sealed = led.coordinator.take()
    assert isinstance(stored, Stored)
    assert isinstance(sealed, Sealed)
    assert sealed.run.phase is Phase.SEALED
    assert sealed.run.calls == 12
    assert led.ids == ["a"]
    assert led.purse.in_hand == 0


def test_what_cannot_be_stored_is_not_said_to_be(clock, store):
    class Full(MemoryStore):
        def put(self, *_, **__):
            raise DiskFailed("No space is left.")

    full = Full()
    full.begin(Scope(), now=0.0)
    bench = Bench(clock, full)
    bench.lead()
    bench.write(1, "a")

    with pytest.raises(DiskFailed):
        bench.pass_by(1.0)

    assert bench.coordinator.take() == []
    assert bench.progress.take() == []


def test_calls_are_saved_with_each_commit(led):
    led.sent = 5
    led.write(1, "a")

    led.pass_by(1.0)

    assert led.store.run(1).calls == 5
    assert [e.calls for e in led.progress.take() if isinstance(e, Committed)] == [5]


def test_what_looker_bears_is_saved_with_each_commit_and_at_the_end(led):
    sooner, later = (Tolerance(rate=rate, sure=9.0, at=1.0) for rate in (20.0, 10.0))
    led.tolerance = sooner
    led.write(1, "a")
    led.pass_by(1.0)
    assert led.store.run(1).tolerance == sooner

    led.tolerance = later
    led.writer.receive(Seal(led.fence, {}, (), {}))

    assert led.store.run(1).tolerance == later


def test_a_new_writer_counts_the_calls_of_this_process_once(clock, store):
    sent = 5
    meter = Meter(lambda: sent)
    run = store.open_run()

    meter.lead(run)
    first = meter.calls
    meter.lead(run)

    assert first == meter.calls == 5


def test_a_second_run_does_not_pay_for_the_first(store):
    sent = 5
    meter = Meter(lambda: sent)
    meter.lead(store.open_run())

    meter.lead(store.begin(Scope(("roles",)), now=1.0))
    sent = 8

    assert meter.calls == 3
