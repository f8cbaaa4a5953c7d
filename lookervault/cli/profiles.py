"""Which configuration file and which profile count for a command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from lookervault.cli.app import App
from lookervault.config.file import Configuration, Profile, read

_NAMED = "lookervault.named"
"""Where a context keeps which file and which profile were named."""


def named(ctx: click.Context) -> dict[str, Any]:
    """Return which ``config`` and which ``profile`` were named, as far as is known."""
    names: dict[str, Any] = ctx.meta.setdefault(_NAMED, {})
    return names


def profile_of(app: App, names: Mapping[str, Any]) -> Profile:
    """Return the profile that *names*, ``config`` and ``profile``, lead to.

    Raises:
        UsageError: the file or the profile is not there, or makes no sense.

    """
    return configuration(app, names.get("config")).profile(names.get("profile"))


def configuration(app: App, path: Path | None) -> Configuration:
    """Return what the file at *path* says; by default the user's, if there is one."""
    if path is None:
        return read(app.config(), must_exist=False)
    return read(path)
