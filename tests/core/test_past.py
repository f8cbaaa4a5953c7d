"""What a run has is what its markers vouch for, the last word of each item."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.past import Past, recollect
from lookervault.records import Census, Row
from lookervault.units import Ids, Marker, Part, Span, Whole

KINDS = st.sampled_from(["dashboards", "roles", "looks"])
ROWS = st.lists(
    st.builds(Row, st.sampled_from("abcdef"), st.none() | st.sampled_from(["x", "y"])),
    max_size=4,
).map(tuple)
MARKERS = st.lists(
    st.builds(
        lambda kind, rows, n: Marker(1, Span(n, Part(kind), 0, 10, 10), rows, 5.0),
        KINDS,
        ROWS,
        st.integers(1, 99),
    )
)
CENSUSES = st.dictionaries(KINDS, st.builds(Census, st.just(1), st.just(3.0), ROWS))


@given(markers=MARKERS, censuses=CENSUSES)
def test_the_last_marker_of_an_item_counts(markers, censuses):
    past = recollect(markers, censuses)

    for kind, it in past.items():
        told = [r for m in markers if m.unit.part.kind == kind for r in m.rows]
        assert dict(it.rows) == {row.id: row for row in told}


@given(markers=MARKERS, censuses=CENSUSES)
def test_every_kind_with_a_marker_or_a_census_has_a_past(markers, censuses):
    past = recollect(markers, censuses)

    assert set(past) == {m.unit.part.kind for m in markers} | set(censuses)
    assert all(past[kind].census == census for kind, census in censuses.items())


def test_a_run_without_anything_has_no_past():
    assert recollect([], {}) == {}
    assert Past() == Past(rows={}, census=None)


def test_a_listing_that_was_stored_whole_is_its_own_census():
    rows = (Row("1"), Row("2"))

    past = recollect([Marker(1, Whole(1, Part("roles")), rows, 7.0)], {})

    assert past["roles"].census == Census(1, 7.0, rows)


def test_such_a_census_replaces_an_earlier_one_of_its_round():
    old = Census(2, 3.0, (Row("1"),))
    marker = Marker(1, Whole(1, Part("roles")), (Row("2"),), 7.0)

    past = recollect([marker], {"roles": old})

    assert past["roles"].census == Census(2, 7.0, (Row("2"),))


def test_a_folder_or_single_items_are_no_census():
    markers = [
        Marker(1, Whole(1, Part("looks", "7")), (Row("1"),), 7.0),
        Marker(1, Ids(2, Part("roles"), ("3",)), (Row("3"),), 7.0),
    ]

    past = recollect(markers, {})

    assert past["looks"].census is None
    assert past["roles"].census is None
    assert past["roles"].rows == {"3": Row("3")}
