"""A summary says what is missing and what to type next, in 80 columns."""

import io

import pytest
from hypothesis import given
from msgspec.structs import replace
from rich.cells import cell_len

from lookervault.core.figures import KindFigures, Summary
from lookervault.core.tally import Tally
from lookervault.output import View, verdict
from lookervault.output.closing import conclude
from lookervault.records import Gap

from .conftest import Terminal
from .statuses import summaries, unhurried

BASE = "https://looker.example answers 500 to GET /api/4.0/looks"

SUMMARY = Summary(
    run="7",
    seconds=125.0,
    stored=98,
    failed=2,
    new=98,
    changed=0,
    unchanged=0,
    gone=0,
    utilization=0.95,
    throttled=0.03,
    starved=0.02,
    over_memory=0.0,
    workers=8,
    calls=1234,
    refused=3,
    retries=4,
    restarts=1,
    bytes=10 << 20,
    resumed=False,
    refetched=0,
    kinds={"looks": KindFigures(expected=100, stored=98, failed=2, new=98, exact=True)},
    status="incomplete",
    items=100,
    items_per_second=0.8,
    peak_memory=120 << 20,
    exit_code=3,
)


def concluded(summary, stream=None, **options):
    out = stream or io.StringIO()
    options = {"again": "lookervault extract looks --vault v"} | options
    tally = Tally(workers=1, began=0.0)
    conclude(View(tally=tally, out=out, err=io.StringIO(), **options), summary)
    return out.getvalue()


def of_looks(*ids):
    gaps = [Gap("looks", i, 500, f"{BASE}/{i}: Internal Server Error") for i in ids]
    return replace(SUMMARY, gaps=tuple(gaps), failed=len(gaps))


def losses(text):
    return [li for li in text.splitlines() if li.startswith("could not be read")]


def test_what_looker_lists_is_not_told_of_kinds_that_were_not_counted():
    kinds = SUMMARY.kinds | {"boards": KindFigures(expected=0, stored=0)}
    text = concluded(replace(SUMMARY, status="stopped", kinds=kinds))

    table = [line.split() for line in text.splitlines()]
    assert ["looks", "100", "98"] in [row[:3] for row in table]
    assert ["boards", "?", "0"] in [row[:3] for row in table]
    assert ["total", "?", "98"] in [row[:3] for row in table]
    assert "98 of ? items" in text


def test_a_run_that_was_resumed_says_so():
    text = concluded(replace(SUMMARY, resumed=True))

    assert "98 of 100 items in 2m 5s, 0.8 items/s, resumed\n" in text
    assert "resumed" not in concluded(SUMMARY)


def test_gaps_of_one_reason_are_told_together_with_the_first_ids():
    text = concluded(of_looks(*map(str, range(1, 313))))

    (told,) = losses(text)
    assert told.startswith(f"could not be read: looks: 312 items: {BASE}/…: Internal")
    assert told.endswith(" Server Error: 1, 2, 3, 4, 5 and 307 more")


def test_who_wants_more_gets_every_id():
    text = concluded(of_looks(*map(str, range(1, 313))), verbose=True)

    assert losses(text)[0].endswith(", 311, 312")


def test_a_single_gap_is_told_by_its_id():
    assert losses(concluded(of_looks("17"))) == [
        f"could not be read: looks/17: {BASE}/17: Internal Server Error"
    ]


def test_gaps_that_the_summary_does_not_hold_are_counted():
    text = concluded(replace(of_looks("1", "2"), failed=1500))

    assert losses(text)[-1] == "could not be read: 1,498 more"


def test_reasons_without_number_are_cut_short_and_counted():
    gaps = tuple(Gap("looks", str(n), None, f"reason {n}") for n in range(30))
    text = concluded(replace(SUMMARY, gaps=gaps, failed=30))

    assert len(losses(text)) == 21
    assert losses(text)[-1] == "could not be read: 10 more"


@pytest.mark.parametrize(
    ("status", "exit_code", "said"),
    [
        ("incomplete", 3, "To ask again for what is missing:"),
        ("stopped", 4, "Raise the limit"),
        ("stopped", 130, "run the same command again:"),
        ("failed", 1, "run the same command again:"),
        ("failed", 5, "Wait until Looker answers again."),
        ("failed", 13, "Check the API key"),
        ("failed", 15, "Make room on the disk"),
    ],
)
def test_a_run_that_is_not_complete_says_what_to_type_next(status, exit_code, said):
    text = concluded(replace(SUMMARY, status=status, exit_code=exit_code))

    assert said in text
    assert text.endswith("\n  lookervault extract looks --vault v\n")


def test_a_run_that_is_complete_says_how_to_look_at_it():
    text = concluded(replace(SUMMARY, status="complete"), vault=" --vault v")

    assert text.endswith("To have a look:\n  lookervault ls looks --vault v\n")


def test_a_login_that_may_not_see_a_kind_is_told_so():
    gap = Gap("users", "*", 403, "https://looker.example answers 403.")

    text = concluded(replace(SUMMARY, gaps=(gap,), failed=1))

    assert "To see all of users, this login needs more permissions." in text


def test_what_it_took_is_told():
    text = concluded(replace(SUMMARY, over_memory=12.0))

    assert "8 workers, utilization 95 %, throttled 3 %, starved 2 %" in text
    assert "1,234 calls, 3 refused, 4 tried again, 1 restart" in text
    assert "120 MiB of memory at most, over the limit for 12s" in text


def test_in_a_pipe_a_sentence_is_a_line_however_long():
    text = concluded(of_looks("x" * 300))

    assert losses(text)[0].endswith("Internal Server Error")


@unhurried
@given(summaries())
def test_every_end_of_a_run_can_be_told(summary):
    assert concluded(summary).startswith("Run 7. ")


@pytest.mark.parametrize("most", [7, 123_456, 99_999_999])
def test_the_summary_of_a_terminal_fits_in_80_columns(monkeypatch, most):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")
    figures = KindFigures(expected=most, stored=most, new=most, failed=2)
    kinds = {"scheduled_plans": figures, "permission_sets": figures}
    summary = replace(
        of_looks("売上" * 100, "2"), kinds=kinds, items=most, stored=most, new=most
    )

    text = concluded(summary, Terminal())

    assert max(map(cell_len, text.splitlines())) <= 80
    assert f"{most:,}" in text


def test_colours_are_left_to_those_who_want_them(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = concluded(SUMMARY, Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    plain = concluded(SUMMARY, Terminal())

    assert "\x1b[1;33m" in coloured
    assert "\x1b[33" not in plain
    assert "33m" not in plain


def test_all_sentences_of_an_end_are_short():
    shown = [verdict.headline(SUMMARY), *verdict.figures(SUMMARY)]
    shown += verdict.advice(SUMMARY)

    assert [text for text in shown if len(text) > 80] == []
