"""A lane hands out every row that is not done exactly once, whatever happens on the way."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.lane import COUNT_PAGE, Lane
from lookervault.records import Row
from lookervault.units import Part

PART = Part("dashboards")
LENGTHS = st.integers(1, 12)


def rows(number):
    return [Row(str(n)) for n in range(number)]


def never(_row):
    return False


def indices(spans, number):
    """Which of *number* rows the *spans* cover, each as often as it is covered."""
    return [
        index
        for first, last in spans
        for index in range(first, number if last is None else min(last, number))
    ]


def rest(lane, data, done=never):
    """Every span that is left, of all lengths."""
    spans = []
    while (span := lane.next_span(data.draw(LENGTHS), done, guess=False)) is not None:
        spans.append(span)
    return spans


def counted(number):
    lane = Lane(PART, guess=False)
    lane.walk.took_all(rows(number))
    return lane


@given(done=st.lists(st.booleans(), max_size=60), data=st.data())
def test_every_row_that_is_not_done_is_handed_out_once_and_no_other(done, data):
    lane = counted(len(done))

    spans = rest(lane, data, lambda row: done[int(row.id)])

    assert indices(spans, len(done)) == [n for n, it in enumerate(done) if not it]


@given(
    number=st.integers(0, 60),
    guess=st.booleans(),
    cap=st.integers(2, 20),
    asked=st.lists(st.none() | st.tuples(LENGTHS, st.booleans()), max_size=12),
    data=st.data(),
)
def test_spans_that_were_guessed_and_spans_of_the_census_fit_together(
    number, guess, cap, asked, data
):
    lane, spans = Lane(PART, guess=guess), []
    for it in asked:
        if it is None:
            first = lane.walk.first
            lane.walk.took(rows(number)[first : first + cap])
        elif span := lane.next_span(it[0], never, guess=it[1]):
            spans.append(span)
    lane.walk.took_all(rows(number))

    spans += rest(lane, data)

    assert indices(spans, number) == list(range(number))


@given(
    done=st.lists(st.booleans(), max_size=40), taken=st.integers(0, 5), data=st.data()
)
def test_rewound_it_starts_over_with_what_is_not_done(done, taken, data):
    lane = counted(len(done))
    for _ in range(taken):
        lane.next_span(data.draw(LENGTHS), never, guess=False)

    lane.rewind()
    spans = rest(lane, data, lambda row: done[int(row.id)])

    assert indices(spans, len(done)) == [n for n, it in enumerate(done) if not it]


@given(number=st.integers(1, 40), data=st.data())
def test_the_span_that_reaches_the_end_is_open_and_comes_last(number, data):
    spans = rest(counted(number), data)

    assert [last for _, last in spans].index(None) == len(spans) - 1


@given(number=st.integers(0, 40), data=st.data())
def test_what_is_left_is_what_was_counted_and_not_handed_out(number, data):
    lane = counted(number)

    lefts = [lane.left]
    while span := lane.next_span(data.draw(LENGTHS), never, guess=False):
        lefts.append(lane.left)
        assert span[0] == number - lefts[-2]

    assert lefts[0] == number
    assert lane.left == 0


def test_it_guesses_only_if_it_may_and_is_asked_to():
    bold, shy = Lane(PART, guess=True), Lane(PART, guess=False)

    assert bold.next_span(10, never, guess=False) is None
    assert bold.next_span(10, never, guess=True) == (0, 10)
    assert shy.next_span(10, never, guess=True) is None


def test_rows_that_the_census_has_shown_are_no_guess():
    lane = Lane(PART, guess=True)
    lane.walk.took(rows(25))

    assert lane.next_span(10, never, guess=False) == (0, 10)
    assert lane.next_span(10, never, guess=False) == (10, 20)
    assert lane.next_span(10, never, guess=False) is None


def test_it_does_not_guess_beyond_an_end_that_was_met():
    lane = Lane(PART, guess=True)

    lane.came_short()

    assert lane.next_span(10, never, guess=True) is None


def test_a_lane_that_is_closed_has_nothing_and_counts_as_counted():
    lane = counted(5)

    lane.closed = True

    assert lane.counted
    assert lane.left == 0
    assert lane.next_span(10, never, guess=True) is None


def test_pages_of_the_census_shrink_until_they_hold_a_seam_and_one_row_more():
    lane = Lane(PART, guess=True)

    pages = []
    while lane.count_less():
        pages.append(lane.count_page)

    assert pages[0] == COUNT_PAGE // 4
    assert pages[-1] == 4


def test_a_new_census_starts_from_the_front_and_is_not_guessed_at():
    lane = counted(5)

    lane.recount()

    assert not lane.counted
    assert lane.walk.first == 0
    assert lane.next_span(10, never, guess=True) is None
