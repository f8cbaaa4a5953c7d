"""Secrets, from where the user keeps them. They are fetched when they are needed.

What goes wrong is said without what was read, or what a command printed.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lookervault.config.exposure import exposed
from lookervault.config.given import Given
from lookervault.errors import UsageError
from lookervault.looker.settings import Secret

_LARGEST = 64 * 1024
"""Bytes of a secret. What is longer is something else."""

PATIENCE = 60.0
"""Seconds that a command may take: somebody may have to touch a key."""


class Keeper(msgspec.Struct, frozen=True):
    """Where a secret is, as a profile says it."""

    way: str
    """``client_secret_file`` and the like."""
    given: Given
    directory: Path
    """Where a command is run."""

    def secret(
        self, environ: Mapping[str, str], say: Callable[[str], object]
    ) -> Secret:
        """Return the secret; *say* is told what should be known beside it.

        Raises:
            UsageError: it cannot be had.

        """
        value, origin = self.given.value, self.given.origin
        match self.way:
            case "client_secret_file":
                text = _from_file(Path(value), origin, say)
            case "client_secret_command":
                text = _from_command(value, origin, self.directory)
            case "client_secret_env":
                text = environ.get(value, "")
            case _:
                text = _from_keyring(value, origin)
        if not text:
            # Not which variable: somebody may have put the secret itself there.
            unset = self.way == "client_secret_env"
            why = "the variable that it names is not set" if unset else "it is empty"
            raise UsageError(f"There is no secret where {origin} says: {why}.")
        return Secret(text)


def _from_file(path: Path, origin: str, say: Callable[[str], object]) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise UsageError(
            f"The secret that {origin} names cannot be read: {reason}."
        ) from None
    warning = exposed(path)
    if warning:
        say(warning)
    return _decoded(content, origin)


def _from_command(
    value: str | list[str], origin: str, directory: Path, patience: float = PATIENCE
) -> str:
    try:
        command = shlex.split(value) if isinstance(value, str) else list(value)
    except ValueError:
        raise UsageError(f"The command {origin} has a quote without its end.") from None
    if not command:
        raise UsageError(f"The command {origin} is empty.")
    # What it says on standard error is for whoever watches.
    started = _run(command, origin, directory, patience)
    if started.returncode:
        ended = f"with status {started.returncode}"
        if started.returncode < 0:
            ended = f"by signal {-started.returncode}"
        raise UsageError(f"The command {origin} ended {ended}, and gave no secret.")
    return _decoded(started.stdout, origin)


def _run(
    command: list[str], origin: str, directory: Path, patience: float
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - it is what the user wrote, and no shell reads it
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:  # holds what was printed so far
        reason = f"took longer than {patience:.0f} s"
    except OSError as error:
        reason = f"could not be started: {error.strerror or 'it is no program'}"
    raise UsageError(f"The command {origin} {reason}.")


def _from_keyring(value: str, origin: str) -> str:
    service, slash, user = value.rpartition("/")
    if not slash or not service or not user:
        raise UsageError(
            f"The setting {origin} should name a service and a user, as service/user."
        )
    keyring = _keyring(origin)
    try:
        found = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - a backend raises what it likes, and it may quote
        reason = type(error).__name__
    else:
        if found:
            return str(found)
        reason = "it has no such entry"
    raise UsageError(f"The keyring gives no secret for {origin}: {reason}.")


def _keyring(origin: str) -> Any:
    try:
        import keyring  # noqa: PLC0415 - an extra that few need
    except ImportError:
        raise UsageError(
            f"The setting {origin} needs the package keyring: install it by "
            "pip install 'lookervault[keyring]'."
        ) from None
    return keyring


def _decoded(content: bytes, origin: str) -> str:
    """Return the text of a secret, without the line break at its end."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    if text is None or len(content) > _LARGEST:
        raise UsageError(
            f"What {origin} leads to is no secret: it is not a short text."
        )
    return text.rstrip("\r\n")
