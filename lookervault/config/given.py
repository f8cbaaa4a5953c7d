"""A value that somebody set, and where."""

from __future__ import annotations

from typing import Any

import msgspec

from lookervault.core.answers import plain


class Given(msgspec.Struct, frozen=True):
    """What was set, and where: that is said when it makes no sense."""

    value: Any
    origin: str
    """Such as ``LOOKERSDK_BASE_URL`` or ``workers in [defaults] of config.toml``."""


def shown(value: object) -> str:
    """Return *value* fit for a sentence: short, and on one line."""
    return plain(str(value), limit=200)
