"""What the lanes add up to is what each of them says, whatever happened to them."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.lanes import Lanes
from lookervault.messages import Fence, Fetched, Lease
from lookervault.records import Row
from lookervault.units import Count, Part

PARTS = [Part("dashboards", folder, bin_) for folder in "123" for bin_ in (False, True)]

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["count", "count", "span", "span", "guess", "close", "rewind", "recount"]
        ),
        st.sampled_from(PARTS),
        st.integers(1, 6),
    ),
    max_size=60,
)


def never(_row):
    return False


def listing(part):
    size = 7 * int(part.folder) * (not part.trash)
    return [
        Row(f"{part.folder}-{n}", deleted=part.trash, folder=part.folder)
        for n in range(size)
    ]


def take_page(lanes, most=5):
    """Let the next page of a census come in. Return of which part."""
    found = lanes.to_count()
    if found is None:
        return None
    lane, first = found
    unit = Count(1, lane.part, first, most)
    rows = tuple(listing(lane.part)[unit.first : unit.first + most])
    lanes.took(unit, Fetched("f", Lease(Fence(1, 1), unit), rows))
    return lane.part


@given(steps=STEPS)
def test_the_sums_are_in_step(steps):
    lanes = Lanes(PARTS, guess=True)
    for step, part, length in steps:
        match step:
            case "count":
                take_page(lanes)
            case "span" | "guess":
                lanes.span(length, never, guess=step == "guess")
            case "close":
                lanes.close(part)
            case _:
                getattr(lanes, step)()

    each = list(lanes._all.values())
    assert lanes.left == sum(lane.left for lane in each)
    assert lanes.seen == sum(len(lane.walk.rows) for lane in each)
    assert lanes.counted == all(lane.counted for lane in each)


@given(length=st.integers(1, 9), again=st.booleans())
def test_every_row_is_read_once_and_once_more_after_a_rewind(length, again):
    lanes = Lanes(PARTS)
    while take_page(lanes) is not None:
        pass

    found = []
    for _ in range(1 + again):
        while (span := lanes.span(length, never, guess=False)) is not None:
            part, first, last = span
            found += [row.id for row in listing(part)[first:last]]
        lanes.rewind()

    wanted = [row.id for part in PARTS for row in listing(part)] * (1 + again)
    assert sorted(found) == sorted(wanted)


def test_one_part_is_counted_after_the_other():
    lanes = Lanes(PARTS)

    parts = []
    while (part := take_page(lanes)) is not None:
        parts.append(part)

    assert [p for n, p in enumerate(parts) if p not in parts[:n]] == PARTS
    assert parts == sorted(parts, key=PARTS.index)
    assert lanes.counted


def test_a_census_of_an_earlier_life_is_dealt_out_to_its_parts():
    rows = [row for part in PARTS for row in listing(part)]
    lanes = Lanes(PARTS)

    lanes.recounted(reversed(rows))

    assert lanes.counted
    assert lanes.left == lanes.seen == len(rows)
    assert {row.id for row in lanes.walked} == {row.id for row in rows}


def test_without_a_folder_scope_rows_of_any_folder_lie_in_the_listing():
    lanes = Lanes([Part("dashboards"), Part("dashboards", trash=True)])

    lanes.recounted([Row("1", folder="8"), Row("2", deleted=True, folder="9")])

    spans = [lanes.span(5, never, guess=False) for _ in range(3)]
    assert spans == [
        (Part("dashboards"), 0, None),
        (Part("dashboards", trash=True), 0, None),
        None,
    ]


def test_what_is_refused_is_neither_counted_nor_read():
    lanes = Lanes(PARTS[:1])
    take_page(lanes)
    assert lanes.left == 5

    lanes.close(PARTS[0])

    assert (lanes.left, lanes.counted, lanes.any_open) == (0, True, False)
    assert lanes.to_count() is None
    assert lanes.span(2, never, guess=True) is None
