"""Pages are as large as they may be, and what a unit needs is seldom underrated."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.sizing import Sizing

MEBIBYTE = 2**20

READINGS = st.lists(
    st.tuples(
        st.integers(0, 1000),
        st.integers(0, 2**32),
        st.floats(0, 10_000, allow_nan=False),
    ),
    max_size=120,
)


def after(readings, batch=100):
    sizing = Sizing(batch)
    for rows, size, seconds in readings:
        sizing.read(rows=rows, bytes_=size, seconds=seconds)
    return sizing


@given(readings=READINGS, batch=st.integers(1, 5000))
def test_a_page_has_one_item_at_least_and_a_batch_at_most(readings, batch):
    assert 1 <= after(readings, batch).page <= batch


@given(readings=READINGS)
def test_at_least_19_of_20_units_needed_no_more_than_what_is_expected(readings):
    expected = after(readings).expected

    lately = [size for _, size, _ in readings[-50:]]
    assert sum(size <= expected for size in lately) >= 0.95 * len(lately)
    assert not lately or expected in lately


@given(each=st.integers(1, 10 * MEBIBYTE), seconds=st.floats(0.001, 20))
def test_a_page_of_items_like_those_before_is_small_and_quick_enough(each, seconds):
    sizing = after([(10, 10 * each, 10 * seconds)] * 20, batch=5000)

    page = sizing.page
    assert page == 1 or (page * each <= 2 * MEBIBYTE and page * seconds <= 5.001)


@given(readings=READINGS)
def test_a_unit_without_items_says_nothing_of_items(readings):
    before = after(readings)
    again = after([*readings, (0, 999, 999.0)])

    assert (again.page, again.seconds) == (before.page, before.seconds)


def test_before_one_came_in_a_unit_is_taken_for_a_mebibyte():
    sizing = Sizing(100)

    assert sizing.expected == MEBIBYTE
    assert sizing.page == 100
    assert sizing.seconds == 0


def test_pages_grow_again_when_items_do_not_stay_large():
    sizing = after([(1, 8 * MEBIBYTE, 0.1)])
    assert sizing.page == 1

    for _ in range(40):
        sizing.read(rows=100, bytes_=100_000, seconds=0.1)

    assert sizing.page == 100


def test_pages_that_are_too_large_get_smaller_before_one_came_in():
    sizing = Sizing(100)
    sizing.too_large(100)
    assert sizing.page == 50

    sizing.too_large(1)
    assert sizing.page == 1


def test_one_large_item_does_not_make_all_later_pages_small():
    sizing = after([(100, 100_000, 0.1)])

    sizing.too_large(100)

    assert sizing.page == 100
