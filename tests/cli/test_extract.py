"""``lookervault extract``, as a person or a script meets it."""

import json

import pytest

from lookervault.errors import GaveUp, LoginRefused, UsageError
from lookervault.messages import Began, Finished
from lookervault.records import Counts, KindReport, Phase, Scope

from .conftest import a_run


def summary_of(result):
    return json.loads(result.stdout.splitlines()[-1])


def test_a_complete_run_ends_with_0_and_a_summary(run, stage):
    result = run("extract", "looks")

    assert result.exit_code == 0
    assert "Complete" in result.stdout
    assert "2 of 2 items" in result.stdout
    assert "lookervault ls looks" in result.stdout
    assert stage.closed == ["system", "store", "source"]


def test_json_is_lines_with_the_summary_last(run):
    result = run("extract", "looks", "--json")

    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert lines[0]["message_type"] == "start"
    assert lines[-1]["message_type"] == "summary"
    assert lines[-1]["status"] == "complete"
    assert lines[-1]["stored"] == 2
    assert lines[-1]["peak_memory"] == 1 << 20
    assert result.stderr == ""


def test_quiet_says_nothing_of_a_complete_run(run):
    result = run("extract", "--quiet")

    assert (result.exit_code, result.output) == (0, "")


def test_a_run_with_gaps_ends_with_3(run, stage):
    report = KindReport(expected=2, stored=1, failed=1, complete=False)
    stage.end = Finished(a_run(kinds={"looks": report}))

    result = run("extract", "--json")

    assert result.exit_code == 3
    assert summary_of(result)["status"] == "incomplete"
    assert summary_of(result)["failed"] == 1


def test_a_run_that_stopped_at_a_limit_ends_with_4(run, stage):
    stage.end = Finished(a_run(phase=Phase.OPEN), "100 calls were sent", 4)

    result = run("extract")

    assert result.exit_code == 4
    assert "Stopped" in result.stdout
    assert "100 calls were sent" in result.stdout
    assert "same command again" in result.stdout


def test_a_run_that_failed_says_why_in_one_sentence(run, stage):
    stage.end = Finished(a_run(phase=Phase.OPEN), "Looker did not answer", 5)

    result = run("extract")

    assert result.exit_code == 5
    assert (
        "lookervault: Looker did not answer. What was stored is kept" in result.stderr
    )


def test_a_system_that_gave_up_still_leaves_a_summary(run, stage):
    stage.end = GaveUp("writer keeps failing", 15)

    result = run("extract", "--json")

    assert result.exit_code == 15
    assert summary_of(result)["status"] == "failed"
    assert summary_of(result)["reason"] == "writer keeps failing"
    assert result.stderr == "lookervault: writer keeps failing\n"


def test_a_run_that_goes_on_says_what_it_has(run, stage):
    before = a_run(phase=Phase.OPEN, resumed=1, counts={"looks": Counts(new=2)})
    stage.events[0] = Began(before, ("looks",), {"looks": 2})

    result = run("extract")

    assert "goes on: 2 items are stored already" in result.stderr


def test_a_run_that_gets_abandoned_is_named(run, stage):
    stage.open_run = a_run(4, scope=Scope(("dashboards",)), phase=Phase.OPEN)

    result = run("extract", "looks")

    assert "run 4 is not finished" in result.stderr
    assert "abandoned" in result.stderr


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--workers", "0"], "1 to 50"),
        (["--workers", "51"], "1 to 50"),
        (["--workers", "many"], "1 to 50"),
        (["--workers", "-1"], "1 to 50"),
        (["--batch-size", "0"], "1 to 5000"),
        (["--batch-size", "5001"], "1 to 5000"),
        (["--give-up-after", "soon"], "no duration"),
        (["--give-up-after", "0"], "no duration"),
        (["--max-rate", "nan"], "above 0"),
        (["--max-rate", "-1"], "above 0"),
        (["--max-calls", "0"], "above 0"),
        (["--max-duration", "0"], "no duration"),
        (["--max-memory", "much"], "no size"),
        (["--max-memory", "1XB"], "no size"),
        (["--max-memory", "63MiB"], "less than 64MiB: lookervault by itself takes"),
        (["--config", "no-such.toml"], "no-such.toml cannot be used"),
        (["--profile", "prod"], "no profile 'prod'"),
        (["--recursive-folders"], "--folder-id"),
        (["--folder-id", ""], "empty"),
        (["lookz"], "did you mean looks?"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_a_usage_error_is_one_line_and_nothing_is_sent(run, stage, args, message):
    result = run("extract", *args)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert stage.access is None


def test_options_arrive_as_settings_and_scope(run, stage):
    options = """
        --workers 20 --batch-size 50 --folder-id 9 --folder-id 1 --recursive-folders
        --fresh --accept-deletions --give-up-after 2h --max-calls 7 --max-rate 2.5
        --max-duration 1.5h --max-memory 150MiB
        --insecure-http --looker-ini looker.ini:prod
    """

    run("extract", "looks", "dashboards", *options.split())

    assert stage.settings == {
        "workers": 20,
        "batch_size": 50,
        "give_up_after": 7200.0,
        "max_calls": 7,
        "max_rate": 2.5,
        "max_duration": 5400.0,
        "max_memory": 150 * 2**20,
        "accept_deletions": True,
    }
    assert stage.scope == Scope(("dashboards", "looks"), ("1", "9"), recursive=True)
    assert stage.fresh
    assert stage.access.ini == "looker.ini:prod"
    assert stage.access.insecure_http
    assert stage.access.workers == 20


def test_every_option_can_come_from_the_environment(run, stage):
    result = run(
        "extract",
        "looks",
        LOOKERVAULT_WORKERS="3",
        LOOKERVAULT_BATCH_SIZE="10",
        LOOKERVAULT_FOLDER_ID="1 2",
        LOOKERVAULT_GIVE_UP_AFTER="90",
        LOOKERVAULT_JSON="1",
    )

    assert stage.settings["workers"] == 3
    assert stage.settings["batch_size"] == 10
    assert stage.settings["give_up_after"] == 90.0
    assert stage.scope.folders == ("1", "2")
    assert summary_of(result)["workers"] == 3


def test_a_flag_wins_over_the_environment(run, stage):
    run("extract", "--workers", "5", LOOKERVAULT_WORKERS="3")

    assert stage.settings["workers"] == 5


def test_a_wrong_value_of_the_environment_is_named(run):
    result = run("extract", LOOKERVAULT_WORKERS="99")

    assert result.exit_code == 2
    assert "LOOKERVAULT_WORKERS" in result.stderr


def test_without_a_number_of_workers_the_cores_decide(run, stage, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    run("extract")

    assert stage.settings["workers"] == 6


def test_a_login_that_is_refused_starts_nothing(run, stage):
    def refuse():
        raise LoginRefused("Looker does not accept the client id and secret.")

    stage.login = refuse

    result = run("extract")

    assert result.exit_code == 13
    assert stage.settings is None
    assert stage.closed == ["source"]


def test_missing_credentials_are_a_usage_error(run, app):
    def fail(*_):
        raise UsageError("Set LOOKERSDK_CLIENT_ID.")

    app.source = fail

    result = run("extract")

    assert result.exit_code == 2
    assert result.stderr == "lookervault: Set LOOKERSDK_CLIENT_ID.\n"
