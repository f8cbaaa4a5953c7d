"""``ls``, ``dump``, ``snapshots`` and ``kinds``: data on standard output, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lookervault.content import KINDS
from lookervault.records import KindReport, Phase

from .conftest import NOW, a_run

PROJECT = Path(__file__).parents[2]
FULL = Path("/dev/full")


def objects(result):
    assert result.exit_code == 0
    assert result.stdout.isascii()
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_ls_prints_fields_separated_by_tabs(run):
    result = run("ls", "looks")

    assert result.stdout == (
        "1\tSales\\tand\\x1b[31m more\t7\t2024-01-01T00:00:00Z\tpresent\n"
        "2\t[bold]x[/]\t\t\tpresent\n"
    )


def test_ls_json_prints_an_object_a_line(run):
    first, second = objects(run("ls", "looks", "--json"))

    assert first == {
        "kind": "looks",
        "id": "1",
        "title": "Sales\tand\x1b[31m more",
        "folder_id": "7",
        "updated_at": "2024-01-01T00:00:00Z",
        "state": "present",
    }
    assert second["folder_id"] is None


def test_ls_all_shows_what_is_gone(run):
    assert [it["state"] for it in objects(run("ls", "looks", "--json", "--all"))] == [
        "present",
        "present",
        "gone",
    ]


def test_ls_of_no_kind_is_a_usage_error(run):
    result = run("ls", "dashboard")

    assert result.exit_code == 2
    assert "did you mean dashboards?" in result.stderr


def test_ls_at_a_snapshot_that_is_not_there_ends_with_10(run):
    assert run("ls", "looks", "--at", "9").exit_code == 10


def test_dump_prints_the_bytes_alone(run):
    result = run("dump", "looks/a/b", "--at", "2")

    assert result.stdout_bytes == b'{"looks":"a/b","at":2}'
    assert result.stderr == ""


@pytest.mark.parametrize("item", ["looks", "looks/", "/1", "nothing/1"])
def test_dump_of_what_names_no_item_is_a_usage_error(run, item):
    assert run("dump", item).exit_code == 2


def test_snapshots_lists_the_newest_first(run, vault):
    report = KindReport(expected=2, stored=1, failed=1, complete=False)
    vault.runs = [
        a_run(1),
        a_run(2, kinds={"looks": report}),
        a_run(3, phase=Phase.OPEN, ended=None),
    ]

    runs = objects(run("snapshots", "--json"))

    assert [(it["run"], it["state"]) for it in runs] == [
        ("3", "open"),
        ("2", "incomplete"),
        ("1", "complete"),
    ]
    assert runs[-1]["ended"] == "2023-11-14T22:13:20Z"
    assert runs[-1]["items"] == 2


def test_the_latest_snapshot_is_the_newest_that_is_finished(run, vault):
    vault.runs = [a_run(2, phase=Phase.OPEN), a_run(1)]

    assert [it["run"] for it in objects(run("snapshots", "--latest", "--json"))] == [
        "1"
    ]


@pytest.mark.parametrize(
    ("age", "status"), [(25 * 3600, 0), (27 * 3600, 20), (26 * 3600, 0)]
)
def test_max_age_ends_with_20_when_the_newest_complete_one_is_older(
    run, vault, age, status
):
    vault.runs = [a_run(1, ended=NOW - age)]

    result = run("snapshots", "--latest", "--max-age", "26h")

    assert result.exit_code == status
    assert bool(result.stderr) == bool(status)


def test_max_age_ends_with_20_when_none_is_complete(run, vault):
    vault.runs = []

    assert run("snapshots", "--max-age", "26h").exit_code == 20


def test_kinds_lists_the_table_in_its_order(run):
    kinds = objects(run("kinds", "--json"))

    assert [it["kind"] for it in kinds] == list(KINDS)
    assert {"call", "reads", "incremental", "in_folders", "about"} <= kinds[0].keys()


def test_a_closed_pipe_ends_a_list_quietly():
    code = (
        "import sys; from lookervault.cli import main;"
        "from lookervault.cli.app import App;"
        "from tests.cli.conftest import ListedVault, a_head;"
        "v = ListedVault(); v.heads = [a_head(str(n), 't') for n in range(100000)];"
        "main(['ls', 'looks'], obj=App(vault=lambda _: v))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=PROJECT,
    ) as process:
        first = process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()

    assert first.startswith(b"0\tt")
    assert complaint == b""
    assert process.returncode == 0


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a disk that is full")
@pytest.mark.parametrize("command", [["ls", "looks"], ["dump", "looks/1"]])
def test_output_that_cannot_be_written_is_an_error(command):
    code = (
        "from lookervault.cli import main; from lookervault.cli.app import App;"
        "from tests.cli.conftest import ListedVault;"
        f"main({command!r}, obj=App(vault=lambda _: ListedVault()))"
    )
    with FULL.open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            cwd=PROJECT,
        )

    assert done.returncode == 15
    assert done.stderr.startswith(b"lookervault: Standard output could not be written")
    assert done.stderr.count(b"\n") == 1
