"""The audit finds what contradicts itself, and nothing in what honest runs leave behind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lookervault.core import audit
from lookervault.core.audit import Gaps, What
from lookervault.records import About, Gap, Head, KindReport, Phase, Run, Scope, State
from lookervault.testing.trial import Trial

SEEDS = 40


def a_run(number=1, phase=Phase.SEALED, **kinds):
    return Run(number=number, scope=Scope(), phase=phase, started=1.0, kinds=kinds)


def a_head(run=1, state=State.PRESENT, id_="7"):
    return Head(
        kind="looks",
        id=id_,
        run=run,
        state=state,
        title="T",
        folder=None,
        updated_at=None,
        fetched_at=1.0,
        call="c",
        digest=bytes(16),
        size=2,
    )


def all_found(store):
    """Everything that the rules say of a store."""
    runs = sorted(store.runs(), key=lambda run: run.number)
    yield from audit.of_runs(runs)
    for run in runs:
        gaps = list(store.gaps(run.number))
        for kind in run.kinds if run.phase is Phase.SEALED else ():
            counted = Gaps()
            for gap in gaps:
                if gap.kind == kind:
                    counted.add(gap)
            census = store.census(run.number, kind)
            rows = census and len(census.rows)
            yield from audit.of_kind(run, kind, run.kinds[kind], rows, counted)
            behind = {gap.id for gap in gaps if gap.kind == kind}
            shown = {head.id: head for head in store.heads(kind, at=run.number)}
            unshown = [
                row.id
                for row in (census.rows if census and "*" not in behind else ())
                if row.id not in behind and not audit.shows(shown.get(row.id))
            ]
            yield from audit.of_unshown(run, kind, run.kinds[kind], unshown)


@pytest.mark.parametrize("first", range(0, SEEDS, 10))
def test_nothing_is_found_in_what_runs_with_faults_and_changes_leave_behind(first):
    for seed in range(first, first + 10):
        trial = Trial(seed)
        trial.hold()

        assert list(all_found(trial._store)) == [], seed


def test_an_open_run_that_is_not_the_newest_is_found():
    runs = [a_run(1, Phase.OPEN), a_run(2)]

    (found,) = audit.of_runs(runs)

    assert (found.what, found.run) == (What.RUN, 1)
    assert list(audit.of_runs(runs[::-1][:1])) != []
    assert list(audit.of_runs([a_run(1), a_run(2, Phase.OPEN)])) == []


@given(st.sets(st.integers(1, 30)))
def test_each_run_that_is_missing_is_found(numbers):
    runs = [a_run(number) for number in sorted(numbers)]

    found = [it.run for it in audit.of_runs(runs)]

    assert found == sorted(set(range(1, max(numbers, default=0))) - numbers)


def test_a_run_whose_number_is_beyond_all_reason_ends_no_audit():
    assert len(list(audit.of_runs([a_run(2**63)]))) == 999


@pytest.mark.parametrize(
    ("head", "there"),
    [
        (a_head(), True),
        (a_head(state=State.TRASHED), True),
        (a_head(state=State.UNREAD), True),
        (a_head(state=State.GONE), False),
        (None, False),
    ],
    ids=lambda it: it.state.value if isinstance(it, Head) else str(it),
)
def test_a_snapshot_shows_what_is_not_gone(head, there):
    assert audit.shows(head) == there


@given(st.lists(st.text(min_size=1), unique=True, max_size=5), st.integers(0, 5))
def test_what_a_snapshot_lists_and_does_not_show_was_deleted_meanwhile_or_is_lost(
    ids, vanished
):
    report = KindReport(expected=9, stored=9, vanished=vanished)

    found = list(audit.of_unshown(a_run(3), "looks", report, ids))

    assert [it.id for it in found] == (ids if len(ids) > vanished else [])
    assert {(it.what, it.kind, it.run) for it in found} <= {(What.SNAPSHOT, "looks", 3)}


def test_when_all_is_lost_not_all_of_it_is_named():
    report = KindReport(expected=9_999, stored=9_999)

    found = list(audit.of_unshown(a_run(), "looks", report, list("x" * 9_999)))

    assert len(found) == 1_000


@pytest.mark.parametrize(
    ("head", "sound"),
    [
        (a_head(), True),
        (a_head(run=3, state=State.GONE), True),
        (a_head(run=2, state=State.GONE), False),
        (None, False),
    ],
    ids=lambda it: f"{it.state.value} in {it.run}" if isinstance(it, Head) else str(it),
)
def test_a_marker_vouches_for_what_is_there_or_went_in_that_very_run(head, sound):
    found = audit.of_vouched(a_run(3, Phase.OPEN), "looks", "7", head)

    assert (found is None) == sound
    if found is not None:
        assert (found.what, found.id, found.run) == (What.MARKER, "7", 3)


REPORTS = st.builds(
    KindReport,
    expected=st.integers(0, 3),
    stored=st.just(0),
    failed=st.integers(0, 2),
    missing=st.integers(0, 2),
    complete=st.booleans(),
)
GAPS = st.builds(Gaps, st.integers(0, 2), st.integers(0, 2))


@given(REPORTS, GAPS, st.integers(0, 3) | st.none())
def test_a_report_is_true_only_if_census_and_gaps_bear_it_out(report, gaps, rows):
    found = list(audit.of_kind(a_run(looks=report), "looks", report, rows, gaps))

    counted = not report.complete or rows == report.expected
    borne_out = (gaps.failed, gaps.missing) == (report.failed, report.missing)
    assert (found == []) == (counted and borne_out)


def test_gaps_are_counted_by_their_sort():
    gaps = Gaps()
    for missing in (True, False, False):
        gaps.add(Gap("looks", "1", None, "r", missing=missing))

    assert (gaps.failed, gaps.missing) == (2, 1)


ABOUT = About(1, "0123456789abcdef" * 2, "https://looker.example", 1.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "0" * 31},
        {"id": "G" * 32},
        {"format": 0},
        {"instance": "https://Looker.example/"},
        {"instance": ""},
        {"instance": "ftp://looker.example"},
    ],
    ids=str,
)
def test_an_identity_that_makes_no_sense_is_found(changes):
    assert audit.of_about(ABOUT) is None

    found = audit.of_about(replace(ABOUT, **changes))

    assert found.what is What.IDENTITY
    assert found.harm


def test_each_finding_is_a_sentence_with_what_to_do_and_a_remark_is_a_sentence():
    wrong = [
        audit.of_file("The file is cut off."),
        audit.body_missing(a_head()),
        audit.body_broken(a_head(), "it cannot be unpacked"),
        audit.no_such_run(What.GAP, "gaps", b"k", 3),
        audit.of_vouched(a_run(), "looks", "7", None),
        *audit.of_unshown(a_run(), "looks", KindReport(expected=1, stored=1), ["7"]),
    ]
    remarks = [audit.left_over(1), audit.left_over(2), audit.known_lost(a_head())]

    assert all(it.harm and it.advice.endswith(".") for it in wrong)
    assert not any(it.harm or it.advice for it in remarks)
    assert all(it.sentence[0].isupper() for it in wrong)
    assert all(it.told.endswith(".") for it in [*wrong, *remarks])
