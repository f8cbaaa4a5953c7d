"""The coordinator hands out what the plan decides, under its own lead and under no other."""

from itertools import count

import pytest

from lookervault.actors.coordinator import Coordinator
from lookervault.actors.orders import Orders
from lookervault.core.credit import Credit
from lookervault.core.limits import Limits
from lookervault.errors import Sort
from lookervault.messages import (
    Assigned,
    Began,
    Counted,
    Due,
    Failed,
    Fault,
    Fence,
    Fetch,
    Fetched,
    Finished,
    Gone,
    Halt,
    KindDone,
    Lead,
    Lease,
    Led,
    Note,
    Ready,
    Recede,
    Returned,
    Seal,
    Sealed,
    Steer,
    Steering,
    Stored,
    Tick,
    Wake,
    Weighed,
)
from lookervault.records import (
    Gap,
    Item,
    KindReport,
    Login,
    Phase,
    Row,
    Scope,
    State,
)
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.memory import MemoryStore
from lookervault.testing import Inbox
from lookervault.units import Count, Ids, Part, Whole

ROLES = Scope(kinds=("roles",))


class Bench:
    """A coordinator with inboxes round it; its writer is played by the test."""

    def __init__(self, clock, store=None, *, fetchers=("fetcher-1",), **limits):
        self.clock = clock
        self.store = store or MemoryStore()
        self.me = Inbox()
        self.fetchers = {name: Inbox() for name in fetchers}
        self.writer = Inbox()
        self.progress = Inbox()
        self.owner = Inbox()
        self.credit = Credit(64 * 2**20)
        self._tickets = count(1)
        self.orders = Orders(Steering(len(fetchers)), clock.now())
        self.weighed = Weighed(100, over=False)
        self._limits = Limits(**limits)
        self.start()

    def start(self):
        """Let a coordinator live, or the next one."""
        self.coordinator = Coordinator(
            self.store,
            self._limits,
            me=self.me,
            fetchers=self.fetchers,
            writer=self.writer,
            progress=self.progress,
            owner=self.owner,
            clock=self.clock,
            credit=self.credit,
            tickets=self._tickets,
            orders=self.orders,
            weigh=lambda: self.weighed,
        )
        self.coordinator.started()

    def tell(self, *messages):
        for message in messages:
            self.coordinator.receive(message)

    def open(self, scope=ROLES, **known):
        """Open a run and wake the coordinator, as the system does."""
        run = self.store.begin(scope, now=self.clock.wall())
        self.store.note(run.number, **known)
        self.orders.run = run.number
        self.tell(Wake())
        return run

    def answer(self):
        """Give the lead, as the writer does, if it was asked for."""
        leads = [m for m in self.writer.take() if isinstance(m, Lead)]
        run = self.store.open_run()
        if run is not None:
            run = self.store.lead(run.number)
            self.fence = Fence(run.number, run.epoch)
        self.tell(Led(leads[-1].ticket, run))
        return run

    def lead(self, scope=ROLES, **known):
        self.open(scope, **known)
        return self.answer()

    def ready(self):
        for name in self.fetchers:
            self.tell(Ready(name))

    def lease(self, name="fetcher-1"):
        """Return what *name* was told to fetch last."""
        return [m for m in self.fetchers[name].messages if isinstance(m, Fetch)][
            -1
        ].lease

    def fetch(self, *rows, name="fetcher-1", absent=()):
        """Let *name* have fetched what it holds, and the writer have stored it."""
        lease = self.lease(name)
        self.tell(Fetched(name, lease, rows, absent))
        if not isinstance(lease.unit, Count):
            now = self.clock.wall()
            items = tuple(item(row.id, row.folder, now) for row in rows)
            landed = [Landed(lease.unit, items)]
            self.store.put(lease.fence.run, lease.fence.epoch, landed, calls=0)
            self.tell(Stored(lease.fence, ((lease.unit.number, lease.attempt),)))

    def sealed(self):
        """Seal the run, as the writer does when it is told to."""
        (seal,) = [m for m in self.writer.take() if isinstance(m, Seal)]
        return self.seal(seal.fence.run, seal.kinds, seal.gaps)

    def seal(self, run, kinds=None, gaps=()):
        return self.store.seal(
            run,
            now=self.clock.wall(),
            kinds=kinds or {},
            gaps=gaps,
            figures={},
            calls=0,
        )

    def told(self, inbox, sort):
        return [m for m in inbox.messages if isinstance(m, sort)]


def item(id_, folder=None, at=1.0):
    raw = b"{}"
    return Item(
        row=Row(id_, folder=folder),
        title=id_,
        call="call",
        fetched_at=at,
        digest=digest(raw),
        body=compress(raw),
        size=len(raw),
    )


@pytest.fixture
def bench(clock):
    return Bench(clock)


def with_items(store, scope, items, *, gaps=(), **noted):
    """Let an earlier run of *scope* have stored *items*: ids and folders by kind."""
    run = store.begin(scope, now=0.0)
    store.note(run.number, **noted)
    for number, (kind, some) in enumerate(items.items()):
        stored = tuple(item(id_, folder) for id_, folder in some.items())
        store.put(run.number, 0, [Landed(Whole(number, Part(kind)), stored)], calls=0)
    report = KindReport(expected=0, stored=0, missing=len(gaps))
    kinds = dict.fromkeys(items, report)
    return store.seal(run.number, now=0.0, kinds=kinds, gaps=gaps, figures={}, calls=0)


# The lead


def test_it_asks_for_the_lead_when_it_starts_and_when_it_is_woken(bench):
    first = bench.writer.take()

    bench.open()

    assert first == [Lead(1)]
    assert bench.writer.take() == [Lead(2)]


def test_it_works_when_the_lead_is_its(bench):
    bench.ready()
    run = bench.lead()

    lease = bench.lease()

    assert lease == Lease(Fence(run.number, run.epoch), Whole(1, Part("roles")), 1)
    (began,) = bench.told(bench.progress, Began)
    assert began == Began(run, ("roles",), {})
    (assigned,) = bench.told(bench.progress, Assigned)
    assert assigned == Assigned("fetcher-1", lease.unit, 1)


def test_a_fetcher_that_is_ready_later_gets_its_work_then(bench):
    bench.lead()
    assert bench.fetchers["fetcher-1"].take() == []

    bench.ready()

    assert bench.lease().unit == Whole(1, Part("roles"))


def test_the_answer_to_an_earlier_question_is_not_taken(bench):
    bench.ready()
    bench.open()
    run = bench.store.lead(1)

    bench.tell(Led(1, run))

    assert bench.fetchers["fetcher-1"].take() == []
    bench.tell(Led(2, run))
    assert bench.lease()


def test_without_an_open_run_it_waits(bench):
    bench.ready()

    bench.answer()

    assert bench.fetchers["fetcher-1"].take() == []
    assert bench.owner.take() == []


def test_a_run_that_is_open_and_not_wanted_is_left_alone(bench):
    bench.ready()
    bench.store.begin(ROLES, now=0.0)

    bench.answer()

    assert bench.fetchers["fetcher-1"].take() == []


def test_one_that_is_woken_while_it_works_goes_on(bench):
    bench.lead()
    bench.ready()

    bench.tell(Wake())

    assert bench.writer.take() == []


def test_each_lead_begins_without_debts(bench):
    bench.credit.reserve((0, 1, 1), 1000)

    bench.lead()

    assert bench.credit.in_hand == 0


@pytest.mark.parametrize("fence", [Fence(1, 0), Fence(7, 1)])
def test_what_was_told_under_another_lead_counts_for_nothing(bench, fence):
    bench.lead()
    bench.ready()
    lease = bench.lease()
    stale = Lease(fence, lease.unit, lease.attempt)

    bench.tell(
        Fetched("fetcher-1", stale, (Row("1"),)),
        Failed("fetcher-1", stale, Fault(Sort.UNAUTHORIZED, "no")),
        Returned("fetcher-1", stale),
        Stored(fence, ((1, 1),)),
        Due(fence, 1),
        Tick(fence),
    )

    assert len(bench.fetchers["fetcher-1"].messages) == 1
    assert bench.told(bench.writer, Seal) == []
    assert bench.owner.take() == []
    bench.fetch(Row("1"))
    assert bench.told(bench.writer, Seal)


def test_facts_that_come_before_the_lead_are_void(bench):
    bench.tell(Tick(Fence(1, 1)), Stored(Fence(1, 1), ((1, 1),)))

    assert bench.lead()


# From its begin to its end


def test_a_run_is_counted_sealed_and_finished(bench):
    bench.lead()
    bench.ready()
    bench.fetch(Row("1"), Row("2"))

    (counted,) = bench.told(bench.writer, Counted)
    assert [row.id for row in counted.census.rows] == ["1", "2"]
    (seal,) = bench.told(bench.writer, Seal)
    assert seal.kinds["roles"].stored == 2
    assert seal.gaps == ()
    assert set(seal.figures) == {"seconds", "utilization"}

    run = bench.sealed()
    bench.tell(Sealed(run))

    assert bench.owner.take() == [Finished(run)]
    assert bench.orders.run is None
    assert bench.told(bench.progress, Finished) == [Finished(run)]


def test_the_next_run_may_be_opened_before_the_end_of_the_last_is_heard_of(bench):
    bench.lead()
    bench.ready()
    bench.fetch(Row("1"))
    first = bench.sealed()
    second = bench.open()
    assert bench.writer.take() == []

    bench.tell(Sealed(first))
    bench.answer()

    assert bench.lease().fence.run == second.number
    assert bench.orders.run == second.number
    assert bench.owner.take() == [Finished(first)]


def test_a_crash_between_the_seal_and_the_news_of_it_leaves_nothing_to_do(bench):
    bench.lead()
    bench.ready()
    bench.fetch(Row("1"))
    bench.sealed()

    bench.start()
    bench.fetchers["fetcher-1"].take()
    bench.ready()
    bench.answer()

    assert bench.store.run(1).phase is Phase.SEALED
    assert bench.fetchers["fetcher-1"].take() == []
    assert bench.told(bench.writer, Seal) == []


def test_the_next_life_goes_on_where_the_store_is(bench):
    scope = Scope(kinds=("roles", "boards"))
    bench.lead(scope)
    bench.ready()
    done = bench.lease().unit.part.kind
    bench.fetch(Row("1"))

    bench.start()
    bench.ready()
    run = bench.answer()

    assert run.epoch == 2
    assert bench.lease().unit.part.kind in {"roles", "boards"} - {done}
    *_, began = bench.told(bench.progress, Began)
    assert began.stored == {done: 1}


def test_a_unit_that_failed_is_due_again_when_its_time_has_come(bench):
    bench.lead()
    bench.ready()
    lease = bench.lease()
    bench.tell(Failed("fetcher-1", lease, Fault(Sort.OVERLOADED, "busy", 503)))
    probe = bench.lease()
    bench.tell(Failed("fetcher-1", probe, Fault(Sort.OVERLOADED, "busy", 503)))

    bench.clock.advance(1.0)

    assert Due(bench.fence, lease.unit.number) in bench.me.take()
    bench.tell(Due(bench.fence, lease.unit.number))
    assert bench.lease() == Lease(bench.fence, lease.unit, 2)


def test_it_looks_at_the_time_every_second(bench):
    bench.lead()

    for _ in range(3):
        bench.clock.advance(1.0)
        (tick,) = bench.me.take()
        bench.tell(tick)

    bench.clock.advance(10.0)
    assert len(bench.me.take()) == 1


def test_a_run_that_stops_is_finished_with_the_reason_and_stays_open(clock):
    bench = Bench(clock, give_up_after=5.0)
    bench.lead()
    bench.ready()
    bench.clock.advance(6.0)
    bench.tell(Tick(bench.fence))
    bench.tell(Returned("fetcher-1", bench.lease()))

    (finished,) = bench.owner.take()
    assert finished.exit_code == 5
    assert "has not answered" in finished.reason
    assert bench.store.run(1).phase is Phase.OPEN
    assert bench.orders.run is None


# Halting


def test_a_run_that_stops_ends_with_all_that_was_stored_until_then(clock):
    bench = Bench(clock)
    bench.lead(Scope(kinds=("roles", "boards")))
    bench.ready()
    first = bench.lease().unit.part.kind
    bench.fetch(Row("1"), Row("2"))
    run = bench.store.open_run()
    assert run.counts[first].new == 2

    bench.tell(Halt("Ctrl-C.", 130), Returned("fetcher-1", bench.lease()))

    assert bench.owner.take() == [Finished(run, "Ctrl-C.", 130)]
    assert Finished(run, "Ctrl-C.", 130) in bench.progress.take()


def test_a_halt_asks_all_to_hand_back_and_ends_when_they_have(clock):
    bench = Bench(clock, fetchers=("fetcher-1", "fetcher-2"))
    scope = Scope(kinds=("roles", "boards"))
    bench.lead(scope)
    bench.ready()

    bench.tell(Halt("Enough.", 4))

    for name, inbox in bench.fetchers.items():
        assert inbox.messages[-1] == Recede()
        assert bench.owner.messages == []
        bench.tell(Returned(name, bench.lease(name)))
    (finished,) = bench.owner.take()
    assert (finished.reason, finished.exit_code) == ("Enough.", 4)


def test_a_halt_that_comes_before_the_lead_is_not_forgotten(bench):
    bench.ready()
    bench.open()

    bench.tell(Halt("Enough.", 4))
    bench.answer()

    (finished,) = bench.owner.take()
    assert (finished.run.number, finished.reason) == (1, "Enough.")


def test_a_halt_does_not_stop_the_run_when_it_is_continued_later(bench):
    bench.ready()
    bench.lead()
    bench.tell(Halt("Enough.", 4), Returned("fetcher-1", bench.lease()))
    assert bench.owner.take()

    run = bench.lead()

    assert run.resumed == 1
    assert bench.lease().fence == bench.fence
    assert bench.owner.take() == []


def test_a_halt_that_comes_after_the_end_stops_nothing(bench):
    bench.lead()
    bench.ready()
    bench.fetch(Row("1"))
    bench.tell(Sealed(bench.sealed()))
    bench.owner.take()

    bench.tell(Halt("Enough.", 4))
    bench.lead()

    assert bench.owner.take() == []
    assert bench.lease().fence == bench.fence


# What the vault has


def recalled(bench):
    """Let the roles of Looker be one, 1; return what is asked for next."""
    bench.ready()
    bench.fetch(Row("1"))
    lease = bench.lease()
    return lease.unit.ids if isinstance(lease.unit, Ids) else ()


def test_what_the_vault_has_and_looker_lacks_is_asked_for(bench):
    with_items(bench.store, ROLES, {"roles": {"1": None, "2": None}})
    bench.lead()

    assert recalled(bench) == ("2",)
    bench.fetch(absent=("2",))

    assert bench.told(bench.writer, Gone) == [Gone(bench.fence, "roles", ("2",))]
    assert bench.told(bench.writer, Seal)


def test_what_is_known_to_be_gone_is_not_asked_for_again(bench):
    with_items(bench.store, ROLES, {"roles": {"1": None, "2": None}})
    run = bench.store.begin(ROLES, now=0.0)
    bench.store.put_gone(run.number, "roles", ["2"], now=0.0)
    bench.seal(run.number)
    bench.lead()

    assert recalled(bench) == ()
    assert next(bench.store.versions("roles", "2")).state is State.GONE


def many_missing(bench, scope):
    ids = {str(n): None for n in range(1, 50)}
    gaps = [Gap("roles", id_, None, "", missing=True) for id_ in ids if id_ != "1"]
    with_items(bench.store, scope, {"roles": ids}, gaps=gaps)
    bench.lead()
    return recalled(bench)


def test_what_the_last_run_of_the_scope_missed_is_believed_now(bench):
    assert many_missing(bench, ROLES)


def test_what_a_run_of_another_scope_missed_confirms_nothing(bench):
    assert many_missing(bench, Scope(kinds=("roles", "boards"))) == ()
    (seal,) = bench.told(bench.writer, Seal)
    assert seal.kinds["roles"].missing == 48


def test_under_a_folder_scope_only_what_lay_in_its_folders_may_be_gone(bench):
    scope = Scope(kinds=("dashboards",), folders=("1",), recursive=True)
    had = {"11": "1", "12": "2", "13": "3", "14": "4", "15": None}
    with_items(bench.store, scope, {"dashboards": had}, expansion=("1", "3"))
    # Folder 2 is new below the root, folder 3 has left it, 4 never lay there.
    bench.lead(scope, expansion=("1", "2"))
    bench.ready()
    asked = ()
    for _ in range(20):
        unit = bench.lease().unit
        if isinstance(unit, Ids):
            asked = unit.ids
            break
        bench.fetch()

    assert sorted(asked) == ["11", "12", "13"]


def test_the_expansion_is_noted_as_soon_as_it_is_known(bench):
    scope = Scope(kinds=("dashboards",), folders=("1",), recursive=True)
    bench.lead(scope)
    bench.ready()

    bench.fetch(Row("1"), Row("2", folder="1"))

    assert Note(bench.fence, expansion=("1", "2")) in bench.writer.messages


def test_nothing_that_was_wanted_before_the_end_is_told_after_it(clock):
    bench = Bench(clock)
    bench.progress = bench.writer
    bench.start()
    scope = Scope(kinds=("dashboards", "looks"))
    bench.lead(scope)
    bench.ready()
    while not bench.told(bench.writer, Seal):
        lease = bench.lease()
        if lease.unit.part == Part("looks", trash=True):
            fault = Fault(Sort.REFUSED, "no", 403)
            bench.tell(Failed("fetcher-1", lease, fault))
        else:
            bench.fetch()

    assert isinstance(bench.writer.messages[-1], Seal)
    assert len(bench.told(bench.writer, KindDone)) == 2


# Who reads


def test_roles_that_the_login_has_lost_since_the_last_snapshot_are_told(bench):
    before = Login("1", ("2", "3", "4"))
    with_items(bench.store, ROLES, {"roles": {"1": None}}, login=before)

    bench.lead(login=Login("1", ("3",)))

    (began,) = bench.told(bench.progress, Began)
    assert began.lost_roles == ("2", "4")


def test_the_first_run_of_a_scope_has_lost_no_role(bench):
    with_items(bench.store, Scope(), {}, login=Login("1", ("2",)))

    bench.lead(login=Login("1", ()))

    (began,) = bench.told(bench.progress, Began)
    assert began.lost_roles == ()


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ("24.2.1", "24.4.0", "24.2.1"),
        ("24.4.0", "24.4.0", ""),
        ("", "24.4.0", ""),
        ("24.2.1", "", ""),
    ],
)
def test_another_version_of_looker_than_in_the_last_snapshot_is_told(
    bench, before, now, told
):
    other = bench.store.begin(Scope(("looks",)), now=0.0)
    bench.store.note(other.number, looker="23.0.0")
    with_items(bench.store, Scope(("groups",)), {}, looker=before)

    bench.lead(looker=now)

    (began,) = bench.told(bench.progress, Began)
    assert began.looker_before == told


# How it goes on, as its owner says and as memory allows


def test_a_pause_asks_back_what_waits_and_hands_out_nothing_until_it_ends(bench):
    bench.lead()
    bench.ready()
    (fetch,) = bench.fetchers["fetcher-1"].take()

    bench.tell(Steer(Steering(1, paused=True)))
    assert bench.fetchers["fetcher-1"].take() == [Recede()]
    bench.tell(Returned("fetcher-1", fetch.lease))
    assert bench.fetchers["fetcher-1"].take() == []

    bench.tell(Steer(Steering(1)))

    assert bench.lease().unit == fetch.lease.unit


def test_a_pause_is_not_lost_with_the_coordinator_that_heard_of_it(bench):
    bench.orders.steering = Steering(1, paused=True)
    bench.lead()

    bench.ready()

    assert bench.fetchers["fetcher-1"].take() == []


def test_memory_is_weighed_when_it_begins_and_each_second(bench, clock):
    bench.lead()
    assert bench.told(bench.progress, Weighed) == [bench.weighed]

    bench.weighed = Weighed(200, over=True)
    (tick,) = clock_tells(clock, bench)
    bench.tell(tick)

    assert bench.told(bench.progress, Weighed)[-1] == bench.weighed


def test_time_is_up_whoever_led_before(bench, clock):
    bench._limits = Limits(max_duration=60.0)
    bench.start()
    bench.lead()
    clock.advance(61.0)
    bench.start()
    bench.tell(Wake())
    bench.answer()

    (tick,) = clock_tells(clock, bench)
    bench.tell(tick)

    (finished,) = bench.owner.take()
    assert finished.exit_code == 4
    assert "--max-duration" in finished.reason


def clock_tells(clock, bench):
    """Return the tick of the second that passes now."""
    bench.me.take()
    clock.advance(1.0)
    return [m for m in bench.me.take() if isinstance(m, Tick)][-1:]
