"""``lookervault simulate`` serves until it is told to stop, and refuses nonsense."""

import http.client
import json
import re
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from lookervault.cli.simulate import simulate

COMMAND = [sys.executable, "-m", "lookervault.simulator"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_stops_on_a_signal(number):
    options = ["--size", "dashboards=3", "--size", "looks=1", "--latency", "0.001"]
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, text=True
    ) as process:
        line = process.stdout.readline()
        found = re.fullmatch(
            r"Looker is at (http://127\.0\.0\.1:\d+) \(client id (\S+), client secret (\S+)\)\n",
            line,
        )
        way = http.client.HTTPConnection(urlsplit(found[1]).netloc, timeout=20)
        way.request("GET", "/_simulator/ids?kind=looks")
        ids = json.loads(way.getresponse().read())
        way.close()
        process.send_signal(number)
        status = process.wait(20)

    assert ids == [{"id": "1", "trashed": False}]
    assert status == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--size", "dashbords=3"],
        ["--size", "dashboards=many"],
        ["--mutate", "explode=1"],
        ["--rate", "0"],
        ["--rate", "nan"],
        ["--latency", "inf"],
        ["--limit-model", "leaky"],
        ["--page-cap", "0"],
        ["--content", "no/such/directory"],
    ],
)
def test_options_that_make_no_sense_are_a_usage_error(options):
    result = CliRunner().invoke(simulate, options)

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_help_shows_an_example_and_the_exit_statuses():
    result = CliRunner().invoke(simulate, ["--help"])

    assert result.exit_code == 0
    assert "Exit status:\n    0  it was told to stop\n" in result.output
    assert "--size dashboards=50000" in result.output


def test_a_port_that_is_taken_is_named(client):
    port = str(urlsplit(client.looker.base_url).port)

    result = CliRunner().invoke(simulate, ["--port", port])

    assert result.exit_code == 1
    assert port in result.output
