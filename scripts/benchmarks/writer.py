"""Durable items a second into the store alone."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import lmdb
from benchmarks.figure import Figure, at_least

from lookervault.records import Item, Row, Scope
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.lmdb import LmdbStore
from lookervault.units import Part, Span

_PAGE = 100
_PAIRS = {False: 9, True: 3}
"""Interleaved pairs of a ratio: enough that one slow moment does not decide."""


def writer(*, quick: bool) -> Iterator[Figure]:
    """Durable items a second into the store, beside bare commits of the same groups."""
    pairs = [_pair(list(_groups(20))) for _ in range(_PAIRS[quick])]
    ratios = [bare / ours for ours, bare in pairs]
    rates = [20 * 3 * _PAGE / ours for ours, _ in pairs]
    yield at_least(
        20_000,
        statistics.median(rates),
        "items/s",
        id_="SC-008",
        name="durable items a second",
        ratio_to_bare_lmdb=[round(ratio, 3) for ratio in sorted(ratios)],
    )


def _groups(number: int) -> Iterator[list[Landed]]:
    """Yield groups of three units, of a hundred items of 8 KB each."""
    noise = os.urandom(500).hex()
    for group in range(number):
        first = group * 3
        yield [
            Landed(_unit(n), tuple(_items(n, noise))) for n in range(first, first + 3)
        ]


def _unit(number: int) -> Span:
    first = number * _PAGE
    return Span(number, Part("dashboards"), first, first + _PAGE, _PAGE)


def _items(unit: int, noise: str) -> Iterator[Item]:
    for n in range(unit * _PAGE, (unit + 1) * _PAGE):
        raw = b'{"id":"%d","noise":"%s","rest":"%s"}' % (
            n,
            noise.encode(),
            b"tile " * 1400,
        )
        yield Item(
            row=Row(str(n), "2026-01-01T00:00:00Z", folder="1"),
            title=f"Dashboard {n}",
            call="search_dashboards",
            fetched_at=1.0,
            digest=digest(raw),
            body=compress(raw),
            size=len(raw),
        )


def _pair(groups: list[list[Landed]]) -> tuple[float, float]:
    """Return the seconds that our store and bare LMDB take for *groups*."""
    with tempfile.TemporaryDirectory() as place:
        ours = _seconds(lambda: _store(Path(place) / "vault", groups))
        bare = _seconds(lambda: _bare(Path(place) / "bare", groups))
    return ours, bare


def _store(path: Path, groups: list[list[Landed]]) -> None:
    store = LmdbStore.create_or_open(path, "https://looker.example", now=0.0)
    run = store.begin(Scope(), now=0.0).number
    for group in groups:
        store.put(run, 1, group, calls=0)
    store.close()


def _bare(path: Path, groups: list[list[Landed]]) -> None:
    """Commit the same bodies with LMDB alone."""
    with lmdb.open(str(path), map_size=1 << 32) as environment:
        for group in groups:
            with environment.begin(write=True) as transaction:
                for landed in group:
                    for item in landed.items:
                        transaction.put(item.row.id.encode(), item.body)


def _seconds(job: Callable[[], None]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started
