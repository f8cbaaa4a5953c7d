"""Commands whose options may stand in a configuration file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from lookervault.cli import completing
from lookervault.cli.app import App
from lookervault.cli.grouped import Grouped, Option
from lookervault.cli.profiles import named, profile_of
from lookervault.config.file import Profile
from lookervault.config.given import Given

F = TypeVar("F", bound=Callable[..., Any])

_GROUP = "Configuration"


class Configured(Grouped):
    """A command that takes from a profile what was not typed and is not in the environment.

    A value that makes no sense is told with its variable, or its file, table and key.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.BadParameter as error:
            missing = isinstance(error, click.MissingParameter)
            if missing or error.param is None or typed(ctx, str(error.param.name)):
                raise
            message = f"{origin(ctx, error.param)}: {error.message}"
            raise click.UsageError(message, ctx) from error


def configurable(command: F) -> F:
    """Let *command*, which is `Configured`, take ``--config`` and ``--profile``."""
    # They are read first, since they say what the others are.
    profile = click.option(
        "--profile",
        cls=Option,
        group=_GROUP,
        is_eager=True,
        expose_value=False,
        callback=_named,
        metavar="NAME",
        shell_complete=completing.profiles,
        help="Which [instances.NAME] of it. [default: its default_profile]",
    )
    config = click.option(
        "--config",
        cls=Option,
        group=_GROUP,
        type=click.Path(path_type=Path),
        is_eager=True,
        expose_value=False,
        callback=_named,
        metavar="FILE",
        help="Settings, in TOML. [default: config.toml of the user]",
    )
    return config(profile(command))


def origin(ctx: click.Context, param: click.Parameter) -> str:
    """Say where the value of *param* comes from."""
    given = _given(ctx, param)
    if given is not None:
        return given.origin
    if typed(ctx, str(param.name)):
        argument = isinstance(param, click.Argument)
        return "command line" if argument else max(param.opts, key=len)
    if ctx.get_parameter_source(str(param.name)) is ParameterSource.ENVIRONMENT:
        return _variable(ctx, param)
    return "default"


def from_file(ctx: click.Context, name: str) -> bool:
    """Return whether the parameter *name* has its value from the file."""
    return ctx.get_parameter_source(name) is ParameterSource.DEFAULT_MAP


def typed(ctx: click.Context, name: str) -> bool:
    """Return whether the parameter *name* was typed."""
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


def key(param: click.Parameter) -> str:
    """Return what *param* is called in a file."""
    if isinstance(param, click.Argument):
        return str(param.name)
    return max(param.opts, key=len).removeprefix("--").replace("-", "_")


def _variable(ctx: click.Context, param: click.Parameter) -> str:
    if isinstance(param.envvar, str):
        return param.envvar
    return f"{ctx.auto_envvar_prefix}_{str(param.name).upper()}"


def _given(ctx: click.Context, param: click.Parameter | None) -> Given | None:
    """Return what the file says of *param*, if that counts."""
    if param is None or not from_file(ctx, str(param.name)):
        return None
    settings = ctx.ensure_object(App).profile.options
    return settings.get(key(param))


def _named(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Once both are known, file and profile, let the rest have what they say."""
    names = named(ctx)
    names[str(param.name)] = value
    if len(names) == len(("config", "profile")) and not ctx.resilient_parsing:
        app = ctx.ensure_object(App)
        app.profile = profile_of(app, names)
        ctx.default_map = _defaults(ctx.command, app.profile)


def _defaults(command: click.Command, profile: Profile) -> dict[str, Any]:
    options = profile.options
    return {
        str(param.name): options[key(param)].value
        for param in command.params
        if key(param) in options
    }
