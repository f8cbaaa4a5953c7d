"""What may be typed as the value of an option."""

from __future__ import annotations

import math
import re
from typing import Any

import click

MOST_ROWS = 5000
"""Of a page; Looker's own listings are asked for in pages of that size."""

_TIMES = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?", re.ASCII)
_FRACTION = re.compile(r"([0-9]{1,9})/([0-9]{1,9})", re.ASCII)
_SIZES = {
    "": 1,
    "b": 1,
    **{
        unit + tail: 1024**n for n, unit in enumerate("kmgt", 1) for tail in ("ib", "i")
    },
    **{unit + tail: 1000**n for n, unit in enumerate("kmgt", 1) for tail in ("b", "")},
}
"""Bytes by unit: ``KiB`` is 1024, ``kB`` and ``k`` are 1000."""
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([a-zA-Z]*)", re.ASCII)


class Duration(click.ParamType):  # type: ignore[type-arg]  # older ones take none
    """Seconds, or a number with a unit: ``90``, ``10m``, ``2h``, ``7d``."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        match = _DURATION.fullmatch(str(value).strip())
        seconds = float(match[1]) * _TIMES[match[2]] if match else 0.0
        if not 0 < seconds < math.inf:
            message = f"{value!r} is no duration: say 90 (seconds), 10m, 2h or 7d."
            self.fail(message, param, ctx)
        return seconds


class Positive(click.ParamType):  # type: ignore[type-arg]  # older ones take none
    """A number above 0."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        text = str(value).strip()
        number = float(text) if _NUMBER.fullmatch(text) else 0.0
        if not 0 < number < math.inf:
            self.fail(f"{value!r} is no number above 0.", param, ctx)
        return number


class Whole(click.ParamType):  # type: ignore[type-arg]  # older ones take none
    """A whole number from *least* to *most*."""

    name = "integer"

    def __init__(self, least: int, most: int | None = None) -> None:
        self._least = least
        self._most = most

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        text = str(value).strip()
        number = int(text) if re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) else -1
        if number < self._least or (self._most is not None and number > self._most):
            bounds = (
                f"from {self._least} to {self._most}"
                if self._most is not None
                else f"above {self._least - 1}"
            )
            self.fail(f"{value!r} is no whole number {bounds}.", param, ctx)
        return number


class Size(click.ParamType):  # type: ignore[type-arg]  # older ones take none
    """Bytes, or a number with a unit: ``150MiB``, ``1GiB``, ``2GB``; *least* bytes or more."""

    name = "size"

    def __init__(self, least: int, why: str) -> None:
        self._least = least
        self._why = why

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        match = _SIZE.fullmatch(str(value).strip())
        factor = _SIZES.get(match[2].lower()) if match else None
        if match is None or factor is None:
            self.fail(f"{value!r} is no size: say 150MiB, 1GiB or 2GB.", param, ctx)
        number = float(match[1]) * factor
        if not self._least <= number < math.inf:
            least = f"{self._least // 2**20}MiB"
            self.fail(f"{value!r} is less than {least}: {self._why}.", param, ctx)
        return int(number)


class Fraction(click.ParamType):  # type: ignore[type-arg]  # older ones take none
    """A part of a whole: ``1/7`` is the first of seven."""

    name = "fraction"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        match = _FRACTION.fullmatch(str(value).strip())
        number, of = (int(match[1]), int(match[2])) if match else (0, 0)
        if not 1 <= number <= of:
            message = (
                f"{value!r} is no part of a whole: say 1/7 for the first of seven."
            )
            self.fail(message, param, ctx)
        return number, of
