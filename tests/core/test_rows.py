"""Rows that take little memory are what a dict of rows by their ids would be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.rows import Rows
from lookervault.records import Row

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ID = st.integers(0, 40).map(str) | TEXT | st.integers(1, 3000).map(lambda n: "x" * n)
ROW = st.builds(Row, ID, st.none() | TEXT, st.booleans(), st.none() | TEXT)
PAGE = st.lists(ROW, max_size=20)
PAGES = st.lists(PAGE, max_size=6)
MANY = [Row(str(n), f"2026-01-{n}", n % 7 == 0, str(n % 5)) for n in range(1000)]


def of(pages):
    """Rows of *pages*, one after the other."""
    it = Rows()
    for page in pages:
        it.extend(page)
    return it


@given(pages=PAGES)
def test_each_id_is_there_once_as_the_page_that_brought_it_has_it_last(pages):
    it, model = Rows(), {}
    for page in pages:
        fresh = {row.id: row for row in page if row.id not in model}
        model |= fresh

        assert it.extend(page) == len(fresh)

    assert list(it) == list(model.values())
    assert len(it) == len(it.ids) == len(model)
    assert all(id_ in it.ids for id_ in model)


@given(pages=PAGES, first=st.integers(0, 150), cut=st.slices(100))
def test_any_place_and_any_stretch_of_them_can_be_looked_at(pages, first, cut):
    it = of(pages)
    model = list(it)

    assert list(it.since(first)) == model[first:]
    assert list(it[cut]) == model[cut]
    assert [it[place] for place in range(-len(model), len(model))] == model * 2
    with pytest.raises(IndexError):
        it[len(model)]


@given(first=st.integers(0, 1100), length=st.integers(0, 600))
def test_a_stretch_may_begin_and_end_within_a_pack(first, length):
    it = of([MANY[:700], MANY[600:]])

    assert list(it[first : first + length]) == MANY[first : first + length]
    assert list(it.since(first)) == MANY[first:]


@given(several=st.lists(PAGES, max_size=4))
def test_joined_they_have_each_id_once_as_the_last_has_it(several):
    parts = [of(pages) for pages in several]
    before = [list(part) for part in parts]

    whole = Rows.joined(parts)

    rows = list(whole)
    assert len(rows) == len(whole) == len(whole.ids)
    assert {row.id: row for row in rows} == {r.id: r for part in before for r in part}
    assert all(row.id in whole.ids for row in rows)
    assert [list(part) for part in parts] == before


@given(more=PAGE)
def test_what_is_joined_knows_nothing_of_what_comes_later(more):
    part = Rows(MANY[:300])
    whole = Rows.joined([part])

    part.extend(more)

    assert list(whole) == MANY[:300]
    assert len(whole.ids) == 300
