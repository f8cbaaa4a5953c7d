"""Prints what cells came to, in groups."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence

from benchmarks.throttle import Cell, Result

HEAD = f"{'':<34}cells | overhead %: median, 90th, worst | refused % | within"


def spread(values: Iterable[float]) -> str:
    """Median, 90th of a hundred, and worst, in percent."""
    ranked = sorted(100 * value for value in values)
    middle, most = statistics.median(ranked), ranked[int(0.9 * len(ranked))]
    return f"{middle:7.2f} {most:7.2f} {ranked[-1]:7.2f}"


def line(name: str, results: Sequence[Result], most: float = 0.05) -> str:
    """One group of cells."""
    within = [r.overhead <= most and r.refusals <= most for r in results]
    over = spread(r.overhead for r in results)
    refused = spread(r.refusals for r in results)
    share = 100 * sum(within) / len(within)
    return f"{name:<34}{len(results):5} |{over} |{refused} |{share:6.1f} %"


def groups(results: Sequence[Result], key: Callable[[Cell], str]) -> Iterator[str]:
    """A line for each group of *results* that *key* names."""
    found: dict[str, list[Result]] = {}
    for one in results:
        found.setdefault(key(one.cell), []).append(one)
    for name, members in found.items():
        yield line(name, members)


def worst(results: Sequence[Result], count: int) -> Iterator[str]:
    """The worst cells, by name."""
    for what in ("overhead", "refusals"):
        ranked = sorted(results, key=lambda r: -getattr(r, what))
        for one in ranked[:count]:
            yield f"worst {what} {100 * getattr(one, what):6.2f} %: {one.cell}"
