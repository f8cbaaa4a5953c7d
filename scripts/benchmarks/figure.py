"""What a benchmark found, beside what it has to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What a benchmark found."""

    id: str
    """Of the requirement that it speaks of."""
    name: str
    figure: float
    unit: str
    bar: float
    ok: bool
    detail: dict[str, object] = {}


class Benchmark(Protocol):
    """Measures; *quick* where a tenth of the time has to do."""

    def __call__(self, *, quick: bool) -> Iterator[Figure]:
        """Yield each figure as soon as it is there."""


def at_least(
    bar: float, figure: float, unit: str, *, id_: str, name: str, **detail: object
) -> Figure:
    """Return a figure that should not be below *bar*."""
    return Figure(
        id=id_,
        name=name,
        figure=round(figure, 4),
        unit=unit,
        bar=bar,
        ok=figure >= bar,
        detail=detail,
    )


def at_most(
    bar: float, figure: float, unit: str, *, id_: str, name: str, **detail: object
) -> Figure:
    """Return a figure that should not be above *bar*."""
    it = at_least(bar, figure, unit, id_=id_, name=name, **detail)
    return msgspec.structs.replace(it, ok=figure <= bar)
