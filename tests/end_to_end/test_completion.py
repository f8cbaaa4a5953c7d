"""A shell that was told how completes commands, options, kinds, profiles and snapshots."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lookervault.content import KINDS

BIN = Path(sys.executable).parent

ASK = """
eval "$(lookervault completion bash)"
COMP_WORDS=({words})
COMP_CWORD={last}
_lookervault_completion lookervault
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def complete(tmp_path):
    """What bash offers for words of which the last is half typed; and what it says."""

    def complete(*words):
        quoted = " ".join(map(shlex.quote, map(str, ("lookervault", *words))))
        done = subprocess.run(
            ["bash", "--norc", "-c", ASK.format(words=quoted, last=len(words))],
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith("LOOKER")},
                "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(tmp_path),
                "XDG_CONFIG_HOME": str(tmp_path),
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""
        return [line for line in done.stdout.splitlines() if line]

    return complete


def test_commands_and_options(complete):
    assert complete("ext") == ["extract"]
    assert "--max-memory" in complete("extract", "--m")
    assert complete("completion", "z") == ["zsh"]


def test_kinds_that_were_not_named_yet(complete):
    assert complete("extract", "lo") == ["looks", "lookml_models"]
    assert complete("extract", "looks", "lo") == ["lookml_models"]
    assert complete("ls", "") == list(KINDS)


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(
        "[instances.prod]\nvault='v'\n[instances.preview]\n[instances.qa]\n"
    )
    return file


def test_profiles_of_the_file_that_was_named(complete, config):
    asked = ("extract", "--config", config, "--profile")

    assert complete(*asked, "pr") == ["prod", "preview"]


def test_profiles_of_the_file_of_the_user(complete, config, tmp_path):
    (tmp_path / "lookervault").mkdir()
    shutil.copy(config, tmp_path / "lookervault" / "config.toml")

    assert complete("ls", "--profile", "q") == ["qa"]


def test_snapshots_of_the_vault(complete, small, command_of, config, tmp_path):
    command = command_of(small, tmp_path / "v")
    command.complete("boards")
    command.complete("boards")

    typed = complete("ls", "--vault", tmp_path / "v", "--at", "")
    by_profile = complete("ls", "--config", config, "--profile", "prod", "--at", "")

    assert typed == by_profile == ["latest", "2", "1"]


@pytest.mark.parametrize(
    "words",
    [
        ("extract", "--config", "no-such.toml", "--profile", "p"),
        ("extract", "--config", "broken.toml", "--profile", "p"),
        ("ls", "--config", "broken.toml", "--at", "1"),
        ("ls", "--vault", "no-such.vault", "--at", "1"),
        ("ls", "--vault", "broken.toml", "--at", "1"),
    ],
)
def test_what_cannot_be_had_is_not_offered_and_nothing_is_said(
    complete, tmp_path, words
):
    (tmp_path / "broken.toml").write_text("nonsense")

    assert complete(*words) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(shell, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "lookervault", "completion", shell],
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"_LOOKERVAULT_COMPLETE={shell}_complete" in done.stdout
    if shutil.which(shell):
        script = tmp_path / "script"
        script.write_text(done.stdout)
        subprocess.run([shell, "-n", script], check=True)


def test_another_shell_is_a_usage_error():
    done = subprocess.run(
        [sys.executable, "-m", "lookervault", "completion", "csh"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
