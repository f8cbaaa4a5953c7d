"""A kind is read to the end: the census is proven, and what it lacks is gone only by evidence."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.content import KINDS
from lookervault.core.course import Course
from lookervault.core.effects import Finish, Keep, Recall
from lookervault.core.reading import Terms
from lookervault.core.roll import Roll
from lookervault.errors import Sort
from lookervault.messages import (
    Expected,
    Fault,
    Fence,
    Fetched,
    Gapped,
    KindDone,
    Lease,
    Retried,
)
from lookervault.records import Census, Row
from lookervault.testing import Thing
from lookervault.units import Count, Ids, Part, Span, Whole

HOUR = 3600.0
LEASE = Lease(Fence(1, 1), Whole(1, Part("users")))
"""For news of which only the rows matter."""


def some(number, **more):
    return [Thing(str(n), **more) for n in range(1, number + 1)]


def ids(*numbers):
    return {str(n) for n in numbers}


def dashboards(bench, number=40, **more):
    return bench({"dashboards": some(number)}, kinds=("dashboards",), **more)


def later(bench, before, seconds, **more):
    """Another life of the run, on the Looker as it is by then."""
    things = {k: list(some.values()) for k, some in before.looker.things.items()}
    kinds = before.run_.scope.kinds
    return bench(things, kinds=kinds, earlier=before, at=before.now + seconds, **more)


def gaps(it):
    return [(gap.id, gap.status, gap.reason) for gap in it.plan.gaps]


def counts(it, kind="dashboards", *, trash=False):
    """How many walks over the listing were begun."""
    return sum(u.first == 0 and u.part.trash == trash for u in it.units(Count, kind))


# Census and pages


def test_pages_do_not_wait_for_the_census(bench):
    it = dashboards(bench, 9000, workers=4, batch=100)
    it.start()

    first = [lease.unit for _, lease in it.given]

    assert first[:2] == [
        Count(1, Part("dashboards"), 0, 5000),
        Count(2, Part("dashboards", trash=True), 0, 5000),
    ]
    assert [type(unit) for unit in first[2:]] == [Span, Span]


def test_the_pages_of_a_census_overlap_by_one_row_and_end_with_one_that_adds_none(
    bench,
):
    it = dashboards(bench, 9000, batch=500)

    it.run()

    walk = [u.first for u in it.units(Count) if not u.part.trash]
    assert walk == [0, 4999, 8999]
    assert it.plan.kinds["dashboards"].expected == 9000


def test_the_last_span_is_open_ended(bench):
    before = dashboards(bench, 35)
    before.run(until=lambda it: "dashboards" in it.censuses)

    it = later(bench, before, 10.0)
    it.run()

    ends = [unit.last for unit in it.units(Span) if not unit.part.trash]
    assert ends.count(None) == 1
    assert it.ids("dashboards") == ids(*range(1, 36))


def test_an_empty_kind_costs_one_page_of_the_census_and_whatever_was_guessed(bench):
    it = dashboards(bench, 0, workers=1)

    assert it.run() == Finish()
    assert len(it.given) == 2
    assert it.plan.kinds["dashboards"].expected == 0


def test_the_expected_number_is_told_when_it_is_exact(bench):
    it = dashboards(bench, 40)

    it.run()

    told = it.news(Expected)
    assert told[-1] == Expected("dashboards", 40, exact=True)
    assert not told[0].exact


# What is too much at once


@pytest.mark.parametrize("sort", [Sort.TIMED_OUT, Sort.TOO_LARGE])
def test_a_span_that_is_too_much_is_cut_at_once_and_its_rows_asked_for_by_id(
    bench, sort
):
    def trouble(lease):
        unit = lease.unit
        much = isinstance(unit, Span) and unit.first < 10 and not unit.part.trash
        return Fault(sort, "too much") if much else None

    it = dashboards(bench, 40, trouble=trouble, workers=2)

    assert it.run() == Finish()
    spans = {(unit.first, unit.last) for unit in it.units(Span) if not unit.part.trash}
    assert {(0, 10), (0, 5), (5, 10), (0, 2), (2, 5), (0, 1), (1, 2)} <= spans
    # Ten of forty: pages would be cheaper than single items, had they not failed.
    assert it.ids("dashboards") == ids(*range(1, 41))
    asked = {id_ for unit in it.units(Ids) for id_ in unit.ids}
    assert asked == ids(*range(1, 11))
    assert gaps(it) == []


def test_a_page_of_the_census_that_is_too_much_is_asked_for_in_smaller_ones(bench):
    def trouble(lease):
        unit = lease.unit
        much = isinstance(unit, Count) and unit.limit > 700
        return Fault(Sort.TOO_LARGE, "too much") if much else None

    it = bench({"users": some(1500)}, kinds=("users",), trouble=trouble, batch=100)

    assert it.run() == Finish()
    assert {unit.limit for unit in it.units(Count)} == {5000, 1250, 312}
    assert it.plan.kinds["users"].expected == 1500
    assert gaps(it) == []


def test_a_cut_is_told_to_those_who_watch(bench):
    def trouble(lease):
        once = isinstance(lease.unit, Span) and lease.unit.last == 10
        return Fault(Sort.TOO_LARGE, "too much") if once else None

    it = dashboards(bench, 20, trouble=trouble)

    it.run()

    assert "too much" in {news.fault.reason for news in it.news(Retried)}


def test_ids_that_are_refused_are_told_apart_from_those_that_are_not(bench):
    def trouble(lease):
        bad = isinstance(lease.unit, Ids) and "m::5" in lease.unit.ids
        return Fault(Sort.REFUSED, "no", 403) if bad else None

    content = {"explores": [Thing(f"m::{n}") for n in range(20)]}
    it = bench(content, kinds=("explores",), workers=2, trouble=trouble)

    assert it.run() == Finish()
    assert gaps(it) == [("m::5", 403, "no")]
    assert len(it.ids("explores")) == 19


# A listing that is refused


@pytest.mark.parametrize("sort", [Span, Count])
def test_a_listing_that_is_refused_is_one_gap_and_not_hundreds(bench, sort):
    def trouble(lease):
        return Fault(Sort.REFUSED, "no", 403) if isinstance(lease.unit, sort) else None

    it = bench({"users": some(300)}, kinds=("users",), trouble=trouble)

    assert it.run() == Finish()
    assert gaps(it) == [("*", 403, "no")]
    assert it.units(Ids) == []
    assert not it.plan.kinds["users"].complete


def test_where_only_the_trash_is_refused_the_rest_is_read_and_the_gap_told(bench):
    def trouble(lease):
        return Fault(Sort.REFUSED, "no", 403) if lease.unit.part.trash else None

    it = dashboards(bench, 40, trouble=trouble)

    assert it.run() == Finish()
    assert it.ids("dashboards") == ids(*range(1, 41))
    assert gaps(it) == [("*", 403, "no")]


def test_a_refusal_is_not_forgotten_by_the_next_life(bench):
    def trouble(lease):
        return Fault(Sort.REFUSED, "no", 403) if lease.unit.part.trash else None

    before = dashboards(bench, 40, trouble=trouble)
    before.run()
    it = later(bench, before, 10.0, trouble=trouble)

    assert it.run() == Finish()
    assert gaps(it) == [("*", 403, "no")]
    assert not it.plan.kinds["dashboards"].complete


def test_nothing_is_searched_for_in_a_kind_of_which_a_part_is_refused(bench):
    def trouble(lease):
        return Fault(Sort.REFUSED, "no", 403) if lease.unit.part.trash else None

    it = dashboards(bench, 40, trouble=trouble, has={"dashboards": ["999"]})

    it.run()

    assert it.units(Ids) == []
    assert it.gone == set()


# What is missing after the pages


def losing(it, lost):
    """Let *it* store nothing of the rows that *lost* tells, by the unit that brings them."""
    serve = it.serve

    def without(fetcher, lease):
        news = serve(fetcher, lease)
        if isinstance(lease.unit, Span | Ids):
            kept = tuple(row for row in news.rows if not lost(lease.unit, row.id))
            it.writes[-1] = (lease, kept)
            return Fetched(fetcher, lease, kept, news.absent, seconds=0.1)
        return news

    it.serve = without
    return it


def test_few_that_are_missing_are_asked_for_by_id_and_counted_again(bench):
    it = losing(
        dashboards(bench, 100, batch=25),
        lambda unit, id_: isinstance(unit, Span) and id_ in {"7", "8"},
    )

    assert it.run() == Finish()
    assert {id_ for unit in it.units(Ids) for id_ in unit.ids} == {"7", "8"}
    assert it.ids("dashboards") == ids(*range(1, 101))
    assert counts(it) == 2


def test_many_that_are_missing_are_read_by_pages_again(bench):
    it = losing(
        dashboards(bench, 300, seconds=lambda _: 0.3),
        lambda _, id_: int(id_) <= 60 and it.now < 2.0,
    )

    assert it.run() == Finish()
    assert it.units(Ids) == []
    assert it.ids("dashboards") == ids(*range(1, 301))
    assert counts(it) == 2


def test_what_stays_missing_after_three_rounds_kept_changing(bench):
    it = losing(dashboards(bench, 40), lambda _, id_: id_ == "7")

    assert it.run() == Finish()
    told = [(id_, "kept changing" in reason) for id_, _, reason in gaps(it)]
    assert told == [("7", True)]
    assert counts(it) == 4
    assert not it.plan.kinds["dashboards"].complete
    assert [news.gap.id for news in it.news(Gapped)] == ["7"]


def test_what_looker_lists_and_never_shows_is_a_gap_and_not_gone(bench):
    content = {"explores": [Thing(f"m::{n}") for n in range(20)]}
    it = bench(content, kinds=("explores",), has={"explores": ["m::3"]})
    one = it.looker._one

    def but_one(kind, parameters):
        if parameters.get("explore_name") == "3":
            parameters = {"lookml_model_name": "m", "explore_name": "none"}
        return one(kind, parameters)

    it.looker._one = but_one

    assert it.run() == Finish()
    assert it.gone == set()
    assert [id_ for id_, _, _ in gaps(it)] == ["m::3"]
    assert not it.plan.kinds["explores"].complete


def test_what_is_deleted_between_the_census_and_its_turn_is_gone_and_no_gap(bench):
    content = {"explores": [Thing(f"m::{n}") for n in range(40)]}
    it = bench(content, kinds=("explores",), workers=2)
    it.run(until=lambda it: len(it.stored) >= 10)
    it.looker.delete("explores", "m::39")

    assert it.go_on() == Finish()
    assert gaps(it) == []
    assert it.plan.kinds["explores"].complete


# A census grows old


def test_a_census_older_than_ten_minutes_is_taken_again_before_it_proves_anything(
    bench,
):
    def slow(lease):
        return 150.0 if isinstance(lease.unit, Span) else 0.1

    it = dashboards(bench, 60, workers=1, seconds=slow, give_up_after=1e9)
    it.run(until=lambda it: len(it.stored) >= 50)
    it.looker.put("dashboards", Thing("61"))

    assert it.go_on() == Finish()
    assert it.now > 600
    assert counts(it) == counts(it, trash=True) == 2
    assert it.ids("dashboards") == ids(*range(1, 62))


def test_a_young_census_is_proof_enough(bench):
    it = dashboards(bench, 60)

    it.run()

    assert counts(it) == 1


# Another life


def half_done(bench, number=60):
    before = dashboards(bench, number, workers=2)
    before.run(
        until=lambda it: len(it.stored) >= number // 2 and "dashboards" in it.censuses
    )
    return before, before.ids("dashboards")


def test_a_young_census_of_an_earlier_life_is_used(bench):
    before, _ = half_done(bench)

    it = later(bench, before, HOUR - 60.0)

    assert it.plan.opening[0].news == Expected("dashboards", 60, exact=True)
    it.start()
    assert it.units(Count) == []


def test_what_an_earlier_life_stored_is_not_asked_for_again(bench):
    before, had = half_done(bench)

    it = later(bench, before, 60.0)

    assert it.run() == Finish()
    assert it.ids("dashboards") == ids(*range(1, 61))
    assert all(it.stored["dashboards", id_] == 1 for id_ in had)


@pytest.mark.parametrize("gap", [HOUR + 60.0, -2 * HOUR])
def test_an_old_census_is_taken_anew_also_if_the_clock_was_set_back(bench, gap):
    before, had = half_done(bench)
    changed = min(had)
    before.looker.update("dashboards", changed)
    before.looker.put("dashboards", Thing("61"))

    it = later(bench, before, gap)

    assert it.run() == Finish()
    assert counts(it) >= 1
    assert it.ids("dashboards") == ids(*range(1, 62))
    assert it.stored["dashboards", changed] == 2
    assert all(it.stored["dashboards", id_] == 1 for id_ in had - {changed})


def test_a_kind_that_was_read_whole_is_not_read_again(bench):
    before = bench({"roles": some(5), "users": some(90)}, kinds=("users", "roles"))
    before.run(until=lambda it: it.ids("roles"))

    it = later(bench, before, 60.0)

    assert it.run() == Finish()
    assert it.units(Whole) == []
    assert it.plan.kinds["roles"].complete


def test_a_census_of_which_only_a_marker_tells_is_kept_by_the_next_life(bench):
    before = bench({"roles": some(5), "users": some(90)}, kinds=("users", "roles"))
    before.run(until=lambda it: it.ids("roles"))
    before.censuses.pop("roles")

    it = later(bench, before, 60.0)
    it.run()

    assert {row.id for row in it.censuses["roles"].rows} == ids(*range(1, 6))


def test_a_kind_that_was_read_whole_long_ago_is_read_again(bench):
    before = bench({"roles": some(5), "users": some(90)}, kinds=("users", "roles"))
    before.run(until=lambda it: it.ids("roles"))
    before.looker.put("roles", Thing("6"))

    it = later(bench, before, 2 * HOUR)

    assert it.run() == Finish()
    assert it.ids("roles") == ids(*range(1, 7))


def test_what_an_earlier_life_stored_and_looker_lacks_by_now_is_gone(bench):
    before, had = half_done(bench)
    before.looker.delete("dashboards", min(had))

    it = later(bench, before, 2 * HOUR, has={"dashboards": sorted(had)})

    assert it.run() == Finish()
    assert it.gone == {("dashboards", min(had))}


@given(seed=st.integers(0, 2**32))
def test_however_often_it_is_interrupted_all_is_stored_in_the_end(bench, seed):
    chance = random.Random(seed)
    content = {"dashboards": some(50), "looks": some(20, folder="1"), "roles": some(3)}
    it = bench(content, kinds=tuple(content), workers=2, batch=5)
    it.run(until=lambda it: len(it.stored) >= chance.randrange(1, 60))

    for _ in range(5):
        if it.end is not None:
            break
        it = later(bench, it, chance.choice([1.0, 700.0, 5000.0]))
        it.run(until=lambda _: chance.random() < 0.05)
    it = later(bench, it, 1.0)

    assert it.run() == Finish()
    assert it.ids("dashboards") == ids(*range(1, 51))
    assert it.ids("looks") == ids(*range(1, 21))
    assert gaps(it) == []


# Looks


def looks(bench, **more):
    content = [Thing(str(n), "1") for n in range(1, 6)]
    content += [Thing("6", "2"), Thing("7", "3", deleted=True)]
    content += [Thing("8", "3", deleted=True)]
    return bench({"looks": content}, kinds=("looks",), **more)


def test_a_folder_with_two_or_more_looks_is_one_call_and_others_come_by_id(bench):
    it = looks(bench)

    assert it.run() == Finish()
    assert [unit.part for unit in it.units(Whole)] == [Part("looks", "1")]
    assert {id_ for unit in it.units(Ids) for id_ in unit.ids} == {"6", "7", "8"}
    assert it.ids("looks") == ids(*range(1, 9))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Sort.REFUSED, "no", 403),
        Fault(Sort.NOT_FOUND, "no", 404),
        Fault(Sort.TOO_LARGE, "too much"),
    ],
)
def test_a_folder_that_cannot_be_read_is_read_look_by_look(bench, fault):
    it = looks(
        bench, trouble=lambda lease: fault if isinstance(lease.unit, Whole) else None
    )

    assert it.run() == Finish()
    assert it.ids("looks") == ids(*range(1, 9))
    assert gaps(it) == []
    assert len(it.units(Whole)) == 1
    asked = [id_ for unit in it.units(Ids) for id_ in unit.ids]
    assert len(asked) == len(set(asked))


# What is listed in one call


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Sort.OVERLOADED, "broken", 500),
        Fault(Sort.MISSHAPEN, "cut off"),
        Fault(Sort.TOO_LARGE, "too much"),
    ],
)
def test_a_listing_that_cannot_be_had_whole_is_read_one_by_one(bench, fault):
    it = bench(
        {"roles": some(5)},
        kinds=("roles",),
        trouble=lambda lease: fault if isinstance(lease.unit, Whole) else None,
    )

    assert it.run() == Finish()
    assert it.ids("roles") == ids(*range(1, 6))
    assert gaps(it) == []


def test_of_a_listing_that_one_item_spoils_only_that_item_is_missing(bench):
    fault = Fault(Sort.MISSHAPEN, "cut off")

    def spoiled(lease):
        unit = lease.unit
        bad = isinstance(unit, Whole) or (isinstance(unit, Ids) and "3" in unit.ids)
        return fault if bad else None

    it = bench({"roles": some(5)}, kinds=("roles",), trouble=spoiled)

    assert it.run() == Finish()
    assert it.ids("roles") == ids(1, 2, 4, 5)
    assert [gap.id for gap in it.plan.gaps] == ["3"]


def test_a_listing_that_is_refused_for_good_is_one_gap(bench):
    fault = Fault(Sort.REFUSED, "no", 403)
    it = bench({"roles": some(5)}, kinds=("roles",), trouble=lambda _: fault)

    assert it.run() == Finish()
    assert [gap.id for gap in it.plan.gaps] == ["*"]


# What is broken

BROKEN = [
    Fault(Sort.OVERLOADED, "broken", 500),
    Fault(Sort.MISSHAPEN, "cut off"),
    Fault(Sort.TIMED_OUT, "too slow"),
    Fault(Sort.UNREACHABLE, "reset"),
]


def with_broken_dashboards(bench, fault, workers, broken):
    content = {"dashboards": some(3000), "users": some(200), "roles": some(5)}
    kinds = ("dashboards", "users", "roles")

    def trouble(lease):
        unit = lease.unit
        return fault if unit.part.kind == "dashboards" and broken(unit) else None

    return bench(content, kinds=kinds, workers=workers, trouble=trouble, batch=100)


@pytest.mark.parametrize("workers", [1, 3, 8])
@pytest.mark.parametrize("fault", BROKEN, ids=lambda fault: fault.reason)
@pytest.mark.parametrize(
    "broken",
    [lambda _: True, lambda unit: not isinstance(unit, Count)],
    ids=["all of it", "all but its census"],
)
def test_a_kind_that_is_broken_is_one_gap_and_holds_nobody_up(
    bench, fault, workers, broken
):
    it = with_broken_dashboards(bench, fault, workers, broken)

    assert it.run() == Finish()
    assert it.ids("users") == ids(*range(1, 201))
    assert it.ids("roles") == ids(*range(1, 6))
    assert "*" in {gap.id for gap in it.plan.gaps}
    assert {gap.kind for gap in it.plan.gaps} == {"dashboards"}
    assert len(it.given) < 500  # though it has 3,000 items


def test_explores_of_a_broken_model_do_not_pass_for_all_of_them(bench):
    explores = [Thing(f"{m}::{n}") for m in ("bad", "good") for n in range(60)]
    fault = Fault(Sort.OVERLOADED, "no connection", 500)

    def trouble(lease):
        ids = lease.unit.ids if isinstance(lease.unit, Ids) else ()
        return fault if any(id_.startswith("bad") for id_ in ids) else None

    it = bench({"explores": explores}, kinds=("explores",), workers=1, trouble=trouble)

    assert it.run() == Finish()
    assert it.ids("explores") == {f"good::{n}" for n in range(60)}
    assert {gap.id for gap in it.plan.gaps} == {f"bad::{n}" for n in range(60)}


# What is gone


def with_ghosts(bench, *ghosts, number=40, **more):
    has = {"dashboards": [*(str(n) for n in range(1, number + 1)), *ghosts]}
    return dashboards(bench, number, has=has, **more)


def test_what_answers_by_404_while_others_are_there_is_gone(bench):
    it = with_ghosts(bench, "998", "999")

    assert it.run() == Finish()
    assert it.gone == {("dashboards", "998"), ("dashboards", "999")}
    assert gaps(it) == []
    assert all(unit.witnesses for unit in it.units(Ids))


def test_what_is_in_the_trash_is_stored_and_not_gone(bench):
    content = [*some(10), Thing("11", deleted=True)]
    has = {"dashboards": [str(n) for n in range(1, 12)]}
    it = bench({"dashboards": content}, kinds=("dashboards",), has=has)

    it.run()

    assert it.gone == set()
    assert "11" in it.ids("dashboards")


def test_what_answers_by_id_is_stored_although_no_list_has_it(bench):
    it = with_ghosts(bench, "999")
    it.looker.put("dashboards", Thing("999", "9"))
    listed = it.looker._listed

    def without(kind, parameters):
        return (thing for thing in listed(kind, parameters) if thing.id != "999")

    it.looker._listed = without

    it.run()

    assert it.gone == set()
    assert "999" in it.ids("dashboards")
    assert it.plan.kinds["dashboards"].complete


def test_without_a_witness_nothing_is_gone(bench):
    it = with_ghosts(bench, "999", number=0)

    assert it.run() == Finish()
    assert it.gone == set()
    assert [(gap.id, gap.missing) for gap in it.plan.gaps] == [("999", True)]
    assert it.plan.kinds["dashboards"].missing == 1


def test_a_login_that_sees_nothing_any_more_makes_nothing_gone(bench):
    it = with_ghosts(bench, "998", "999")
    one = it.looker._one
    it.looker._one = lambda kind, _: one(kind, {"dashboard_id": "none"})

    assert it.run() == Finish()
    assert it.gone == set()
    assert {id_ for id_, _, _ in gaps(it)} == {"998", "999"}


def test_witnesses_that_have_gone_themselves_are_replaced(bench):
    it = with_ghosts(bench, "999")
    it.run(until=lambda it: it.units(Ids))
    for id_ in it.units(Ids)[-1].witnesses:
        it.looker.delete("dashboards", id_)

    assert it.go_on() == Finish()
    assert it.gone == {("dashboards", "999")}
    assert len({unit.witnesses for unit in it.units(Ids)}) == 2


GHOSTS = [str(n) for n in range(9000, 9030)]


def test_many_that_would_go_at_once_are_missing_and_not_gone(bench):
    it = with_ghosts(bench, *GHOSTS)

    assert it.run() == Finish()
    assert it.gone == set()
    assert {id_ for id_, _, _ in gaps(it)} == set(GHOSTS)
    assert it.units(Ids) == []
    report = it.plan.kinds["dashboards"]
    assert (report.missing, report.failed, report.complete) == (30, 0, True)


def test_many_of_very_many_may_go(bench):
    it = with_ghosts(bench, *GHOSTS, number=1000, batch=100)

    it.run()

    assert it.gone == {("dashboards", id_) for id_ in GHOSTS}


def test_twenty_may_go_whatever_share_they_are(bench):
    it = with_ghosts(bench, *GHOSTS[:20], number=3)

    it.run()

    assert len(it.gone) == 20


def test_many_are_gone_if_the_user_accepts_that(bench):
    it = with_ghosts(bench, *GHOSTS, number=0, accept_deletions=True)

    assert it.run() == Finish()
    assert len(it.gone) == 30
    assert gaps(it) == []


def test_many_are_gone_if_the_run_before_missed_them_too(bench):
    it = with_ghosts(bench, *GHOSTS, missed=GHOSTS)

    assert it.run() == Finish()
    assert len(it.gone) == 30


def test_one_more_that_went_since_does_not_take_the_confirmation_away(bench):
    it = with_ghosts(bench, *GHOSTS, "999", missed=GHOSTS)

    assert it.run() == Finish()
    assert len(it.gone) == 31


def test_many_more_that_went_since_need_a_confirmation_of_their_own(bench):
    more = [str(n) for n in range(9030, 9060)]
    it = with_ghosts(bench, *GHOSTS, *more, missed=GHOSTS)

    assert it.run() == Finish()
    assert it.gone == set()


def test_every_kind_tells_its_end_once(bench):
    it = bench({kind: some(3) for kind in ("dashboards", "users", "roles", "boards")})

    it.run()

    done = [news.kind for news in it.news(KindDone)]
    assert sorted(done) == sorted(it.plan.kinds)


def settled(course, totals):
    """Let *course* count 3 users as often as it wants, of the *totals* that Looker says."""
    rows, effects = [Row(str(n)) for n in range(3)], []
    for n in range(50):
        unit = course.reading.count() or course.reading.offer(10, guess=False)
        if unit is None:
            effects = course.settle(float(n))
        elif isinstance(unit, Count):
            page = tuple(rows[unit.first :])
            news = Fetched("f", LEASE, page, total=totals.pop(0) if totals else 3)
            effects = course.fetched(unit, news, float(n))
        else:
            course.fetched(unit, Fetched("f", LEASE, tuple(rows)), float(n))
            course.stored(unit, float(n))
        if course.done or any(isinstance(e, Recall) for e in effects):
            return effects
    raise AssertionError("it does not settle")


def users():
    numbers = itertools.count(1).__next__
    terms = Terms(2, 100, accept_deletions=False, number=numbers)
    return Course(KINDS["users"], [Part("users")], Roll("users", {}), terms)


def test_a_listing_shorter_than_its_total_is_counted_again():
    course = users()

    effects = settled(course, [9, 9, 3, 3])

    assert effects == [Recall("users")]
    assert course.roll.gaps == ()


def test_a_listing_that_stays_shorter_than_its_total_is_a_gap():
    course = users()

    settled(course, [9] * 50)

    assert [gap.id for gap in course.roll.gaps] == ["*"]
    assert not course.roll.report().complete


@pytest.mark.parametrize(("total", "kept"), [(3, [3]), (9, [])])
def test_a_census_shorter_than_its_total_is_not_kept_for_a_later_life(total, kept):
    course, effects = users(), []

    while (page := course.reading.count()) is not None:
        rows = tuple(Row(str(n)) for n in range(3))[page.first :]
        news = Fetched("f", LEASE, rows, total=total)
        effects += course.fetched(page, news, 0.0)

    keeps = [effect for effect in effects if isinstance(effect, Keep)]
    assert [len(keep.census.rows) for keep in keeps] == kept


def test_a_span_of_a_census_that_an_earlier_life_took_is_cut_and_not_read_for_ever():
    course = users()
    course.recounted(Census(1, 0.0, tuple(Row(str(n)) for n in range(20))))
    fault = Fault(Sort.MISSHAPEN, "cut off")

    span = course.reading.offer(10, guess=False)
    course.give_up(span, fault, final=False)

    pieces = [course.reading.offer(10, guess=False) for _ in range(2)]
    assert [(piece.first, piece.last) for piece in pieces] == [(0, 5), (5, 10)]
