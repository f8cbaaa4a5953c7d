"""The roll accounts for every row of the census, and believes nothing without evidence."""

from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.roll import Roll, unchanged
from lookervault.records import Gap, Row

IDS = st.sampled_from("abcdefgh")
DATES = st.none() | st.sampled_from(["x", "y"])
ROW = st.builds(Row, IDS, DATES, st.booleans(), st.none() | st.sampled_from(["1", "2"]))
ROWS = st.lists(ROW, max_size=8, unique_by=lambda row: row.id)
EARLIER = ROWS.map(lambda rows: {row.id: row for row in rows})
HISTORIES = st.lists(
    st.tuples(st.just("store"), ROWS)
    | st.tuples(st.just("absent"), st.lists(IDS, max_size=3))
    | st.tuples(st.just("gap"), IDS)
    | st.tuples(st.just("doubt"), st.lists(IDS, max_size=3)),
    max_size=12,
)


def gap(id_):
    return Gap("dashboards", id_, 500, "made up")


def roll(census=(), earlier=None, history=()):
    it = Roll("dashboards", earlier or {})
    it.counted(census)
    for what, argument in history:
        getattr(it, what)(gap(argument) if what == "gap" else argument)
    return it


@given(census=ROWS, earlier=EARLIER, history=HISTORIES)
def test_a_row_is_done_or_missing_and_nothing_else_is_missing(census, earlier, history):
    it = roll(census, earlier, history)

    assert it.missing() == [row for row in census if not it.done(row)]


@given(census=ROWS, earlier=EARLIER, history=HISTORIES)
def test_what_was_stored_last_has_no_gap_and_is_not_gone(census, earlier, history):
    it = roll(census, earlier, history)

    it.store([Row("a")])

    assert it.done(Row("a", "another date"))
    assert "a" not in {g.id for g in it.gaps}
    assert it.absent(["a"]) == ()


@given(census=ROWS, earlier=EARLIER, history=HISTORIES)
def test_it_is_complete_exactly_if_nothing_is_missing_and_nothing_was_given_up(
    census, earlier, history
):
    it = roll(census, earlier, history)

    report = it.report()

    assert report.expected == len(census)
    assert report.failed == len(it.gaps)
    assert report.complete == (not it.missing() and not it.gaps)
    assert report.stored <= report.expected


@given(census=ROWS, earlier=EARLIER, history=HISTORIES)
def test_witnesses_are_a_few_that_can_be_read(census, earlier, history):
    it = roll(census, earlier, history)

    witnesses = it.witnesses()

    present = {row.id for row in census if not row.deleted}
    stored = {r.id for what, rows in history if what == "store" for r in rows}
    doubted = {i for what, ids in history if what == "doubt" for i in ids}
    assert len(witnesses) <= 3
    assert set(witnesses) <= present & (stored | set(earlier)) - doubted


@given(
    census=ROWS, earlier=EARLIER, history=HISTORIES, known=st.lists(IDS, unique=True)
)
def test_a_stranger_is_what_neither_the_census_nor_this_life_of_the_run_has_heard_of(
    census, earlier, history, known
):
    it = roll(census, earlier, history)

    strangers = it.strangers(known)

    stored = {r.id for what, rows in history if what == "store" for r in rows}
    heard = {row.id for row in census} | stored
    assert set(strangers) <= set(known) - heard
    assert set(known) - heard - set(strangers) <= {
        id_
        for what, argument in history
        for id_ in ([argument] if what == "gap" else argument)
        if what in {"gap", "absent"}
    }


@given(history=HISTORIES, lost=st.lists(IDS, min_size=1, unique=True))
def test_what_the_vault_has_and_the_census_lacks_is_missing_not_failed(history, lost):
    it = roll(history=history)
    before = it.report()

    it.lacks([gap(id_) for id_ in it.strangers(lost)])

    after = it.report()
    assert after.failed == before.failed
    assert after.missing == len(it.gaps) - before.failed


@given(row=ROW, before=ROW)
def test_a_row_is_unchanged_only_if_all_that_it_says_was_so_before(row, before):
    if unchanged(row, before):
        assert row.deleted == before.deleted
        assert row.updated_at in {None, before.updated_at}
        assert row.folder in {None, before.folder}
    assert unchanged(row, row)


def test_an_item_of_an_earlier_life_is_done_while_the_census_says_the_same():
    earlier = {"a": Row("a", "x"), "b": Row("b", "x")}

    it = roll([Row("a", "x"), Row("b", "y")], earlier)

    assert it.missing() == [Row("b", "y")]
    assert it.has_any


def test_only_what_the_run_has_not_stored_can_be_gone():
    it = roll([Row("a"), Row("b")], history=[("store", [Row("a")])])

    news = it.absent(["a", "b"])

    assert news == ("b",)
    assert it.report().vanished == 1
    assert it.report().complete


def test_the_first_reason_of_a_gap_is_kept():
    it = roll([Row("a")])

    assert it.gap(gap("a"))
    assert not it.gap(Gap("dashboards", "a", 404, "later"))

    assert it.gaps == (gap("a"),)
    assert not it.report().complete


def test_a_kind_that_is_refused_is_known_by_its_one_gap():
    it = roll([Row("a")])
    assert not it.refused

    it.gap(gap("*"))

    assert it.refused


def test_when_too_many_witnesses_are_gone_nobody_is_believed():
    rows = [Row(str(n)) for n in range(20)]
    it = roll(rows, history=[("store", rows)])

    it.doubt([str(n) for n in range(9)])

    assert it.witnesses() == ()


def test_a_new_census_replaces_the_last_one():
    it = roll([Row("a"), Row("b")])

    it.counted([Row("c"), Row("c", "x")])

    assert list(it.rows) == [Row("c", "x")]
