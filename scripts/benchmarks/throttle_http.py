"""Runs the real command against limits, over HTTP, beside the same cells in simulated time."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.figure import Figure, at_most
from benchmarks.process import environment, extract_command
from benchmarks.throttle import Cell, World

from lookervault.core.learned import Learned
from lookervault.core.pace import Pace
from lookervault.simulator.process import running
from lookervault.simulator.settings import Model, Settings

ITEMS = 20_000
PAGE = 10
RATE = 25.0
WORKERS = 16
LATENCY = 0.05
DELAY = 0.05
"""Seconds of a request, and of one that is refused."""

BURST = 1.0
"""Seconds of the bucket's burst; windows last a second as well."""

OVERHEAD, REFUSED = 0.03, 0.03
"""What a run may take beyond the limit, and what may be refused, as shares."""

SEEDS = range(20)
"""Of the same cell in simulated time: chance moves it by a percent."""


class Run(NamedTuple):
    """What a run was like for the server."""

    requests: int
    """Accepted."""
    refused: int
    seconds: float
    """From the first request to the last answer."""
    ideal: float
    """Seconds that the limit allows."""

    @property
    def overhead(self) -> float:
        return self.seconds / self.ideal - 1

    @property
    def share(self) -> float:
        """Refused, of accepted."""
        return self.refused / self.requests


def throttle_http(*, quick: bool, together: int = 6) -> Iterator[Figure]:
    """Overhead and refusals of real runs at limits, as parts of what they may be."""
    items = ITEMS // 4 if quick else ITEMS
    cells = [(model, told) for told in (False, True) for model in Model]
    with ThreadPoolExecutor(together) as pool:
        runs = list(pool.map(lambda cell: _run(*cell, items), cells))
    found: dict[str, object] = {}
    worst = 0.0
    for (model, told), run in zip(cells, runs, strict=True):
        parts = run.overhead / OVERHEAD, run.share / REFUSED
        worst = max(worst, *parts)
        name = f"{model.value}{', Retry-After' * told}"
        found[name] = _told(run) | _simulated(model, run.requests, told=told)
    name = "overhead and refusals at 25 requests a second, in parts of the bar"
    yield at_most(1.0, worst, "", id_="SC-006", name=name, items=items, **found)


def _told(run: Run) -> dict[str, float]:
    return {
        "overhead": round(run.overhead, 4),
        "refused": round(run.share, 4),
        "requests": run.requests,
        "seconds": round(run.seconds, 2),
    }


def _run(model: Model, told: bool, items: int) -> Run:  # noqa: FBT001 - a cell is a pair
    """Copy *items* items, ten at a time, from a Looker with a limit."""
    settings = Settings(
        sizes={"dashboards": items},
        latency=LATENCY,
        rate=RATE,
        model=model,
        burst=BURST * RATE,
        retry_after=told,
        refusal_delay=DELAY,
    )
    options = ("--workers", str(WORKERS), "--batch-size", str(PAGE), "--json")
    with running(settings) as looker, tempfile.TemporaryDirectory() as place:
        subprocess.run(
            extract_command(Path(place) / "vault", *options),
            env=environment(looker),
            check=True,
            capture_output=True,
        )
        return _seen(looker.log(), model)


def _seen(log: Sequence[Mapping[str, Any]], model: Model) -> Run:
    """Return what the server's *log* says. Who asks was asked before the run."""
    run = [entry for entry in log if "/dashboards" in entry["path"]]
    accepted = [entry for entry in run if entry["status"] != 429]  # noqa: PLR2004 - HTTP's own
    first = min(entry["t"] for entry in run)
    last = max(entry["t"] + entry["seconds"] for entry in accepted)
    burst = BURST * RATE if model is Model.BUCKET else 0.0
    return Run(
        requests=len(accepted),
        refused=len(run) - len(accepted),
        seconds=last - first,
        ideal=(len(accepted) - burst) / RATE,
    )


def _counted(count: int) -> type[Cell]:
    """Return cells of *count* requests."""

    class Counted(Cell):
        @property
        def requests(self) -> int:
            return count

    return Counted


def _simulated(model: Model, requests: int, *, told: bool) -> dict[str, float]:
    """Return what the same mind does in simulated time: the medians of some seeds."""
    kind = _counted(requests)
    results = [
        World(
            kind(model.value, BURST, RATE, WORKERS, LATENCY, DELAY, told, seed),
            Pace(Learned()),
        ).run()
        for seed in SEEDS
    ]
    overheads = sorted(r.overhead for r in results)
    middle = len(results) // 2
    return {
        "simulated_overhead": round(overheads[middle], 4),
        "simulated_least": round(overheads[0], 4),
        "simulated_most": round(overheads[-1], 4),
        "simulated_refused": round(sorted(r.refusals for r in results)[middle], 4),
    }
