"""What is asked for again after a run was killed: only what no commit had returned for."""

from __future__ import annotations

import contextlib
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, at_most
from benchmarks.process import environment, extract, extract_command

from lookervault.simulator.door import Running
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings
from lookervault.store.lmdb import LmdbStore

_ITEMS = 20_000
_LATENCY = 0.2
"""Seconds that a request takes: the census takes one, all the pages 20."""

_OPTIONS = ("--workers", "8", "--batch-size", "25")

_KILLS = {False: 20, True: 6}
"""Usually and in a hurry."""

_SEED = 7
_SOONEST, _LATEST = 0.4, 4.0
"""Seconds that a run lives: from before its first request to after many commits."""

_REST = 0.02
"""Seconds between two looks whether the server is at rest."""

_Log = list[dict[str, Any]]


class _Kill:
    """A run that was killed."""

    def __init__(self, looker: Running, vault: Path) -> None:
        self.log: _Log = looker.log()
        """What the server had answered by then."""
        self.stored = _stored(vault)
        """What the store vouches for by then."""


def resume(*, quick: bool) -> Iterator[Figure]:
    """Items asked for again after kill -9 at random moments, until a run completes."""
    settings = Settings(sizes={"dashboards": _ITEMS}, latency=_LATENCY)
    chance = random.Random(_SEED)  # noqa: S311 - it decides when to kill
    with running(settings) as looker, tempfile.TemporaryDirectory() as place:
        vault, kills = Path(place) / "vault", []
        while len(kills) < _KILLS[quick]:
            if not _killed(looker, vault, chance.uniform(_SOONEST, _LATEST)):
                break
            kills.append(_Kill(looker, vault))
        summary = extract(looker, vault, *_OPTIONS).summary
        log = looker.log()
    yield from _figures(kills, log, int(str(summary["items"])))


def _figures(kills: list[_Kill], log: _Log, items: int) -> Iterator[Figure]:
    broken = sum(
        len(_ids(entry) & kill.stored)
        for kill in kills
        for entry in log[len(kill.log) :]
    )
    sent = [id_ for entry in log for id_ in _ids(entry)]
    again = len(sent) - len(set(sent))
    pages = [entry for entry in log if _of_items(entry)]
    detail = {
        "kills": len(kills),
        "items_stored_at_a_kill": [len(kill.stored) for kill in kills],
        "requests": len(pages),
        # Nobody can be spared those: the answer was under way when it was killed.
        "cut_off": sum(entry["ids"] is None for entry in pages),
        "sent_again": _again(pages),
        "items_sent_twice": again,
    }
    name = "items asked for again although their commit had returned"
    yield at_most(0, broken, "", id_="SC-007", name=name, **detail)
    name = "items sent again after a kill, as a share of all"
    share = again / items / max(1, len(kills))
    yield at_most(0.01, share, "", id_="SC-007", name=name)


def _killed(looker: Running, vault: Path, seconds: float) -> bool:
    """Kill a run after so many *seconds*; return whether it was still under way."""
    command = extract_command(vault, "--json", *_OPTIONS)
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, env=environment(looker), stdout=quiet, stderr=quiet
    ) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return False
        process.kill()
    while looker.stats()["in_flight"]:
        time.sleep(_REST)
    return True


def _stored(vault: Path) -> set[str]:
    """Return the items that a marker of the open run vouches for."""
    if not (vault / "CURRENT").exists():
        return set()
    with contextlib.closing(LmdbStore.read(vault)) as store:
        run = store.open_run()
        if run is None:
            return set()
        return {row.id for marker in store.markers(run.number) for row in marker.rows}


def _ids(entry: Mapping[str, Any]) -> set[str]:
    return set(entry["ids"] or ())


def _of_items(entry: Mapping[str, Any]) -> bool:
    return bool(entry["kind"]) and "fields=" not in entry["query"] and entry["rows"] > 0


def _again(pages: _Log) -> int:
    """Return how many of *pages* brought nothing that was not sent before."""
    had: set[str] = set()
    number = 0
    for ids in filter(None, map(_ids, pages)):
        number += ids <= had
        had |= ids
    return number
