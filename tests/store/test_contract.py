"""Every store keeps the contract of `store/base.py`, sentence by sentence."""

from __future__ import annotations

import json

import pytest

from lookervault.errors import Damaged, VaultError
from lookervault.records import (
    Census,
    Counts,
    Gap,
    Item,
    KindReport,
    Login,
    Phase,
    Row,
    Scope,
    State,
    Tolerance,
)
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.lmdb import LmdbStore
from lookervault.store.memory import MemoryStore
from lookervault.store.recall import tolerance
from lookervault.units import Ids, Marker, Part, Span, Whole

LOOKER = "https://looker.example"
ALL = Scope()
HOSTILE = (
    "", "0", "\0", "a\0b", "../../etc/passwd", "*", "é" * 99, "日本語", "\U0001f600", "x" * 200,
    "x" * 201, "x" * 600, "x" * 599 + "y", "ÿ" * 300, "\x1b[31m", " ", "1::2",
)  # fmt: skip


@pytest.fixture(params=["memory", "lmdb", "lmdb of 1 MiB"])
def store(request, tmp_path):
    if request.param == "memory":
        made = MemoryStore(LOOKER, now=5.0)
    else:
        size = {"size": 2**20} if "1 MiB" in request.param else {}
        made = LmdbStore.create_or_open(tmp_path / "vault", LOOKER, now=5.0, **size)
    yield made
    made.close()


@pytest.fixture
def run(store):
    """The number of an open run."""
    return store.begin(ALL, now=10.0).number


def item(
    id_="1",
    body=None,
    *,
    at=1.0,
    call="search_dashboards",
    updated=None,
    deleted=False,
    folder=None,
    title="Title",
):
    raw = json.dumps({"id": id_, "title": title} if body is None else body).encode()
    return Item(
        row=Row(id_, updated, deleted, folder),
        title=title,
        call=call,
        fetched_at=at,
        digest=digest(raw),
        body=compress(raw),
        size=len(raw),
    )


def unit(number, kind="dashboards"):
    return Span(number, Part(kind), number * 10, number * 10 + 10, 10)


def landed(number, *items, kind="dashboards"):
    return Landed(unit(number, kind), items)


def put(store, run, number, *items, kind="dashboards", epoch=1, calls=1):
    """Put one unit and return the counts of its kind."""
    return store.put(run, epoch, [landed(number, *items, kind=kind)], calls=calls)[0][
        kind
    ]


def seal(store, run, *gaps, now=20.0):
    return store.seal(run, now=now, kinds={}, gaps=gaps, figures={}, calls=0)


def follow(store, run, *gaps):
    """Seal *run* and open the next one."""
    seal(store, run, *gaps)
    return store.begin(ALL, now=30.0).number


def ids(heads):
    return [head.id for head in heads]


def size(*items):
    return sum(each.size for each in items)


# The store itself


def test_a_store_says_what_it_is(store):
    about = store.about

    assert (about.format, about.instance, about.created) == (1, LOOKER, 5.0)
    assert len(about.id) == 32


def test_calls_after_close_are_errors(store):
    store.close()

    with pytest.raises(VaultError, match="closed"):
        store.begin(ALL, now=1.0)
    with pytest.raises(VaultError, match="closed"):
        store.open_run()
    with pytest.raises(VaultError, match="closed"):
        list(store.heads("dashboards"))


def test_a_store_may_be_closed_twice(store):
    store.close()

    store.close()


# Runs


def test_an_empty_store_has_no_runs(store):
    assert list(store.runs()) == []
    assert store.open_run() is None
    assert store.run(1) is None


def test_run_numbers_count_up_from_1(store):
    numbers = [store.begin(ALL, now=1.0, fresh=True).number for _ in range(3)]

    assert numbers == [1, 2, 3]
    assert [run.number for run in store.runs()] == [3, 2, 1]


def test_a_new_run_knows_its_scope_and_its_start(store):
    scope = Scope(("dashboards",), ("7",), recursive=True)

    run = store.begin(scope, now=12.5)

    assert (run.scope, run.started, run.phase) == (scope, 12.5, Phase.OPEN)
    assert (run.epoch, run.resumed, run.ended) == (0, 0, None)
    assert store.run(1) == run == store.open_run()


def test_an_open_run_of_the_same_scope_is_continued(store):
    store.begin(ALL, now=1.0)

    again = store.begin(Scope(), now=2.0)

    assert (again.number, again.resumed, again.started) == (1, 1, 1.0)
    assert store.open_run() == again


def test_an_open_run_of_another_scope_becomes_abandoned(store):
    store.begin(ALL, now=1.0)

    other = store.begin(Scope(("looks",)), now=2.0)

    assert other.number == 2
    assert store.open_run() == other
    assert (store.run(1).phase, store.run(1).ended) == (Phase.ABANDONED, 2.0)


def test_what_an_abandoned_run_stored_stays_as_observed(store, run):
    put(store, run, 1, item("1"))

    store.begin(ALL, now=2.0, fresh=True)

    assert ids(store.heads("dashboards")) == ["1"]
    assert list(store.markers(run)) == []


def test_a_fresh_run_abandons_an_open_one_of_the_same_scope(store, run):
    assert store.begin(ALL, now=2.0, fresh=True).number == run + 1
    assert store.run(run).phase is Phase.ABANDONED


def test_a_sealed_run_is_never_continued(store, run):
    seal(store, run)

    assert store.begin(ALL, now=30.0).number == run + 1
    assert store.run(run).phase is Phase.SEALED


def test_each_lead_has_a_higher_epoch(store, run):
    first, second = store.lead(run), store.lead(run)

    assert (first.epoch, second.epoch) == (1, 2)
    assert store.run(run) == second


def test_what_became_known_of_a_run_is_kept(store, run):
    login = Login("5", ("1", "2"), "Ada")
    store.note(run, expansion=("1", "2"))
    store.note(run, login=login, looker="26.4")
    store.note(run)

    known = store.run(run)

    assert (known.expansion, known.login, known.looker) == (("1", "2"), login, "26.4")


def test_an_empty_expansion_is_something_known(store, run):
    store.note(run, expansion=())

    assert store.run(run).expansion == ()


def test_a_seal_closes_the_run_with_its_report(store, run):
    report = {"looks": KindReport(expected=3, stored=2, failed=1, complete=False)}
    gap = Gap("looks", "9", 403, "Looker refused.", "<html>")

    told = store.seal(
        run, now=20.0, kinds=report, gaps=[gap], figures={"seconds": 1.5}, calls=44
    )

    assert (told.phase, told.ended, told.calls) == (Phase.SEALED, 20.0, 44)
    assert (told.kinds, told.figures) == (report, {"seconds": 1.5})
    assert store.run(run) == told
    assert list(store.gaps(run)) == [gap]
    assert store.open_run() is None


def test_what_looker_bears_is_kept_with_what_was_stored(store, run):
    found = Tolerance(rate=20.0, sure=150.0, in_flight=None, at=12.0)

    assert store.run(run).tolerance is None
    store.put(run, 1, [landed(1, item("1"))], calls=3, tolerance=found)

    assert store.run(run).tolerance == found
    assert store.open_run().tolerance == found


def test_a_commit_or_a_seal_that_knows_nothing_of_it_changes_nothing(store, run):
    found = Tolerance(rate=None, in_flight=7.5, at=12.0)
    store.put(run, 1, [landed(1, item("1"))], calls=3, tolerance=found)

    store.put(run, 1, [landed(2, item("2"))], calls=4)
    seal(store, run)

    assert store.run(run).tolerance == found


def test_a_seal_keeps_what_was_found_last(store, run):
    first, last = (Tolerance(rate=rate, sure=9.0, at=rate) for rate in (20.0, 10.0))
    store.put(run, 1, [landed(1, item("1"))], calls=3, tolerance=first)

    told = store.seal(
        run, now=20.0, kinds={}, gaps=[], figures={}, calls=5, tolerance=last
    )

    assert told.tolerance == store.run(run).tolerance == last


def test_the_newest_run_that_met_a_limit_tells_what_looker_bears(store, run):
    assert tolerance(store) is None
    first, second = (Tolerance(rate=rate, sure=9.0, at=1.0) for rate in (20.0, 10.0))
    store.put(run, 1, [landed(1, item("1"))], calls=3, tolerance=first)
    looks = store.begin(Scope(("looks",)), now=30.0).number

    assert tolerance(store) == first
    store.put(looks, 1, [landed(1, item("2"))], calls=3, tolerance=second)
    follow(store, looks)

    assert tolerance(store) == second


def test_the_markers_of_a_sealed_run_go(store, run):
    put(store, run, 1, item("1"))

    seal(store, run)

    assert list(store.markers(run)) == []


def test_an_item_behind_a_gap_is_unread_and_shows_its_earlier_version(store, run):
    put(store, run, 1, item("1", {"a": 1}))
    second = follow(store, run)

    seal(store, second, Gap("dashboards", "1", 500, "Broken."))

    (head,) = store.heads("dashboards")
    assert (head.state, head.run) == (State.UNREAD, second)
    assert store.body(head) == b'{"a": 1}'
    assert [head.state for head in store.heads("dashboards", at=run)] == [State.PRESENT]


def test_an_item_that_is_just_missing_stays_as_it_is(store, run):
    put(store, run, 1, item("1"))
    second = follow(store, run)
    gap = Gap("dashboards", "1", None, "Not listed.", missing=True)

    seal(store, second, gap)

    (head,) = store.heads("dashboards")
    assert (head.state, head.run) == (State.PRESENT, run)
    assert list(store.gaps(second)) == [gap]


def test_a_gap_without_an_earlier_version_makes_no_entry(store, run):
    seal(store, run, Gap("dashboards", "1", 500, "Broken."))

    assert list(store.heads("dashboards")) == []


def test_a_gap_does_not_hide_what_the_same_run_read(store, run):
    put(store, run, 1, item("1"))

    seal(store, run, Gap("dashboards", "1", 500, "Broken."))

    assert [head.state for head in store.heads("dashboards")] == [State.PRESENT]


def test_a_gap_of_a_whole_kind_marks_no_item(store, run):
    put(store, run, 1, item("1"), item("*"))
    second = follow(store, run)

    seal(store, second, Gap("dashboards", "*", 403, "Refused."))

    assert {head.state for head in store.heads("dashboards")} == {State.PRESENT}


def test_gaps_come_by_kind_and_id(store, run):
    gaps = [Gap(k, i, None, "r") for k in ("looks", "boards") for i in ("10", "9", "*")]

    seal(store, run, *gaps)

    found = [(gap.kind, gap.id) for gap in store.gaps(run)]
    assert sorted(found) == sorted((gap.kind, gap.id) for gap in gaps)
    assert [i for kind, i in found if kind == "looks"] == ["*", "9", "10"]


@pytest.mark.parametrize("number", [1, 99])
def test_only_an_open_run_is_written_to(store, number):
    seal(store, store.begin(ALL, now=1.0).number)

    for write in (
        lambda: put(store, number, 1, item("1")),
        lambda: store.lead(number),
        lambda: store.note(number, looker="26"),
        lambda: store.put_census(number, "looks", Census(1, 1.0, ())),
        lambda: store.put_gone(number, "looks", ["1"], now=1.0),
        lambda: seal(store, number),
    ):
        with pytest.raises(ValueError, match=f"Run {number} is not open"):
            write()
    assert list(store.heads("dashboards")) == []


# What a run writes


def test_an_item_that_is_not_there_is_new(store, run):
    it = item("7", at=3.5, updated="2026-01-01", folder="f", title="Sales")

    counts = put(store, run, 1, it)

    assert counts == Counts(new=1, bytes=it.size)
    (head,) = store.heads("dashboards")
    assert (head.kind, head.id, head.run) == ("dashboards", "7", run)
    assert (head.state, head.title, head.folder) == (State.PRESENT, "Sales", "f")
    assert (head.updated_at, head.fetched_at) == ("2026-01-01", 3.5)
    assert (head.call, head.digest, head.size) == (it.call, it.digest, it.size)
    assert head.row == it.row


def test_an_item_of_the_trash_is_trashed(store, run):
    put(store, run, 1, item("7", deleted=True))

    (head,) = store.heads("dashboards")

    assert head.state is State.TRASHED
    assert head.row.deleted


def test_an_item_that_was_gone_is_new(store, run):
    put(store, run, 1, item("1"))
    store.put_gone(run, "dashboards", ["1"], now=9.0)
    second = follow(store, run)

    assert put(store, second, 1, item("1")).new == 1
    assert [h.state for h in store.versions("dashboards", "1")] == [
        State.PRESENT,
        State.GONE,
    ]


def test_within_a_run_the_item_that_was_fetched_later_wins(store, run):
    put(store, run, 1, item("1", {"v": 1}, at=5.0))

    later = put(store, run, 2, item("1", {"v": 2}, at=6.0))
    sooner = put(store, run, 3, item("1", {"v": 3}, at=4.0))
    same = put(store, run, 4, item("1", {"v": 4}, at=6.0))

    # Looker's clock shows whole seconds, so that of a tie the last one counts.
    assert later == sooner == same == Counts(repeated=1)
    (head,) = store.versions("dashboards", "1")
    assert store.body(head) == b'{"v": 4}'
    assert store.run(run).counts["dashboards"].stored == 1


def test_an_item_twice_in_a_unit_counts_once(store, run):
    counts = put(store, run, 1, item("1", at=1.0), item("1", at=2.0))

    assert (counts.new, counts.repeated) == (1, 1)
    assert [head.fetched_at for head in store.heads("dashboards")] == [2.0]


def test_the_same_bytes_again_are_unchanged_and_write_nothing(store, run):
    put(store, run, 1, item("1", at=1.0))
    before = list(store.versions("dashboards", "1"))
    second = follow(store, run)

    counts = put(store, second, 1, item("1", at=50.0))

    assert counts == Counts(unchanged=1, bytes=item("1").size)
    assert list(store.versions("dashboards", "1")) == before


@pytest.mark.parametrize(
    "moved",
    [{"folder": "2"}, {"title": "Other"}, {"deleted": True}],
    ids=["folder", "title", "state"],
)
def test_the_same_bytes_in_another_place_are_changed(store, run, moved):
    body = {"id": "1"}
    put(store, run, 1, item("1", body, folder="1"))
    second = follow(store, run)

    counts = put(store, second, 1, item("1", body, **{"folder": "1"} | moved))

    assert counts.changed == 1
    assert len(list(store.versions("dashboards", "1"))) == 2


def test_what_was_unread_and_is_read_again_is_changed(store, run):
    put(store, run, 1, item("1"))
    second = follow(store, run)
    third = follow(store, second, Gap("dashboards", "1", 500, "Broken."))

    assert put(store, third, 1, item("1")).changed == 1
    assert [h.state for h in store.heads("dashboards")] == [State.PRESENT]


def test_bodies_that_differ_in_volatile_paths_only_are_unchanged(store, run):
    def body(count, seen):
        look = {"title": "L", "view_count": seen}
        return {"view_count": count, "dashboard_elements": [{"look": look}]}

    put(store, run, 1, item("1", body(1, 1)))
    second = follow(store, run)

    assert put(store, second, 1, item("1", body(2, 9))).unchanged == 1
    assert len(list(store.versions("dashboards", "1"))) == 1


def test_bodies_that_differ_elsewhere_are_changed(store, run):
    put(store, run, 1, item("1", {"view_count": 1, "x": 1}))
    second = follow(store, run)

    assert put(store, second, 1, item("1", {"view_count": 1, "x": 2})).changed == 1
    bodies = [store.body(head) for head in store.versions("dashboards", "1")]
    assert bodies == [b'{"view_count": 1, "x": 2}', b'{"view_count": 1, "x": 1}']


def test_what_is_volatile_in_one_kind_is_not_in_another(store, run):
    put(store, run, 1, item("1", {"view_count": 1}), kind="boards")
    second = follow(store, run)

    assert put(store, second, 1, item("1", {"view_count": 2}), kind="boards").changed


def test_another_updated_at_is_a_change_whatever_else_is_equal(store, run):
    put(store, run, 1, item("1", {"view_count": 1}, updated="u"))
    second = follow(store, run)

    counts = put(store, second, 1, item("1", {"view_count": 2}, updated="v"))

    assert counts.changed == 1


def test_volatile_paths_do_not_hide_a_move(store, run):
    put(store, run, 1, item("1", {"view_count": 1}, folder="1"))
    second = follow(store, run)

    assert put(store, second, 1, item("1", {"view_count": 2}, folder="2")).changed == 1


def test_bodies_of_two_calls_and_one_updated_at_are_not_compared(store, run):
    put(store, run, 1, item("1", {"rich": 1}, updated="u", call="dashboard"))
    second = follow(store, run)

    counts = put(store, second, 1, item("1", {}, updated="u", call="search_dashboards"))

    assert counts.unchanged == 1
    assert [store.body(h) for h in store.heads("dashboards")] == [b'{"rich": 1}']


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"updated": None}, {"updated": None}),
        ({"updated": "u"}, {"updated": "v"}),
        ({"updated": "u", "folder": "1"}, {"updated": "u", "folder": "2"}),
        ({"updated": "u"}, {"updated": "u", "deleted": True}),
    ],
)
def test_bodies_of_two_calls_are_compared_when_the_rows_say_so(store, run, old, new):
    put(store, run, 1, item("1", {"v": 1}, call="a", **old))
    second = follow(store, run)

    assert put(store, second, 1, item("1", {"v": 2}, call="b", **new)).changed == 1


def test_a_version_that_comes_back_finds_its_body(store, run):
    put(store, run, 1, item("1", {"v": 1}))
    second = follow(store, run)
    put(store, second, 1, item("1", {"v": 2}))
    third = follow(store, second)

    put(store, third, 1, item("1", {"v": 1}))

    bodies = [store.body(head) for head in store.versions("dashboards", "1")]
    assert bodies == [b'{"v": 1}', b'{"v": 2}', b'{"v": 1}']


def test_the_counts_come_for_each_unit_and_the_run_has_their_sum(store, run):
    units = [
        landed(1, item("1"), item("2")),
        landed(2, item("3"), kind="looks"),
        landed(3),
    ]

    told = store.put(run, 1, units, calls=9)

    both = size(item("1"), item("2"))
    assert told == [
        {"dashboards": Counts(new=2, bytes=both)},
        {"looks": Counts(new=1, bytes=item("3").size)},
        {"dashboards": Counts()},
    ]
    assert store.run(run).counts == told[0] | told[1]
    assert store.run(run).calls == 9


def test_the_calls_replace_those_of_the_run(store, run):
    store.put(run, 1, [], calls=9)
    store.put(run, 1, [], calls=12)

    assert store.run(run).calls == 12


def test_a_unit_that_comes_again_changes_nothing(store, run):
    put(store, run, 1, item("1", {"v": 1}, at=1.0))
    before = list(store.heads("dashboards")), list(store.markers(run))
    counts = store.run(run).counts

    again = put(store, run, 1, item("1", {"v": 1}, at=1.0))

    assert again == Counts(repeated=1)
    assert (list(store.heads("dashboards")), list(store.markers(run))) == before
    assert store.run(run).counts == counts


def test_a_unit_that_comes_again_with_other_items_loses_neither(store, run):
    put(store, run, 1, item("1"), item("2"))

    again = put(store, run, 1, item("2"), item("3"))

    assert (again.new, again.repeated) == (1, 1)
    assert [head.id for head in store.heads("dashboards")] == ["1", "2", "3"]
    [marker] = store.markers(run)
    assert {row.id for row in marker.rows} == {"1", "2", "3"}


def test_items_whose_ids_are_known_are_left_out(store, run):
    long = "x" * 300
    put(store, run, 1, item("1"), item("2"), item("10"), item(long), item(long + "y"))

    found = store.heads("dashboards", but={"1", "10", long})

    assert [head.id for head in found] == ["2", long + "y"]


def test_what_came_back_unchanged_twice_counts_once(store, run):
    put(store, run, 1, item("1"))
    store.seal(run, now=9.0, kinds={}, gaps=(), figures={}, calls=1)
    second = store.begin(Scope(), now=10.0).number

    told = [put(store, second, 1, item("1", at=11.0)) for _ in range(2)]

    assert told == [Counts(unchanged=1, bytes=told[0].bytes), Counts(repeated=1)]


def test_a_unit_twice_in_one_batch_counts_once(store, run):
    told = store.put(run, 1, [landed(1, item("1")), landed(1, item("1"))], calls=1)

    assert [each["dashboards"].new for each in told] == [1, 0]
    assert [each["dashboards"].repeated for each in told] == [0, 1]


def test_each_unit_has_a_marker_with_its_rows(store, run):
    rows = (Row("1", "u", deleted=True, folder="f"), Row("2"))
    one = item("1", updated="u", deleted=True, folder="f", at=3.0)

    put(store, run, 7, one, item("2", at=2.0))

    assert list(store.markers(run)) == [Marker(1, unit(7), rows, 3.0)]


def test_a_unit_without_items_has_a_marker(store, run):
    put(store, run, 7)

    assert list(store.markers(run)) == [Marker(1, unit(7), (), 0.0)]


def test_markers_keep_any_sort_of_unit(store, run):
    part = Part("looks", "7", trash=True)
    units = [Ids(1, part, ("1", "é"), witnesses=("5",)), Whole(2, part)]

    store.put(run, 1, [Landed(each, ()) for each in units], calls=1)

    assert [marker.unit for marker in store.markers(run)] == units


def test_markers_come_by_epoch_and_unit_number(store, run):
    for epoch, number in [(2, 1), (1, 300), (1, 2), (256, 0), (2, 0)]:
        put(store, run, number, epoch=epoch)

    found = [(marker.epoch, marker.unit.number) for marker in store.markers(run)]
    assert found == [(1, 2), (1, 300), (2, 0), (2, 1), (256, 0)]


def test_a_census_replaces_the_earlier_rounds(store, run):
    other = Census(1, 1.0, (Row("9"),))
    store.put_census(run, "looks", other)
    store.put_census(run, "dashboards", Census(1, 1.0, tuple(map(Row, "123"))))
    newer = Census(2, 2.5, (Row("2", "u", deleted=True, folder="f"), Row("1")))

    store.put_census(run, "dashboards", newer)

    assert store.census(run, "dashboards") == newer
    assert store.census(run, "looks") == other
    assert store.census(run, "boards") is None


@pytest.mark.parametrize("number", [0, 1, 4_999, 5_000, 5_001, 12_345])
def test_a_census_may_have_any_length(store, run, number):
    census = Census(1, 1.0, tuple(Row(str(i), f"u{i}") for i in range(number)))

    store.put_census(run, "looks", census)

    assert store.census(run, "looks") == census


def test_gone_items_get_an_entry_and_keep_their_last_body(store, run):
    put(store, run, 1, item("1", {"v": 1}), item("2"))
    second = follow(store, run)

    counts = store.put_gone(second, "dashboards", ["1", "3"], now=42.0)

    assert counts == Counts(gone=1)
    gone, there = store.heads("dashboards")
    assert (gone.state, gone.run, gone.fetched_at) == (State.GONE, second, 42.0)
    assert store.body(gone) == b'{"v": 1}'
    assert there.state is State.PRESENT
    assert store.run(second).counts == {"dashboards": Counts(gone=1)}


def test_what_is_gone_does_not_go_again(store, run):
    put(store, run, 1, item("1"))
    store.put_gone(run, "dashboards", ["1"], now=1.0)
    second = follow(store, run)

    assert store.put_gone(second, "dashboards", iter(["1", "1"]), now=2.0) == Counts()
    assert [h.run for h in store.versions("dashboards", "1")] == [run]


# Reading items


def test_a_snapshot_shows_the_newest_entry_up_to_it(store, run):
    put(store, run, 1, item("1", {"v": 1}), item("2"))
    second = follow(store, run)
    put(store, second, 1, item("1", {"v": 2}), item("3"))
    third = follow(store, second)
    store.put_gone(third, "dashboards", ["2"], now=1.0)

    def shown(at):
        return [(h.id, h.run, h.state) for h in store.heads("dashboards", at=at)]

    assert shown(0) == []
    assert shown(1) == [("1", 1, State.PRESENT), ("2", 1, State.PRESENT)]
    assert shown(2) == [
        ("1", 2, State.PRESENT),
        ("2", 1, State.PRESENT),
        ("3", 2, State.PRESENT),
    ]
    assert shown(3) == shown(None) == shown(10**30)
    assert shown(3)[1] == ("2", 3, State.GONE)


def test_versions_come_newest_first(store):
    for value in range(5):
        run = store.begin(ALL, now=1.0).number
        put(store, run, 1, item("1", {"v": value}))
        seal(store, run)

    assert [h.run for h in store.versions("dashboards", "1")] == [5, 4, 3, 2, 1]
    assert list(store.versions("dashboards", "2")) == []
    assert list(store.versions("looks", "1")) == []


def test_kinds_do_not_mix(store, run):
    put(store, run, 1, item("1", {"a": 1}), kind="looks")
    put(store, run, 2, item("1", {"a": 2}), kind="boards")

    (head,) = store.heads("looks")

    assert store.body(head) == b'{"a": 1}'
    assert list(store.heads("dashboards")) == []


def test_ids_come_by_length_and_bytes(store, run):
    put(store, run, 1, *map(item, ["b", "10", "9", "é", "a", "2", ""]))

    assert ids(store.heads("dashboards")) == ["", "2", "9", "a", "b", "10", "é"]


def test_hostile_ids_are_kept_apart_and_unharmed(store, run):
    put(store, run, 1, *(item(id_, {"id": id_}) for id_ in HOSTILE))

    heads = list(store.heads("dashboards"))

    assert set(ids(heads)) == set(HOSTILE)
    assert len(heads) == len(HOSTILE)
    assert all(json.loads(store.body(head))["id"] == head.id for head in heads)
    for id_ in HOSTILE:
        assert ids(store.versions("dashboards", id_)) == [id_]


def test_hostile_ids_may_be_gaps_and_gone(store, run):
    put(store, run, 1, *map(item, HOSTILE))
    second = follow(store, run)
    half = HOSTILE[::2]

    assert store.put_gone(second, "dashboards", half, now=1.0).gone == len(half)
    seal(store, second, *(Gap("dashboards", id_, None, "r") for id_ in HOSTILE))

    assert {gap.id for gap in store.gaps(second)} == set(HOSTILE)
    assert {h.state for h in store.heads("dashboards")} == {
        State.GONE,
        State.UNREAD,
        State.PRESENT,
    }


def test_hostile_titles_and_folders_are_kept(store, run):
    title, folder = "\x1b]0;x\x07[/]\0\u202e", "f" * 5_000

    put(store, run, 1, item("1", title=title, folder=folder))

    (head,) = store.heads("dashboards")
    assert (head.title, head.folder) == (title, folder)


@pytest.mark.parametrize("raw", [b"", b"{}", b"\0" * 5_000_000, "é€".encode() * 999])
def test_bodies_come_back_byte_for_byte(store, run, raw):
    it = Item(
        row=Row("1"),
        title="",
        call="c",
        fetched_at=1.0,
        digest=digest(raw),
        body=compress(raw),
        size=len(raw),
        redacted=True,
    )

    put(store, run, 1, it)

    (head,) = store.heads("dashboards")
    assert head.redacted
    assert store.body(head) == raw


def test_a_body_that_does_not_match_its_digest_is_damaged(store, run):
    raw = b'{"a": 1}'
    it = Item(
        row=Row("1"),
        title="",
        call="c",
        fetched_at=1.0,
        digest=b"x" * 16,
        body=compress(raw),
        size=len(raw),
    )
    put(store, run, 1, it)

    with pytest.raises(Damaged, match="dashboards/1"):
        store.body(next(store.heads("dashboards")))


def test_more_items_than_one_read_transaction_takes_are_all_shown(store, run):
    many = [item(str(number)) for number in range(2_500)]
    put(store, run, 1, *many)
    second = follow(store, run)
    put(store, second, 1, *(item(str(n), {"n": n}) for n in range(0, 2_500, 3)))

    heads = list(store.heads("dashboards"))

    assert ids(heads) == [str(number) for number in range(2_500)]
    assert [h.run for h in heads] == [1 + (n % 3 == 0) for n in range(2_500)]
    assert len(list(store.heads("dashboards", at=1))) == 2_500


def test_a_walk_goes_on_while_others_write(store, run):
    put(store, run, 1, *(item(str(number)) for number in range(1_500)))
    walk = store.heads("dashboards")

    first = next(walk)
    put(store, run, 2, *(item(str(number)) for number in range(1_500, 3_000)))
    rest = list(walk)

    assert first.id == "0"
    assert len(rest) >= 1_499


def test_a_batch_larger_than_the_map_is_stored_whole(store, run):
    bodies = [{"noise": digest(str(i).encode()).hex() * 400} for i in range(300)]
    many = [item(str(i), body) for i, body in enumerate(bodies)]

    counts = put(store, run, 1, *many)

    assert counts.new == 300
    assert len(list(store.heads("dashboards"))) == 300
    assert len(list(store.markers(run))) == 1
