"""The calls that are foretold are those that a run cannot do without, and few more."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lookervault.content import KINDS, Reads
from lookervault.core.estimate import AROUND, Holding, counted, estimate
from lookervault.core.limits import Limits
from lookervault.core.past import Past
from lookervault.records import Census, Row, Run, Scope
from lookervault.units import Part

COUNT_PAGE = 5000
SPANS = [kind.name for kind in KINDS.values() if kind.reads is Reads.SPANS]
WHOLE = [kind.name for kind in KINDS.values() if kind.reads is Reads.WHOLE]

NUMBERS = st.integers(0, 300) | st.sampled_from([4999, 5000, 5001, 9999, 10_000])
BATCHES = st.integers(50, 5000) | st.just(100)
WORKERS = st.integers(1, 50)

at_leisure = settings(deadline=None)
"""For plans of thousands of rows: how long they take is another promise's matter."""


def foretold(scope, held, *, past=None, batch=100, workers=8):
    run = Run(number=1, scope=scope, started=0.0, epoch=1)
    limits = Limits(batch=batch)
    return estimate(run, past or {}, held, limits, workers=workers, wall=0.0)


def parts(kind):
    trash = (False, True) if KINDS[kind].listing.trash is not None else (False,)
    return [Part(kind, None, bin_) for bin_ in trash]


def of_census(number):
    """Calls that count *number* rows: each page but the first begins with a known row."""
    more = -(-max(0, number - COUNT_PAGE) // (COUNT_PAGE - 1))
    return 1 if number == 0 else 2 + more


@at_leisure
@given(NUMBERS, NUMBERS, BATCHES, WORKERS)
def test_a_kind_that_is_read_by_pages_takes_its_pages_and_few_more(
    number, trashed, batch, workers
):
    live, trash = parts("dashboards")
    rows = {
        part: [Row(f"{part.trash}{n}", deleted=part.trash) for n in range(many)]
        for part, many in ((live, number), (trash, trashed))
    }
    found = foretold(
        Scope(("dashboards",)),
        {"dashboards": Holding(rows=rows)},
        batch=batch,
        workers=workers,
    )

    pages = -(-number // batch) + -(-trashed // batch)
    least = AROUND + of_census(number) + of_census(trashed) + pages
    # Pages shrink to a fourth towards the end; each worker may guess beyond it once,
    # and finds out by a second call if there was something; each part has an end.
    most = least + 3 * pages + 2 * 2 * workers + 2
    assert least <= found.calls <= most


@at_leisure
@given(NUMBERS, BATCHES)
def test_one_worker_guesses_nothing_that_is_not_there(number, batch):
    held = {"users": counted(Part("users"), number)}

    found = foretold(Scope(("users",)), held, batch=batch, workers=1)

    pages = -(-number // batch)
    least = AROUND + of_census(number) + pages
    assert least <= found.calls <= least + 1


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(0, 20), WORKERS)
def test_what_is_read_by_folders_takes_a_call_for_each_with_two_or_more(
    inside, trashed, workers
):
    live, trash = parts("looks")
    rows = {
        live: [
            Row(f"{folder}-{n}", folder=str(folder))
            for folder, many in enumerate(inside)
            for n in range(many)
        ],
        trash: [Row(f"t{n}", deleted=True, folder="0") for n in range(trashed)],
    }

    found = foretold(Scope(("looks",)), {"looks": Holding(rows=rows)}, workers=workers)

    census = of_census(len(rows[live])) + of_census(trashed)
    # A folder with a single one takes a call, too: that for the look.
    assert found.calls == AROUND + census + sum(map(bool, inside)) + trashed


@given(st.integers(0, 500), WORKERS)
def test_what_is_read_one_by_one_takes_a_call_for_each(number, workers):
    held = {"explores": counted(Part("explores"), number)}

    found = foretold(Scope(("explores",)), held, workers=workers)

    assert found.calls == AROUND + 1 + number


@at_leisure
@given(st.sampled_from(WHOLE), NUMBERS)
def test_what_one_call_lists_takes_one_call(kind, number):
    found = foretold(Scope((kind,)), {kind: counted(Part(kind), number)})

    assert found.kinds == {kind: 1}


@at_leisure
@given(st.dictionaries(st.sampled_from(SPANS), NUMBERS), BATCHES, WORKERS)
def test_the_calls_of_the_kinds_and_around_them_are_all(numbers, batch, workers):
    held = {kind: counted(Part(kind), number) for kind, number in numbers.items()}

    found = foretold(Scope(), held, batch=batch, workers=workers)

    assert found.calls == AROUND + sum(found.kinds.values())
    assert found == foretold(Scope(), held, batch=batch, workers=workers)


@pytest.mark.parametrize("number", [20_001, 45_000, 60_000])
@pytest.mark.parametrize("batch", [20, 100, 5000])
def test_so_many_that_they_are_divided_instead_of_planned_take_as_many_calls(
    number, batch
):
    part = Part("users")
    planned = Holding(rows={part: [Row(str(n)) for n in range(number)]})

    scope = Scope(("users",))
    whole = foretold(scope, {"users": planned}, batch=batch).calls
    divided = foretold(scope, {"users": counted(part, number)}, batch=batch).calls

    assert abs(whole - divided) <= max(2, 0.01 * whole)


@given(st.integers(0, 500), st.integers(2, 60))
def test_a_cap_on_pages_takes_a_call_for_each_capped_page(number, cap):
    part = Part("users")
    held = Holding(rows={part: [Row(str(n)) for n in range(number)]}, cap=cap)

    found = foretold(Scope(("users",)), {"users": held}, batch=5000, workers=1)

    census = 1 if number == 0 else 2 + -(-max(0, number - cap) // (cap - 1))
    pages = -(-number // cap)
    assert AROUND + census + pages <= found.calls <= AROUND + census + pages + 3


def test_large_items_make_pages_of_fewer():
    small = counted(Part("users"), 2000, size=1000.0)
    large = counted(Part("users"), 2000, size=200_000.0)

    scope = Scope(("users",))
    assert (
        foretold(scope, {"users": large}).calls
        > 3 * foretold(scope, {"users": small}).calls
    )


def test_folders_are_looked_for_mapped_and_taken_part_by_part():
    tree = [Row("1"), Row("2", folder="1"), Row("3", folder="2"), Row("4")]
    held = {
        "folders": Holding(rows={Part("folders"): tree}),
        "looks": Holding(
            rows={
                Part("looks", "1"): [Row("a", folder="1")],
                Part("looks", "3"): [Row("b", folder="3"), Row("c", folder="3")],
            }
        ),
    }

    found = foretold(Scope(("looks",), ("1",), recursive=True), held)

    census = 2 + 2 + 1 + 3  # two folders with something, one without, three bins
    assert found.folders == ("1", "2", "3")
    assert found.calls == AROUND + 1 + 1 + census + 1 + 1


@given(st.integers(1, 400), st.data())
def test_a_run_that_goes_on_takes_what_is_left(number, data):
    stored = data.draw(st.integers(0, number))
    rows = [Row(str(n)) for n in range(number)]
    past = {
        "explores": Past(
            rows={row.id: row for row in rows[:stored]},
            census=Census(1, 0.0, tuple(rows)),
        )
    }
    held = {"explores": Holding(rows={Part("explores"): rows})}

    found = foretold(Scope(("explores",)), held, past=past)

    assert found.calls == AROUND + number - stored
