"""A walk misses no row that was there from its start to its end."""

import random

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.walk import Walk
from lookervault.records import Row


def walk(listing, cap, change, limit=50):
    """Walk over *listing*, letting *change* alter it between the pages."""
    it = Walk()
    for _ in range(10_000):
        if it.done:
            return it
        page = listing[it.first : it.first + min(cap, limit)]
        it.took([Row(str(number)) for number in page])
        change(listing)
    raise AssertionError("the walk does not end")


@given(
    size=st.integers(0, 300),
    cap=st.integers(2, 60),
    seed=st.integers(0, 2**32),
    deletions=st.integers(0, 40),
)
def test_what_lives_through_the_walk_is_seen(size, cap, seed, deletions):
    chance = random.Random(seed)
    listing = list(range(size))
    left = deletions

    def change(rows):
        nonlocal left
        for _ in range(chance.randrange(4)):
            if rows and left:
                del rows[chance.randrange(len(rows))]
                left -= 1
        if chance.random() < 0.2 and left:
            # New: it has no id of one that is gone.
            rows.append(max(size, rows[-1] + 1 if rows else chance.randrange(10**6)))

    it = walk(listing, cap, change)

    seen = [row.id for row in it.rows]
    assert len(seen) == len(set(seen))
    assert {str(number) for number in listing if number < size} <= set(seen)


@given(size=st.integers(0, 300), cap=st.integers(2, 60))
def test_a_quiet_listing_costs_its_pages_and_one_that_holds_the_seam_alone(size, cap):
    requests = []
    it = walk(list(range(size)), cap, requests.append)

    page = min(cap, 50)
    full = -(-max(0, size - 1) // (page - 1)) if size > page else min(size, 1)
    assert len(it.rows) == size
    assert len(requests) <= full + 1


@given(size=st.integers(0, 40))
def test_a_server_that_repeats_rows_does_not_keep_it_walking_for_ever(size):
    it, listing = Walk(), [Row(str(number)) for number in range(size)]
    for _ in range(10):
        page = listing[it.first :]
        it.took([*page, *page[:1]])

    assert it.done
    assert list(it.rows) == listing
