"""The configuration file: defaults for all, and a table for each Looker.

::

    default_profile = "prod"

    [defaults]
    workers = 8

    [instances.prod]
    base_url = "https://company.cloud.looker.com"
    client_id = "..."
    client_secret_file = "prod.secret"
    vault = "prod.vault"

A *profile* is one of the instances, over the defaults.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from lookervault.config.given import Given, shown
from lookervault.config.settings import (
    LOGIN,
    OPTIONS,
    SECRETS,
    checked,
    nearest,
    shown_list,
)
from lookervault.core.answers import plain
from lookervault.errors import UsageError

_TABLES = ("default_profile", "defaults", "instances")

Settings = Mapping[str, Given]

LARGEST = 2**16
"""Bytes of a file: some hundreds of profiles. Python's TOML takes a time that grows with
the square of a dotted key, 3 to 13 s for one of this size."""


class Profile(msgspec.Struct, frozen=True):
    """The settings of one Looker."""

    name: str | None
    """``None``: the defaults alone."""
    settings: Settings
    directory: Path
    """Where commands are run: that of the file."""

    @property
    def login(self) -> Settings:
        """Those that say where Looker is, and as whom to ask."""
        return {key: it for key, it in self.settings.items() if key in LOGIN}

    @property
    def options(self) -> Settings:
        """Those that are options of commands."""
        return {key: it for key, it in self.settings.items() if key in OPTIONS}


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """What a file says."""

    path: Path
    there: bool
    """Whether there is such a file."""
    default: str | None = None
    """The profile that is meant if none is named."""
    defaults: Settings = {}
    instances: Mapping[str, Settings] = {}

    def profile(self, name: str | None = None) -> Profile:
        """Return the profile *name*; without one, the default of the file.

        Raises:
            UsageError: there is no such profile.

        """
        chosen = name if name is not None else self.default
        directory = self.path.parent
        if chosen is None:
            return Profile(None, self.defaults, directory)
        if chosen not in self.instances:
            raise UsageError(self._unknown(chosen))
        return Profile(
            chosen, _merged(self.defaults, self.instances[chosen]), directory
        )

    def _unknown(self, name: str) -> str:
        if not self.there:
            return (
                f"There is no profile {shown(name)!r}, since there is no configuration "
                f"file {shown(self.path)}: write one, or name one by --config."
            )
        hint = nearest(name, self.instances)
        return f"There is no profile {shown(name)!r} in {shown(self.path)}: {hint}"


def read(path: Path, *, must_exist: bool = True) -> Configuration:
    """Return what the file at *path* says; nothing if it need not exist and does not.

    Raises:
        UsageError: it cannot be read, or something in it makes no sense.

    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        if not must_exist:
            return Configuration(path=path, there=False)
        raise _unusable(path, "there is no such file") from None
    except OSError as error:
        raise _unusable(path, error.strerror or "it cannot be read") from None
    if len(content) > LARGEST:
        raise _unusable(path, f"it has more than {LARGEST // 2**10} KiB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unusable(path, "it is not UTF-8") from None
    return parse(text, path)


def _unusable(path: Path, reason: str) -> UsageError:
    return UsageError(f"The configuration {shown(path)} cannot be used: {reason}.")


def parse(text: str, path: Path) -> Configuration:
    """Return what *text*, the content of the file at *path*, says.

    Raises:
        UsageError: something in it makes no sense; the file, the table and the key
            are named.

    """
    given = _toml(text, path)
    for key in given:
        if key not in _TABLES:
            raise UsageError(_stray(key, path))
    tables = _table(given.get("instances", {}), "[instances]", path)
    defaults = _settings(given.get("defaults", {}), "[defaults]", path)
    instances = {
        name: _settings(table, f"[instances.{shown(name)}]", path)
        for name, table in tables.items()
    }
    default = given.get("default_profile")
    named = isinstance(default, str) and default in instances
    if default is not None and not named:
        raise UsageError(
            f"The default_profile in {shown(path)} is no profile of it: there are "
            f"{shown_list(instances)}."
        )
    return Configuration(
        path=path, there=True, default=default, defaults=defaults, instances=instances
    )


def _toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # says where, and shows no values
        wrong = plain(str(error), limit=200)
    except ValueError:  # of Python's, about its own limit
        wrong = "a number in it has too many digits"
    except RecursionError:
        wrong = "it is nested too deeply"
    raise UsageError(f"The configuration {shown(path)} is not TOML: {wrong}.")


def _stray(key: str, path: Path) -> str:
    """Say what is wrong with *key* at the top of the file."""
    if key in LOGIN or key in OPTIONS or key == "client_secret":
        return (
            f"The setting {key} in {shown(path)} stands in no table: put it below "
            "[defaults] or [instances.NAME]."
        )
    hint = nearest(key, _TABLES)
    return f"There is no {shown(key)!r} at the top of {shown(path)}: {hint}"


def _table(value: Any, name: str, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"In {shown(path)}, {name} should be a table of settings.")
    return value


def _settings(value: Any, name: str, path: Path) -> dict[str, Given]:
    table = _table(value, name, path)
    settings = {}
    for key, each in table.items():
        origin = f"{shown(key)} in {name} of {shown(path)}"
        settings[key] = Given(checked(key, each, origin, path.parent), origin)
    ways = [key for key in SECRETS if key in settings]
    if len(ways) > 1:
        raise UsageError(
            f"In {shown(path)}, {name} has {' and '.join(ways)}: keep one of them."
        )
    return settings


def _merged(defaults: Settings, instance: Settings) -> Settings:
    """Return *instance* over *defaults*; one way to a secret replaces any other."""
    replaced = SECRETS if any(key in SECRETS for key in instance) else ()
    kept = {key: given for key, given in defaults.items() if key not in replaced}
    return {**kept, **instance}
