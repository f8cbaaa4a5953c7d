"""People read true figures, and what others wrote cannot steer their terminal."""

import io

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from lookervault.output import words
from lookervault.output.log import Log
from lookervault.output.safe import safe
from lookervault.output.screen import Screen
from lookervault.output.stream import Tolerant
from lookervault.output.table import Sheet

from .conftest import HOSTILE


def test_a_pipe_gets_a_line_of_progress_every_ten_seconds(show, events):
    events[-1:-1] = events[1:2] * 25

    _, err = show(Log)

    assert sum("workers busy" in line for line in err.splitlines()) == 3


def test_a_pipe_gets_no_escape_sequence(show):
    out, err = show(Log)

    assert "\x1b" not in out + err
    assert "fetcher-1 failed and starts again" in err
    assert "could not be read: looks/" in err


def test_a_run_begins_once_whoever_leads_it(show, events):
    events[1:1] = events[:1] * 3

    _, err = show(Log)

    assert err.count("begins") == 1


def test_a_summary_says_what_is_missing_and_what_to_do(show):
    out, _ = show(Log)

    assert "Incomplete" in out
    assert "2 of 3 items" in out
    assert "utilization" in out
    assert "could not be read: looks/" in out
    assert "left out" in out
    assert "users" in out
    assert "To ask again for what is missing:\n  lookervault extract\n" in out


def test_a_summary_fits_in_80_columns_where_it_has_the_choice(show):
    out, _ = show(Log)

    table = [line for line in out.splitlines() if line.startswith(("kind", "total"))]
    assert len(table) == 2
    assert all(len(line) <= 80 for line in table)


def test_markup_of_others_is_shown_as_it_is(show):
    out, err = show(Log)

    assert "[bold red]fine[/]" in out
    assert "[bold red]fine[/]" in err


def test_quiet_says_only_what_went_wrong(show):
    out, err = show(Log, quiet=True)

    assert out == ""
    assert "Incomplete" in err
    assert "could not be read" in err
    assert "begins" not in err


def test_a_terminal_is_drawn_and_cleaned_up(show, terminal, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")

    out, err = show(Screen, err=terminal)

    assert "looks" in err
    assert err.rindex("\x1b[?25h") > err.rindex("\x1b[?25l")
    assert "\x1b]0;owned" not in err
    assert "Incomplete" in out


@pytest.mark.parametrize("printer", [Log, Screen])
def test_a_reader_who_left_is_no_error(show, broken, printer):
    out = io.StringIO()

    show(printer, out=out, err=Tolerant(broken))

    assert "Incomplete" in out.getvalue()


def test_a_looker_that_was_updated_is_told_as_the_run_begins(show, events):
    run = replace(events[0].run, looker="24.4.0")
    events[0] = replace(events[0], run=run, looker_before=HOSTILE)

    _, err = show(Log)

    said = f"Looker is 24.4.0 now, and was {safe(HOSTILE)} in the last snapshot"
    assert said in err.splitlines()[0]


def test_slowdowns_that_come_in_numbers_are_told_once_in_a_while(show, events):
    events[1:1] = events[5:6] * 15

    _, err = show(Log)

    assert err.count("everyone slows down") == 2


def test_a_sheet_in_a_pipe_is_separated_by_tabs_and_never_cut():
    stream = io.StringIO()

    Sheet(stream, ("id", "title"), stretch="title").print([("1", HOSTILE + "x" * 500)])

    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().startswith("1\t\\x1b]0;owned")
    assert stream.getvalue().endswith("x" * 500 + "\n")


def test_a_sheet_on_a_terminal_fits_in_it(terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    rows = [("1", "売上" * 60, "7", "present"), ("2", "short", "12345678", "gone")]

    header = ("id", "title", "folder", "state")
    Sheet(terminal, header, stretch="title").print(rows)

    lines = terminal.getvalue().splitlines()
    assert len(lines) == 3
    assert all(cell_len(line) <= 80 for line in lines)
    assert "…" in lines[1]
    assert "present" in lines[1]
    assert "12345678" in lines[2]


def test_a_sheet_leaves_out_what_matters_less_where_a_terminal_is_narrow(
    terminal, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "dumb")

    header = ("kind", "call", "dated", "what it is")
    sheet = Sheet(terminal, header, stretch="what it is", less=("call", "dated"))
    sheet.print([("scheduled_plans", "all_scheduled_plans", "yes", "plans " * 20)])

    head, row = terminal.getvalue().splitlines()
    assert head.split() == ["kind", "dated", "what", "it", "is"]
    assert row.startswith("scheduled_plans yes   plans plans ")
    assert cell_len(row) <= 40


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59.4, "59s"),
        (59.6, "1m 0s"),
        (190, "3m 10s"),
        (7500, "2h 5m"),
        (273_600, "3d 4h"),
    ],
)
def test_durations_read_well(seconds, text):
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 %"), (0.5, "50 %"), (0.9996, "99.9 %"), (1, "100 %"), (0.123, "12.3 %")],
)
def test_only_all_of_it_is_100_percent(value, text):
    assert words.share(value) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (1536, "1.5 KiB"), (3 << 30, "3 GiB")]
)
def test_sizes_read_well(count, text):
    assert words.size(count) == text
