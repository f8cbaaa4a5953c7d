"""Flags win over the environment, the environment over the file, that over defaults."""

import json
import tempfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lookervault.cli import main
from lookervault.cli.app import App
from lookervault.cli.configured import Configured, key
from lookervault.config.settings import OPTIONS
from lookervault.errors import VaultError

from .conftest import NOW, Stage

WHOLE = """
default_profile = "prod"

[defaults]
workers = 3
give_up_after = 90

[instances.prod]
kinds = ["looks"]
vault = "prod.vault"
max_memory = "1GiB"
folder_id = [7]
looker_ini = "looker.ini:prod"
accept_deletions = true

[instances.staging]
workers = 99
"""


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(WHOLE)
    return file


def test_a_profile_says_what_is_not_typed(run, stage, file):
    run("extract")

    assert stage.settings["workers"] == 3
    assert stage.settings["give_up_after"] == 90.0
    assert stage.settings["max_memory"] == 2**30
    assert stage.settings["accept_deletions"]
    assert stage.scope.kinds == ("looks",)
    assert stage.scope.folders == ("7",)
    assert stage.access.profile.name == "prod"
    assert stage.access.ini == str(file.parent / "looker.ini:prod")
    assert stage.access.ini_of_profile


def test_what_is_typed_wins(run, stage, file):
    run("extract", "dashboards", "--workers", "5", LOOKERVAULT_WORKERS="4")

    assert stage.settings["workers"] == 5
    assert stage.scope.kinds == ("dashboards",)


def test_the_environment_wins_over_the_file(run, stage, file):
    run(
        "extract",
        LOOKERVAULT_WORKERS="4",
        LOOKERVAULT_FOLDER_ID="8 9",
        LOOKERVAULT_KINDS="boards users",
    )

    assert stage.scope.kinds == ("boards", "users")
    assert stage.settings["workers"] == 4
    assert stage.scope.folders == ("8", "9")


@pytest.mark.parametrize("way", ["typed", "environment"])
def test_another_file_and_another_profile_can_be_named(run, stage, tmp_path, file, way):
    other = tmp_path / "other.toml"
    other.write_text("[instances.a]\nworkers = 7")

    if way == "typed":
        run("extract", "--config", str(other), "--profile", "a")
    else:
        run("extract", LOOKERVAULT_CONFIG=str(other), LOOKERVAULT_PROFILE="a")

    assert stage.settings["workers"] == 7


def test_a_value_that_makes_no_sense_is_told_with_its_place(run, stage, file):
    result = run("extract", "--profile", "staging")

    assert result.exit_code == 2
    assert f"workers in [instances.staging] of {file}" in result.stderr
    assert "1 to 50" in result.stderr
    assert result.stderr.count("\n") == 1
    assert stage.access is None


def test_a_wrong_value_of_another_profile_harms_nobody(run, stage, file):
    assert run("extract", "--profile", "prod").exit_code == 0


def test_a_wrong_key_of_another_profile_is_told_all_the_same(run, file):
    file.write_text(WHOLE + "\nworker = 3")

    result = run("extract")

    assert result.exit_code == 2
    assert "did you mean workers?" in result.stderr


@pytest.mark.parametrize(
    "command", [["ls", "looks"], ["dump", "looks/1"], ["snapshots"], ["doctor"]]
)
def test_every_command_that_opens_the_vault_takes_that_of_the_profile(
    run, app, file, command
):
    opened = []

    def remember(path):
        opened.append(path)
        raise VaultError("enough")

    app.vault = remember
    vault = file.parent / "prod.vault"
    vault.mkdir()
    (vault / "CURRENT").write_text("data-1\n")
    (vault / "data-1").mkdir()
    (vault / "data-1" / "data.mdb").write_bytes(b"x")

    run(*command)

    assert opened == [vault]


def test_advice_leads_to_the_vault_of_the_profile(run, file):
    result = run("extract", "--profile", "prod")

    assert "lookervault ls looks --profile prod" in result.stdout


def test_help_needs_no_good_file(run, file):
    file.write_text("nonsense")

    assert run("extract", "--help").exit_code == 0
    assert run("extract").exit_code == 2


def configured():
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        if isinstance(command, Configured):
            yield command


def test_every_option_of_a_run_is_a_setting_and_every_setting_is_an_option():
    extract = main.get_command(click.Context(main), "extract")

    keys = {key(param) for param in extract.params}

    assert keys - {"config", "profile", "dry_run"} == set(OPTIONS)


def test_whoever_takes_the_vault_takes_a_profile():
    taking = [
        {key(param) for param in command.params}
        for command in configured()
    ]  # fmt: skip

    assert len(taking) == 8
    assert all({"vault", "config", "profile"} <= keys for keys in taking)


TAKEN = st.fixed_dictionaries(
    {}, optional={place: st.integers(1, 50) for place in ("flag", "env", "mine", "all")}
)


@given(TAKEN, TAKEN)
def test_of_all_places_the_first_that_says_something_counts(workers, batch):
    stage = Stage()
    text = "\n".join(
        [
            "[defaults]",
            *(f"{name} = {it['all']}" for name, it in _named(workers, batch, "all")),
            "[instances.mine]",
            *(f"{name} = {it['mine']}" for name, it in _named(workers, batch, "mine")),
        ]
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        file.write_text(text)
        app = App(
            source=stage.source,
            store=stage.store,
            system=stage.system,
            calendar=lambda: NOW,
            config=lambda: file,
            environ={},
        )
        flags = [
            f"--{name.replace('_', '-')}={it['flag']}"
            for name, it in _named(workers, batch, "flag")
        ]
        environ = {
            f"LOOKERVAULT_{name.upper()}": str(it["env"])
            for name, it in _named(workers, batch, "env")
        }
        CliRunner().invoke(
            main, ["extract", "--profile=mine", *flags], obj=app, env=environ
        )

    places = ("flag", "env", "mine", "all")
    for name, it, default in (
        ("workers", workers, None),
        ("batch_size", batch, 100),
    ):
        wanted = next((it[place] for place in places if place in it), default)
        assert wanted is None or stage.settings[name] == wanted


def _named(workers, batch, place):
    both = (("workers", workers), ("batch_size", batch))
    return [(name, it) for name, it in both if place in it]


def test_json_of_the_file_counts_as_well(run, file):
    file.write_text("[defaults]\njson = true")

    lines = run("extract").stdout.splitlines()

    assert json.loads(lines[-1])["message_type"] == "summary"
