"""Measures the throttle's mind over the whole grid of limits, in simulated time.

Every figure follows from the seeds alone. Tables go to standard error, and a line for
each cell into a file, if one is named.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
import statistics
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.figure import Figure, at_most
from benchmarks.tables import HEAD, groups, line, spread, worst
from benchmarks.throttle import (
    LONG,
    SHORT,
    Cell,
    Result,
    changing,
    overloaded,
    result,
    steady,
    unlimited,
)

SEED = 101
"""That tuning never saw."""

_SAMPLE = 7
"""One cell in so many, unless all are wanted: half a minute on two cores. A prime, in
step with none of the grid's sides, so that a sample has some of each."""

_QUICK_SAMPLE = 29
"""In a hurry."""

_FEW = 12
"""Cells that a sample has of each part, at least."""

_WORST = 10
"""Cells that are named."""


class Part(NamedTuple):
    """Cells that have something in common."""

    name: str
    cells: Callable[[Sequence[int]], Iterable[Cell]]
    bars: Callable[[Sequence[Result]], dict[str, float]]
    """What they come to, each as a part of what it may be."""


def throttle(
    *, full: bool, seeds: Sequence[int], cells: Path | None, quick: bool
) -> Iterator[Figure]:
    """Overhead and refusals at hidden limits, in parts of the bar."""
    step = _step(full=full, quick=quick)
    found: dict[str, list[Result]] = {}
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        for part in PARTS:
            chosen = _chosen(part.cells(seeds), step)
            results = pool.map(result, chosen, chunksize=4)
            found[part.name] = [one for one in results if _counts(part, one)]
    if cells is not None:
        lines = (told for some in found.values() for told in map(_listed, some))
        cells.write_text("\n".join([_COLUMNS, *lines]) + "\n", "utf-8")
    for text in _report(found):
        print(text, file=sys.stderr)
    parts = {
        f"{part.name}: {what}": round(share, 3)
        for part in PARTS
        for what, share in part.bars(found[part.name]).items()
    }
    yield at_most(
        1.0,
        max(parts.values()),
        "",
        id_="SC-006",
        name="overhead and refusals in simulated time, in parts of the bar",
        cells=sum(map(len, found.values())),
        seeds=list(seeds),
        **parts,
    )


def _step(*, full: bool, quick: bool) -> int:
    """Return the number of cells of which one is run."""
    if full:
        return 1
    return _QUICK_SAMPLE if quick else _SAMPLE


def _chosen(cells: Iterable[Cell], step: int) -> list[Cell]:
    """Return *cells*, or a sample of them, those that take longest first."""
    every = sorted(cells, key=lambda cell: -cell.requests)
    return every[:: max(1, min(step, len(every) // _FEW))]


def _counts(part: Part, one: Result) -> bool:
    """Whether the limit is what bounds *one*, where that is what is measured."""
    return one.cell.binds or part.name not in {_WINDOWS, _LONG_WINDOWS}


# What each part may come to


def _short(results: Sequence[Result]) -> dict[str, float]:
    over = sorted(r.overhead for r in results)
    refused = sorted(r.refusals for r in results)
    return {
        "overhead, median": statistics.median(over) / 0.01,
        "overhead, 90th": over[int(0.9 * len(over))] / 0.03,
        "overhead, worst": over[-1] / 0.05,
        "refusals, median": statistics.median(refused) / 0.02,
        "refusals, worst": refused[-1] / 0.05,
    }


def _long(results: Sequence[Result]) -> dict[str, float]:
    return {
        "overhead, worst": max(r.overhead for r in results) / 0.06,
        "refusals, worst": max(r.refusals for r in results) / 0.06,
    }


def _halved(results: Sequence[Result]) -> dict[str, float]:
    return {"accepted, worst": max(abs(r.held - 1) for r in results) / 0.05}


def _doubled(results: Sequence[Result]) -> dict[str, float]:
    return {"accepted, worst": max(max(0.0, 1 - r.held) for r in results) / 0.10}


def _refusing(results: Sequence[Result]) -> dict[str, float]:
    return {"in flight, worst": max(abs(r.crowd - 11) for r in results)}


def _slowing(results: Sequence[Result]) -> dict[str, float]:
    return {"in flight, worst": max(abs(r.crowd - 12) for r in results) / 4}


def _harmless(results: Sequence[Result]) -> dict[str, float]:
    return {"overhead, worst": max(r.overhead for r in results) / 0.05}


_WINDOWS = "windows of at most 1 s"
_LONG_WINDOWS = "windows of 10 and 60 s"

PARTS = (
    Part(_WINDOWS, lambda seeds: steady(seeds, SHORT), _short),
    Part(_LONG_WINDOWS, lambda seeds: steady(seeds, LONG), _long),
    Part("limit halves", lambda seeds: changing(seeds, 0.5), _halved),
    Part("limit doubles", lambda seeds: changing(seeds, 2.0), _doubled),
    Part(
        "503 above 12",
        lambda seeds: overloaded(seeds, math.inf, slows=False),
        _refusing,
    ),
    Part(
        "slower above 12",
        lambda seeds: overloaded(seeds, math.inf, slows=True),
        _slowing,
    ),
    Part(
        "503 above 12 and 20/s",
        lambda seeds: overloaded(seeds, 20.0, slows=False),
        _short,
    ),
    Part(
        "slower above 12 and 20/s",
        lambda seeds: overloaded(seeds, 20.0, slows=True),
        _short,
    ),
    Part("no limit at all", unlimited, _harmless),
)


# What is printed

_COLUMNS = "overhead % refused % accepted % in flight  cell"

_KEYS: tuple[Callable[[Cell], str], ...] = (
    lambda cell: f"{cell.model} {cell.size:g} s",
    lambda cell: f"{cell.rate:g}/s",
    lambda cell: f"{cell.workers} workers",
    lambda cell: f"latency {cell.latency:g} s",
    lambda cell: f"refused after {1000 * cell.delay:g} ms",
)


def _listed(one: Result) -> str:
    held = f"{100 * one.held:10.2f}" if one.held else f"{'':10}"
    shares = f"{100 * one.overhead:10.2f} {100 * one.refusals:9.2f}"
    return f"{shares} {held} {one.crowd:9.1f}  {one.cell}"


def _report(found: dict[str, list[Result]]) -> Iterator[str]:
    """Say what the groups are like, and in the end the worst cells and the median."""
    yield HEAD
    for name in (_WINDOWS, _LONG_WINDOWS):
        for told, key in itertools.product((False, True), _KEYS):
            some = [r for r in found[name] if r.cell.told is told]
            yield from groups(
                some, lambda c, k=key: f"{k(c)}{', Retry-After' * c.told}"
            )
    for name, results in found.items():
        yield from _summed(name, results)
    yield from worst(found[_WINDOWS], _WORST)
    middle = statistics.median_low
    over = middle(r.overhead for r in found[_WINDOWS])
    refused = middle(r.refusals for r in found[_WINDOWS])
    yield f"median overhead {100 * over:.2f} %, refusals {100 * refused:.2f} %"


def _summed(name: str, results: Sequence[Result]) -> Iterator[str]:
    """Sum a part up; name the cells that followed a change least, or were fullest."""
    first = results[0].cell
    if first.factor != 1.0:  # They last as long as it takes to see it.
        refused = spread(r.refusals for r in results)
        yield f"{name:<34}{len(results):5} |{'':24} |{refused} |"
        far = sorted(results, key=lambda r: -abs(r.held - 1))
        yield from (f"  {100 * r.held:5.1f} % accepted: {r.cell}" for r in far[:3])
        return
    yield line(name, results)
    if first.crowd is None and first.rate == math.inf:
        yield from groups(
            results, lambda c: f"  {c.kinds}, spread {c.spread:g}, {c.errors:g} fail"
        )
    if first.crowd is not None and first.rate == math.inf:
        few, *_, many = sorted(results, key=lambda r: r.crowd)
        yield from (f"  {r.crowd:.1f} in flight: {r.cell}" for r in (few, many))
