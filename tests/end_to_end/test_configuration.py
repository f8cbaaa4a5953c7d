"""The real command finds its Looker, its vault and its secret where the user put them."""

import json

import pytest

from .conftest import assert_refused

SECRET = "simulated"


@pytest.fixture
def configured(small, command_of, tmp_path):
    """A command whose environment names no Looker, and a way to write its file."""
    command = command_of(small, tmp_path / "vaults" / "prod.vault")
    for name in list(command.environ):
        if name.startswith("LOOKERSDK_"):
            del command.environ[name]
    file = tmp_path / "config.toml"
    command.environ["LOOKERVAULT_CONFIG"] = str(file)

    def write(*lines, url=small.base_url, table="[instances.prod]"):
        file.write_text(
            "\n".join(
                (
                    'default_profile = "prod"',
                    table,
                    f'base_url = "{url}"',
                    f'client_id = "{small.client_id}"',
                    'vault = "vaults/prod.vault"',
                    'kinds = ["boards"]',
                    *lines,
                )
            )
        )
        return command

    return write


def ran(command, *args):
    done = command.run(*args)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert SECRET not in out + err
    return done.returncode, out, err


def ways(folder):
    """Each way to the secret: lines of a file, and what the environment has for it."""
    file = folder / "prod.secret"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o600)
    script = folder / "give"
    script.write_text(f"#!/bin/sh\necho {SECRET}\n")
    script.chmod(0o700)
    (folder / "ring").mkdir()
    (folder / "ring" / "keyring.py").write_text(
        f"def get_password(service, user):\n"
        f"    return '{SECRET}' if (service, user) == ('looker', 'me') else None\n"
    )
    return {
        "file": ('client_secret_file = "prod.secret"', {}),
        "command": ('client_secret_command = ["./give"]', {}),
        "env": ('client_secret_env = "PROD_SECRET"', {"PROD_SECRET": SECRET}),
        "keyring": (
            'client_secret_keyring = "looker/me"',
            {"PYTHONPATH": str(folder / "ring")},
        ),
    }


@pytest.mark.parametrize("way", ["file", "command", "env", "keyring"])
def test_a_profile_is_all_that_an_extraction_needs(configured, tmp_path, way):
    line, environ = ways(tmp_path)[way]
    command = configured(line)
    command.environ |= environ

    status, out, err = ran(command, "extract", "--json")

    assert (status, err) == (0, "")
    assert json.loads(out.splitlines()[-1])["stored"] == 5
    assert (tmp_path / "vaults" / "prod.vault" / "CURRENT").exists()
    status, out, err = ran(command, "ls", "boards")
    assert (status, len(out.splitlines())) == (0, 5)


def test_a_secret_that_others_can_read_is_told_and_used(configured, tmp_path):
    command = configured('client_secret_file = "prod.secret"')
    (tmp_path / "prod.secret").write_text(SECRET)
    (tmp_path / "prod.secret").chmod(0o644)

    status, _, err = ran(command, "extract", "--quiet")

    assert status == 0
    assert err.count("\n") == 1
    assert "Other users can read" in err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f'client_secret = "{SECRET}"', "does not belong in a configuration file"),
        ('client_secret_file = "no.secret"', "No such file"),
        ('client_secret_command = "false"', "status 1"),
        (f'client_secret_command = "echo {SECRET} >"\nworker = 3', "did you mean workers?"),
        ('client_secret_env = "NO_SUCH"', "client_secret_env in [instances.prod]"),
        ('client_secret_keyring = "looker/me"', "lookervault[keyring]"),
        ('client_secret_env = "A"\nworkers = 99', "workers in [instances.prod]"),
        ("", "LOOKERSDK_CLIENT_SECRET"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_nothing_is_made(
    configured, tmp_path, small, line, told
):
    (tmp_path / "ring").mkdir()
    (tmp_path / "ring" / "keyring.py").write_text("raise ImportError")
    command = configured(line)
    command.environ["PYTHONPATH"] = str(tmp_path / "ring")
    before = len(small.log())

    ended = command.extract(as_json=False)

    assert_refused(ended, 2, told)
    assert SECRET not in ended.err
    assert len(small.log()) == before
    assert not command.path.exists()


def test_the_environment_wins_and_it_is_said_which_looker_counts(
    configured, tmp_path, small
):
    command = configured('client_secret_env = "A"', url="https://prod.example")
    command.environ |= {
        "A": "the secret of prod",
        "LOOKERSDK_BASE_URL": small.base_url,
        "LOOKERSDK_CLIENT_ID": small.client_id,
        "LOOKERSDK_CLIENT_SECRET": small.client_secret,
    }

    status, _, err = ran(command, "extract", "--quiet")

    assert status == 0
    assert err.count("\n") == 1
    assert f"LOOKERSDK_BASE_URL counts: this is about {small.base_url}" in err


def test_the_secret_of_a_profile_is_not_sent_to_another_host(configured, small):
    command = configured('client_secret_env = "A"', url="https://prod.example")
    command.environ |= {"A": SECRET, "LOOKERSDK_BASE_URL": small.base_url}
    before = len(small.log())

    ended = command.extract(as_json=False)

    assert_refused(ended, 2, "is not sent elsewhere")
    assert len(small.log()) == before


def test_an_ini_that_the_profile_names_is_used(configured, tmp_path, small):
    ini = tmp_path / "looker.ini"
    ini.write_text(
        f"[prod]\nbase_url={small.base_url}\nclient_id={small.client_id}\n"
        f"client_secret={SECRET}\n"
    )
    ini.chmod(0o600)
    command = configured('looker_ini = "looker.ini:prod"')

    assert ran(command, "extract", "--quiet") == (0, "", "")


def test_several_instances_keep_apart(configured, tmp_path, simulate):
    command = configured('client_secret_env = "A"')
    other = simulate(sizes={"boards": 2})
    with (tmp_path / "config.toml").open("a") as file:
        file.write(
            f'\n[instances.other]\nbase_url = "{other.base_url}"\nkinds = ["boards"]\n'
            f'client_id = "{other.client_id}"\nclient_secret_env = "A"\n'
            'vault = "vaults/other.vault"\n'
        )
    command.environ["A"] = SECRET

    for profile, boards in (("prod", 5), ("other", 2)):
        assert ran(command, "extract", "--quiet", "--profile", profile)[0] == 0
        _, out, _ = ran(command, "ls", "boards", "--profile", profile)
        assert len(out.splitlines()) == boards
    wrong = ran(
        command, "extract", "--profile", "other", "--vault", tmp_path / "vaults" / "prod.vault"
    )  # fmt: skip
    assert wrong[0] == 10


@pytest.mark.parametrize(
    ("given", "place"),
    [("", "home/.config"), ("relative", "home/.config"), ("{}/xdg", "xdg")],
)
def test_the_file_of_the_user_is_found_where_it_belongs(
    configured, tmp_path, given, place
):
    command = configured("workers = 99")
    del command.environ["LOOKERVAULT_CONFIG"]
    command.environ |= {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": given.format(tmp_path),
    }
    folder = tmp_path / place / "lookervault"
    folder.mkdir(parents=True)
    (tmp_path / "config.toml").rename(folder / "config.toml")

    status, _, err = ran(command, "extract")

    assert status == 2
    assert f"workers in [instances.prod] of {folder}" in err
