"""Anonymous memory of the real command, by workers and by items."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Figure, at_most
from benchmarks.process import Used, extract

from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings

_MANY = 50
"""Workers, the most there may be."""

_CELLS = {
    False: {10_000: (1, 8, _MANY), 100_000: (1, 8, _MANY), 500_000: (_MANY,)},
    True: {5_000: (1, 8, _MANY), 40_000: (_MANY,), 120_000: (_MANY,)},
}
"""Workers by items of some 8 KB, usually and in a hurry; with fewer items the bytes in
hand would still become more."""

_MEGABYTE = 1_000_000


def memory(*, quick: bool) -> Iterator[Figure]:
    """Most memory that a run takes, and how much of it each further item does.

    Pages of the vault that are mapped do not count: the system takes them back as it
    likes.
    """
    peaks: dict[int, dict[int, int]] = {}
    cpu: dict[str, float] = {}
    for items, numbers in _CELLS[quick].items():
        with running(Settings(sizes={"dashboards": items})) as looker:
            for workers in numbers:
                with tempfile.TemporaryDirectory() as place:
                    vault = Path(place) / "vault"
                    used = extract(looker, vault, "--workers", str(workers))
                peaks.setdefault(workers, {})[items] = _peak(used, items)
                cpu[f"{workers}x{items}"] = round(used.cpu, 1)
    yield from _figures(peaks, cpu)


def _figures(
    peaks: dict[int, dict[int, int]], cpu: dict[str, float]
) -> Iterator[Figure]:
    """Yield the figures of *peaks*, bytes by workers and items."""
    few, many = sorted(peaks[_MANY])[-2:]
    most = peaks[_MANY][many]
    yield at_most(
        250.0,
        most / _MEGABYTE,
        "MB",
        id_="SC-005",
        name=f"anonymous memory of {_MANY} workers at {many:,} items",
        peaks=[
            {"workers": workers, "items": items, "bytes": peak}
            for workers, some in sorted(peaks.items())
            for items, peak in some.items()
        ],
        cpu_seconds=cpu,
    )
    yield at_most(
        100.0,
        (most - peaks[_MANY][few]) / (many - few),
        "bytes",
        id_="SC-005",
        name=f"memory of each item above {few:,}",
        items=[few, many],
        bytes=[peaks[_MANY][few], most],
    )


def _peak(used: Used, items: int) -> int:
    """Return the most memory that was seen of a run that brought *items* and more."""
    stored = int(str(used.summary["stored"]))
    if stored < items * 0.9:  # some lie in the trash
        message = f"only {stored:,} of {items:,} items were stored"
        raise RuntimeError(message)
    return used.anonymous
