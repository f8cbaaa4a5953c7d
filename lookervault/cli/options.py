"""Options that commands share, and what may be typed as their values."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from lookervault.cli.app import App

F = TypeVar("F", bound=Callable[..., Any])

SETTINGS = {"auto_envvar_prefix": "LOOKERVAULT", "help_option_names": ["-h", "--help"]}
"""Of every command: each option is also read from ``LOOKERVAULT_`` and its name."""

MOST_WORKERS = 50

MOST_ROWS = 5000
"""Of a page; Looker's own listings are asked for in pages of that size."""

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)


class Duration(click.ParamType):  # type: ignore[type-arg]  # older ones take none
    """Seconds, or a number with a unit: ``90``, ``10m``, ``2h``, ``7d``."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(str(value).strip())
        seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
        if not 0 < seconds < math.inf:
            message = f"{value!r} is no duration: say 90 (seconds), 10m, 2h or 7d."
            self.fail(message, param, ctx)
        return seconds


class Positive(click.ParamType):  # type: ignore[type-arg]  # older ones take none
    """A number above 0."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip()
        number = float(text) if _NUMBER.fullmatch(text) else 0.0
        if not 0 < number < math.inf:
            self.fail(f"{value!r} is no number above 0.", param, ctx)
        return number


class Whole(click.ParamType):  # type: ignore[type-arg]  # older ones take none
    """A whole number from *least* to *most*."""

    name = "integer"

    def __init__(self, least: int, most: int | None = None) -> None:
        self._least = least
        self._most = most

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        text = str(value).strip()
        number = int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else -1
        if number < self._least or (self._most is not None and number > self._most):
            bounds = (
                f"from {self._least} to {self._most}"
                if self._most is not None
                else f"above {self._least - 1}"
            )
            self.fail(f"{value!r} is no whole number {bounds}.", param, ctx)
        return number


def default_workers() -> int:
    """Return min(cores + 4, 8): the work waits on the network, not on the cores."""
    return min((os.cpu_count() or 1) + 4, 8)


def vault(command: F) -> F:
    """Let *command* take ``--vault``."""
    return click.option(
        "--vault",
        type=click.Path(path_type=Path),
        envvar="LOOKERVAULT_PATH",
        default="./looker.vault",
        show_default=True,
        show_envvar=True,
        help="Where the vault is.",
    )(command)


def json(command: F) -> F:
    """Let *command* take ``--json``."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        envvar="LOOKERVAULT_JSON",
        help="JSON, one object a line.",
    )(command)


def at(command: F) -> F:
    """Let *command* take ``--at``."""
    return click.option(
        "--at",
        metavar="SNAPSHOT",
        help="As this snapshot shows it: a number of `snapshots`, latest, latest~1.",
    )(command)


def _debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value:
        ctx.ensure_object(App).debug = True


def debug(command: F) -> F:
    """Let *command* take ``--debug``, which `main` looks at."""
    return click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        callback=_debug,
        help="Show where an error comes from.",
    )(command)
