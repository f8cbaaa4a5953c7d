"""Every setting of a command with its value, and where that comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import msgspec

from lookervault.cli import values
from lookervault.cli.app import App
from lookervault.cli.configured import key, origin, typed
from lookervault.cli.profiles import named
from lookervault.output import words

_NOT_SHOWN = {"config", "profile", "json", "debug", "help"}
"""Options that say how to show, or what is shown apart."""


class Setting(msgspec.Struct, frozen=True):
    """A value, and where it comes from. Secrets are ``***``."""

    name: str
    value: str
    source: str


def settled(ctx: click.Context, app: App) -> Iterator[Setting]:
    """Yield the file, the profile, and each option of the command of *ctx*."""
    yield _file(ctx, app)
    yield _profile(ctx, app)
    for param in ctx.command.params:
        if key(param) not in _NOT_SHOWN:
            value = _shown(param, ctx.params[str(param.name)])
            yield Setting(key(param), value, origin(ctx, param))


def _file(ctx: click.Context, app: App) -> Setting:
    path = named(ctx)["config"]
    if path is not None:
        return Setting("config", str(path), _source(ctx, "config"))
    path = app.config()
    missing = "" if path.exists() else " (there is none)"
    return Setting("config", f"{path}{missing}", "default")


def _profile(ctx: click.Context, app: App) -> Setting:
    if named(ctx)["profile"] is not None:
        return Setting("profile", app.profile.name or "", _source(ctx, "profile"))
    if app.profile.name is not None:
        return Setting("profile", app.profile.name, "default_profile")
    return Setting("profile", "none", "default")


def _source(ctx: click.Context, name: str) -> str:
    return f"--{name}" if typed(ctx, name) else f"LOOKERVAULT_{name.upper()}"


def _shown(param: click.Parameter, value: Any) -> str:
    if isinstance(param.type, values.Duration) and value is not None:
        return words.duration(value)
    if isinstance(param.type, values.Size) and value is not None:
        return words.size(value)
    match value:
        case None | ():
            return "all" if param.name == "kinds" else "none"
        case tuple():
            return ", ".join(map(str, value))
        case bool():
            return "true" if value else "false"
        case _:
            return f"{value:g}" if isinstance(value, float) else str(value)
