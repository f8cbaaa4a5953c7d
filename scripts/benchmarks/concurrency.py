"""How many requests several systems in one process have under way at once."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figure import Figure, at_least, at_most
from benchmarks.process import environment, used_by

from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings

_SYSTEMS, _WORKERS = 3, 50

_ITEMS = {False: 30_000, True: 15_000}
"""Dashboards, usually and in a hurry: each system copies all of them."""

_PER_ITEM = 0.03
"""Seconds that the server takes for each: a page takes longer than all 50 workers of a
system need to begin."""

_CODE = Path(__file__).with_name("systems.py")


def concurrent(*, quick: bool) -> Iterator[Figure]:
    """Requests of three systems in one process that a server has at once, and errors."""
    settings = Settings(sizes={"dashboards": _ITEMS[quick]}, per_item=_PER_ITEM)
    with running(settings) as looker, tempfile.TemporaryDirectory() as place:
        command = [sys.executable, str(_CODE), place, str(_SYSTEMS), str(_WORKERS)]
        used = used_by(command, environment(looker))
        stats = looker.stats()
        there = sum(
            len(looker.ids("dashboards", trashed=bin_)) for bin_ in (False, True)
        )
    had = [int(word) for word in used.output.split()]
    detail = {
        "requests": sum(stats["statuses"].values()),
        "seconds": round(used.seconds, 1),
        "cpu": round(used.cpu, 1),
        "anonymous_mb": round(used.anonymous / 1e6),
    }
    name = "requests at once, of three systems in one process"
    most = stats["max_in_flight"]
    yield at_least(_SYSTEMS * _WORKERS, most, "", id_="SC-004", name=name, **detail)
    failed = sum(n for status, n in stats["statuses"].items() if status[0] != "2")
    lost = sum(there - number for number in had)
    name = "requests that failed, and items that a vault lacks, with so many at once"
    told = {"failed": failed, "lost": lost, "items": had}
    yield at_most(0, failed + lost, "", id_="SC-004", name=name, **told)
