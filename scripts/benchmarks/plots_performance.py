"""Draws what ``docs/performance.md`` shows, from the figures that it has in its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.document import KEPT
from benchmarks.figure import Figure
from benchmarks.svg import Bar, Bars, Chart, Panel, Point

PLACE = KEPT.parent

_MOST_MEMORY = 250.0
"""Megabytes that a run may take."""

_OURS = "lookervault"
_MICRO, _MEGABYTE, _THOUSAND = 1e6, 1e6, 1e3
_AIR = 1.15
"""Times as high as the highest bar: room for the number above it."""


def draw(figures: Sequence[Figure]) -> None:
    """Write all pictures anew.

    Raises:
        LookupError: *figures* are not those of a whole run.

    """
    PLACE.mkdir(parents=True, exist_ok=True)
    for name, chart in charts(figures).items():
        (PLACE / f"performance-{name}.svg").write_text(chart.svg(), "utf-8")


def charts(figures: Sequence[Figure]) -> dict[str, Chart]:
    """Return the pictures that come of *figures*, by name."""
    return {
        "workers": _workers(figures),
        "cost": _cost(figures),
        "memory": _memory(figures),
        "store": _store(figures),
    }


def _details(
    figures: Sequence[Figure], id_: str, *names: str
) -> Sequence[Mapping[str, Any]]:
    """Return the details of those figures of *id_* that have all of *names* in them."""
    found = [
        it.detail for it in figures if it.id == id_ if set(names) <= set(it.detail)
    ]
    if not found:
        message = f"no figure of {id_} tells {', '.join(names)}: run all benchmarks"
        raise LookupError(message)
    return found


# More workers


def _workers(figures: Sequence[Figure]) -> Chart:
    (detail, *_) = _details(figures, "SC-002", "workers")
    runs = {int(number): told for number, told in detail["workers"].items()}
    speed = [(float(n), float(told["speed_up"])) for n, told in runs.items()]
    share = [(float(n), 100 * float(told["utilization"])) for n, told in runs.items()]
    most = float(max(runs))
    return Chart(
        "More workers, at 20 ms of Looker's for each item",
        {"count": _OURS, "limit": "the ideal"},
        [
            Panel(
                title="Speed, beside one worker",
                said=f"{max(speed)[1]:.1f} times with {most:g} workers",
                seconds=most,
                most=most,
                unit="times as fast",
                count=speed,
                limit=[(0.0, 0.0), (most, most)],
                across="workers",
                dots=True,
            ),
            Panel(
                title="Time that workers wait for Looker",
                said=f"{min(y for _, y in share):.1f} % or more",
                seconds=most,
                most=100.0,
                unit="%",
                count=share,
                limit=[(0.0, 100.0), (most, 100.0)],
                across="workers",
                dots=True,
            ),
        ],
    )


# What an item costs


def _cost(figures: Sequence[Figure]) -> Chart:
    (cpu, *_) = _details(figures, "LIMIT", "ours_us", "bare_us")
    (rate, *_) = _details(figures, "LIMIT", "ours", "bare")
    (peer, *_) = _details(figures, "PEER", "ours", "theirs")
    few = f"of {peer['items']:,}, all told"
    each = {
        "one more": [Bar("count", cpu["ours_us"]), Bar("third", cpu["bare_us"])],
        few: [
            Bar("count", _MICRO * peer["ours"]["cpu"] / peer["items"]),
            Bar("bound", _MICRO * peer["theirs"]["cpu"] / peer["items"]),
        ],
    }
    paces = {
        "one more": [
            Bar("count", rate["ours"] / _THOUSAND),
            Bar("third", rate["bare"] / _THOUSAND),
        ],
        few: [
            Bar("count", peer["items"] / peer["ours"]["seconds"] / _THOUSAND),
            Bar("bound", peer["items"] / peer["theirs"]["seconds"] / _THOUSAND),
        ],
    }
    legend = {
        "count": _OURS,
        "third": "a bare loop, without any check",
        "bound": "the SDK's models in threads",
    }
    said = "dashboards of 8 KB, no latency, 8 workers"
    return Chart(
        "What an item costs",
        legend,
        [
            _groups("CPU", said, "µs an item", each),
            _groups("Pace", said, "1,000 items a second", paces),
        ],
    )


def _groups(
    title: str, said: str, unit: str, groups: Mapping[str, Sequence[Bar]]
) -> Bars:
    most = _AIR * max(bar.value for bars in groups.values() for bar in bars)
    return Bars(title, said, most, unit, groups)


# Memory


def _memory(figures: Sequence[Figure]) -> Chart:
    (detail, *_) = _details(figures, "SC-005", "peaks")
    lines: dict[int, list[Point]] = {}
    for it in detail["peaks"]:
        point = it["items"] / _THOUSAND, it["bytes"] / _MEGABYTE
        lines.setdefault(it["workers"], []).append(point)
    kinds = dict(zip(sorted(lines), ("third", "bound", "count"), strict=True))
    drawn: dict[str, Any] = {kinds[n]: sorted(points) for n, points in lines.items()}
    wide = max(x for points in lines.values() for x, _ in points)
    high = max(y for points in lines.values() for _, y in points)
    panel = Panel(
        title="Most anonymous memory of a run",
        said=f"{high:.0f} MB at most",
        seconds=wide,
        most=_AIR * max(high, _MOST_MEMORY),
        unit="MB",
        limit=[(0.0, _MOST_MEMORY), (wide, _MOST_MEMORY)],
        across="1,000 items",
        dots=True,
        **drawn,
    )
    legend = {kind: f"{n} worker{'s' * (n > 1)}" for n, kind in kinds.items()}
    return Chart("Memory", legend | {"limit": "the most it may take"}, [panel])


# The store


def _store(figures: Sequence[Figure]) -> Chart:
    written = {
        f"{it['there']:,} there": [
            Bar("count", it["items_a_second"] / _THOUSAND),
            Bar("third", it["bare_items_a_second"] / _THOUSAND),
        ]
        for it in _details(figures, "SC-008", "there", "items_a_second")
    }
    read = {
        it["short"]: [Bar("count", it["items_a_second_of_cpu"] / _THOUSAND)]
        for it in _details(figures, "VAULT", "short", "items_a_second_of_cpu")
    }
    return Chart(
        "The vault by itself",
        {"count": _OURS, "third": "LMDB alone, the same bodies in the same commits"},
        [
            _groups("Writing", "durable items", "1,000 items a second", written),
            _groups("Reading", "on one core", "1,000 a second of CPU", read),
        ],
    )
