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

from lookervault.cli.simulate import _fleet, simulate
from lookervault.simulator.settings import Settings

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
        ["--latency", "lognormal:0.2"],
        ["--script", "200 TEAPOT"],
        ["--script", "dashbords: 200"],
        ["--script", "200", "--script", "500"],
        ["--forbid", "dashbords"],
        ["--hide", "dashbords"],
        ["--titles", "rude"],
        ["--server-threads", "0"],
        ["--queue", "-1"],
        ["--count", "0"],
        ["--port", "65535", "--count", "2"],
    ],
)
def test_options_that_make_no_sense_are_a_usage_error(options):
    result = CliRunner().invoke(simulate, options)

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_several_lookers_have_an_address_and_a_seed_each(tmp_path):
    log = tmp_path / "log"
    options = ["--count", "3", "--seed", "5", "--script", "404 *", "--log", str(log)]
    with subprocess.Popen(
        [*COMMAND, *options], stdout=subprocess.PIPE, text=True
    ) as process:
        lines = [process.stdout.readline() for _ in range(3)]
        bases = [re.match(r"Looker is at (\S+) \(", line)[1] for line in lines]
        bodies = []
        for base in bases:
            way = http.client.HTTPConnection(urlsplit(base).netloc, timeout=20)
            way.request("GET", "/_simulator/body?kind=looks&id=1")
            bodies.append(way.getresponse().read())
            way.request("GET", "/versions")
            way.getresponse().read()
            way.close()
        process.send_signal(signal.SIGTERM)
        status = process.wait(20)

    assert status == 0
    assert len(set(bases)) == len(set(bodies)) == 3
    logs = [log, tmp_path / "log.1", tmp_path / "log.2"]
    assert [len(each.read_text("utf-8").splitlines()) for each in logs] == [1, 1, 1]


def test_ports_of_several_lookers_follow_each_other():
    settings = Settings(port=9000, seed=5, log="log")

    fleet = _fleet(settings, 3)

    assert [(each.port, each.seed) for each in fleet] == [
        (9000, 5),
        (9001, 6),
        (9002, 7),
    ]


def test_a_log_that_cannot_be_written_is_named(tmp_path):
    log = str(tmp_path / "no" / "log")

    result = CliRunner().invoke(simulate, ["--log", log])

    assert result.exit_code == 1
    assert log in result.output
    assert "port" not in result.output


def test_help_fits_80_columns():
    help_ = CliRunner().invoke(simulate, ["--help"], terminal_width=80).output

    assert max(map(len, help_.splitlines())) <= 80
    for heading in ("Where", "Content", "Pace and capacity", "Limits"):
        assert f"\n{heading}:\n" in help_


def test_help_shows_an_example_and_the_exit_statuses():
    result = CliRunner().invoke(simulate, ["--help"])

    assert result.exit_code == 0
    assert "Exit status:\n    0  it was told to stop\n" in result.output
    assert "--size dashboards=50000" in result.output
    assert "--script 'dashboards: 200 429:2 RST 200 *'" in result.output


def test_a_port_that_is_taken_is_named(client):
    port = str(urlsplit(client.looker.base_url).port)

    result = CliRunner().invoke(simulate, ["--port", port])

    assert result.exit_code == 1
    assert port in result.output
