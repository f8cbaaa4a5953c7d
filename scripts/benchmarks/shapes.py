"""Content of several shapes: whatever it is like, no worker may be left without work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from benchmarks.figure import Figure, at_most
from benchmarks.seen import Seen, copied

from lookervault.content import KINDS
from lookervault.simulator.settings import Settings

_WORKERS = 8
_PER_ITEM = 0.01
"""Seconds that the server takes for each item."""

_MIXED = {False: 50_000, True: 8_000}
"""Items of the large kind, usually and in a hurry: a minute, and ten seconds."""

_FEW = 90
"""Items of each other kind, fewer where kinds have few."""

_IN_FOLDERS = {False: 30_000, True: 8_000}
_FOLDERS = {False: (1, 30), True: (30,)}
"""In how many folders all of them lie."""

_AMONG, _OF_ALL = 50, 50_000
"""Folders of which three are copied, and what is in all of them: ..."""

_THREE = ("24", "25", "26")
"""... these have some fiftieth each, a thousand."""

_FASTER = 0.005
"""Seconds an item there: what is compared is as slow on both sides."""

_SLOW, _PAGES = "lognormal:0.3,1", 400
"""Latency of a page: 0.3 s in the median, 3 s for one in a hundred; and how many."""

_IDEAL = {False: 1.03, True: 1.1}
"""Times the best possible seconds: what the server took for all that was needed, shared
out evenly. How a run begins and ends takes most of a second, which weighs more in a
hurry."""


def shapes(*, quick: bool) -> Iterator[Figure]:
    """How near runs come to the best possible time, at 10 ms an item and 8 workers."""
    run = _mixed(_MIXED[quick])
    name = "one large kind beside eleven small ones, to the ideal"
    bar = _IDEAL[quick]
    yield at_most(bar, run.to_ideal, "x", id_="SC-003", name=name, **run.told())
    counts = _FOLDERS[quick]
    runs = {number: _in_folders(number, _IN_FOLDERS[quick]) for number in counts}
    worst = max(run.to_ideal for run in runs.values())
    name = "items spread over 1 to 30 folders, to the ideal"
    told = {str(number): run.told() for number, run in runs.items()}
    yield at_most(bar, worst, "x", id_="SC-003", name=name, folders=told)
    if not quick:
        yield _tail()
        yield _three()


def _mixed(items: int) -> Seen:
    few = dict.fromkeys(KINDS, _FEW)
    sizes = few | {"roles": 20, "permission_sets": 8, "model_sets": 8}
    return copied(_of(sizes | {"dashboards": items}), _WORKERS, kinds=())


def _in_folders(number: int, items: int) -> Seen:
    """Copy the same items out of so many folders that hold all of them."""
    # The second and the third, for users and for LookML, are always empty.
    ids = ["1", *(str(folder + 2) for folder in range(2, number + 1))]
    settings = _of({"dashboards": items, "folders": number + 2 * (number > 1)})
    return copied(settings, _WORKERS, *_only(ids))


def _tail() -> Figure:
    """Latency varies. Nobody can end before the slowest request that began last."""
    settings = Settings(sizes={"dashboards": 100 * _PAGES}, latency=_SLOW)
    run = copied(settings, _WORKERS)
    told = run.told() | {"slowest": round(run.slowest, 2)}
    excess = run.excess / run.slowest
    name = "time beyond the ideal with long-tailed latency, in slowest requests"
    return at_most(1.0, excess, "", id_="SC-003", name=name, **told)


def _three() -> Figure:
    """What three folders take, beside their share of what everything takes."""
    settings = _of({"dashboards": _OF_ALL, "folders": _AMONG}, per_item=_FASTER)
    three = copied(settings, _WORKERS, *_only(_THREE))
    everything = copied(settings, _WORKERS)
    share = three.items / everything.items
    ratio = three.seconds / (share * everything.seconds)
    told: dict[str, object] = {
        "share_of_items": round(share, 4),
        "share_of_requests": round(three.requests / everything.requests, 4),
        "three": three.told(),
        "everything": everything.told(),
    }
    name = "time for three folders of 1,000, to their share of that for everything"
    return at_most(1.5, ratio, "x", id_="SC-003", name=name, **told)


def _only(folders: Iterable[str]) -> list[str]:
    return [part for folder in folders for part in ("--folder-id", folder)]


def _of(sizes: Mapping[str, int], *, per_item: float = _PER_ITEM) -> Settings:
    return Settings(sizes=sizes, per_item=per_item)
