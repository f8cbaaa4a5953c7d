"""A set of ids that takes little memory says what a set of strings would say."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.ids import Ids

WHOLE = st.characters(exclude_categories=["Cs"])
ID = (
    st.integers(0, 300).map(str)
    | st.text(WHOLE, max_size=8)
    | st.text("\xff\0ÿ0\n", max_size=4)
    | st.integers(1, 5000).map(lambda length: "x" * length)
)
IDS = st.lists(ID, max_size=60)
BATCHES = st.lists(IDS, max_size=8)


@given(batches=BATCHES, asked=IDS)
def test_it_holds_what_was_added_and_nothing_else(batches, asked):
    it, model = Ids(), set()
    for batch in batches:
        fresh = list(dict.fromkeys(id_ for id_ in batch if id_ not in model))
        model.update(batch)

        assert it.add(batch) == fresh

    assert len(it) == len(model)
    assert [id_ in it for id_ in asked] == [id_ in model for id_ in asked]
    assert all(id_ in it for id_ in model)


@given(one=IDS, other=IDS, more=st.integers(0, 400))
def test_what_two_have_in_common_is_counted_however_different_they_are_in_size(
    one, other, more
):
    many = [*other, *map(str, range(more))]

    assert Ids(one).common(Ids(many)) == len({*one} & {*many})
    assert Ids(many).common(Ids(one)) == len({*one} & {*many})


@given(before=IDS, after=IDS)
def test_a_copy_goes_its_own_way(before, after):
    it = Ids(before)

    other = it.copy()
    other.add(after)

    assert len(it) == len({*before})
    assert all((id_ in it) == (id_ in before) for id_ in after)
    assert len(other) == len({*before, *after})


def test_a_part_of_an_id_is_none_and_neither_are_two_side_by_side():
    it = Ids(["12", "34", "ÿ"])

    assert "1" not in it
    assert "" not in it
    assert "1234" not in it
    assert "12\xff34" not in it
    assert 12 not in it


def test_half_a_million_are_found_again_and_others_are_not():
    it = Ids(map(str, range(500_000)))

    assert len(it) == 500_000
    assert all(str(number) in it for number in range(0, 500_000, 997))
    assert not any(str(number) in it for number in range(500_000, 600_000, 997))
