"""Measures lookervault, with one JSON line for each figure, and a table at a terminal.

Machines differ, so bars are ratios, counts and shares of time where that is possible.
Whoever serves and whoever asks are processes of their own.

``scripts/bench`` runs all of them, ``scripts/bench writer`` one, ``--quick`` in a tenth
of the time. ``--keep`` makes the figures those that ``docs/performance.md`` shows, and
draws its plots. ``scripts/bench throttle --full --cells FILE`` runs the whole grid of
limits, some five minutes a seed; ``scripts/bench throttle --plots`` draws what
``docs/throttle.md`` shows.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import msgspec
from benchmarks import document, plots_performance
from benchmarks.concurrency import concurrent
from benchmarks.figure import Benchmark, Figure
from benchmarks.grid import SEED, throttle
from benchmarks.limit import limit
from benchmarks.memory import memory
from benchmarks.peer import peer
from benchmarks.plots import draw
from benchmarks.progress import progress
from benchmarks.resume import resume
from benchmarks.simulator import simulator
from benchmarks.startup import startup
from benchmarks.throttle_http import throttle_http
from benchmarks.vault import vault
from benchmarks.workers import workers
from benchmarks.writer import writer
from rich.console import Console

BENCHMARKS: dict[str, Benchmark] = {
    "simulator": simulator,
    "workers": workers,
    "concurrent": concurrent,
    "resume": resume,
    "writer": writer,
    "memory": memory,
    "vault": vault,
    "limit": limit,
    "peer": peer,
    "startup": startup,
    "progress": progress,
    "throttle": partial(throttle, full=False, seeds=(SEED,), cells=None),
    "throttle-http": throttle_http,
}


def _change(change: str) -> None:
    """Give a constant of the throttle's mind another value: ``tempo._RETRY=0``."""
    name, value = change.split("=")
    file, constant = name.split(".")
    module = importlib.import_module(f"lookervault.core.{file}")
    getattr(module, constant)  # It must be there.
    setattr(module, constant, float(value))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="in a tenth of the time")
    parser.add_argument(
        "--keep", action="store_true", help="show them in docs/performance.md"
    )
    of_throttle = parser.add_argument_group("for throttle")
    of_throttle.add_argument(
        "--full", action="store_true", help="all cells of the grid"
    )
    of_throttle.add_argument(
        "--seeds", default=str(SEED), metavar="N,…", help="of the cells' luck"
    )
    of_throttle.add_argument(
        "--cells", type=Path, metavar="FILE", help="gets a line for each cell"
    )
    of_throttle.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="FILE.NAME=X",
        help="of core/: what would become of it with another constant",
    )
    of_throttle.add_argument(
        "--plots", action="store_true", help="only draw docs/figures/throttle-*.svg"
    )
    return parser


def _found(chosen: Mapping[str, Benchmark], *, quick: bool) -> Iterator[Figure]:
    """Yield each figure, and print its line."""
    for benchmark in chosen.values():
        for figure in benchmark(quick=quick):
            print(msgspec.json.encode(figure).decode(), flush=True)
            yield figure


def main() -> None:
    """Parse the command line."""
    parser = _options()
    wish = parser.parse_args()
    if wish.plots:
        draw()
        return
    if unknown := set(wish.names) - set(BENCHMARKS):
        parser.error(
            f"there is no {', '.join(sorted(unknown))}, only {', '.join(BENCHMARKS)}"
        )
    if wish.keep and (wish.names or wish.quick):
        parser.error("--keep is for all figures of one whole run")
    for change in wish.without:
        _change(change)
    seeds = [int(seed) for seed in wish.seeds.split(",")]
    grid = partial(throttle, full=wish.full, seeds=seeds, cells=wish.cells)
    every = BENCHMARKS | {"throttle": grid}
    chosen = {name: every[name] for name in wish.names or every}
    figures = list(_found(chosen, quick=wish.quick))
    if sys.stdout.isatty():
        document.show(figures, Console(stderr=True))
    if wish.keep:
        document.keep(figures)
        plots_performance.draw(figures)
    sys.exit(0 if all(figure.ok for figure in figures) else 1)


if __name__ == "__main__":
    main()
