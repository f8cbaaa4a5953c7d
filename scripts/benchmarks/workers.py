"""How much faster more workers are, and how much of their time they spend on requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.figure import Figure, at_least
from benchmarks.seen import Seen, copied
from benchmarks.shapes import shapes

from lookervault.simulator.settings import Settings

_SECONDS = 0.02
"""That the server takes for each item; a twentieth for a row of the census."""

_ITEMS = {
    1: 2_000,
    2: 4_000,
    4: 8_000,
    8: 20_000,
    10: 50_000,
    16: 40_000,
    32: 64_000,
    50: 100_000,
}
"""By workers: some 42 s each, but 105 s for the 50,000 items of SC-001. Of those, the
start (30 requests a second at first, whoever asks) and one trial of fewer requests in
flight take about 2 s from 50 workers, and nothing from a few."""

_TOGETHER: Sequence[Sequence[int]] = ((1,), (2, 4, 8), (10, 16), (32,), (50,))
"""Runs that go on at once, since they mostly wait: on two cores none takes another a
tenth of one. That all are held against is alone."""

_QUICK = {1: 600, 8: 10_000, 50: 100_000}
_QUICK_TOGETHER: Sequence[Sequence[int]] = ((1,), (8, 50))

_BARS = {8: 7.9, 10: 9.8, 16: 15.5, 50: 45.0}
"""Times as fast as one worker."""


def workers(*, quick: bool) -> Iterator[Figure]:
    """Speed-up and utilization at 20 ms an item, and what other content makes of them.

    Measured is the time in which more workers can help: from the first request for
    content to the log-out, after the last commit, by the server's own clock. How long
    the command takes to start is another benchmark's matter.
    """
    together = _QUICK_TOGETHER if quick else _TOGETHER
    runs = _runs(together, _QUICK if quick else _ITEMS)
    found: dict[str, object] = {
        str(number): run.told() | {"speed_up": round(run.rate / runs[1].rate, 2)}
        for number, run in runs.items()
    }
    for number in filter(runs.__contains__, _BARS):
        yield at_least(
            _BARS[number],
            runs[number].rate / runs[1].rate,
            "x",
            id_="SC-001" if number == 10 else "SC-003",  # noqa: PLR2004 - SC-001 has 10
            name=f"speed of {number} workers, beside one",
            **runs[number].told(),
        )
    share = runs[8].utilization
    name = "utilization of 8 workers"
    yield at_least(0.97, share, "", id_="SC-002", name=name, workers=found)
    yield from shapes(quick=quick)


def _runs(together: Sequence[Sequence[int]], items: dict[int, int]) -> dict[int, Seen]:
    """Return a run for each number of workers."""
    found: dict[int, Seen] = {}
    for numbers in together:
        with ThreadPoolExecutor(len(numbers)) as pool:
            done = pool.map(lambda n: copied(_of(items[n]), n), numbers)
            found |= dict(zip(numbers, done, strict=True))
    return found


def _of(items: int) -> Settings:
    return Settings(sizes={"dashboards": items}, per_item=_SECONDS)
