"""How lookervault compares with what one would write with the official SDK's models."""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.figure import Figure, at_least, at_most
from benchmarks.pairs import PAIRS, ratio
from benchmarks.process import Used, environment, extract, used_by

from lookervault.simulator.door import Running
from lookervault.simulator.process import running
from lookervault.simulator.settings import Mutation, Settings
from lookervault.vault import Vault

_CALLS = 100
"""Of the peer, a hundred items each. The SDK's models get slower with every call."""

_ITEMS = 100 * _CALLS
_SPARE = 1.04
"""Dashboards for each that the peer asks for: some lie in the trash, where only
lookervault looks for them."""

_WORKERS = 8
_NAIVE = Path(__file__).with_name("naive.py")

_FEWER = _ITEMS // 2

_TROUBLE = Settings(
    sizes={"dashboards": _FEWER},
    fail_rate=0.02,
    rate=20.0,
    burst=10.0,
    mutation=Mutation(delete=100, over=4.0),
)
"""A busy Looker on a bad day: answers that break off, a limit, people who tidy up."""


_Copy = Callable[[Running, int, Path], Used]
"""Copies so many dashboards, at least, into a file."""


class _Way:
    """One way to copy, and what each run took."""

    def __init__(self, copy: _Copy, looker: Running) -> None:
        self._copy = copy
        self._looker = looker
        self.runs: list[Used] = []

    def cpu(self) -> float:
        with tempfile.TemporaryDirectory() as place:
            self.runs.append(self._copy(self._looker, _ITEMS, Path(place) / "copy"))
        return self.runs[-1].cpu

    def again(self) -> Callable[[], float]:
        """Return a function that tells the seconds of each run, from the first on."""
        return iter([run.seconds for run in self.runs]).__next__

    def told(self) -> dict[str, float]:
        middle = statistics.median
        return {
            "seconds": round(middle(run.seconds for run in self.runs), 2),
            "cpu": round(middle(run.cpu for run in self.runs), 2),
            "anonymous_mb": round(middle(run.anonymous for run in self.runs) / 1e6),
        }


def peer(*, quick: bool) -> Iterator[Figure]:
    """Time, CPU and completeness, beside the SDK's models in threads."""
    pairs = PAIRS[quick]
    with running(Settings(sizes={"dashboards": round(_SPARE * _ITEMS)})) as looker:
        ours, theirs = _Way(_ours, looker), _Way(_theirs, looker)
        cpu = ratio(ours.cpu, theirs.cpu, pairs=pairs)
    seconds = ratio(theirs.again(), ours.again(), pairs=pairs)
    detail = {"items": _ITEMS, "ours": ours.told(), "theirs": theirs.told()}
    name = "times as fast as the SDK's models in threads"
    told = seconds.told() | detail
    yield at_least(10.0, seconds.median, "x", id_="PEER", name=name, **told)
    name = "CPU for the same items, beside the SDK's models in threads"
    told = cpu.told() | detail
    yield at_most(round(1 / 6, 4), cpu.median, "x", id_="PEER", name=name, **told)
    lost, by_peer, seen = _losses()
    name = "dashboards lost on a bad day, of those that were there throughout"
    yield at_most(
        0, lost, "", id_="PEER", name=name, lost_by_the_peer=by_peer, there=seen
    )


def _ours(looker: Running, _items: int, vault: Path) -> Used:
    return extract(looker, vault, "--workers", str(_WORKERS))


def _theirs(looker: Running, items: int, file: Path) -> Used:
    command = [sys.executable, str(_NAIVE), str(file), str(items), str(_WORKERS)]
    return used_by(command, environment(looker))


def _losses() -> tuple[int, int, int]:
    """Return what we lose, what the peer loses, and of how many."""
    ours, there = _lost(_ours, _in_vault)
    theirs, _ = _lost(_theirs, _in_sqlite)
    return ours, theirs, there


def _lost(copy: _Copy, ids: Callable[[Path], set[str]]) -> tuple[int, int]:
    """Copy on a bad day; return how many it lacks of how many that were there throughout."""
    with running(_TROUBLE) as looker, tempfile.TemporaryDirectory() as place:
        path = Path(place) / "copy"
        copy(looker, _FEWER, path)
        there = set(looker.ids("dashboards"))
        return len(there - ids(path)), len(there)


def _in_vault(path: Path) -> set[str]:
    with Vault.open(path) as vault:
        return {head.id for head in vault.items("dashboards")}


def _in_sqlite(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        return {id_ for (id_,) in database.execute("SELECT id FROM dashboards")}
