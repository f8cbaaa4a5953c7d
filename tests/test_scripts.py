"""The scripts run on any POSIX shell, from any directory, and clean up after themselves."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SCRIPTS = [
    PROJECT / ".ci" / "run",
    *sorted(f for f in (PROJECT / "scripts").iterdir() if f.is_file() and not f.suffix),
]

BASHISMS = re.compile(
    r"\[\[|\]\]|^\s*(function|local|source|declare)\b|<<<|\$'|&>", re.MULTILINE
)


def name_of(script):
    return script.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_a_script_is_plain_sh_that_stops_at_the_first_failure(script):
    text = script.read_text("utf-8")

    assert text.startswith("#!/bin/sh\n# ")
    assert "\nset -eu\n" in text
    assert not BASHISMS.search(text)
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_the_shell_understands_it(script):
    done = subprocess.run(["sh", "-n", script], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_demo_makes_a_vault_and_leaves_no_server_behind(tmp_path):
    vault = tmp_path / "shown.vault"

    done = subprocess.run(
        [PROJECT / "scripts" / "demo", vault],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    port = re.search(r"listens at http://127\.0\.0\.1:(\d+)", done.stdout)[1]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)))
    assert (vault / "CURRENT").exists()


@pytest.mark.slow
def test_the_demo_overwrites_nothing_that_it_was_told_to_use(tmp_path):
    done = subprocess.run(
        [PROJECT / "scripts" / "demo", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "exists already" in done.stderr
