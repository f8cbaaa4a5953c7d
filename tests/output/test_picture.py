"""The live view fits into any window, whatever Looker calls its content."""

import io

import hypothesis.strategies as st
import pytest
from hypothesis import given
from msgspec.structs import replace
from rich.cells import cell_len

from lookervault.core.figures import KindFigures, Status, WorkerFigures
from lookervault.core.width import width
from lookervault.output.paper import Paper
from lookervault.output.picture import picture

from .conftest import HOSTILE
from .statuses import statuses, unhurried

WINDOWS = st.tuples(st.integers(1, 220), st.integers(1, 70))


class Letters(io.StringIO):
    """A stream that takes nothing but ASCII."""

    encoding = "ascii"


def a_worker(**fields):
    given = {"kind": "looks", "what": "from 400", "waiting": False, "active": True}
    return WorkerFigures(**(given | fields))


def a_kind(**fields):
    given = {"expected": 2000, "stored": 940, "exact": True, "percent": 47.0}
    return KindFigures(**(given | fields))


STATUS = Status(
    run="7",
    seconds=125.0,
    stored=940,
    failed=0,
    new=0,
    changed=0,
    unchanged=0,
    gone=0,
    utilization=0.0,
    throttled=0.0,
    starved=0.0,
    over_memory=0.0,
    workers=2,
    calls=1234,
    refused=3,
    retries=0,
    restarts=0,
    bytes=0,
    resumed=False,
    refetched=0,
    kinds={"looks": a_kind()},
    items=2000,
    percent=47.0,
    items_per_second=1200.0,
    seconds_left=80.0,
    memory=120 << 20,
    max_memory=None,
    cramped=False,
    rate=None,
    max_rate=None,
    most_in_flight=None,
    calls_left=None,
    on_hold=False,
    active=1,
    slowdown=None,
    paused=0.0,
    slowed_by=None,
    slowed_for=None,
    fetchers={"fetcher-1": a_worker(seconds=2.0)},
)


def drawn(status, columns=80, rows=23, stream=None):
    paper = Paper(stream or io.StringIO())
    return [line.plain for line in picture(status, columns, rows, paper=paper)]


@unhurried
@given(statuses(), WINDOWS)
def test_there_are_never_more_rows_or_columns_than_the_window_has(status, window):
    columns, rows = window
    lines = drawn(status, columns, rows)

    assert 1 <= len(lines) <= rows
    assert max(map(width, lines)) <= columns
    assert max(map(cell_len, lines)) <= columns
    assert "\x1b" not in "".join(lines)


@unhurried
@given(statuses(), WINDOWS)
def test_where_there_are_only_letters_nothing_else_is_drawn(status, window):
    lines = drawn(status, *window, stream=Letters())

    assert all(line.isascii() for line in lines)
    assert max(map(len, lines)) <= window[0]


@unhurried
@given(statuses(), WINDOWS)
def test_each_line_is_one_line_of_the_terminal(status, window):
    paper = Paper(io.StringIO())
    lines = picture(status, *window, paper=paper)

    assert len(paper.painted(lines)) == len(lines)


def test_a_run_is_told_in_full():
    assert drawn(STATUS) == [
        f"looks {'━' * 18}{'─' * 22}   47 %  940 of 2,000",
        "fetcher-1      2s looks from 400",
        "940 of 2,000 items (47 %), 1m 20s left, 1,200 items/s, 1,234 calls, 3 refused",
        "1 of 2 workers busy, 120 MiB memory, running for 2m 5s",
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"on_hold": True}, "on hold"),
        ({"slowdown": "429", "paused": 3.0}, "held back for 3s: 429"),
        ({"cramped": True}, "memory is short"),
        ({"rate": 12.0}, "at most 12 calls/s"),
        ({"rate": 5.5, "max_rate": 20.0}, "at most 5.5 calls/s (--max-rate 20)"),
        (
            {"rate": 12.0, "slowed_by": "429", "slowed_for": 190.0},
            "at most 12 calls/s, slowed down 3m 10s ago: 429",
        ),
        (
            {"most_in_flight": 1, "slowed_by": "503", "slowed_for": 9.0},
            "at most 1 request at once, slowed down 9s ago: 503",
        ),
        (
            {"rate": 12.0, "slowed_by": "429", "slowed_for": 1.0, "slowdown": "429"},
            "slowed down 1s ago, 1 of 2 workers busy",
        ),
        ({"most_in_flight": 1}, "at most 1 request at once"),
        ({"workers": 9, "most_in_flight": 2}, "at most 2 requests at once"),
        ({"calls_left": 880}, "1,234 calls (880 left)"),
        ({"max_memory": 200 << 20}, "120 MiB of 200 MiB memory"),
        ({"failed": 1}, "1 gap"),
        ({"retries": 4, "restarts": 2}, "4 tried again, 2 restarts"),
        ({"items": None, "percent": None}, "940 items so far, still counting"),
        ({"seconds_left": None}, "time left not known"),
    ],
)
def test_what_matters_just_now_is_said(fields, said):
    assert said in ", ".join(drawn(replace(STATUS, **fields), columns=100))


def test_a_slowdown_of_long_ago_that_bounds_nothing_any_more_is_not_said():
    long_ago = replace(STATUS, slowed_by="429", slowed_for=900.0)

    for status in (long_ago, replace(long_ago, rate=20.0, max_rate=20.0)):
        assert "slowed" not in ", ".join(drawn(status))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "2s looks from 400"),
        ({"attempt": 3}, "looks from 400 (try 3)"),
        ({"waiting": True}, "waits for its turn: looks from 400"),
        ({"active": False}, "idle"),
        ({"error": HOSTILE}, "looks from 400: \\x1b]0;owned\\x07[bold red]fine[/]"),
        ({"kind": None, "what": "", "error": "it died"}, "it died"),
    ],
)
def test_a_worker_says_what_it_does(fields, said):
    status = replace(STATUS, fetchers={"fetcher-1": a_worker(seconds=2.0, **fields)})

    (line,) = (line for line in drawn(status) if line.startswith("fetcher-1"))

    assert said in line


def test_a_worker_that_failed_is_red_and_the_others_are_not():
    workers = {"fetcher-1": a_worker(error="500"), "fetcher-2": a_worker()}
    lines = picture(
        replace(STATUS, fetchers=workers), 80, 23, paper=Paper(io.StringIO())
    )

    red = [line.plain for line in lines if "red" in {str(s.style) for s in line.spans}]
    assert len(red) == 1
    assert red[0].startswith("fetcher-1")


def test_what_has_no_line_is_counted_in_one():
    workers = {f"fetcher-{n}": a_worker() for n in range(1, 51)}
    status = replace(STATUS, fetchers=workers, workers=50)

    lines = drawn(status, rows=8)

    assert "46 more workers reading" in lines
    assert "looks" in lines[0]
    assert lines[-2].startswith("940 of 2,000 items")


def test_a_window_of_one_row_has_the_amount():
    assert drawn(STATUS, columns=40, rows=1) == [
        "940 of 2,000 items (47 %), 1m 20s left"
    ]


def test_a_narrow_window_does_without_bars():
    assert drawn(STATUS, columns=30)[0] == "looks   47 %  940 of 2,000"


def test_gaps_of_a_kind_stand_beside_it():
    kinds = {"looks": a_kind(failed=7), "users": a_kind()}

    lines = drawn(replace(STATUS, kinds=kinds))

    assert lines[0].endswith("  7 gaps")
