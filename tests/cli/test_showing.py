"""What is shown beside the run: the log, and the command to type next."""

import json

import pytest

from lookervault.looker.secret import Secret
from lookervault.messages import Finished, WorkerFailed
from lookervault.records import Phase

from .conftest import a_run

CANARY = "canary-SECRET"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "run.log"


def test_a_log_is_written_beside_what_is_shown(run, log):
    result = run("extract", "looks", "--log-file", str(log))

    assert result.exit_code == 0
    assert "Complete" in result.stdout
    lines = log.read_text().splitlines()
    assert "INFO lookervault.run: run 1 begins" in lines[0]
    assert "Complete" in lines[-1]


def test_a_log_can_be_json(run, log):
    run("extract", "--quiet", "--log-file", str(log), "--log-format", "json")

    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert records[0]["message_type"] == "start"
    assert records[-1]["message_type"] == "summary"


def test_a_log_that_cannot_be_opened_is_a_usage_error(run, stage, tmp_path):
    result = run("extract", "--log-file", str(tmp_path))

    assert result.exit_code == 2
    assert "cannot be opened: Is a directory" in result.stderr
    assert result.stderr.count("\n") == 1
    assert stage.access is None


def test_a_log_of_an_unknown_form_is_a_usage_error(run, stage, log):
    result = run("extract", "--log-file", str(log), "--log-format", "xml")

    assert result.exit_code == 2
    assert stage.access is None
    assert not log.exists()


@pytest.mark.parametrize("options", [(), ("--json",), ("--debug",)])
def test_a_secret_in_a_strangers_error_is_hidden_on_its_way_out(
    run, stage, log, options
):
    secret = Secret(CANARY)
    stage.events.insert(1, WorkerFailed("fetcher-1", f"ValueError: {CANARY}"))

    result = run("extract", *options, "--log-file", str(log))

    assert secret.reveal() not in result.output + log.read_text()
    assert "ValueError: ***" in result.output
    assert "ValueError: ***" in log.read_text()


def test_a_bug_is_told_without_secrets_wherever_it_happened(run, app):
    secret = Secret(CANARY)

    def fail(*_):
        raise ValueError(secret.reveal(), "client_secret=canary-two", "\x1b[31m")

    app.source = fail

    result = run("extract", "--debug")

    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "this is a bug: ValueError" in result.stderr
    assert "canary-" not in result.output
    assert "\x1b" not in result.output


def test_a_run_that_stopped_says_the_very_command_that_goes_on(run, stage):
    stage.end = Finished(a_run(phase=Phase.OPEN), "100 calls were sent", 4)

    result = run("extract", "looks", "--fresh", "--max-calls", "100", "--vault", "a b")

    assert result.stdout.endswith(
        "\n  lookervault extract looks --max-calls 100 --vault 'a b'\n"
    )
