"""Dashboards as a simulated Looker sends them, ready to be stored."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from msgspec.structs import replace

from lookervault.content import KINDS
from lookervault.core.bodies import split
from lookervault.records import Item
from lookervault.simulator.catalog import Catalog
from lookervault.simulator.settings import Settings
from lookervault.store.base import Landed
from lookervault.store.packing import packed
from lookervault.units import Part, Span

PAGE = 100
"""Items of a unit."""

_CALL = "search_dashboards"
_BODIES = 2_000
"""Different ones; then they come again, under other ids."""


class Dashboards:
    """Items of some 8 KB, numbered from 0."""

    def __init__(self) -> None:
        shelf = Catalog(Settings(sizes={"dashboards": _BODIES}))["dashboards"]
        told = b"".join(shelf.bodies.print(range(1, _BODIES + 1), row=False, fields=""))
        kind = KINDS["dashboards"]
        self._items = packed(kind, _CALL, split(kind, b"[" + told[1:] + b"]"), 1.0)

    @property
    def stored(self) -> float:
        """Bytes of a body as it is stored, in the mean."""
        return statistics.fmean(len(item.body) for item in self._items)

    def units(self, first: int, number: int) -> Iterator[Landed]:
        """Yield as many units, which begin with item *first*."""
        for start in range(first, first + number * PAGE, PAGE):
            span = Span(start // PAGE, Part("dashboards"), start, start + PAGE, PAGE)
            yield Landed(span, tuple(map(self._item, range(start, start + PAGE))))

    def _item(self, number: int) -> Item:
        item = self._items[number % _BODIES]
        return replace(item, row=replace(item.row, id=str(number + 1)))
