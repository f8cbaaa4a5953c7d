"""Scripts get one object a line, ASCII only, and the summary last."""

import itertools
import json

import pytest

from lookervault.output.jsonl import Lines

from .conftest import HOSTILE

SUMMARY = """
    run status items stored new changed unchanged gone failed seconds
    items_per_second utilization throttled workers calls refused retries restarts
    bytes peak_memory resumed refetched kinds
""".split()  # noqa: SIM905 - reads better than a list
"""The contract: fields are added, and none is ever dropped."""


@pytest.fixture
def lines(show):
    out, err = show(Lines)
    assert err == ""
    assert out.isascii()
    return [json.loads(line) for line in out.splitlines()]


def of(lines, sort):
    return [line for line in lines if line["message_type"] == sort]


def test_the_first_line_is_the_start_and_the_last_the_summary(lines):
    assert lines[0]["message_type"] == "start"
    assert lines[-1]["message_type"] == "summary"
    assert len(of(lines, "summary")) == 1


def test_a_summary_has_every_field_of_the_contract(lines):
    summary = lines[-1]

    assert [name for name in SUMMARY if name not in summary] == []
    assert summary["run"] == "7"
    assert summary["status"] == "incomplete"
    assert summary["kinds"]["looks"]["expected"] == 3
    assert summary["kinds"]["looks"]["stored"] == 2
    assert summary["kinds"]["looks"]["failed"] == 1


def test_a_status_comes_twice_a_second(lines):
    seconds = [line["seconds"] for line in of(lines, "status")]

    gaps = [later - sooner for sooner, later in itertools.pairwise(seconds)]
    assert len(seconds) == 20
    assert max(gaps) <= 0.6


def test_each_event_has_its_line(lines):
    (gap,), (slow,) = of(lines, "item_error"), of(lines, "slowdown")
    (worker,), (done,) = of(lines, "worker_failed"), of(lines, "kind_done")

    assert (gap["kind"], gap["id"], gap["status"]) == ("looks", HOSTILE, 500)
    assert (slow["reason"], slow["rate"], slow["seconds"]) == (HOSTILE, 5.0, 25.0)
    assert (worker["worker"], worker["error"]) == ("fetcher-1", HOSTILE)
    assert (done["kind"], done["complete"]) == ("looks", False)


def test_without_progress_there_is_no_status(show):
    out, _ = show(Lines, progress=False)

    assert '"status",' not in out
    assert '"message_type":"summary"' in out
