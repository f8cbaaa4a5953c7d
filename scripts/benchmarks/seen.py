"""What a simulated Looker saw of a run. Its log is a clock that the run has no hand in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.process import extract

from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings


class Seen(NamedTuple):
    """One run, as the server saw it."""

    workers: int
    requests: int
    """For content, all there were."""
    items: int
    """Sent whole, each counted once."""
    seconds: float
    """From the first request for content to the log-out, which comes after the last
    commit and the proof that nothing is missing."""
    busy: float
    """Seconds that the server spent on these requests, added up over the workers."""
    needed: float
    """Of them, on answers that brought what no other had brought before: the least that
    a run takes, over so many workers."""
    slowest: float
    """Seconds that the slowest request took."""

    @property
    def rate(self) -> float:
        """Items a second."""
        return self.items / self.seconds

    @property
    def utilization(self) -> float:
        """0 to 1: the share of their time that workers spent waiting for Looker."""
        return self.busy / (self.workers * self.seconds)

    @property
    def excess(self) -> float:
        """Seconds beyond those in which as many workers could have done it at best."""
        return self.seconds - self.needed / self.workers

    @property
    def to_ideal(self) -> float:
        """How many times the best possible seconds it took."""
        return self.seconds * self.workers / self.needed

    def told(self) -> dict[str, object]:
        """Return it for the details of a figure."""
        return {
            "items": self.items,
            "requests": self.requests,
            "seconds": round(self.seconds, 2),
            "utilization": round(self.utilization, 4),
            "to_ideal": round(self.to_ideal, 4),
        }


def copied(
    settings: Settings,
    workers: int,
    *options: str,
    kinds: Sequence[str] = ("dashboards",),
) -> Seen:
    """Have the real command copy a Looker like *settings*, each in a process of its own.

    Raises:
        CalledProcessError: the copy was not complete.

    """
    with running(settings) as looker, tempfile.TemporaryDirectory() as place:
        count = ("--workers", str(workers))
        extract(looker, Path(place) / "vault", *count, *options, kinds=kinds)
        return seen(looker.log(), workers)


def seen(log: Iterable[Mapping[str, Any]], workers: int) -> Seen:
    """Return what the server's *log* of one whole run comes to."""
    log = list(log)
    content = [entry for entry in log if entry["kind"]]
    end = max(entry["t"] for entry in log if entry["path"].endswith("/logout"))
    had: set[tuple[str, str]] = set()
    needed = 0.0
    for entry in content:
        ids = {(entry["kind"], id_) for id_ in entry["ids"] or ()}
        ids_alone = entry["ids"] is None and entry["rows"]
        if ids_alone or not ids <= had:
            needed += entry["seconds"]
        had |= ids
    return Seen(
        workers=workers,
        requests=len(content),
        items=len(had),
        seconds=end - min(entry["t"] for entry in content),
        busy=sum(entry["seconds"] for entry in content),
        needed=needed,
        slowest=max(entry["seconds"] for entry in content),
    )
