"""Objects made up after the SDK's own models, so that they fit whoever reads them."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import random
import re
import typing
from collections.abc import MutableMapping, Sequence
from typing import Any

from looker_sdk.rtl.model import Model
from looker_sdk.sdk.api40 import models

from lookervault.simulator.words import NUMBERS, sentence

EPOCH = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)
SPAN = 1600 * 86_400
"""Seconds after `EPOCH` within which everything was made and changed first."""

_WRITE_ONLY = re.compile(r"^\s+(\w+): \(Write-Only\)", re.MULTILINE)


def stamp(seconds: int) -> str:
    """Return the time *seconds* after `EPOCH` as Looker writes it."""
    when = EPOCH + dt.timedelta(seconds=seconds)
    return when.isoformat(timespec="milliseconds")


@functools.cache
def fields_of(name: str) -> dict[str, Any]:
    """Return what an answer of the model *name* may hold, and the type of each field."""
    model = getattr(models, name)
    hints = typing.get_type_hints(model)
    unread = set(_WRITE_ONLY.findall(model.__doc__ or ""))
    return {n.rstrip("_"): hint for n, hint in hints.items() if n not in unread}


def _some(hint: Any) -> Any:
    """Return X of ``Optional[X]``; what is not optional itself: it is never absent."""
    return next(
        (a for a in typing.get_args(hint) if type(None) in typing.get_args(hint)), hint
    )


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Model)


_CHOICES: dict[Any, tuple[Any, ...]] = {
    bool: (True, False),
    int: NUMBERS,
    float: (0.1, 1e-7, 123.456, -0.0, 1e300),
}
_ANYTHING: tuple[Any, ...] = (
    None,
    True,
    3.25,
    "text",
    [1, "2", None],
    {"a": {"b": []}},
)


class Walk:
    """Makes up objects. Where a model nests, it goes *depth* levels down."""

    def __init__(
        self, rng: random.Random, *, fill: float = 0.6, depth: int = 3
    ) -> None:
        self.rng = rng
        self._fill = fill
        self._depth = depth

    def object(self, name: str, depth: int | None = None) -> dict[str, Any]:
        """Return an object of the model *name*. Some fields are null, some are absent."""
        depth = self._depth if depth is None else depth
        made = {}
        for field, hint in fields_of(name).items():
            inner = _some(hint)
            if inner is hint or field in {"name", "id"}:
                made[field] = self.value(field, inner, max(1, depth))
            elif self.rng.random() < self._fill:
                made[field] = self.value(field, inner, depth)
            elif self.rng.random() < 0.5:  # noqa: PLR2004 - as many nulls as absences
                made[field] = None
        return made

    def value(self, field: str, hint: Any, depth: int) -> Any:
        """Return a value for *field* of type *hint*."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (Sequence, list):
            return self._several(field, arguments[0], depth)
        if origin in (MutableMapping, dict):
            return {word: self._plain(word, arguments[1]) for word in self._keys(field)}
        if _is_model(hint):
            return self.object(hint.__name__, depth - 1) if depth > 0 else None
        return self._plain(field, hint)

    def _several(self, field: str, hint: Any, depth: int) -> list[Any]:
        if _is_model(hint) and depth <= 0:
            return []
        count = self.rng.randrange(1, 4)
        return [self.value(field.removesuffix("s"), hint, depth) for _ in range(count)]

    def _keys(self, field: str) -> list[str]:
        if field == "can":
            return ["index", "show", "show_errors", "create", "update", "destroy"]
        return sentence(self.rng, self.rng.randrange(1, 4)).split()

    def _plain(self, field: str, hint: Any) -> Any:
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            values = [m.value for m in hint if m.value != "invalid_api_enum_value"]
            return self.rng.choice(values)
        if hint in _CHOICES:
            return self.rng.choice(_CHOICES[hint])
        if hint is dt.datetime or field.endswith("_at"):
            return stamp(self.rng.randrange(SPAN))
        if hint is str:
            return self._text(field)
        return self.rng.choice(_ANYTHING)

    def _text(self, field: str) -> str:
        if field == "id" or field.endswith("_id"):
            return str(self.rng.randrange(1, 10_000))
        if "color" in field:
            return f"#{self.rng.randrange(1 << 24):06x}"
        if field.endswith(("url", "uri")):
            return f"/{field}/{self.rng.randrange(1, 10_000)}?q=%7Ba%7D&b=1"
        if field.endswith("email"):
            return f"person{self.rng.randrange(1, 10_000)}@example.com"
        return sentence(self.rng, self.rng.choice((1, 2, 3, 5, 12)))
