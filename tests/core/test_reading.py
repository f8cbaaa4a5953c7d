"""A reading offers each row of a kind by the cheapest call that brings it, and no row twice."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from lookervault.content import KINDS
from lookervault.core.reading import Reading, Terms
from lookervault.core.roll import Roll
from lookervault.messages import Fence, Fetched, Lease
from lookervault.records import Row
from lookervault.units import Count, Ids, Part, Span, Whole

LOOKS = (Part("looks"), Part("looks", trash=True))


def reading(kind, *parts, rows=None, earlier=(), workers=2):
    """The reading of *kind*; with *rows*, its census is known from an earlier life."""
    roll = Roll(kind, {row.id: row for row in earlier})
    terms = Terms(workers, 10, accept_deletions=False, number=count(1).__next__)
    it = Reading(KINDS[kind], parts or (Part(kind),), roll, terms)
    if rows is not None:
        roll.counted(rows)
        it.recounted(rows)
        it.begin()
    return it


def offers(it, *, length=10, guess=False):
    units = []
    while (unit := it.offer(length, guess=guess)) is not None:
        units.append(unit)
    return units


def took(it, unit, rows):
    it.back(unit)
    it.took(unit, Fetched("f", Lease(Fence(1, 1), unit), tuple(rows)))


def rows(number, **more):
    return [Row(str(n), **more) for n in range(number)]


def covered(units, listing):
    """The ids of *listing* that *units* bring, each as often as it is brought."""
    found = []
    for unit in units:
        match unit:
            case Span(first=first, last=last):
                found += [row.id for row in listing[first:last]]
            case Ids(ids=ids):
                found += ids
            case Whole(part=Part(folder=folder)):
                found += [
                    row.id
                    for row in listing
                    if row.folder == folder and not row.deleted
                ]
    return found


ROWS = st.lists(
    st.builds(
        Row,
        st.integers(0, 99).map(str),
        st.none(),
        st.booleans(),
        st.none() | st.sampled_from("123"),
    ),
    unique_by=lambda row: row.id,
)


@given(listing=ROWS, had=st.sets(st.integers(0, 99).map(str)))
def test_every_look_that_is_wanted_is_asked_for_once(listing, had):
    earlier = [row for row in listing if row.id in had]
    it = reading("looks", *LOOKS, rows=listing, earlier=earlier)

    units = offers(it)

    wanted = {row.id for row in listing} - had
    asked = covered(units, listing)
    assert wanted <= set(asked)
    assert all(asked.count(id_) == 1 for id_ in wanted)


@given(listing=ROWS)
def test_one_call_for_a_folder_is_made_where_it_replaces_two_or_more(listing):
    it = reading("looks", *LOOKS, rows=listing)

    folders = [unit.part.folder for unit in offers(it) if isinstance(unit, Whole)]

    living = [row.folder for row in listing if not row.deleted and row.folder]
    assert sorted(folders) == sorted({f for f in living if living.count(f) > 1})


@given(
    number=st.integers(0, 80),
    had=st.sets(st.integers(0, 79).map(str)),
    length=st.integers(1, 30),
)
def test_spans_bring_each_row_that_is_wanted_once(number, had, length):
    listing = rows(number)
    earlier = [row for row in listing if row.id in had]
    it = reading("users", rows=listing, earlier=earlier)

    found = covered(offers(it, length=length), listing)

    wanted = {row.id for row in listing} - had
    assert wanted <= set(found)
    assert all(found.count(id_) == 1 for id_ in wanted)


def test_a_page_of_a_census_is_on_its_way_once_for_each_part():
    it = reading("looks", *LOOKS)

    pages = [it.count(), it.count(), it.count()]

    assert pages == [Count(1, LOOKS[0], 0, 5000), Count(2, LOOKS[1], 0, 5000), None]


def test_the_next_page_begins_with_the_last_row_of_the_one_before():
    it = reading("users")

    took(it, it.count(), rows(70))

    assert it.count() == Count(2, Part("users"), 69, 5000)


def test_a_page_that_belongs_to_an_earlier_walk_is_not_taken():
    it = reading("users")
    page = it.count()
    took(it, page, rows(70))

    took(it, page, rows(20))

    assert it.seen == 70


def test_a_listing_that_does_not_page_is_counted_by_one_call():
    it = reading("explores")
    page = it.count()

    took(it, page, rows(5))

    assert page.limit is None
    assert it.counted
    assert len(it.walked) == 5


def test_pages_that_are_only_guessed_come_when_nothing_sure_is_left():
    it = reading("users")

    assert it.offer(10, guess=False) is None
    assert it.offer(10, guess=True) == Span(1, Part("users"), 0, 10, 10)
    took(it, it.count(), rows(35))
    sure = offers(it)

    assert [(unit.first, unit.last) for unit in sure] == [(10, 20), (20, 30)]


def test_one_that_comes_short_ends_the_guessing():
    it = reading("users")
    unit = it.offer(10, guess=True)

    it.ended(unit, 4)

    assert it.offer(10, guess=True) is None


def test_where_something_is_stored_already_nothing_is_guessed():
    it = reading("users", earlier=rows(1))

    assert it.offer(10, guess=True) is None


def test_folders_are_read_in_turn():
    parts = [Part("dashboards", folder) for folder in "123"]
    listing = [
        Row(f"{folder}-{n}", folder=folder) for folder in "123" for n in range(3)
    ]
    it = reading("dashboards", *parts, rows=listing)

    folders = [unit.part.folder for unit in offers(it, length=2)]

    assert folders == ["1", "2", "3", "1", "2", "3"]


def test_what_is_left_is_what_lies_ahead():
    it = reading("users", rows=rows(25))
    left = [it.left]

    while it.offer(10, guess=False) is not None:
        left.append(it.left)

    assert left == [25, 15, 5, 0]


def test_what_is_queued_is_left_once_and_not_once_more_as_a_row_of_the_census():
    listing = [*rows(6, folder="1"), Row("x", folder="2")]
    it = reading("looks", *LOOKS, rows=listing)

    left = [it.left]
    while it.offer(10, guess=False) is not None:
        left.append(it.left)

    # A listing of unknown length counts for a hundred items.
    assert left == [101, 1, 0]


def test_what_was_dropped_is_not_left():
    it = reading("explores", rows=rows(40))
    assert it.left == 40

    it.drop()

    assert it.left == 0
    assert it.idle


def test_it_is_idle_when_nothing_is_queued_or_out():
    it = reading("roles")
    assert not it.idle

    unit = it.offer(10, guess=False)
    assert not it.idle
    it.back(unit)

    assert it.idle


def test_ids_are_halved_and_one_alone_cannot_be():
    it = reading("users", rows=[])

    assert it.cut(Ids(90, Part("users"), ("1", "2", "3")), final=True)
    assert [unit.ids for unit in offers(it)] == [("1",), ("2", "3")]
    assert not it.cut(Ids(91, Part("users"), ("1",)), final=False)


def test_a_span_that_is_refused_is_not_cut_and_one_that_fails_is():
    it = reading("users", rows=[])
    span = Span(90, Part("users"), 10, 20, 10)

    assert not it.cut(span, final=True)
    assert it.cut(span, final=False)
    assert [(unit.first, unit.last) for unit in offers(it)] == [(10, 15), (15, 20)]


def test_a_listing_that_does_not_page_cannot_be_cut():
    it = reading("explores")

    assert not it.cut(it.count(), final=False)


def test_a_folder_that_cannot_be_read_is_read_look_by_look_but_for_its_trash():
    listing = [*rows(3, folder="1"), Row("t", deleted=True, folder="1"), Row("x")]
    it = reading("looks", *LOOKS, rows=listing)
    units = offers(it)
    folder = next(unit for unit in units if isinstance(unit, Whole))

    assert it.cut(folder, final=True)

    again = [id_ for unit in offers(it) for id_ in unit.ids]
    assert sorted(again) == ["0", "1", "2"]


def test_rows_of_a_part_that_is_refused_are_not_asked_for():
    listing = [*rows(3), Row("t", deleted=True)]
    it = reading("dashboards", Part("dashboards"), Part("dashboards", trash=True))

    it.close(Part("dashboards"))

    assert it.open(listing) == [Row("t", deleted=True)]
    assert it.counts
    it.close(Part("dashboards", trash=True))
    assert it.open(listing) == []
    assert not it.counts
