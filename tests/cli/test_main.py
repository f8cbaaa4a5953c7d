"""Whatever goes wrong ends in one sentence and an exit status, never in a traceback."""

import subprocess
import sys

import pytest

from lookervault import errors
from lookervault.cli import _COMMANDS, _Main, main

COMMANDS = ("extract", "doctor", "snapshots", "ls", "dump", "kinds")
MORE = ("simulate", "completion")
"""Commands that open no vault."""


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.UsageError("what"), 2),
        (errors.LookerError(errors.Sort.OVERLOADED, "what"), 5),
        (errors.LoginRefused("what"), 13),
        (errors.VaultError("what"), 10),
        (errors.Locked("what"), 11),
        (errors.Damaged("what"), 14),
        (errors.DiskFailed("what"), 15),
        (errors.GaveUp("what"), 1),
        (OSError("what"), 1),
        (KeyError("what"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_an_error_is_one_sentence_and_a_status(app, run, error, status):
    def fail(*_):
        raise error

    app.store = fail

    result = run("extract")

    assert result.exit_code == status
    assert result.stdout == ""
    assert result.stderr.strip().startswith("lookervault: ")
    assert result.stderr.strip().count("\n") == 0
    assert "Traceback" not in result.stderr


def test_debug_shows_where_it_came_from(app, run):
    def fail(*_):
        raise errors.Locked("by someone")

    app.store = fail

    result = run("extract", "--debug")

    assert result.exit_code == 11
    assert "Traceback" in result.stderr
    assert result.stderr.endswith("lookervault: by someone\n")


def test_what_others_wrote_cannot_forge_a_line(app, run):
    def fail(*_):
        raise errors.VaultError("a\nlookervault: all is well\x1b[2J")

    app.store = fail

    assert run("extract").stderr.count("\n") == 1


@pytest.mark.parametrize("command", [*COMMANDS, *MORE])
def test_each_help_fits_a_narrow_terminal(run, command):
    result = run(command, "--help", COLUMNS="80")

    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if len(line) > 80] == []
    assert "Exit status" in result.stdout
    assert f"lookervault {command}" in result.stdout.partition("Example")[2]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_help_ends_with_exit_statuses_and_an_example(run, command):
    result = run(command, "--help")

    assert result.exit_code == 0
    *_, statuses, example = result.stdout.rstrip().split("\n\n")
    assert statuses.strip().startswith("Exit status:")
    assert f"lookervault {command}" in example
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_knows_vault_and_debug(run, command):
    text = run(command, "--help").stdout

    assert "--vault" in text
    assert "--debug" in text


@pytest.mark.parametrize(
    ("command", "what"), [("ls", "KIND"), ("dump", "KIND/ID"), ("completion", "bash")]
)
def test_what_is_missing_is_named(run, command, what):
    result = run(command)

    assert result.exit_code == 2
    assert "Missing argument '" in result.stderr
    assert what in result.stderr


def test_what_may_be_typed_is_told_on_the_same_line(run):
    result = run("completion")

    assert result.exit_code == 2
    assert "Choose from: bash, zsh, fish. See " in result.stderr


def test_a_command_that_is_not_there_is_a_usage_error_with_a_hint(run):
    result = run("extrakt")

    assert result.exit_code == 2
    assert "did you mean extract?" in result.stderr


def test_no_command_shows_the_help_and_is_a_usage_error(run):
    result = run()

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage:" in result.stderr


def test_the_list_of_commands_is_the_folder(run):
    assert isinstance(main, _Main)
    listed = main.list_commands(None)

    assert [name for name in COMMANDS if name not in listed] == []


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_list_of_commands_says_of_each_what_its_own_help_begins_with(name):
    command = main.get_command(None, name)

    assert _COMMANDS[name] == command.get_short_help_str(limit=1000)


def test_the_list_of_commands_loads_none_of_them():
    code = (
        "import sys; from lookervault.cli import _COMMANDS, main;"
        "main(['--help'], standalone_mode=False);"
        "sys.exit(','.join(c for c in _COMMANDS if f'lookervault.cli.{c}' in sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert [name for name in _COMMANDS if f"  {name} " not in done.stdout] == []
    assert done.stderr.strip() == ""


def test_help_of_a_command_loads_no_library_that_it_does_not_need():
    heavy = ("looker_sdk", "lmdb", "pykka", "rich", "urllib3", "psutil")
    code = (
        "import sys; from lookervault.cli import main;"
        "main(['extract', '--help'], standalone_mode=False);"
        f"sys.exit(','.join(m for m in {heavy!r} if m in sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )

    assert done.stderr.strip() == ""
