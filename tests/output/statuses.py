"""Statuses and summaries that are made up, from what a run of any size could be."""

import hypothesis
import hypothesis.strategies as st

from lookervault.content import KINDS
from lookervault.core.figures import KindFigures, Status, Summary, WorkerFigures

unhurried = hypothesis.settings(deadline=None)
"""How long it takes to draw a picture is no promise of a test."""

HOSTILE_TEXT = st.one_of(
    st.text(max_size=200),
    st.text("売上é\u0301\u200d\ufe0f👩👧\x1b[31m\n\u202e ", max_size=300),
    st.just("e" + "\u0301" * 5000),
    st.just("売" * 500),
)

_BIG = st.integers(0, 10**9)
_SHARES = st.floats(0, 1)
_SECONDS = st.floats(0, 10**7)


def kinds(least=0):
    figures = st.builds(
        KindFigures,
        expected=_BIG,
        stored=_BIG,
        failed=st.one_of(st.just(0), _BIG),
        new=_BIG,
        done=st.booleans(),
        exact=st.booleans(),
        percent=st.one_of(st.none(), st.floats(0, 100)),
    )
    return st.dictionaries(st.sampled_from(list(KINDS)), figures, min_size=least)


def workers():
    figures = st.builds(
        WorkerFigures,
        kind=st.one_of(st.none(), st.sampled_from(list(KINDS))),
        what=HOSTILE_TEXT,
        waiting=st.booleans(),
        active=st.booleans(),
        attempt=st.integers(1, 9),
        seconds=_SECONDS,
        error=st.one_of(st.just(""), HOSTILE_TEXT),
    )
    names = st.integers(1, 50).map(lambda number: f"fetcher-{number}")
    return st.dictionaries(names, figures, max_size=50)


_SHARED = {
    "run": st.just("7"),
    "seconds": _SECONDS,
    "stored": _BIG,
    "failed": _BIG,
    "new": _BIG,
    "changed": _BIG,
    "unchanged": _BIG,
    "gone": _BIG,
    "utilization": _SHARES,
    "throttled": _SHARES,
    "starved": _SHARES,
    "over_memory": _SECONDS,
    "workers": st.integers(1, 50),
    "calls": _BIG,
    "refused": _BIG,
    "retries": _BIG,
    "restarts": _BIG,
    "bytes": _BIG,
    "resumed": st.booleans(),
    "refetched": _BIG,
    "kinds": kinds(),
}


def statuses():
    return st.builds(
        Status,
        **_SHARED,
        items=st.one_of(st.none(), _BIG),
        percent=st.one_of(st.none(), st.floats(0, 100)),
        items_per_second=st.floats(0, 10**6),
        seconds_left=st.one_of(st.none(), _SECONDS),
        memory=_BIG,
        max_memory=st.one_of(st.none(), _BIG),
        cramped=st.booleans(),
        rate=st.one_of(st.none(), st.floats(0.05, 10**4)),
        max_rate=st.one_of(st.none(), st.floats(0.05, 10**4)),
        most_in_flight=st.one_of(st.none(), st.integers(1, 50)),
        calls_left=st.one_of(st.none(), _BIG),
        on_hold=st.booleans(),
        active=st.integers(0, 50),
        slowdown=st.one_of(st.none(), HOSTILE_TEXT),
        paused=_SECONDS,
        slowed_by=st.one_of(st.none(), HOSTILE_TEXT),
        slowed_for=st.one_of(st.none(), _SECONDS),
        fetchers=workers(),
    )


def summaries():
    return st.builds(
        Summary,
        **_SHARED,
        status=st.sampled_from(["complete", "incomplete", "stopped", "failed"]),
        items=_BIG,
        items_per_second=st.floats(0, 10**6),
        peak_memory=_BIG,
        reason=HOSTILE_TEXT,
        exit_code=st.sampled_from([0, 1, 3, 4, 5, 13, 15, 130]),
    )
