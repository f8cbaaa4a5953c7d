"""How near the real command comes to what Python can do at all: the bare loop."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.figure import Figure, at_least, at_most
from benchmarks.pairs import PAIRS, ratio
from benchmarks.process import Used, environment, extract, used_by

from lookervault.simulator.door import Running
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings

_ITEMS = {False: 50_000, True: 20_000}
"""Dashboards of some 8 KB, usually and in a hurry."""

_FEW = 4_000
"""Of a second run, so that what every run costs can be taken off."""

_WORKERS = 8
_MICRO = 1e6
_BARE = Path(__file__).with_name("bare.py")

_Copy = Callable[[Running, int, Path], tuple[Used, int]]
"""Copies a Looker of so many dashboards into a file; returns what that took, and how
many there were to be seen."""


class _Each(NamedTuple):
    """What one more item costs."""

    cpu: float
    seconds: float
    whole: float
    """CPU seconds of the whole run, by the item."""


class _Way:
    """One way to copy, and what it was found to cost."""

    def __init__(self, copy: _Copy, *lookers: tuple[Running, int]) -> None:
        self._copy = copy
        self._lookers = lookers
        self.found: list[_Each] = []

    def cpu(self) -> float:
        """Copy many and few; return the CPU seconds of an item."""
        (many, count), (few, less) = [self._run(*looker) for looker in self._lookers]
        more = count - less
        each = _Each(
            cpu=(many.cpu - few.cpu) / more,
            seconds=(many.seconds - few.seconds) / more,
            whole=many.cpu / count,
        )
        self.found.append(each)
        return each.cpu

    def _run(self, looker: Running, items: int) -> tuple[Used, int]:
        with tempfile.TemporaryDirectory() as place:
            return self._copy(looker, items, Path(place) / "vault")

    def replay(self, what: str) -> Callable[[], float]:
        """Return a function that returns *what* was found, from the first pair on."""
        return iter([getattr(each, what) for each in self.found]).__next__

    def median(self, what: str) -> float:
        middle: float = statistics.median(getattr(it, what) for it in self.found)
        return middle


def limit(*, quick: bool) -> Iterator[Figure]:
    """CPU an item, and items a second without latency, beside the bare loop."""
    items, pairs = _ITEMS[quick], PAIRS[quick]
    with running(_of(items)) as many, running(_of(_FEW)) as few:
        lookers = (many, items), (few, _FEW)
        ours, bare = _Way(_ours, *lookers), _Way(_bare, *lookers)
        cpu = ratio(ours.cpu, bare.cpu, pairs=pairs)
    whole = ratio(ours.replay("whole"), bare.replay("whole"), pairs=pairs)
    pace = ratio(bare.replay("seconds"), ours.replay("seconds"), pairs=pairs)
    yield at_most(
        2.8,
        cpu.median,
        "x",
        id_="LIMIT",
        name="CPU of one more item, beside a bare loop",
        items=items,
        **cpu.told(),
        ours_us=round(_MICRO * ours.median("cpu"), 1),
        bare_us=round(_MICRO * bare.median("cpu"), 1),
        with_start_up=whole.told(),
    )
    yield at_least(
        0.5,
        pace.median,
        "x",
        id_="LIMIT",
        name="items a second without latency, beside a bare loop",
        items=items,
        **pace.told(),
        ours=round(1 / ours.median("seconds")),
        bare=round(1 / bare.median("seconds")),
    )


def _of(items: int) -> Settings:
    return Settings(sizes={"dashboards": items})


def _ours(looker: Running, _items: int, vault: Path) -> tuple[Used, int]:
    used = extract(looker, vault, "--workers", str(_WORKERS))
    return used, int(str(used.summary["stored"]))


def _bare(looker: Running, items: int, vault: Path) -> tuple[Used, int]:
    """Copy with the bare loop, which sees nothing of what is in the trash."""
    command = [sys.executable, str(_BARE), str(vault), str(items), str(_WORKERS)]
    used = used_by(command, environment(looker))
    return used, int(used.output)
