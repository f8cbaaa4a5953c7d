"""Options that commands share. How a run is made is in `run_options`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from lookervault.cli import completing
from lookervault.cli.app import App
from lookervault.cli.grouped import Option

F = TypeVar("F", bound=Callable[..., Any])

SETTINGS = {"auto_envvar_prefix": "LOOKERVAULT", "help_option_names": ["-h", "--help"]}
"""Of every command: each option is also read from ``LOOKERVAULT_`` and its name."""

WHAT = "What"
OUTPUT = "Output"
"""Headings of the help."""


def option(*names: str, group: str, **more: Any) -> Callable[[F], F]:
    """Return an option that stands below the heading *group*."""
    return click.option(*names, cls=Option, group=group, **more)


def flag(name: str, about: str, group: str) -> Callable[[F], F]:
    """Return an option without a value."""
    return option(name, group=group, is_flag=True, help=about)


def default_workers() -> int:
    """Return min(cores + 4, 8): the work waits on the network, not on the cores."""
    return min((os.cpu_count() or 1) + 4, 8)


def vault(command: F) -> F:
    """Let *command* take ``--vault``."""
    return option(
        "--vault",
        group=WHAT,
        type=click.Path(path_type=Path),
        envvar="LOOKERVAULT_PATH",
        default="./looker.vault",
        show_default=True,
        show_envvar=True,
        help="Where the vault is.",
    )(command)


def json(command: F) -> F:
    """Let *command* take ``--json``."""
    return option(
        "--json",
        "as_json",
        group=OUTPUT,
        is_flag=True,
        envvar="LOOKERVAULT_JSON",
        help="JSON, one object a line.",
    )(command)


def at(command: F) -> F:
    """Let *command* take ``--at``."""
    return option(
        "--at",
        group=WHAT,
        metavar="SNAPSHOT",
        shell_complete=completing.snapshots,
        help="As this snapshot shows it: a number of `snapshots`, latest, latest~1.",
    )(command)


def kind(command: F) -> F:
    """Let *command* take one KIND."""
    return click.argument("kind", shell_complete=completing.kinds)(command)


def kinds(command: F) -> F:
    """Let *command* take any number of KINDs."""
    return click.argument(
        "kinds",
        metavar="[KIND]...",
        nargs=-1,
        envvar="LOOKERVAULT_KINDS",
        shell_complete=completing.kinds,
    )(command)


def _debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
    if value:
        ctx.ensure_object(App).debug = True


def debug(command: F) -> F:
    """Let *command* take ``--debug``, which `main` looks at."""
    return option(
        "--debug",
        group=OUTPUT,
        is_flag=True,
        expose_value=False,
        callback=_debug,
        help="Show where an error comes from.",
    )(command)
