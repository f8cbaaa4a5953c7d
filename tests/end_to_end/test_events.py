"""What a run tells in JSON is what the schema says, also when all goes wrong."""

import itertools
import json
import sys
from typing import get_args

import msgspec
import pytest

from lookervault.output.events import Event
from lookervault.output.jsonl import line

from .conftest import FEW

CRASHING = """
import sys
from lookervault.cli import main
from lookervault.looker.sdk import SdkSource

call, crashed = SdkSource.call, []

def crash_once(self, name, parameters, watch):
    if name == "search_dashboards" and not crashed:
        crashed.append(name)
        raise RuntimeError("a bug was planted here")
    return call(self, name, parameters, watch)

SdkSource.call = crash_once
main(sys.argv[1:])
"""
"""The command, with a worker that dies of a bug once."""


def test_every_line_of_a_run_fits_into_the_schema(simulated):
    looker, command = simulated(sizes={**FEW, "dashboards": 200}, rate=20.0, burst=5.0)
    looker.post("forbid", kind="users")

    ended = command.extract(
        "--batch-size", 10, program=(sys.executable, "-c", CRASHING)
    )

    assert ended.status == 3
    told = {event["message_type"] for event in ended.events}
    assert told == {struct.__struct_config__.tag for struct in get_args(Event)}
    for text in ended.out.splitlines():
        assert line(msgspec.json.decode(text, type=Event)) == text
    (failure,) = ended.told("worker_failed")
    assert "a bug was planted here" in failure["error"]
    assert ended.summary["restarts"] == 1


@pytest.mark.slow
def test_a_status_comes_though_nothing_happens(simulated):
    _, command = simulated(sizes={**FEW, "dashboards": 1}, latency=2.5)

    ended = command.complete("dashboards")

    seconds = [event["seconds"] for event in ended.told("status")]
    gaps = [later - sooner for sooner, later in itertools.pairwise(seconds)]
    # Four of them in each silence of one request; how late is no promise of a test.
    assert len(gaps) >= 4
    assert json.dumps(sorted(seconds)) == json.dumps(seconds)
