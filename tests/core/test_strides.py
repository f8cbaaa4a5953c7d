"""Pages that are asked for before their turn bring what one after the other would."""

import random

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.strides import Strides
from lookervault.core.walk import Walk
from lookervault.records import Row

LIMIT = 50


def walk(listing, most, chance, *, cap=LIMIT, change=None):
    """Walk over *listing*, pages coming in any order; return the walk, and all starts."""
    it = Walk()
    strides, asked, out = Strides(it), [], []
    while not it.done:
        while (first := strides.next(most)) is not None:
            asked.append(first)
            out.append((first, None))
        assert len(out) <= 3 * most, "more is under way than was wanted"
        # A page is read at some time after it was asked for, and comes in after that.
        n = chance.randrange(len(out))
        first, page = out.pop(n)
        if page is None and chance.random() < 0.5:
            out.append((first, rows(listing[first : first + min(cap, LIMIT)])))
        else:
            page = rows(listing[first : first + cap]) if page is None else page
            strides.took(first, page, LIMIT)
        if change is not None:
            change(listing)
        assert len(asked) < 10_000, "the walk does not end"
    return it, asked


def rows(numbers):
    return [Row(str(number)) for number in numbers]


@given(
    size=st.integers(0, 1500),
    cap=st.integers(2, LIMIT),
    most=st.integers(1, 6),
    seed=st.integers(0, 2**32),
    lively=st.floats(0, 1),
)
def test_what_lives_through_the_walk_is_seen(size, cap, most, seed, lively):
    chance = random.Random(seed)
    listing = list(range(size))
    left = chance.randrange(60)

    def change(numbers):
        nonlocal left
        while left and chance.random() < lively:
            left -= 1
            if numbers and chance.random() < 0.7:
                del numbers[chance.randrange(len(numbers))]
            else:
                new = chance.uniform(0, size + 1)
                numbers.append(new)
                numbers.sort()

    it, _ = walk(listing, most, chance, cap=cap, change=change)

    seen = [row.id for row in it.rows]
    assert len(seen) == len(set(seen))
    lasting = {str(number) for number in listing if isinstance(number, int)}
    assert lasting <= set(seen)


@given(
    size=st.integers(0, 1500),
    cap=st.integers(2, LIMIT),
    most=st.integers(1, 6),
    seed=st.integers(0, 2**32),
)
def test_a_quiet_listing_costs_few_more_requests_than_one_page_after_the_other(
    size, cap, most, seed
):
    it, asked = walk(list(range(size)), most, random.Random(seed), cap=cap)
    alone, one_by_one = walk(list(range(size)), 1, random.Random(seed), cap=cap)

    assert [row.id for row in it.rows] == [str(number) for number in range(size)]
    assert list(it.rows) == list(alone.rows)
    assert len(set(asked)) >= len(asked) - (size == 1)
    assert len(asked) <= 1.1 * len(one_by_one) + most
    assert len(one_by_one) <= -(-max(size - 1, 0) // (cap - 1)) + 2


@given(most=st.integers(1, 6))
def test_only_once_a_page_came_in_full_is_another_asked_for_beside_it(most):
    strides = Strides(Walk())

    assert [strides.next(most), strides.next(most)] == [0, None]
    strides.took(0, rows(range(LIMIT)), LIMIT)
    starts = [strides.next(most) for _ in range(most + 1)]

    assert starts[0] == LIMIT - 1
    assert starts[-1] is None
    assert None not in starts[:-1]


def test_a_listing_of_less_than_a_page_is_not_asked_for_beyond_its_end():
    strides = Strides(Walk())

    strides.next(6)
    strides.took(0, rows(range(LIMIT - 1)), LIMIT)

    assert [strides.next(6), strides.next(6)] == [LIMIT - 2, None]


def test_pages_that_overlap_follow_on_each_other_although_rows_went_meanwhile():
    it = Walk()
    strides, listing = Strides(it), list(range(1000))
    strides.next(3)
    strides.took(0, rows(listing[:200]), 200)
    starts = [strides.next(3) for _ in range(3)]
    strides.took(starts[0], rows(listing[starts[0] : starts[0] + 200]), 200)
    del listing[100]

    for first in reversed(starts[1:]):
        strides.took(first, rows(listing[first : first + 200]), 200)

    assert strides.next(3) > starts[-1]
    assert {str(number) for number in listing[:700]} <= {row.id for row in it.rows}


def test_what_follows_on_a_page_that_cannot_be_had_is_not_waited_for():
    it = Walk()
    strides = Strides(it)
    strides.next(3)
    strides.took(0, rows(range(LIMIT)), LIMIT)
    first, second = strides.next(3), strides.next(3)

    strides.lost(first)
    strides.took(second, rows(range(second, second + LIMIT)), LIMIT)

    assert len(it.rows) == LIMIT
    assert strides.next(3) == first


def test_a_page_that_was_not_asked_for_is_not_taken():
    it = Walk()
    strides = Strides(it)
    strides.next(1)
    strides.took(0, rows(range(LIMIT)), LIMIT)

    strides.took(0, rows(range(20)), LIMIT)
    strides.took(LIMIT, rows(range(LIMIT, 2 * LIMIT)), LIMIT)

    assert len(it.rows) == LIMIT
