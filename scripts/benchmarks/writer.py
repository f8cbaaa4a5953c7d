"""Durable items a second into the store alone, beside LMDB without any of it."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import lmdb
from benchmarks.dashboards import PAGE, Dashboards
from benchmarks.figure import Figure, at_least
from benchmarks.pairs import PAIRS, Ratio, ratio

from lookervault.records import Scope
from lookervault.store import keys
from lookervault.store.base import Landed
from lookervault.store.lmdb import LmdbStore

_FULL = {False: (0, 100_000, 500_000), True: (0, 20_000, 100_000)}
"""Items that are there already, usually and in a hurry."""

_GROUP = 8
"""Units of a commit: some 2 MiB, as the Writer gathers them."""

_GROUPS = 12
"""Commits of a measurement."""

_FILLING = 50
"""Units of a commit while the items are stored that only have to be there."""

_BARE = 0.6
"""Of what bare LMDB does: as fast as anyone can ask for with a slow disk."""

_ENOUGH = 20_000
"""Items a second."""

_ROOM = 1 << 36
"""Bytes of address space; the file only takes what is in it."""

_MICRO = 1e6


class _Took(NamedTuple):
    """What a measurement took, by the item."""

    seconds: float
    cpu: float


class _Way:
    """One way to store items, and what it was found to take since it was last asked."""

    def __init__(
        self, dashboards: Dashboards, put: Callable[[Sequence[Landed]], object]
    ) -> None:
        self._dashboards = dashboards
        self._put = put
        self._next = 0
        self.found: list[_Took] = []

    def fill(self, items: int) -> None:
        """Store until there are as many as *items*."""
        while self._next < items:
            number = min(_FILLING, (items - self._next) // PAGE)
            self._put(self._units(number))

    def measure(self) -> float:
        """Store some more, always as many; return the seconds."""
        groups = [self._units(_GROUP) for _ in range(_GROUPS)]
        began, cpu = time.perf_counter(), time.process_time()
        for group in groups:
            self._put(group)
        seconds, used = time.perf_counter() - began, time.process_time() - cpu
        items = _GROUPS * _GROUP * PAGE
        self.found.append(_Took(seconds / items, used / items))
        return seconds

    def _units(self, number: int) -> list[Landed]:
        units = list(self._dashboards.units(self._next, number))
        self._next += number * PAGE
        return units

    def told(self) -> dict[str, float]:
        """Return the medians of what was found since this was asked last."""
        found, self.found = self.found, []
        seconds, cpu = map(statistics.median, zip(*found, strict=True))
        return {"rate": round(1 / seconds), "cpu_us": round(_MICRO * cpu, 2)}


def writer(*, quick: bool) -> Iterator[Figure]:
    """Durable items a second, in parts of what is wanted, for vaults of several sizes."""
    items, pairs = Dashboards(), PAIRS[quick]
    with tempfile.TemporaryDirectory() as place:
        store = LmdbStore.create_or_open(Path(place) / "vault", "https://x", now=0.0)
        run = store.begin(Scope(), now=0.0).number
        ours = _Way(items, lambda units: store.put(run, 1, units, calls=0))
        with lmdb.open(str(Path(place) / "bare"), map_size=_ROOM) as plain:
            bare = _Way(items, lambda units: _commit(plain, units))
            for full in _FULL[quick]:
                ours.fill(full)
                bare.fill(full)
                of_bare = ratio(bare.measure, ours.measure, pairs=pairs)
                yield _figure(full, of_bare, ours.told(), bare.told(), items.stored)
        store.close()


def _figure(
    full: int,
    of_bare: Ratio,
    ours: Mapping[str, float],
    bare: Mapping[str, float],
    stored: float,
) -> Figure:
    return at_least(
        1.0,
        max(ours["rate"] / _ENOUGH, of_bare.median / _BARE),
        "x",
        id_="SC-008",
        name=f"durable items a second beside what is wanted, {full:,} there",
        there=full,
        items_a_second=ours["rate"],
        bare_items_a_second=bare["rate"],
        of_bare=of_bare.told(),
        cpu_us=ours["cpu_us"],
        bare_cpu_us=bare["cpu_us"],
        items_a_commit=_GROUP * PAGE,
        bytes_an_item=round(stored),
        load=round(os.getloadavg()[0], 1),
    )


def _commit(environment: lmdb.Environment, units: Sequence[Landed]) -> None:
    """Commit the same bodies under the same keys with LMDB alone."""
    with environment.begin(write=True) as transaction:
        for unit in units:
            for item in unit.items:
                key = keys.of_item("dashboards", item.row.id)
                transaction.put(key, item.body)
