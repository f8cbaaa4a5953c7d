"""An agenda knows which kinds a run reads, in which folders, and what is most urgent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.content import KINDS, Reads
from lookervault.core.effects import Assign, Expand, Finish, Stop
from lookervault.errors import Sort
from lookervault.messages import Fault
from lookervault.testing import Thing
from lookervault.units import Count, Ids, Part, Span, Whole

TREE = [Thing("1"), Thing("2", "1"), Thing("3", "2"), Thing("4")]


def some(number, **more):
    return [Thing(str(n), **more) for n in range(1, number + 1)]


def in_folders(*folders):
    return [Thing(str(n), folder) for n, folder in enumerate(folders, 1)]


def read_in(bench, folders, tree=TREE, **more):
    content = {
        "dashboards": in_folders("1", "2", "3", "4", "1", "9"),
        "looks": in_folders("1", "1", "2", "4"),
        "users": some(3),
        "folders": tree,
        "boards": some(2),
    }
    return bench(content, folders=folders, **more)


# Folders


def test_without_recursion_a_scope_is_its_roots_and_nothing_below_them(bench):
    it = read_in(bench, ("1",))

    assert it.run() == Finish()
    assert it.expansion == it.plan.folders == ("1",)
    assert it.ids("dashboards") == {"1", "5"}
    assert it.ids("looks") == {"1", "2"}


def test_with_recursion_it_is_all_that_lies_below_them_too(bench):
    it = read_in(bench, ("1",), recursive=True)

    assert it.run() == Finish()
    assert set(it.expansion) == {"1", "2", "3"}
    assert it.ids("dashboards") == {"1", "2", "3", "5"}
    assert it.ids("looks") == {"1", "2", "3"}


def test_folders_that_claim_each_other_as_parents_end(bench):
    tree = [Thing("1", "3"), Thing("2", "1"), Thing("3", "2")]
    it = read_in(bench, ("1",), tree, recursive=True)

    assert it.run() == Finish()
    assert sorted(it.expansion) == ["1", "2", "3"]


def test_kinds_that_know_no_folder_are_left_out_and_those_that_span_them_are_whole(
    bench,
):
    it = read_in(bench, ("1",))

    it.run()

    assert set(it.plan.kinds) == {"dashboards", "looks", "boards", "folders"}
    assert len(it.ids("boards")) == 2
    assert len(it.ids("folders")) == 4


def test_a_root_that_is_no_folder_is_a_mistake_of_the_user(bench):
    it = read_in(bench, ("1", "77", "88"))

    end = it.run()

    assert isinstance(end, Stop)
    assert end.exit_code == 2
    assert "77, 88" in end.reason
    assert "--folder-id" in end.reason


def test_kinds_without_folders_do_not_wait_for_the_map_of_folders(bench):
    it = read_in(bench, ("1",), workers=8)
    it.start()

    units = [lease.unit for _, lease in it.given]

    assert {unit.part.kind for unit in units} == {"boards", "folders"}
    assert Part("folders") in [unit.part for unit in units if isinstance(unit, Count)]


def test_the_expansion_is_kept_before_anything_is_read_by_it(bench):
    it = read_in(bench, ("1",), workers=1)
    it.start()
    wanted = []
    it.do = lambda effects: wanted.extend(effects) or [it._do(e) for e in effects]

    it.go_on()

    kept = wanted.index(Expand(("1",)))
    read = [
        n for n, e in enumerate(wanted) if isinstance(e, Assign) and e.unit.part.folder
    ]
    assert read
    assert kept < min(read)


def test_a_run_that_knows_its_expansion_does_not_ask_again(bench):
    before = read_in(bench, ("1",), recursive=True)
    before.run(until=lambda it: it.expansion)

    it = read_in(bench, ("1",), recursive=True, earlier=before, at=before.now)

    assert it.run() == Finish()
    assert it.units(Count, "folders") == []
    assert it.ids("dashboards") == {"1", "2", "3", "5"}


@pytest.mark.parametrize(
    ("fault", "exit_code"),
    [
        (Fault(Sort.REFUSED, "no", 403), 13),
        (Fault(Sort.TOO_LARGE, "too much"), 5),
    ],
)
def test_without_the_map_of_folders_the_run_stops_at_once(bench, fault, exit_code):
    def trouble(lease):
        return fault if isinstance(lease.unit, Count) else None

    it = read_in(bench, ("1",), trouble=trouble)

    end = it.run()

    assert end == Stop(f"The folders cannot be listed: {fault.reason}", exit_code)
    assert it.now < 10


def test_a_map_that_comes_late_is_waited_for(bench):
    def trouble(lease):
        away = isinstance(lease.unit, Count) and it.now < 100
        return Fault(Sort.OVERLOADED, "away", 503) if away else None

    it = read_in(bench, ("1",), trouble=trouble)

    assert it.run() == Finish()
    assert it.ids("dashboards") == {"1", "5"}


# What comes first


def test_every_listing_is_counted_before_pages_are_read(bench):
    content = {kind: some(200, folder="1") for kind in ("dashboards", "looks", "users")}
    it = bench(content, kinds=tuple(content), workers=1)

    it.run()

    first = [type(lease.unit) for _, lease in it.given]
    last_count = max(n for n, sort in enumerate(first) if sort is Count)
    first_span = first.index(Span)
    # Two pages for each of five listings, at most.
    assert last_count <= 10
    assert first_span >= 5


def test_the_kind_with_most_before_it_goes_first(bench):
    content = {"dashboards": some(50), "users": some(400), "groups": some(100)}
    it = bench(content, kinds=tuple(content), workers=1)

    it.run()

    spans = [unit.part.kind for unit in it.units(Span) if not unit.part.trash]
    firsts = [spans.index(kind) for kind in ("users", "groups", "dashboards")]
    assert firsts == sorted(firsts)


def test_spans_shrink_to_a_fourth_towards_the_end_also_beside_looks(bench):
    content = {"dashboards": some(2000), "looks": some(100, folder="1")}
    it = bench(content, kinds=tuple(content), workers=4, batch=100)

    it.run()

    lengths = [unit.page for unit in it.units(Span) if not unit.part.trash]
    assert lengths[0] == 100
    assert min(lengths) == 25


def test_in_an_outage_nobody_is_sent_further_and_further(bench):
    def out(_lease):
        return Fault(Sort.UNREACHABLE, "refused") if it.now < 300 else None

    it = bench(
        {"dashboards": some(60), "roles": some(3)}, workers=3, trouble=out, batch=5
    )

    assert it.run() == Finish()
    # The listing has 60 rows; what was guessed beyond them is a page a fetcher.
    assert max(unit.first for unit in it.units(Span)) <= 60 + 3 * 5
    assert len({lease.unit.number for at, lease in it.given if at < 300}) < 200


@given(data=st.data())
def test_every_kind_alone_is_read_completely(bench, data):
    kind = KINDS[data.draw(st.sampled_from(sorted(KINDS)))]
    number = data.draw(st.integers(0, 45))
    names = [f"m{n % 3}::{n}" if kind.listing.each else str(n) for n in range(number)]
    content = [Thing(name, "1" if kind.folder else None) for name in names]
    cap = data.draw(st.sampled_from([2, 7, 1000]))
    it = bench({kind.name: content}, kinds=(kind.name,), cap=cap)

    assert it.run() == Finish()
    it.check_end()
    assert it.ids(kind.name) == set(names)
    report = it.plan.kinds[kind.name]
    assert (report.expected, report.stored) == (number, number)
    assert report.complete
    if kind.reads is Reads.WHOLE:
        assert len(it.units(Whole)) == 1
        assert it.units(Ids) == []
