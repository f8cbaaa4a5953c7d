"""What a shell offers for an argument that is half typed.

Quick and silent: what cannot be had is not offered.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import click

from lookervault.cli.app import App
from lookervault.cli.profiles import configuration, named, profile_of
from lookervault.content import KINDS
from lookervault.errors import LookervaultError

_MOST = 50
"""Snapshots that are offered, the newest."""


def kinds(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the kinds that were not named yet."""
    there = ctx.params.get(str(param.name)) or ()
    named = there if isinstance(there, tuple | list) else ()
    return _beginning(incomplete, (kind for kind in KINDS if kind not in named))


def profiles(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the profiles of the configuration file."""
    with contextlib.suppress(LookervaultError, OSError):
        found = configuration(ctx.ensure_object(App), named(ctx).get("config"))
        return _beginning(incomplete, found.instances)
    return []


def snapshots(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the newest snapshots of the vault."""
    return _beginning(incomplete, _snapshots(ctx))


def _snapshots(ctx: click.Context) -> Iterator[str]:
    yield "latest"
    with contextlib.suppress(LookervaultError, OSError):
        app = ctx.ensure_object(App)
        with app.vault(_vault(ctx, app)) as vault:
            yield from (str(run.number) for run in islice(vault.snapshots(), _MOST))


def _vault(ctx: click.Context, app: App) -> Path:
    """Return where the vault is, also if only a profile says so."""
    path = ctx.params.get("vault")
    if ctx.get_parameter_source("vault") is click.core.ParameterSource.DEFAULT:
        given = profile_of(app, named(ctx)).options.get("vault")
        path = given.value if given else path
    return Path(path or "looker.vault")


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
