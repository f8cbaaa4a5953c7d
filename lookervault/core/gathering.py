"""Gaps that are the same but for their ids, told in one sentence."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable

import msgspec

from lookervault.records import Gap

_SOME_ID = "…"


class Gathered(msgspec.Struct, frozen=True):
    """Gaps of one kind that have one reason."""

    kind: str
    reason: str
    """With ``…`` where the id stood, if there are several."""
    ids: tuple[str, ...]
    """``*`` stands for the whole kind."""


def gathered(gaps: Iterable[Gap]) -> list[Gathered]:
    """Return *gaps* by kind and reason, the reasons with the most of them first.

    A reason may name what was asked for, and with it the id: as the end of a path.
    """
    groups: dict[tuple[str, bool, str], list[Gap]] = {}
    for gap in gaps:
        whole = gap.id == "*"
        key = gap.kind, whole, gap.reason if whole else _nameless(gap)
        groups.setdefault(key, []).append(gap)
    found = [
        Gathered(
            kind,
            group[0].reason if len(group) == 1 else reason,
            tuple(gap.id for gap in group),
        )
        for (kind, _, reason), group in groups.items()
    ]
    return sorted(found, key=lambda it: -len(it.ids))


def _nameless(gap: Gap) -> str:
    """Return the reason of *gap* without its id, wherever that is the part of a path."""
    # An id of several parts is asked for as several parts of a path, or as one.
    parts = {gap.id, gap.id.replace("::", "/"), *gap.id.split("::")}
    forms = {
        form
        for part in parts
        for form in (part, urllib.parse.quote(part, safe="/"), _quoted(part))
        if form
    }
    reason = gap.reason
    for form in sorted(forms, key=lambda form: (-len(form), form)):
        path = rf"(?<=[^/]/){re.escape(form)}(?![\w-]|\.\w)"
        reason = re.sub(path, _SOME_ID, reason)
    return reason


def _quoted(part: str) -> str:
    return urllib.parse.quote(part, safe="")
