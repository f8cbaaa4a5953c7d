"""However rows are cut up, each is in exactly one unit, and cutting comes to an end."""

from collections import Counter
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core import cutting
from lookervault.records import Row
from lookervault.units import Count, Ids, Part, Span, Whole

PART = Part("looks")
FOLDERS = st.sampled_from([None, "1", "2", "3"])
LOOKS = st.lists(st.tuples(FOLDERS, st.booleans()), max_size=40).map(
    lambda made: [
        Row(str(n), None, deleted, folder) for n, (folder, deleted) in enumerate(made)
    ]
)


def numbers():
    return count(1).__next__


def ids_of(rows):
    return [row.id for row in rows]


@given(rows=LOOKS, workers=st.integers(1, 50))
def test_one_by_one_means_each_row_once_in_units_of_a_few_from_all_over_it(
    rows, workers
):
    units = list(
        cutting.singly("looks", rows, numbers(), workers=workers, witnesses=("w",))
    )

    read = [id_ for unit in units for id_ in unit.ids]
    assert sorted(read) == sorted(ids_of(rows))
    assert all(
        len(ids_of(rows)) - len(units) <= ids_of(rows).index(unit.ids[-1])
        for unit in units
    )
    assert all(1 <= len(unit.ids) <= 10 for unit in units)
    assert all(unit.witnesses == ("w",) for unit in units)
    assert len({unit.number for unit in units}) == len(units)


@given(rows=LOOKS, workers=st.integers(1, 10))
def test_there_is_work_for_everyone_if_there_are_rows_for_everyone(rows, workers):
    units = list(
        cutting.singly("looks", rows, numbers(), workers=workers, witnesses=())
    )

    # Equal shares may leave less than half of the workers without one.
    assert len(units) >= min(len(rows), workers) / 2


@given(rows=LOOKS)
def test_a_row_comes_with_its_folder_or_by_itself(rows):
    whole, rest = cutting.by_folder("looks", rows, numbers())

    folders = {unit.part.folder for unit in whole}
    covered = [r for r in rows if not r.deleted and r.folder in folders - {None}]
    assert Counter(ids_of(covered)) + Counter(ids_of(rest)) == Counter(ids_of(rows))


@given(rows=LOOKS)
def test_a_folder_is_read_whole_only_where_that_saves_a_request(rows):
    whole, _ = cutting.by_folder("looks", rows, numbers())

    there = Counter(row.folder for row in rows if not row.deleted)
    assert all(there[unit.part.folder] >= 2 for unit in whole)


@given(ids=st.lists(st.text(min_size=1), min_size=2, max_size=20, unique=True))
def test_two_halves_make_the_whole_and_neither_is_empty(ids):
    unit = Ids(1, PART, tuple(ids), ("old",))

    one, other = cutting.halves(unit, numbers(), witnesses=("new",))

    assert one.ids + other.ids == unit.ids
    assert one.ids
    assert other.ids
    assert one.witnesses == other.witnesses == ("new",)
    assert one.number != other.number


def shattered(span):
    """The spans of one row, or with an open end, that come of cutting again and again."""
    number, waiting, last = numbers(), [span], []
    while waiting:
        unit = waiting.pop()
        pieces = cutting.pieces(unit, number)
        waiting += pieces
        if not pieces:
            last.append(unit)
    return sorted(last, key=lambda unit: unit.first)


@given(first=st.integers(0, 100), length=st.integers(1, 60), page=st.integers(1, 100))
def test_a_span_ends_as_single_rows_each_of_them_once(first, length, page):
    singles = shattered(Span(1, PART, first, first + length, page))

    assert [unit.first for unit in singles] == list(range(first, first + length))
    assert all(unit.last == unit.first + 1 for unit in singles)


@given(first=st.integers(0, 100), page=st.integers(1, 60))
def test_an_open_span_leaves_one_open_end_behind_what_was_cut_off(first, page):
    pieces = shattered(Span(1, PART, first, None, page))

    *singles, end = pieces
    assert end.last is None
    assert end.page == 1
    assert [unit.first for unit in singles] == list(range(first, end.first))


@given(first=st.integers(0, 100), length=st.integers(2, 60), page=st.integers(1, 100))
def test_a_piece_asks_for_no_more_than_it_covers(first, length, page):
    pieces = cutting.pieces(Span(1, PART, first, first + length, page), numbers())

    assert all(1 <= unit.page <= page for unit in pieces)
    assert all(unit.page <= length // 2 for unit in pieces)


def test_a_unit_weighs_what_it_may_bring():
    assert cutting.weight(Ids(1, PART, ("a", "b"))) == 2
    assert cutting.weight(Span(1, PART, 10, 25, 5)) == 15
    assert cutting.weight(Span(1, PART, 10, None, 5)) == 100
    assert cutting.weight(Whole(1, PART)) == 100
    assert cutting.weight(Count(1, PART)) == 100
