"""Settings as people write them: the environment, and files that they name.

Nothing is read that was not handed in or named, and nothing is ever written to the
environment. `credentials` is for those who have theirs in the environment or in a
``looker.ini``; `read` opens a configuration file, whose profiles have more. What
reaches for the network's libraries is imported when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from lookervault.config.file import Configuration, Profile, parse, read
from lookervault.config.given import Given
from lookervault.config.ini import ini_section, section_of

if TYPE_CHECKING:
    from lookervault.config.logins import Login, credentials, login, of_profile

_OF_LOGIN = ("Login", "credentials", "login", "of_profile")

__all__ = [
    "Configuration",
    "Given",
    "Login",
    "Profile",
    "credentials",
    "ini_section",
    "login",
    "of_profile",
    "parse",
    "read",
    "section_of",
]


def __getattr__(name: str) -> Any:
    if name in _OF_LOGIN:
        return getattr(importlib.import_module("lookervault.config.logins"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
