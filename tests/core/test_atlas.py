"""A scope comes to its roots and all that lies below them, whatever the tree looks like."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core import atlas
from lookervault.records import Row

IDS = st.sampled_from([str(n) for n in range(8)])
TREES = st.dictionaries(IDS, st.none() | IDS).map(
    lambda parents: [Row(id_, folder=parent) for id_, parent in parents.items()]
)
"""Also such as no Looker has: loops, folders in themselves, parents that are hidden."""

ROOTS = st.lists(IDS, unique=True)


def lies_below(row, roots, parents):
    seen = set()
    folder = row.id
    while folder is not None and folder not in seen:
        if folder in roots:
            return True
        seen.add(folder)
        folder = parents.get(folder)
    return False


@given(rows=TREES, roots=ROOTS)
def test_a_folder_belongs_to_it_if_it_or_one_above_it_is_a_root(rows, roots):
    found = atlas.expansion(rows, roots)

    parents = {row.id: row.folder for row in rows}
    below = {row.id for row in rows if lies_below(row, roots, parents)}
    assert set(found) == below | set(roots)
    assert len(found) == len(set(found))


@given(rows=TREES, roots=ROOTS)
def test_roots_come_first_and_in_their_order(rows, roots):
    assert list(atlas.expansion(rows, roots)[: len(roots)]) == roots


@given(rows=TREES, roots=ROOTS)
def test_what_it_came_to_comes_to_itself(rows, roots):
    found = atlas.expansion(rows, roots)

    assert set(atlas.expansion(rows, found)) == set(found)


@given(rows=TREES, roots=ROOTS)
def test_a_root_that_is_no_folder_is_named(rows, roots):
    there = {row.id for row in rows}

    assert atlas.unknown(rows, roots) == tuple(r for r in roots if r not in there)
