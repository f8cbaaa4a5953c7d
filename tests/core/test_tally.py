"""What is shown of a run is true: counts add up, shares are shares, percents are percents."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lookervault.core.tally import Tally
from lookervault.errors import Sort
from lookervault.messages import (
    Assigned,
    Began,
    Called,
    Committed,
    Expected,
    Fault,
    Finished,
    Gapped,
    KindDone,
    Outcome,
    Paced,
    Retried,
    Slowdown,
    Slowed,
    WorkerFailed,
)
from lookervault.records import Counts, Gap, KindReport, Phase, Run, Scope
from lookervault.units import Part, Span

KINDS = ("dashboards", "looks")
UNIT = Span(1, Part("looks"), 0, 100, 100)


def a_run(**fields):
    given = {"number": 7, "scope": Scope(), "started": 0.0}
    return Run(**(given | fields))


def a_tally(*events, workers=2, kinds=KINDS, stored=None, run=None):
    tally = Tally(workers=workers, began=0.0)
    tally.hear(Began(run or a_run(), kinds, stored or {}), 0.0)
    for now, event in enumerate(events, start=1):
        tally.hear(event, float(now))
    return tally


def stored(kind, count, **more):
    return Committed({kind: Counts(new=count, **more)}, calls=0)


def called(fetcher="fetcher-1", *, started=0.0, seconds=1.0, waited=0.0, **more):
    outcome = more.pop("outcome", Outcome.OK)
    return Called(
        fetcher, "looks", "look", started, seconds, waited, 1000, outcome, **more
    )


def test_what_is_committed_is_stored_and_nothing_else_is():
    tally = a_tally(called(), stored("looks", 3, bytes=9), stored("looks", 4))

    status = tally.status(5.0)
    assert status.stored == status.new == 7
    assert status.kinds["looks"].stored == 7
    assert status.bytes == 1000


def test_there_is_no_percent_before_every_kind_was_heard_of():
    tally = a_tally(Expected("looks", 10, exact=True), stored("looks", 10))

    status = tally.status(5.0)
    assert status.percent is None
    assert status.items is None
    assert status.seconds_left is None
    assert status.kinds["looks"].percent == 100.0


def test_the_percent_weighs_the_kinds_by_their_items():
    tally = a_tally(
        Expected("looks", 10, exact=True),
        Expected("dashboards", 90, exact=True),
        stored("looks", 10),
        stored("dashboards", 40),
    )

    status = tally.status(10.0)
    assert status.percent == 50.0
    assert status.items == 100


def test_it_is_100_percent_only_once_every_kind_is_done():
    report = KindReport(expected=10, stored=10)
    tally = a_tally(
        Expected("looks", 10, exact=True), stored("looks", 10), kinds=("looks",)
    )

    before = tally.status(10.0).percent
    tally.hear(KindDone("looks", report), 10.0)

    assert before == 99.9
    assert tally.status(10.0).percent == 100.0


def test_a_census_is_not_overruled_by_what_was_read_so_far():
    tally = a_tally(
        Expected("looks", 10, exact=True), Expected("looks", 3, exact=False)
    )

    assert tally.status(5.0).kinds["looks"].expected == 10


def test_a_second_census_overrules_the_first():
    tally = a_tally(
        Expected("looks", 10, exact=True), Expected("looks", 12, exact=True)
    )

    assert tally.status(5.0).kinds["looks"].expected == 12


def test_a_gap_counts_once_and_needs_nothing_more():
    gap = Gapped(Gap("looks", "7", 500, "Internal Server Error"))
    tally = a_tally(
        Expected("looks", 2, exact=True), stored("looks", 1), gap, gap, kinds=("looks",)
    )

    status = tally.status(10.0)
    assert status.failed == 1
    assert status.percent == 99.9
    assert tally.summary(10.0).gaps == (gap.gap,)


def test_a_summary_lists_a_thousand_gaps_and_counts_them_all():
    gaps = [Gapped(Gap("looks", str(n), None, "no")) for n in range(1500)]

    summary = a_tally(*gaps).summary(2000.0)

    assert len(summary.gaps) == 1000
    assert summary.failed == 1500


def test_a_new_coordinator_brings_the_word_of_the_store():
    run = a_run(counts={"looks": Counts(new=5)})
    tally = a_tally(stored("looks", 4), Gapped(Gap("looks", "1", None, "no")))

    tally.hear(Began(run, KINDS, {"looks": 5}), 5.0)

    status = tally.status(6.0)
    assert status.stored == 5
    assert status.failed == 0


def test_what_an_earlier_process_stored_counts_but_not_for_the_rate():
    run = a_run(resumed=1, calls=40, counts={"looks": Counts(new=900)})
    tally = a_tally(called(), stored("looks", 100), run=run, stored={"looks": 900})

    summary = tally.summary(10.0)
    assert summary.stored == 1000
    assert summary.items_per_second == 10.0
    assert summary.resumed
    assert summary.calls == 41


def test_what_was_fetched_again_is_told():
    tally = a_tally(Committed({"looks": Counts(new=1, repeated=2)}, calls=3))

    summary = tally.summary(5.0)
    assert summary.refetched == 2
    assert summary.stored == 1


def test_utilization_is_busy_time_over_the_time_of_all_workers():
    tally = a_tally(
        called("fetcher-1", started=0.0, seconds=10.0),
        called("fetcher-2", started=0.0, seconds=5.0, waited=5.0),
    )

    summary = tally.summary(100.0)
    assert summary.utilization == 0.75
    assert summary.throttled == 0.25


def test_nothing_is_used_before_the_first_request():
    status = a_tally().status(5.0)

    assert status.utilization == 0.0
    assert status.throttled == 0.0


def test_the_rate_of_a_status_is_that_of_the_last_ten_seconds():
    tally = Tally(workers=1, began=0.0)
    tally.hear(Began(a_run(), KINDS, {}), 0.0)
    for second in range(1, 31):
        tally.hear(stored("looks", 1000 if second <= 15 else 10), float(second))

    assert tally.status(30.0).items_per_second == pytest.approx(10.0)
    assert tally.summary(30.0).items_per_second == pytest.approx(505.0)


def test_the_time_left_follows_from_the_rate():
    tally = a_tally(
        Expected("looks", 100, exact=True), stored("looks", 10), kinds=("looks",)
    )

    assert tally.status(2.0).seconds_left == pytest.approx(18.0)


def test_a_slowdown_is_shown_until_it_is_over():
    tally = a_tally(Slowed(Slowdown("429", 5.0, until=31.0)))

    during, after = tally.status(21.0), tally.status(31.0)

    assert (during.slowdown, during.paused) == ("429", 10.0)
    assert (after.slowdown, after.paused) == (None, 0.0)


def test_why_and_since_when_everyone_is_slower_is_told_until_the_end():
    tally = a_tally()
    assert (tally.status(1.0).slowed_by, tally.status(1.0).slowed_for) == (None, None)

    tally.hear(Slowed(Slowdown("429", 5.0, until=3.0)), 2.0)
    tally.hear(Slowed(Slowdown("503", 4.0, until=31.0)), 21.0)
    later = tally.status(621.0)

    assert (later.slowed_by, later.slowed_for) == ("503", 600.0)


def test_how_many_requests_may_be_under_way_is_told_until_it_is_not_bounded():
    few = a_tally(Paced(4.0, 2, None, ("fetcher-1",)))
    any_ = a_tally(Paced(4.0, 2, None), Paced(4.0, None, None))

    assert few.status(2.0).most_in_flight == 2
    assert any_.status(3.0).most_in_flight is None


def test_a_failing_worker_is_named_until_it_succeeds():
    tally = a_tally(
        Assigned("fetcher-1", UNIT, 1), WorkerFailed("fetcher-1", "KeyError: 'id'")
    )
    failing = tally.status(3.0).fetchers["fetcher-1"]
    tally.hear(Assigned("fetcher-1", UNIT, 2), 4.0)
    tally.hear(called(), 5.0)
    again = tally.status(5.0).fetchers["fetcher-1"]

    assert failing.error == "KeyError: 'id'"
    assert not failing.active
    assert again.error == ""
    assert again.active


def test_refusals_retries_and_restarts_are_counted():
    tally = a_tally(
        called(outcome=Outcome.REFUSED, sort=Sort.LIMITED),
        Retried("fetcher-1", UNIT, Fault(Sort.OVERLOADED, "503")),
        WorkerFailed("fetcher-1", "bug"),
    )

    summary = tally.summary(5.0)
    assert (summary.refused, summary.retries, summary.restarts) == (1, 1, 1)


def sealed(report, **counts):
    return a_run(
        phase=Phase.SEALED, kinds={"looks": report}, counts={"looks": Counts(**counts)}
    )


@pytest.mark.parametrize(
    ("run", "exit_code", "outcome"),
    [
        (sealed(KindReport(expected=2, stored=2), new=2), 0, ("complete", 0)),
        (
            sealed(KindReport(expected=2, stored=1, failed=1, complete=False), new=1),
            0,
            ("incomplete", 3),
        ),
        (sealed(KindReport(expected=2, stored=2, missing=30)), 0, ("incomplete", 3)),
        (a_run(), 4, ("stopped", 4)),
        (a_run(), 130, ("stopped", 130)),
        (a_run(), 5, ("failed", 5)),
        (a_run(), 0, ("failed", 1)),
    ],
)
def test_how_a_run_ended_decides_its_status_and_exit_status(run, exit_code, outcome):
    tally = a_tally(Finished(run, "why", exit_code), kinds=("looks",))

    summary = tally.summary(5.0)
    assert (summary.status, summary.exit_code) == outcome


@pytest.mark.parametrize(
    ("gaps", "outcome"),
    [
        ([("looks", "*", 403), ("users", "*", 403)], ("failed", 13)),
        ([("looks", "*", 403)], ("incomplete", 3)),
        ([("looks", "*", 403), ("users", "*", 500)], ("incomplete", 3)),
        ([("looks", "*", 403), ("users", "7", 403)], ("incomplete", 3)),
    ],
)
def test_a_login_that_may_see_nothing_of_what_was_asked_for_has_failed(gaps, outcome):
    told = [Gapped(Gap(kind, id_, status, "why")) for kind, id_, status in gaps]
    report = KindReport(expected=1, stored=0, failed=1, complete=False)
    run = a_run(phase=Phase.SEALED, kinds={"looks": report, "users": report})

    summary = a_tally(*told, Finished(run), kinds=("looks", "users")).summary(5.0)

    assert (summary.status, summary.exit_code) == outcome
    assert ("(looks, users)" in summary.reason) == (outcome[1] == 13)


def test_a_run_of_which_no_end_was_heard_has_failed():
    assert a_tally().summary(5.0).status == "failed"


def test_an_error_has_the_last_word():
    tally = a_tally()

    tally.failed("The disk is full.", 15)

    summary = tally.summary(5.0)
    assert (summary.status, summary.exit_code) == ("failed", 15)
    assert summary.reason == "The disk is full."


def test_a_summary_says_which_kinds_were_left_out():
    run = a_run(scope=Scope(folders=("1",)))

    assert "users" in a_tally(run=run).summary(1.0).left_out


COUNTS = st.builds(Counts, *[st.integers(0, 1000)] * 6)
NAMES = st.sampled_from(KINDS)
SECONDS = st.floats(0, 1000)
CALLS = st.builds(
    called,
    st.sampled_from(["fetcher-1", "fetcher-2", "fetcher-3"]),
    started=SECONDS,
    seconds=SECONDS,
    waited=SECONDS,
    outcome=st.sampled_from(Outcome),
)
EVENTS = st.one_of(
    CALLS,
    st.builds(Committed, st.dictionaries(NAMES, COUNTS), st.integers(0, 100)),
    st.builds(Expected, NAMES, st.integers(0, 5000), st.booleans()),
    st.builds(Gapped, st.builds(Gap, NAMES, st.text(max_size=2), st.none(), st.text())),
    st.builds(
        Began,
        st.builds(a_run, calls=st.integers(0, 9), resumed=st.integers(0, 1)),
        st.just(KINDS),
        st.dictionaries(NAMES, st.integers(0, 1000)),
    ),
    st.builds(
        KindDone,
        NAMES,
        st.builds(KindReport, expected=st.integers(0, 9), stored=st.integers(0, 9)),
    ),
    st.builds(Slowed, st.builds(Slowdown, st.text(), st.none() | st.floats(), SECONDS)),
    st.builds(WorkerFailed, st.just("fetcher-1"), st.text()),
    st.builds(Assigned, st.just("fetcher-1"), st.just(UNIT), st.integers(1, 5)),
)


@given(events=st.lists(st.tuples(SECONDS, EVENTS)), now=SECONDS)
def test_whatever_is_heard_in_whatever_order_shares_and_percents_stay_in_bounds(
    events, now
):
    tally = Tally(workers=2, began=0.0)
    for at, event in events:
        tally.hear(event, at)

    status, summary = tally.status(now), tally.summary(now)
    percents = [status.percent, *(kind.percent for kind in status.kinds.values())]
    assert all(percent is None or 0 <= percent <= 100 for percent in percents)
    for figures in (status, summary):
        assert 0 <= figures.utilization <= 1
        assert 0 <= figures.throttled <= 1
        assert figures.utilization + figures.throttled <= 1
        assert figures.items_per_second >= 0
        assert figures.seconds >= 0
    assert status.seconds_left is None or status.seconds_left >= 0


@given(calls=st.lists(CALLS, min_size=1), shuffle=st.randoms())
def test_the_order_in_which_requests_are_heard_of_changes_no_figure(calls, shuffle):
    shuffled = list(calls)
    shuffle.shuffle(shuffled)

    one, other = Tally(workers=2, began=0.0), Tally(workers=2, began=0.0)
    for call in calls:
        one.hear(call, 0.0)
    for call in shuffled:
        other.hear(call, 0.0)

    assert one.summary(1.0) == other.summary(1.0)


@given(
    commits=st.lists(st.integers(0, 100), max_size=30), expected=st.integers(1, 2000)
)
def test_the_percent_never_falls_while_nothing_new_is_listed(commits, expected):
    tally = a_tally(Expected("looks", expected, exact=True), kinds=("looks",))
    seen = []
    for now, count in enumerate(commits, start=2):
        tally.hear(stored("looks", count), float(now))
        seen.append(tally.status(float(now)).percent)

    assert seen == sorted(seen)
