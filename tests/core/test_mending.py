"""What stands for what is lost says so, and promises nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lookervault.core import audit, mending
from lookervault.core.audit import Gaps
from lookervault.records import Gap, Head, KindReport, Phase, Run, Scope, State

STATES = st.sampled_from(list(State))


def a_version(run, state=State.PRESENT, *, lost=False):
    return replace(mending.unknown_version("looks", "7", run), state=state, lost=lost)


def test_what_stands_for_a_run_promises_nothing():
    run = mending.unknown_run(3)

    assert (run.number, run.phase, run.complete) == (3, Phase.ABANDONED, False)
    assert list(audit.of_runs([mending.unknown_run(1), mending.unknown_run(2)])) == []


def test_what_stands_for_a_version_is_lost_and_shown():
    head = mending.unknown_version("looks", "7", 3)

    assert isinstance(head, Head)
    assert (head.kind, head.id, head.run, head.lost) == ("looks", "7", 3, True)
    assert head.state is State.UNREAD
    assert audit.shows(head)


@given(
    st.lists(st.booleans(), max_size=4),
    st.integers(0, 5),
    st.integers(0, 5),
    st.booleans(),
)
def test_what_a_run_admits_is_what_its_gaps_bear_out(missing, failed, stored, complete):
    gaps = [
        Gap("looks", str(number), None, "r", missing=each)
        for number, each in enumerate(missing)
    ]
    before = KindReport(expected=9, stored=stored, failed=failed, complete=complete)
    other = KindReport(expected=1, stored=1)
    kinds = {"looks": before, "users": other}
    run = Run(
        number=1, scope=Scope(), phase=Phase.SEALED, started=1.0, ended=2.0, kinds=kinds
    )

    told = mending.admitted(run, "looks", gaps)

    counted = Gaps()
    for gap in gaps:
        counted.add(gap)
    report = told.kinds["looks"]
    assert list(audit.of_kind(told, "looks", report, None, counted)) == []
    assert not told.complete
    assert replace(told, kinds=kinds) == run
    assert told.kinds["users"] == other
    assert (report.expected, report.stored) == (9, stored)


@given(st.lists(st.tuples(STATES, st.booleans()), max_size=4))
def test_looker_is_asked_for_what_it_may_have_and_the_vault_lacks(versions):
    heads = [a_version(9 - n, *it[:1], lost=it[1]) for n, it in enumerate(versions)]

    wanted = mending.wanted(heads)

    if not heads:
        assert wanted
    else:
        newest = heads[0]
        assert wanted == (newest.lost and newest.state is not State.GONE)


@pytest.mark.parametrize(
    "gap", [mending.unknown_gap("looks", "7"), mending.lost_item("looks", "7")]
)
def test_a_gap_says_why(gap):
    assert (gap.kind, gap.id, gap.status, gap.missing) == ("looks", "7", None, False)
    assert gap.reason.endswith(".")


@given(st.lists(st.tuples(st.sampled_from([b"a", b"b", b"c"]), st.booleans())))
def test_each_body_that_is_lost_is_told_of_once_by_the_run_that_found_it(found):
    # Versions that share a body have lost it together.
    lost = dict(found)
    heads = [
        replace(a_version(run, lost=lost[digest]), digest=digest)
        for run, (digest, _) in enumerate(found, 1)
    ]

    runs = mending.lost_in(heads[::-1])

    assert runs == sorted(runs)
    assert [heads[run - 1].digest for run in runs] == list(
        dict.fromkeys(head.digest for head in heads if head.lost)
    )
