"""What may stand in a configuration file. To add a setting, add an entry to `SETTINGS`.

A setting that is no login's is an option of commands of the same name, which says
what its values mean; here is only what TOML's types cannot say by themselves.
"""

from __future__ import annotations

import difflib
import enum
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from lookervault.config.given import shown
from lookervault.errors import UsageError

_BITS = 64
"""Of a number that anything is counted with. Those of TOML may be of any length."""


class Shape(enum.Enum):
    """What a value looks like in TOML; the value says it in words."""

    TEXT = "a text in quotes"
    PATH = "a path in quotes"
    NUMBER = "a number"
    FLAG = "true or false"
    AMOUNT = 'a number, or a text in quotes such as "10m" or "1GiB"'
    TEXTS = "a list of texts in quotes"
    COMMAND = "a command in quotes, or a list of texts in quotes"


LOGIN: dict[str, Shape] = {
    "base_url": Shape.TEXT,
    "client_id": Shape.TEXT,
    "client_secret_file": Shape.PATH,
    "client_secret_command": Shape.COMMAND,
    "client_secret_env": Shape.TEXT,
    "client_secret_keyring": Shape.TEXT,
    "verify_ssl": Shape.FLAG,
    "timeout": Shape.NUMBER,
    "proxy": Shape.TEXT,
}
"""Where Looker is, and as whom to ask: settings that are no options."""

OPTIONS: dict[str, Shape] = {
    "kinds": Shape.TEXTS,
    "vault": Shape.PATH,
    "folder_id": Shape.TEXTS,
    "recursive_folders": Shape.FLAG,
    "fresh": Shape.FLAG,
    "accept_deletions": Shape.FLAG,
    "workers": Shape.NUMBER,
    "batch_size": Shape.NUMBER,
    "max_rate": Shape.NUMBER,
    "max_calls": Shape.NUMBER,
    "max_duration": Shape.AMOUNT,
    "max_memory": Shape.AMOUNT,
    "give_up_after": Shape.AMOUNT,
    "looker_ini": Shape.PATH,
    "ca_file": Shape.PATH,
    "insecure_http": Shape.FLAG,
    "json": Shape.FLAG,
    "quiet": Shape.FLAG,
    "no_progress": Shape.FLAG,
    "verbose": Shape.FLAG,
    "log_file": Shape.PATH,
    "log_format": Shape.TEXT,
    "debug": Shape.FLAG,
}
"""Options, and the kinds to copy, by the names that they have in a file."""

SETTINGS = LOGIN | OPTIONS

SECRETS = tuple(name for name in LOGIN if name.startswith("client_secret_"))
"""The ways to a secret. One table names one of them."""

_KEEP_IT_ELSEWHERE = (
    "a secret does not belong in a configuration file. Name where it is: "
    "client_secret_file, client_secret_command, client_secret_env or "
    "client_secret_keyring"
)


def checked(name: str, value: Any, origin: str, directory: Path) -> Any:
    """Return *value* of the setting *name* as TOML has it; paths from *directory* on.

    Raises:
        UsageError: there is no such setting, or the value is of another shape.

    """
    if name == "client_secret":
        raise UsageError(f"There is {origin}: {_KEEP_IT_ELSEWHERE}.")
    shape = SETTINGS.get(name)
    if shape is None:
        raise UsageError(f"There is no setting {origin}: {nearest(name, SETTINGS)}")
    taken = _TAKE[shape](value)
    if taken is None:
        # The value is not shown: whoever mistypes a key may have a secret behind it.
        raise UsageError(f"The setting {origin} should be {shape.value}.")
    return _from(directory, taken, origin) if shape is Shape.PATH else taken


def _from(directory: Path, path: str, origin: str) -> str:
    try:
        return str(directory / Path(path).expanduser())
    except RuntimeError:
        raise UsageError(
            f"The setting {origin} begins with a user who has no home here: write the "
            "whole path."
        ) from None


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which of *known* may have been meant by *name*."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {shown_list(known)}."


def shown_list(names: Iterable[str]) -> str:
    """Return *names* fit for a sentence."""
    return ", ".join(map(shown, names)) or "none"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and "\0" not in value else None


def _path(value: Any) -> str | None:
    return _text(value) or None


def _number(value: Any) -> float | int | None:
    if type(value) is int:
        return _whole(value)
    return value if isinstance(value, float) and math.isfinite(value) else None


def _whole(value: int) -> int | None:
    """Take what a computer counts with; more cannot even be shown."""
    return value if value.bit_length() < _BITS else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _amount(value: Any) -> str | float | int | None:
    return value if isinstance(value, str) else _number(value)


def _texts(value: Any) -> list[str] | None:
    """Take a list; a single one, and ids that look like numbers, are meant well."""
    values = value if isinstance(value, list) else [value]
    if not all(
        type(it) is str or (type(it) is int and _whole(it) is it) for it in values
    ):
        return None
    return [str(each) for each in values]


def _command(value: Any) -> str | list[str] | None:
    parts = value if isinstance(value, list) else [value]
    fits = bool(parts) and all(isinstance(_text(part), str) for part in parts)
    return value if fits else None


_TAKE: dict[Shape, Callable[[Any], Any]] = {
    Shape.TEXT: _text,
    Shape.PATH: _path,
    Shape.NUMBER: _number,
    Shape.FLAG: _flag,
    Shape.AMOUNT: _amount,
    Shape.TEXTS: _texts,
    Shape.COMMAND: _command,
}
