"""A secret comes from where the user keeps it, and is not seen on its way."""

import os
import subprocess
import sys
import textwrap

import pytest

from lookervault import config
from lookervault.config import secrets
from lookervault.config.given import Given
from lookervault.errors import UsageError

CANARY = "canary-4711"


class Kept:
    """A place for a secret, and what a profile says of it."""

    def __init__(self, folder):
        self.folder = folder
        self.said = []

    def secret(self, way, value, environ=None):
        keeper = secrets.Keeper(
            f"client_secret_{way}",
            Given(value, f"client_secret_{way} in F"),
            self.folder,
        )
        return keeper.secret(environ or {}, self.said.append).reveal()

    def refusal(self, way, value, environ=None):
        with pytest.raises(UsageError) as caught:
            self.secret(way, value, environ)
        assert CANARY not in str(caught.value)
        assert f"client_secret_{way} in F" in str(caught.value)
        return str(caught.value)

    def file(self, content, mode=0o600):
        file = self.folder / "secret"
        file.write_bytes(content)
        file.chmod(mode)
        return str(file)


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_file_holds_it_with_or_without_a_line_break(kept, end):
    assert kept.secret("file", kept.file(CANARY.encode() + end)) == CANARY
    assert kept.said == []


def test_blanks_belong_to_it(kept):
    assert kept.secret("file", kept.file(b" a b \n")) == " a b "


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_file_that_others_can_read_is_told_in_one_line(kept, mode):
    assert kept.secret("file", kept.file(CANARY.encode(), mode)) == CANARY

    (said,) = kept.said
    assert "Other users can read" in said
    assert "chmod 600" in said
    assert CANARY not in said


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\xff\xfe", CANARY.encode() + b"x" * 65536]
)
def test_a_file_that_holds_no_secret_is_refused(kept, content):
    kept.refusal("file", kept.file(content))


def test_a_file_that_is_not_there_is_named_by_its_setting(kept):
    assert "No such file" in kept.refusal("file", str(kept.folder / "nothing"))


def python(code):
    """A command that runs *code*."""
    return [sys.executable, "-c", code]


@pytest.mark.parametrize(
    "command", [f"echo {CANARY}", ["echo", CANARY], f"printf '%s' '{CANARY}'"]
)
def test_a_command_prints_it(kept, command):
    assert kept.secret("command", command) == CANARY


def test_no_shell_reads_a_command(kept):
    assert kept.secret("command", "echo $HOME; `id`") == "$HOME; `id`"


def test_a_command_runs_where_the_file_is(kept):
    script = kept.folder / "give"
    script.write_text(f"#!/bin/sh\necho {CANARY}\n")
    script.chmod(0o700)

    assert kept.secret("command", "./give") == CANARY


def test_a_command_can_ask_nobody(kept):
    assert kept.secret("command", python("print(len(input.__doc__) > 0)")) == "True"
    assert "status 1" in kept.refusal("command", python("input()"))


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (python(f"print('{CANARY}'); raise SystemExit(3)"), "status 3"),
        (python(f"import os; print('{CANARY}', flush=True); os.kill(os.getpid(), 9)"), "signal 9"),
        (python(""), "empty"),
        ("there-is-no-such-program --of canary-4711", "could not be started"),
        ("'", "a quote without its end"),
        ("  ", "empty"),
        (python("import sys; sys.stdout.buffer.write(b'\\xff')"), "no secret"),
    ],
)  # fmt: skip
def test_a_command_that_gives_none_is_told_without_what_it_printed(kept, command, told):
    assert told in kept.refusal("command", command)


def test_a_command_that_hangs_is_ended_and_what_it_printed_is_not_shown(kept):
    code = f"print('{CANARY}', flush=True)\nimport time\ntime.sleep(3600)"

    with pytest.raises(UsageError, match="took longer") as caught:
        secrets._from_command(python(code), "it", kept.folder, patience=0.5)

    assert CANARY not in repr(caught.value)
    assert caught.value.__context__ is None


def test_what_a_command_says_on_standard_error_is_seen(kept, capfd):
    code = "import sys; print('touch the key', file=sys.stderr); print('x')"

    kept.secret("command", python(code))

    assert capfd.readouterr().err == "touch the key\n"


def test_a_variable_holds_it(kept):
    assert kept.secret("env", "MY_SECRET", {"MY_SECRET": CANARY}) == CANARY


@pytest.mark.parametrize("environ", [{}, {"MY_SECRET": ""}])
def test_a_variable_that_is_not_set_is_told(kept, environ):
    refusal = kept.refusal("env", "MY_SECRET", environ)

    assert "the variable that it names is not set" in refusal
    # Somebody may have put the secret itself there.
    assert "MY_SECRET" not in refusal


@pytest.fixture
def ring(tmp_path):
    """Runs Python with a package keyring of the wanted content, or without any."""

    def run(content, value):
        place = tmp_path / "ring"
        place.mkdir()
        if content is None:
            content = "raise ImportError('there is none')"
        (place / "keyring.py").write_text(textwrap.dedent(content))
        code = f"""
from pathlib import Path
from lookervault.config.given import Given
from lookervault.config.secrets import Keeper
from lookervault.errors import UsageError
given = Given({value!r}, "client_secret_keyring in F")
try:
    print(Keeper("client_secret_keyring", given, Path()).secret({{}}, print).reveal())
except UsageError as error:
    print("refused:", error)
"""
        return subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(place)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    return run


GIVES = """
def get_password(service, user):
    return f"{service}|{user}"
"""


def test_a_keyring_has_it_by_service_and_user(ring):
    assert ring(GIVES, "looker/prod/me") == "looker/prod|me"


@pytest.mark.parametrize("value", ["looker", "/me", "looker/", ""])
def test_a_keyring_needs_service_and_user(ring, value):
    said = ring(GIVES, value)

    assert said.startswith("refused: ")
    assert "service/user" in said


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "pip install 'lookervault[keyring]'"),
        ("def get_password(service, user): return None", "no such entry"),
        (
            f"def get_password(service, user): raise RuntimeError('{CANARY}')",
            "RuntimeError",
        ),
    ],
)
def test_a_keyring_that_gives_none_is_told_in_a_sentence(ring, content, told):
    said = ring(content, "looker/me")

    assert said.startswith("refused: ")
    assert told in said
    assert CANARY not in said


def test_nothing_is_fetched_before_it_is_needed(tmp_path):
    text = '[instances.a]\nclient_secret_command = "there-is-no-such-program"'
    profile = config.parse(text, tmp_path / "c.toml").profile("a")

    login = config.login({}, profile=config.of_profile(profile))

    assert ("client_secret", "***") in [row[:2] for row in login.shown]
