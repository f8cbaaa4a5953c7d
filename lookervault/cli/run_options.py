"""The options of a run: what is copied, how fast, from where, and what is shown of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from lookervault.cli import options, values
from lookervault.cli.configured import configurable
from lookervault.cli.options import OUTPUT, WHAT, flag, option
from lookervault.settings import MOST_WORKERS

F = TypeVar("F", bound=Callable[..., Any])
_Option = Callable[[Any], Any]

_PACE = "How fast, and how far"
_LOGIN = "Login"

_LEAST_MEMORY = 64 * 2**20
"""Bytes. A run that waits for Looker has 41 MiB (Python 3.11 on Linux)."""

_SCOPE: tuple[_Option, ...] = (
    options.vault,
    option(
        "--folder-id",
        group=WHAT,
        multiple=True,
        metavar="ID",
        help="Only what lies in this folder. Repeatable.",
    ),
    flag("--recursive-folders", "Also what lies in the folders below.", WHAT),
)

_COPYING: tuple[_Option, ...] = (
    flag("--fresh", "Do not continue an unfinished run.", WHAT),
    flag("--accept-deletions", "Mark also a large number of items as gone.", WHAT),
    flag("--dry-run", "Say what would be done, and how many calls it takes.", WHAT),
)

_BOUNDS: tuple[_Option, ...] = (
    option(
        "--workers",
        group=_PACE,
        type=values.Whole(1, MOST_WORKERS),
        default=options.default_workers,
        show_default="cores + 4, at most 8",
        metavar="N",
        help="How many requests at once, 1 to 50.",
    ),
    option(
        "--batch-size",
        group=_PACE,
        type=values.Whole(1, values.MOST_ROWS),
        default=100,
        show_default=True,
        metavar="N",
        help="Items a page, at most.",
    ),
    option(
        "--max-rate",
        group=_PACE,
        type=values.Positive(),
        metavar="R",
        help="Requests a second, at most.",
    ),
    option(
        "--max-calls",
        group=_PACE,
        type=values.Whole(1),
        metavar="N",
        help="Stop, resumable, after this many requests.",
    ),
    option(
        "--max-duration",
        group=_PACE,
        type=values.Duration(),
        metavar="TIME",
        help="Stop, resumable, after this long: 90, 10m, 2h.",
    ),
    option(
        "--max-memory",
        group=_PACE,
        type=values.Size(_LEAST_MEMORY, "lookervault by itself takes some 45MiB"),
        metavar="SIZE",
        help="Stay below so much memory: 150MiB, 1GiB.",
    ),
    option(
        "--give-up-after",
        group=_PACE,
        type=values.Duration(),
        default="10m",
        show_default=True,
        metavar="TIME",
        help="Without an answer from Looker: 90, 10m, 2h.",
    ),
)

_REACHING: tuple[_Option, ...] = (
    option(
        "--looker-ini",
        group=_LOGIN,
        metavar="FILE[:SECTION]",
        help="Where address and credentials are, unless in LOOKERSDK_... variables.",
    ),
    option(
        "--ca-file",
        group=_LOGIN,
        metavar="FILE",
        help="Certificates to trust instead of the system's.",
    ),
    flag("--insecure-http", "Send credentials without encryption.", _LOGIN),
)

_SHOWING: tuple[_Option, ...] = (
    options.json,
    flag("--quiet", "Say only what went wrong.", OUTPUT),
    flag("--no-progress", "Do not show how far it is.", OUTPUT),
    flag("--verbose", "Say more.", OUTPUT),
    option(
        "--log-file",
        group=OUTPUT,
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Append to this file what happens.",
    ),
    option(
        "--log-format",
        group=OUTPUT,
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="What the log is made of: lines for people, or for machines.",
    ),
    options.debug,
)


def copying(command: F) -> F:
    """Let *command* take all that can be said of a run."""
    return _with(
        command, (*_SCOPE, *_COPYING, *_BOUNDS, *_REACHING, configurable, *_SHOWING)
    )


def asking(command: F) -> F:
    """Let *command* take what a run would be made of, without making it."""
    shown = (options.json, options.debug)
    return _with(command, (*_SCOPE, *_BOUNDS, *_REACHING, configurable, *shown))


def reaching(command: F) -> F:
    """Let *command* take how Looker is reached."""
    return _with(command, _REACHING)


def _with(command: F, those: tuple[_Option, ...]) -> F:
    for each in reversed(those):
        command = each(command)
    return command
