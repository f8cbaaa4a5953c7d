"""Which lines of the live view there is room for: never more than the window has.

What is said of the run as a whole stays longest, and its first line always. When
rows are short, kinds that are done fold into one line first, then idle workers, kinds
that show no progress, workers that do as they should, and the other kinds. Workers
that failed go last.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Container, Iterator, Sequence

import msgspec

from lookervault.content import KINDS
from lookervault.core.figures import KindFigures, Status, WorkerFigures


class Doing(enum.IntEnum):
    """What a worker does, the most telling first."""

    FAILING = 0
    READING = 1
    WAITING = 2
    IDLE = 3


class Place(enum.IntEnum):
    """How early a line gives way: those with the highest number go first."""

    FIRST = 0
    """The one line that is always there."""
    ALERT = 1
    FOLD = 2
    FAILING = 3
    FACT = 4
    BEGUN = 5
    READING = 6
    WAITING = 7
    AHEAD = 8
    """A kind of which nothing is there yet, or nothing left to fetch."""
    IDLE = 9
    DONE = 10


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown, by its name or number, in the order in which it is shown."""

    kinds: tuple[str, ...]
    more_kinds: tuple[str, ...]
    """Those that share one line."""
    workers: tuple[str, ...]
    more_workers: tuple[str, ...]
    """Those that share one line."""
    alerts: int
    facts: int
    """The first so many lines of each."""

    @property
    def rows(self) -> int:
        """How many lines that makes."""
        folds = bool(self.more_kinds) + bool(self.more_workers)
        lines = len(self.kinds) + len(self.workers) + self.alerts + self.facts
        return lines + folds


class _Line(msgspec.Struct, frozen=True):
    place: Place
    name: str


_KIND = {Place.BEGUN, Place.AHEAD, Place.DONE}
_WORKER = {Place.FAILING, Place.READING, Place.WAITING, Place.IDLE}
_OF_WORKER = {
    Doing.FAILING: Place.FAILING,
    Doing.READING: Place.READING,
    Doing.WAITING: Place.WAITING,
    Doing.IDLE: Place.IDLE,
}


_WHOLE = 100.0


def in_order(kinds: Container[str]) -> list[str]:
    """Return *kinds* in the order in which they are shown."""
    return [kind for kind in KINDS if kind in kinds]


def doing(worker: WorkerFigures) -> Doing:
    """Return what *worker* does."""
    if worker.error:
        return Doing.FAILING
    if worker.waiting:
        return Doing.WAITING
    return Doing.READING if worker.active else Doing.IDLE


def arranged(
    status: Status, kinds: Sequence[str], *, rows: int, alerts: int, facts: int
) -> Layout:
    """Return what of *status* to show in *rows*, of which there is one at least.

    *kinds* are those of *status*, in the order in which they are shown. There are
    as many lines of *alerts* and of *facts*, of which the first is the one that
    always stays.
    """
    lines = [
        *(_Line(_of_kind(status.kinds[kind]), kind) for kind in kinds),
        *_workers(status),
        *(_Line(Place.ALERT, "") for _ in range(alerts)),
        *(_Line(Place.FACT if n else Place.FIRST, "") for n in range(facts)),
    ]
    shown = _fitting(lines, rows)
    return _layout(lines, shown, rows)


def _fitting(lines: Sequence[_Line], rows: int) -> list[_Line]:
    """Return the lines that stay, those that would give way last first."""
    shown = sorted(lines, key=lambda line: line.place)
    kinds = workers = 0
    """How many of them gave way."""
    while len(shown) + bool(kinds) + bool(workers) > rows:
        if not shown or shown[-1].place < Place.FOLD:
            break
        gone = shown.pop()
        kinds += gone.place in _KIND
        workers += gone.place in _WORKER
    return shown[: max(rows, 1)]


def _layout(lines: Sequence[_Line], shown: Sequence[_Line], rows: int) -> Layout:
    stay = set(shown)
    more_workers, more_kinds = (
        tuple(line.name for line in lines if line.place in places and line not in stay)
        for places in (_WORKER, _KIND)
    )
    room = max(rows - len(shown), 0)
    folds = bool(more_workers) + bool(more_kinds)
    return Layout(
        kinds=tuple(li.name for li in lines if li.place in _KIND and li in stay),
        workers=tuple(li.name for li in lines if li.place in _WORKER and li in stay),
        more_workers=more_workers if room else (),
        more_kinds=more_kinds if room >= folds else (),
        alerts=sum(line.place is Place.ALERT for line in shown),
        facts=sum(line.place in {Place.FIRST, Place.FACT} for line in shown),
    )


def _of_kind(figures: KindFigures) -> Place:
    if figures.done:
        return Place.DONE
    # One that has all its items is still compared with the census, but needs no bar.
    begun = (figures.stored or figures.failed) and figures.percent != _WHOLE
    return Place.BEGUN if begun else Place.AHEAD


def _workers(status: Status) -> Iterator[_Line]:
    """Yield a line for each worker; of the idle ones no more than there should be."""
    found = sorted(status.fetchers.items(), key=lambda pair: _natural(pair[0]))
    busy = sum(doing(worker) is not Doing.IDLE for _, worker in found)
    idle = max(status.workers - busy, 0)
    for name, worker in found:
        place = _OF_WORKER[doing(worker)]
        if place is Place.IDLE:
            idle -= 1
        if place is not Place.IDLE or idle >= 0:
            yield _Line(place, name)


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key by which ``fetcher-10`` comes after ``fetcher-9``."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part)
        for part in re.split(r"(\d+)", name)
    ]
