"""A plan forgets nothing, gives nothing to two, and always ends."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.effects import Finish, Recede, Stop
from lookervault.errors import Sort
from lookervault.messages import Fault
from lookervault.records import Row
from lookervault.testing import Thing
from lookervault.units import Count, Ids, Span

SEEDS = st.integers(0, 2**32)
SCOPES = st.sampled_from(
    [
        {},
        {"kinds": ("dashboards",)},
        {"kinds": ("dashboards", "looks", "users")},
        {"kinds": ("looks", "roles", "explores")},
        {"folders": ("1",), "recursive": True},
        {"kinds": ("dashboards", "looks"), "folders": ("1", "3")},
    ]
)


def a_looker(chance):
    """Some content, in folders, models and the trash."""

    def things(most):
        return [
            Thing(str(n), chance.choice("123"), deleted=chance.random() < 0.1)
            for n in range(chance.randrange(most))
        ]

    def plain(most):
        return [Thing(str(n)) for n in range(chance.randrange(most))]

    return {
        "dashboards": things(60),
        "looks": things(30),
        "users": plain(20),
        "roles": plain(5),
        "explores": [Thing(f"m{n % 2}::e{n}") for n in range(chance.randrange(9))],
        "folders": [Thing("1"), Thing("2", "1"), Thing("3")],
    }


def lies_in(bench, kind, thing):
    return kind == "folders" or not bench.expansion or thing.folder in bench.expansion


@given(
    seed=SEEDS,
    scope=SCOPES,
    changes=st.sampled_from([0, 0, 8]),
    whims=st.sampled_from([0, 1, 25]),
)
def test_whatever_happens_it_ends_and_all_that_was_there_is_stored(
    bench, seed, scope, changes, whims
):
    chance = random.Random(seed)
    it = bench(
        a_looker(chance),
        **scope,
        workers=chance.randrange(1, 5),
        batch=chance.choice([1, 4, 10]),
        cap=chance.choice([2, 3, 7, 10_000]),
        budget=chance.choice([1, 2**20, 64 * 2**20]),
        give_up_after=1e9,
    )
    before = {(kind, id_) for kind, some in it.looker.things.items() for id_ in some}

    end = it.shake(
        chance,
        troubles=chance.choice([0, 5, 40]),
        deaths=5,
        changes=changes,
        whims=whims,
    )

    if isinstance(end, Stop):
        assert "folders cannot be listed" in end.reason
        return
    it.check_end()
    gaps = {(gap.kind, gap.id) for gap in it.plan.gaps}
    for kind in it.plan.kinds:
        for id_, thing in it.looker.things.get(kind, {}).items():
            there = (kind, id_) in before - it.touched and lies_in(it, kind, thing)
            assert (
                not there or it.stored[kind, id_] or {(kind, id_), (kind, "*")} & gaps
            )


@given(seed=SEEDS, scope=SCOPES)
def test_a_plan_that_is_halted_at_any_moment_stops_when_what_is_out_is_stored(
    bench, seed, scope
):
    chance = random.Random(seed)
    it = bench(a_looker(chance), **scope, workers=3, batch=4)
    it.start()
    for _ in range(chance.randrange(60)):
        if it.end is None:
            it.step(chance, Counter())
    given = len(it.given)
    ended = it.end

    it.do(it.plan.halt("Enough.", 4))
    end = it.shake(chance, deaths=2)

    assert end == ended or (end == Stop("Enough.", 4) and len(it.given) == given)
    assert not it.plan._hands.in_flight
    assert not it.credit._held


# Whose fault it is


def some(number, **more):
    return [Thing(str(n), **more) for n in range(1, number + 1)]


def reads(unit, id_):
    """Whether *unit* reads the item *id_* of a listing that counts from 1."""
    match unit:
        case Span(first=first, last=last):
            return first < int(id_) and (last is None or int(id_) <= last)
        case Ids(ids=ids):
            return id_ in ids
        case _:
            return False


SHARED = [Sort.OVERLOADED, Sort.TIMED_OUT, Sort.MISSHAPEN, Sort.UNREACHABLE]


@pytest.mark.parametrize("sort", SHARED)
@pytest.mark.parametrize("workers", [1, 4])
@pytest.mark.parametrize("since", [0.0, 1.0])
def test_an_outage_costs_time_and_nothing_else(bench, sort, workers, since):
    def out(_lease):
        return Fault(sort, "out") if since <= it.now < 500.0 else None

    content = {"dashboards": some(60), "explores": [Thing(f"m::{n}") for n in range(9)]}
    kinds = ("dashboards", "explores")
    it = bench(content, kinds=kinds, workers=workers, batch=5, trouble=out)

    assert it.run() == Finish()
    assert it.ids("dashboards") == {str(n) for n in range(1, 61)}
    assert len(it.ids("explores")) == 9
    assert it.plan.gaps == ()
    assert it.now < 500.0 + 30.0
    # One span that was cut is what an outage in the middle may cost.
    assert len(it.units(Ids, "dashboards")) == 0
    assert sum(unit.page < 2 for unit in it.units(Span)) <= 1


@pytest.mark.parametrize("sort", SHARED)
def test_an_outage_that_meets_the_last_unit_alone_makes_no_gap(bench, sort):
    def out(_lease):
        return Fault(sort, "out") if it.stored and it.now < 500.0 else None

    it = bench({"roles": some(3), "lookml_models": some(2)}, workers=1, trouble=out)

    assert it.run() == Finish()
    assert it.plan.gaps == ()


@pytest.mark.parametrize("sort", [Sort.OVERLOADED, Sort.MISSHAPEN, Sort.UNREACHABLE])
@pytest.mark.parametrize("workers", [1, 3])
def test_what_fails_alone_is_given_up_and_holds_nothing_else_up(bench, sort, workers):
    def trouble(lease):
        return Fault(sort, "poison", 500) if reads(lease.unit, "17") else None

    content = {"dashboards": some(40), "roles": some(3)}
    it = bench(content, workers=workers, trouble=trouble, give_up_after=1e9)

    assert it.run() == Finish()
    assert [(gap.kind, gap.id) for gap in it.plan.gaps] == [("dashboards", "17")]
    assert it.ids("dashboards") == {str(n) for n in range(1, 41)} - {"17"}
    tries = [unit for unit in it.units(Ids) if unit.ids == ("17",)]
    assert len(tries) >= 5
    assert it.plan.kinds["dashboards"].complete is False
    assert it.plan.kinds["roles"].complete is True


def test_an_item_that_kills_its_fetcher_is_given_up_even_if_nothing_else_is_left(bench):
    it = bench({"dashboards": some(9)}, workers=1)
    it.trouble = lambda lease: it.dies if reads(lease.unit, "7") else None

    assert it.run() == Finish()
    assert [gap.id for gap in it.plan.gaps] == ["7"]


@pytest.mark.parametrize("kinds", [("explores",), ("roles", "explores")])
def test_a_listing_that_never_makes_sense_does_not_hold_the_run_up_for_ever(
    bench, kinds
):
    def trouble(lease):
        nonsense = Fault(Sort.MISSHAPEN, "no JSON")
        return nonsense if lease.unit.part.kind == "explores" and it.now > 1 else None

    def seconds(lease):
        return 2.0 if isinstance(lease.unit, Ids) else 0.1

    content = {"roles": some(3), "explores": [Thing(f"m::{n}") for n in range(9)]}
    it = bench(content, kinds=kinds, workers=1, trouble=trouble, seconds=seconds)

    end = it.run()

    if kinds == ("explores",):
        # Nothing tells this from an outage.
        assert isinstance(end, Stop)
        assert end.exit_code == 5
    else:
        assert end == Finish()
        assert {gap.kind for gap in it.plan.gaps} == {"explores"}


def test_a_probe_that_is_in_trouble_itself_does_not_speak_for_looker(bench):
    def trouble(lease):
        broken = lease.unit.part.kind in {"users", "explores"} and it.now > 1
        return Fault(Sort.MISSHAPEN, "no JSON") if broken else None

    explores = [Thing(f"m::{n}") for n in range(9)]
    content = {"users": some(9), "roles": some(3), "explores": explores}
    it = bench(content, kinds=tuple(content), workers=1, trouble=trouble)
    it.seconds = lambda lease: 2.0 if isinstance(lease.unit, Ids) else 0.1

    assert it.run() == Finish()
    assert {gap.kind for gap in it.plan.gaps} == {"explores"}


def test_whoever_was_to_find_out_whether_looker_is_back_may_be_given_up(bench):
    # One explore is cut off once and then kills five fetchers; nobody else asks
    # Looker meanwhile, since it may be away.
    seen = []

    def trouble(lease):
        if isinstance(lease.unit, Count) and lease.unit.limit == 2:
            return Fault(Sort.UNREACHABLE, "cut off")
        if not isinstance(lease.unit, Ids) or "m::1" not in lease.unit.ids:
            return None
        seen.append(lease)
        return it.dies if len(seen) > 1 else Fault(Sort.UNREACHABLE, "cut off")

    content = {"users": some(3), "explores": [Thing("m::1"), Thing("m::2")]}
    it = bench(content, kinds=("users", "explores"), workers=1, trouble=trouble)
    it.seconds = lambda lease: 1.0

    assert it.run() == Finish()
    assert [gap.id for gap in it.plan.gaps] == ["m::1"]
    assert it.ids("explores") == {"m::2"}


def test_a_login_that_is_refused_stops_the_run(bench):
    fault = Fault(Sort.UNAUTHORIZED, "The login was refused.", 401)
    it = bench({"roles": some(3)}, trouble=lambda _: fault)

    assert it.run() == Stop("The login was refused.", 13)


def test_a_kind_that_is_refused_is_one_gap_and_stops_no_other(bench):
    def trouble(lease):
        refused = lease.unit.part.kind in {"users", "roles", "looks"}
        return Fault(Sort.REFUSED, "no", 403) if refused else None

    content = {kind: some(25) for kind in ("dashboards", "looks", "users", "roles")}
    it = bench(content, trouble=trouble)

    assert it.run() == Finish()
    told = sorted((gap.kind, gap.id, gap.status) for gap in it.plan.gaps)
    assert told == [(kind, "*", 403) for kind in ("looks", "roles", "users")]
    assert len(it.ids("dashboards")) == 25


def test_without_any_answer_the_run_stops_and_says_what_was_wrong(bench):
    it = bench(
        {"roles": some(3)}, trouble=lambda _: Fault(Sort.UNREACHABLE, "no such host")
    )

    end = it.run()

    assert end == Stop("Looker has not answered for 600 s: no such host", 5)
    assert 600 < it.now < 620


def test_a_refusal_is_an_answer(bench):
    def trouble(lease):
        single = isinstance(lease.unit, Ids)
        return Fault(Sort.REFUSED, "not like this", 422) if single else None

    content = {"explores": [Thing(f"m::{n}") for n in range(60)]}
    it = bench(
        content, kinds=("explores",), workers=1, trouble=trouble, seconds=lambda _: 30.0
    )

    assert it.run() == Finish()
    assert it.now > 1200
    assert len(it.plan.gaps) == 60


def test_what_waits_for_the_store_is_no_silence_of_looker_s(bench):
    it = bench({"roles": some(3)}, kinds=("roles",), workers=1)
    it.start()
    fetcher, lease = it.leases.popitem()
    it.hear(it.serve(fetcher, lease))

    it.now = 5000.0
    it.tick()

    assert it.end is None
    it.store()
    assert it.end == Finish()


# Halting


def test_who_comes_to_another_request_after_a_halt_is_asked_again_to_hand_back(bench):
    it = bench({"roles": some(3)}, workers=1)
    it.start()

    first = it.plan.halt("Enough.", 4)
    later = it.plan.tick(1.0)

    assert first == later == [Recede()]
    fetcher, lease = it.leases.popitem()
    assert it.plan.returned(fetcher, lease, 1.0) == [Stop("Enough.", 4)]


def test_a_unit_that_was_handed_back_is_handed_out_first(bench):
    it = bench({"roles": some(3), "boards": some(3)}, workers=1)
    it.start()
    fetcher, lease = it.leases.popitem()

    it.do(it.plan.returned(fetcher, lease, 1.0))

    again = it.leases[fetcher]
    assert (again.unit, again.attempt) == (lease.unit, lease.attempt + 1)


def test_the_first_reason_to_stop_is_the_one_that_is_told(bench):
    it = bench({"roles": some(3)}, workers=1)
    it.start()
    it.do(it.plan.halt("First.", 4))
    it.do(it.plan.halt("Second.", 5))

    it.go_on()

    assert it.end == Stop("First.", 4)


# Bytes in hand


def test_nothing_is_handed_out_beyond_the_budget(bench):
    it = bench(
        {"dashboards": some(200)}, kinds=("dashboards",), workers=8, budget=3 * 2**20
    )
    most = []

    it.run(until=lambda it: most.append(len(it.credit._held)))

    # A megabyte each, before one came in; a page of a census half of that.
    assert max(most) > 3
    assert most[0] <= 4
    it.check_end()


def test_a_budget_smaller_than_any_unit_lets_one_at_a_time_through(bench):
    it = bench({"dashboards": some(50)}, kinds=("dashboards",), workers=4, budget=1)
    held = []

    assert it.run(until=lambda it: held.append(len(it.credit._held))) == Finish()
    assert max(held) == 1


# The end together


@pytest.mark.parametrize("workers", [50, 32, 8, 3])
def test_the_fetchers_end_together(bench, workers):
    number = max(20_000, 2000 * workers)
    listing = [Row(str(n)) for n in range(number)]

    def page(lease):
        unit = lease.unit
        end = unit.first + unit.limit if isinstance(unit, Count) else unit.last
        return () if unit.part.trash else tuple(listing[unit.first : end])

    def seconds(lease):
        each = 0.0005 if isinstance(lease.unit, Count) else 0.01
        return 0.05 + each * len(page(lease))

    it = bench({}, kinds=("dashboards",), workers=workers, batch=100, seconds=seconds)
    it.answer = page

    assert it.run() == Finish()
    assert len(it.ids("dashboards")) == number
    makespan = max(at + seconds(lease) for at, lease in it.given)
    assert 1 - sum(it.busy.values()) / (workers * makespan) < 0.03
