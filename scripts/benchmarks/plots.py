"""Draws what the pace does over time at each kind of limit, for ``docs/throttle.md``."""

from __future__ import annotations

import math
from pathlib import Path

from benchmarks.svg import Chart, Panel, steps
from benchmarks.throttle import Cell, World, change_at

from lookervault.core.learned import Learned
from lookervault.core.pace import Pace
from lookervault.messages import Ask, Outcome

PLACE = Path(__file__).parents[2] / "docs" / "figures"

SEED = 101
_STEADY_SECONDS, _CHANGED_SECONDS = 50.0, 90.0
"""That are shown of limits that stay as they are, and of those that change; then all
that there was to do is done."""

_BIN = 1.0
"""Seconds that are counted together."""

_GRAIN = 0.25
"""Seconds between two points of a line."""


def _cell(model: str, rate: float = 25.0, factor: float = 1.0) -> Cell:
    return Cell(model, 1.0, rate, 16, 0.05, 0.05, told=False, seed=SEED, factor=factor)


_STEADY = {
    "bucket, burst of 1 s": _cell("bucket"),
    "fixed window of 1 s": _cell("fixed"),
    "sliding window of 1 s": _cell("sliding"),
}
_CHANGED = {
    "bucket, the limit halves": _cell("bucket", 50.0, 0.5),
    "bucket, the limit doubles": _cell("bucket", 25.0, 2.0),
}
_CROWDED = Cell("bucket", 1.0, math.inf, 50, 0.2, 0.05, told=False, seed=SEED, crowd=12)


class Trace(World):
    """A world that remembers when what happened, from the first request on."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell, Pace(Learned()))
        self.refused: list[float] = []
        self.rates: list[tuple[float, float]] = []
        self.crowds: list[tuple[float, float]] = []
        self.mosts: list[tuple[float, float]] = []

    @property
    def accepted(self) -> list[float]:
        """When requests were accepted."""
        return self._accepted

    def _answer(
        self, ask: Ask, outcome: Outcome, sent: float, wait: float | None
    ) -> None:
        super()._answer(ask, outcome, sent, wait)
        now, pace = self._now, self._pace
        if outcome is not Outcome.OK:
            self.refused.append(now)
        if pace.rate is not None:
            self.rates.append((now, pace.rate))
        if pace.most is not None:
            self.mosts.append((now, pace.most))
        self.crowds.append((now, self._flying))


def draw() -> None:
    """Write all figures anew."""
    panels = [
        *(_rate(name, cell, _STEADY_SECONDS) for name, cell in _STEADY.items()),
        *(_rate(name, cell, _CHANGED_SECONDS) for name, cell in _CHANGED.items()),
        _crowd("503 above 12 in flight", _CROWDED, _STEADY_SECONDS),
    ]
    chart = Chart(
        "What the throttle does at limits that it is not told of",
        {
            "limit": "limit of the server",
            "count": "accepted in each second, or in flight",
            "bound": "what the throttle allows",
            "refusal": "refusals",
        },
        panels,
    )
    PLACE.mkdir(parents=True, exist_ok=True)
    (PLACE / "throttle-limits.svg").write_text(chart.svg(), "utf-8")


def _rate(name: str, cell: Cell, seconds: float) -> Panel:
    trace = Trace(cell)
    shown = trace.run()
    until = cell.rate * cell.factor
    change = change_at(cell) if cell.factor != 1 else seconds
    limit = [(0.0, cell.rate), (change, cell.rate), (change, until), (seconds, until)]
    said = f"{100 * shown.refusals:.1f} % refused"
    if cell.factor == 1:
        said = f"{100 * shown.overhead:.1f} % slower than the limit, {said}"
    return Panel(
        title=name,
        said=said,
        seconds=seconds,
        most=1.6 * max(cell.rate, until),
        unit="requests a second",
        limit=limit,
        count=steps(_counted(trace.accepted, seconds), _BIN),
        bound=_thinned(trace.rates, seconds),
        refusals=[at for at in trace.refused if at < seconds],
    )


def _crowd(name: str, cell: Cell, seconds: float) -> Panel:
    trace = Trace(cell)
    shown = trace.run()
    return Panel(
        title=name,
        said=f"{shown.crowd:.1f} in the mean, {100 * shown.refusals:.1f} % refused",
        seconds=seconds,
        most=24.0,
        unit="requests in flight",
        limit=[(0.0, float(cell.hands)), (seconds, float(cell.hands))],
        count=_thinned(trace.crowds, seconds),
        bound=_thinned(trace.mosts, seconds),
        refusals=[at for at in trace.refused if at < seconds],
    )


def _counted(times: list[float], seconds: float) -> list[float]:
    """Return how many of *times* there are in each bin, a second."""
    bins = [0] * math.ceil(seconds / _BIN)
    for at in times:
        if at < seconds:
            bins[int(at / _BIN)] += 1
    return [count / _BIN for count in bins]


def _thinned(
    points: list[tuple[float, float]], seconds: float
) -> list[tuple[float, float]]:
    """Return *points* with a grain between them."""
    kept: list[tuple[float, float]] = []
    for at, value in points:
        if at < seconds and (not kept or at - kept[-1][0] >= _GRAIN):
            kept.append((at, value))
    return kept
