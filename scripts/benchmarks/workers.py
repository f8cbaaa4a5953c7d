"""How much faster more workers are, and how much of their time they spend on requests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Figure, at_least
from benchmarks.process import extract

from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings


def workers(*, quick: bool) -> Iterator[Figure]:
    """Share of time that 8 workers spend on requests, at 20 ms an item."""
    settings = Settings(sizes={"dashboards": 5_000 if quick else 20_000}, per_item=0.02)
    with running(settings) as looker, tempfile.TemporaryDirectory() as place:
        summary = extract(looker, Path(place) / "vault", "--workers", "8").summary
    detail = {name: summary[name] for name in ("calls", "seconds", "peak_memory")}
    share = float(str(summary["utilization"]))
    name = "utilization of 8 workers"
    yield at_least(0.97, share, "", id_="SC-002", name=name, **detail)
