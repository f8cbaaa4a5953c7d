"""What was asked for: the options of a run, checked, and as what they are used."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from lookervault.cli.app import Access, App
from lookervault.cli.configured import from_file, typed
from lookervault.cli.profiles import named
from lookervault.content import named as kinds_named
from lookervault.errors import UsageError
from lookervault.records import Scope

_SETTINGS = (
    "workers",
    "batch_size",
    "give_up_after",
    "max_calls",
    "max_rate",
    "max_duration",
    "max_memory",
    "accept_deletions",
)
"""Options that are settings of a system, under the same names."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for."""

    scope: Scope
    vault: Path
    hint: str
    """The options that lead to the same vault, if they were used."""
    access: Access
    settings: Mapping[str, Any]
    """Of the system, by name."""
    as_json: bool
    fresh: bool = False
    dry_run: bool = False
    quiet: bool = False
    no_progress: bool = False
    verbose: bool = False
    log_file: Path | None = None
    log_format: Literal["text", "json"] = "text"


def wish(ctx: click.Context, app: App, given: Mapping[str, Any]) -> Wish:
    """Return what *given*, the options of a command that runs or could run, comes to.

    Raises:
        UsageError: they do not fit together, or name a kind that does not exist.

    """
    shown = ("quiet", "no_progress", "verbose", "log_file", "log_format")
    more = ("fresh", "dry_run", *shown)
    return Wish(
        scope=_scope(
            given["kinds"], given["folder_id"], recursive=given["recursive_folders"]
        ),
        vault=given["vault"],
        hint=_hint(ctx, given["vault"]),
        access=access(ctx, app, given),
        settings={name: given[name] for name in _SETTINGS if name in given},
        as_json=given["as_json"],
        **{name: given[name] for name in more if name in given},
    )


def access(ctx: click.Context, app: App, given: Mapping[str, Any]) -> Access:
    """Return how Looker is reached, by *given*; by one worker, if it does not say more."""
    return Access(
        ini=given["looker_ini"],
        ini_of_profile=from_file(ctx, "looker_ini"),
        ca_file=given["ca_file"],
        insecure_http=given["insecure_http"],
        workers=given.get("workers", 1),
        profile=app.profile,
    )


def _scope(
    kinds: tuple[str, ...], folders: tuple[str, ...], *, recursive: bool
) -> Scope:
    if recursive and not folders:
        message = "--recursive-folders says how far; name the folders by --folder-id."
        raise UsageError(message)
    if not all(folder.strip() for folder in folders):
        message = "--folder-id got an empty id: name the folder's id, such as 42."
        raise UsageError(message)
    return Scope(kinds_named(kinds), tuple(sorted(set(folders))), recursive)


def _hint(ctx: click.Context, vault: Path) -> str:
    """Return what to add to a command so that it finds the same vault."""
    if typed(ctx, "vault"):
        return f" --vault {shlex.quote(str(vault))}"
    if not from_file(ctx, "vault"):
        return ""
    words = ((name, named(ctx)[name]) for name in ("config", "profile"))
    return "".join(
        f" --{name} {shlex.quote(str(word))}"
        for name, word in words
        if typed(ctx, name)
    )
