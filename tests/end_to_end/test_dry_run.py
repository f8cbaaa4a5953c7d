"""A dry run says what a run would do and take; it asks cheaply, and writes nothing."""

import json
import signal

import pytest

from lookervault.store.lock import Lock

from .conftest import FEW, assert_kept, assert_refused, content, parameters

SAMPLE = 5
"""Items of a kind that are read whole, to learn their size."""

ERROR = 0.05
"""The share by which the estimate may miss."""


def planned(command, *args, status=0):
    ended = command.extract("--dry-run", *args)
    assert ended.status == status, ended.err
    (plan,) = ended.events
    assert plan["message_type"] == "plan"
    return plan


def assert_cheap(entries):
    """Nothing but ids was read, and of each kind a few items."""
    for entry in entries:
        assert entry["method"] == "GET" or entry["path"].endswith(("/login", "/logout"))
        assert len(entry["ids"] or ()) <= max(SAMPLE, 1), entry
        asked = parameters(entry)
        light = "fields" in asked or int(asked.get("limit", SAMPLE + 1)) <= SAMPLE
        assert light or entry["path"].endswith(("/login", "/logout", "/versions")), (
            entry
        )


def assert_near(calls, expected):
    assert abs(calls - expected) <= ERROR * expected, (calls, expected)


@pytest.mark.parametrize(
    ("workers", "told"),
    [
        (8, True),
        *(
            pytest.param(*it, marks=pytest.mark.slow)
            for it in ((1, False), (1, True), (8, False))
        ),
    ],
)
def test_the_calls_that_it_tells_are_those_that_the_run_then_takes(
    simulated, told, workers
):
    looker, command = simulated(total_count=told, latency=0.005)
    plan = planned(command, "--workers", workers)
    before = len(looker.log())

    ended = command.complete("--workers", workers)

    assert_near(plan["calls"], ended.summary["calls"])
    assert_near(plan["calls"], len(looker.log()) - before)
    items = {it["kind"]: it["items"] for it in plan["kinds"]}
    assert items == {
        kind: figures["expected"] for kind, figures in ended.summary["kinds"].items()
    }


def folders_with(looker, kind, most):
    """The first *most* folders that something of *kind* lies in."""
    folders = {}
    for id_ in looker.ids(kind):
        folders[json.loads(looker.body(kind, id_))["folder_id"]] = None
        if len(folders) == most:
            break
    return list(folders)


@pytest.mark.parametrize("most", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_so_it_is_for_some_folders(simulated, most):
    looker, command = simulated(sizes={**FEW, "dashboards": 800, "looks": 600})
    folders = folders_with(looker, "dashboards", most)
    scope = [word for folder in folders for word in ("--folder-id", folder)]
    plan = planned(command, *scope, "--batch-size", "5")

    ended = command.complete(*scope, "--batch-size", "5")

    assert plan["folders"] == sorted(folders)
    assert "users" in plan["left_out"]
    assert_near(plan["calls"], ended.summary["calls"])


def test_small_pages_and_large_items_cost_calls(simulated):
    _, command = simulated(sizes={"dashboards": 900})
    plan = planned(command, "dashboards", "--batch-size", "7")

    ended = command.complete("dashboards", "--batch-size", "7")

    assert_near(plan["calls"], ended.summary["calls"])
    assert plan["calls"] > 900 / 7


def test_a_looker_that_caps_its_pages_costs_calls(simulated):
    _, command = simulated(sizes={**FEW, "users": 900}, page_cap=30)
    plan = planned(command, "users", "looks")

    ended = command.complete("users", "looks")

    assert_near(plan["calls"], ended.summary["calls"])
    assert plan["calls"] > 2 * 900 / 30


def test_only_cheap_requests_are_sent_and_it_is_said_how_many(simulated):
    looker, command = simulated()

    plan = planned(command)

    assert_cheap(looker.log())
    assert plan["asked"] == len(looker.log())
    assert plan["asked"] < 30


def test_no_vault_is_made(small, command_of):
    command = command_of(small)

    plan = planned(command)

    assert plan["new"]
    assert plan["latest"] is None
    assert not command.path.exists()
    assert list(command.path.parent.iterdir()) == []


def test_a_vault_that_is_there_is_left_as_it_is(small, command_of):
    command = command_of(small)
    command.complete()
    before = content(command.path)

    plan = planned(command)

    assert_kept(command.path, before)
    assert not plan["new"]
    assert (plan["run"], plan["goes_on"], plan["closes"]) == ("2", False, None)
    assert plan["latest"]["run"] == "1"
    assert plan["latest"]["complete"]


def test_a_vault_that_another_process_writes_to_is_told(small, command_of):
    command = command_of(small)
    command.complete("boards")
    lock = Lock(command.path, now=0.0)
    try:
        plan = planned(command, "boards")
    finally:
        lock.release()

    assert "is locked by process" in plan["locked"]
    assert planned(command, "boards")["locked"] is None


@pytest.fixture
def interrupted(simulated):
    """A command whose run was killed after it had stored something."""
    looker, command = simulated(latency=0.02, sizes={**FEW, "dashboards": 3000})
    started = command.start("--workers", "2", "--batch-size", "50")
    started.until_stored(1000)
    started.send(signal.SIGKILL)
    started.ended()
    return looker, command


def test_a_run_that_would_go_on_is_told_with_what_it_has(interrupted):
    _, command = interrupted

    plan = planned(command, "--workers", "2", "--batch-size", "50")
    ended = command.complete("--workers", "2", "--batch-size", "50")

    assert (plan["run"], plan["goes_on"]) == ("1", True)
    (start,) = ended.told("start")
    assert plan["stored"] == sum(start["stored"].values())
    assert ended.summary["refetched"] == 0


@pytest.mark.slow
def test_the_calls_of_a_run_that_goes_on_are_those_that_are_left(interrupted):
    looker, command = interrupted
    plan = planned(command, "--workers", "2", "--batch-size", "50")
    before = len(looker.log())

    command.complete("--workers", "2", "--batch-size", "50")

    assert_near(plan["calls"], len(looker.log()) - before)


def test_a_run_that_would_be_closed_is_named(interrupted):
    _, command = interrupted

    other = planned(command, "looks")
    fresh = planned(command, "--fresh")

    assert (other["closes"], other["run"]) == ("1", "2")
    assert (fresh["closes"], fresh["goes_on"]) == ("1", False)


def test_what_may_not_be_listed_is_told(simulated):
    looker, command = simulated(sizes=FEW)
    looker.post("forbid", kind="users")
    looker.post("forbid", kind="roles")

    plan = planned(command, status=3)

    refused = {it["kind"]: it["status"] for it in plan["kinds"] if it["refused"]}
    assert refused == {"users": 403, "roles": 403}
    assert {it["kind"]: it["items"] for it in plan["kinds"]}["users"] is None


def test_people_read_it_as_lines(small, command_of):
    command = command_of(small)

    ended = command.extract("--dry-run", "--max-calls", "9", as_json=False)

    assert ended.status == 0
    lines = ended.out.splitlines()
    assert f"vault: {command.path}, which would be made" in lines
    assert "boards\t5\t1\tlisting\t" in lines
    assert "With --max-calls 9 it stops before its end, to be continued." in lines
    assert lines[-1].endswith("Nothing was written.")


def test_a_vault_of_another_looker_is_refused_before_the_login(
    small, simulate, command_of
):
    other = simulate(sizes={"boards": 1})
    command = command_of(small)
    command.complete("boards")
    stranger = command_of(other, command.path)

    ended = stranger.extract("--dry-run", as_json=False)

    assert_refused(ended, 10, "belongs to", small.base_url)
    assert other.log() == []


def test_a_folder_that_is_not_there_is_told(small, command_of):
    ended = command_of(small).extract("--dry-run", "--folder-id", "no", as_json=False)

    assert_refused(ended, 2, "no folder no")


def test_wrong_credentials_are_told(small, command_of):
    command = command_of(small)
    command.environ["LOOKERSDK_CLIENT_SECRET"] = "canary-4711"

    ended = command.extract("--dry-run", as_json=False)

    assert_refused(ended, 13)
    assert "canary" not in ended.err
