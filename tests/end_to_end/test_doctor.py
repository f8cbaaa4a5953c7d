"""The doctor shows what is set and from where, what is wrong, and what a run takes."""

import json

import pytest

from lookervault.content import KINDS
from lookervault.store.lock import Lock

from .conftest import FEW, assert_kept, content
from .test_dry_run import assert_cheap, assert_near


def examined(command, *args, status=0):
    done = command.run("doctor", "--json", "--vault", command.path, *args)
    assert done.returncode == status, done.stderr
    (line,) = done.stdout.decode().splitlines()
    report = json.loads(line)
    assert report["exit_code"] == status
    told = done.stderr.decode()
    assert [p for p in report["problems"] if p["what"] not in told] == []
    return report


def settings(report):
    rows = [*report["settings"], *report["login"]]
    return {row["name"]: (row["value"], row["source"]) for row in rows}


def test_all_is_well(small, command_of):
    command = command_of(small)

    report = examined(command)

    assert report["problems"] == []
    assert report["looker"]["url"] == small.base_url
    assert report["looker"]["version"]
    assert {it["kind"] for it in report["kinds"]} == set(KINDS)
    assert {it["kind"]: it["items"] for it in report["kinds"]} == {
        kind: report_["expected"]
        for kind, report_ in command.complete().summary["kinds"].items()
    }


def test_who_asks_is_told_with_the_names_of_the_roles(simulated):
    looker, command = simulated(sizes={"users": 50, "roles": 8, "boards": 1})
    names = {
        id_: json.loads(looker.body("roles", id_))["name"]
        for id_ in looker.ids("roles")
    }
    me = json.loads(looker.body("users", "1"))

    told = examined(command, "boards")["looker"]

    assert (told["user"], told["name"]) == ("1", me["display_name"])
    assert told["roles"] == [names[id_] for id_ in sorted(me["role_ids"])]
    assert told["roles"]


def test_each_value_is_shown_with_where_it_comes_from(small, command_of, tmp_path):
    command = command_of(small)
    file = tmp_path / "config.toml"
    file.write_text(
        "[defaults]\nbatch_size = 50\n[instances.prod]\ngive_up_after = '2h'\n"
        'client_id = "of the file"\ntimeout = 30\n'
    )
    command.environ |= {"LOOKERVAULT_MAX_RATE": "7.5", "LOOKERVAULT_PROFILE": "prod"}

    shown = settings(examined(command, "--config", file, "--workers", "3"))

    assert shown["config"] == (str(file), "--config")
    assert shown["profile"] == ("prod", "LOOKERVAULT_PROFILE")
    assert shown["workers"] == ("3", "--workers")
    assert shown["max_rate"] == ("7.5", "LOOKERVAULT_MAX_RATE")
    assert shown["batch_size"] == ("50", f"batch_size in [defaults] of {file}")
    assert shown["give_up_after"] == (
        "2h 0m",
        f"give_up_after in [instances.prod] of {file}",
    )
    assert shown["max_calls"] == ("none", "default")
    assert shown["vault"] == (str(command.path), "--vault")
    assert shown["base_url"] == (small.base_url, "LOOKERSDK_BASE_URL")
    assert shown["client_id"] == (small.client_id, "LOOKERSDK_CLIENT_ID")
    assert shown["client_secret"] == ("***", "LOOKERSDK_CLIENT_SECRET")
    assert shown["timeout"] == ("30", f"timeout in [instances.prod] of {file}")


@pytest.mark.parametrize("form", ["--json", "--debug"])
def test_no_secret_is_shown_in_any_form(small, command_of, form):
    command = command_of(small)
    command.environ["HTTP_PROXY"] = "http://me:canary@proxy.example:1"

    done = command.run("doctor", "--vault", command.path, form)

    assert done.returncode == 0
    assert small.client_secret.encode() not in done.stdout + done.stderr
    assert b"canary" not in done.stdout + done.stderr
    assert b"***" in done.stdout


def test_what_it_asks_is_cheap_and_counted(small, command_of):
    before = len(small.log())

    report = examined(command_of(small))

    entries = small.log()[before:]
    assert_cheap(entries)
    assert report["asked"] == len(entries)


def test_nothing_is_written(small, command_of):
    command = command_of(small)
    examined(command)
    assert not command.path.exists()
    command.complete("boards")
    before = content(command.path)

    report = examined(command)

    assert_kept(command.path, before)
    assert report["vault"]["latest"].startswith("1 of ")


@pytest.mark.slow
def test_the_calls_of_an_extraction_are_foretold(simulated):
    _, command = simulated()
    report = examined(command)

    assert_near(report["calls"], command.complete().summary["calls"])


def test_what_this_login_may_not_list_is_named_kind_by_kind(simulated):
    looker, command = simulated(sizes=FEW)
    looker.post("forbid", kind="users")

    report = examined(command, status=3)

    (problem,) = report["problems"]
    assert "users" in problem["what"]
    refused = {it["kind"]: it["status"] for it in report["kinds"] if it["refused"]}
    assert refused == {"users": 403}


def test_a_login_that_may_list_nothing_is_as_good_as_none(simulated):
    looker, command = simulated(sizes=FEW)
    for kind in ("users", "boards"):
        looker.post("forbid", kind=kind)

    examined(command, "users", "boards", status=13)


def test_without_credentials_the_settings_are_shown_all_the_same(small, command_of):
    command = command_of(small)
    del command.environ["LOOKERSDK_CLIENT_SECRET"]

    report = examined(command, status=2)

    assert settings(report)["client_secret"] == ("", "nowhere")
    assert report["looker"] is None
    assert report["vault"] == {
        "path": str(command.path),
        "there": False,
        "runs": 0,
        "latest": None,
        "open_run": None,
        "locked": None,
    }


def test_a_login_that_is_refused_ends_with_13(small, command_of):
    command = command_of(small)
    command.environ["LOOKERSDK_CLIENT_SECRET"] = "guessed"

    report = examined(command, status=13)

    assert report["kinds"] == []
    assert "guessed" not in json.dumps(report)


@pytest.mark.slow
def test_a_looker_that_is_not_there_ends_with_5(small, command_of):
    command = command_of(small)
    command.environ["LOOKERSDK_BASE_URL"] = "http://127.0.0.1:9"

    report = examined(command, status=5)

    assert settings(report)["base_url"] == ("http://127.0.0.1:9", "LOOKERSDK_BASE_URL")


def test_a_vault_of_another_looker_ends_with_10_and_the_rest_is_told(
    small, simulate, command_of
):
    command = command_of(small)
    command.complete("boards")
    stranger = command_of(simulate(sizes={"boards": 1}), command.path)

    report = examined(stranger, "boards", status=10)

    assert "belongs to" in report["problems"][0]["what"]
    assert [it["items"] for it in report["kinds"]] == [1]


def test_a_file_where_the_vault_should_be_ends_with_10(small, command_of, tmp_path):
    file = tmp_path / "file"
    file.write_text("something")

    report = examined(command_of(small, file), status=10)

    assert report["looker"] is not None
    assert file.read_text() == "something"


def test_a_vault_that_is_locked_is_said_and_is_no_error(small, command_of):
    command = command_of(small)
    command.complete("boards")
    lock = Lock(command.path, now=0.0)
    try:
        report = examined(command)
    finally:
        lock.release()

    assert "is locked by process" in report["vault"]["locked"]
    assert examined(command)["vault"]["locked"] is None


def test_people_read_it_as_lines(small, command_of):
    command = command_of(small)

    done = command.run("doctor", "boards", "--vault", command.path)

    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert lines[1] == "profile: none (default)"
    assert "client_secret\t***\tLOOKERSDK_CLIENT_SECRET" in lines
    assert f"vault: {command.path}, which is not there yet" in lines
    assert "boards\t5\t1\tlisting\t" in lines
    assert lines[-1].endswith("Nothing was written.")
