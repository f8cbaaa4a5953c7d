"""Small multiples as SVG: panels of lines and of bars, for light and for dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

Point = tuple[float, float]

_WIDTH, _COLUMNS = 900, 2
_HEAD, _ROW = 64, 252
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 46, 46
"""Pixels: of the picture, above its panels, of one with what is round it."""

_TICK = 7
"""Pixels that a refusal is high."""

_LINES = ("count", "limit", "bound", "third")
"""Classes of lines, in the order in which they are drawn."""

_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.page { fill: #ffffff } .frame { fill: none; stroke: #8c959f }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.name { font-weight: 600 } .head { font-size: 15px; font-weight: 600 }
.limit { fill: none; stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 5 4 }
.count { fill: none; stroke: #0969da; stroke-width: 1.5 }
.bound { fill: none; stroke: #bc4c00; stroke-width: 1.5 }
.third { fill: none; stroke: #1a7f37; stroke-width: 1.5 }
.refusal { fill: none; stroke: #cf222e; stroke-width: 1 }
rect.count { fill: #0969da } rect.bound { fill: #bc4c00 } rect.third { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.page { fill: #0d1117 } .frame { stroke: #6e7681 } .grid { stroke: #30363d }
.limit { stroke: #9198a1 } .count { stroke: #58a6ff }
.bound { stroke: #f0883e } .third { stroke: #3fb950 } .refusal { stroke: #ff7b72 }
rect.count { fill: #58a6ff } rect.bound { fill: #f0883e } rect.third { fill: #3fb950 }
}
"""


class Panel(NamedTuple):
    """One plot: values from 0 to *most* over 0 to *seconds*; what is more is cut off."""

    title: str
    said: str
    """What came of it."""
    seconds: float
    """Or as much of what else goes *across*."""
    most: float
    unit: str
    limit: Sequence[Point] = ()
    count: Sequence[Point] = ()
    bound: Sequence[Point] = ()
    refusals: Sequence[float] = ()
    """Moments, marked at the foot."""
    third: Sequence[Point] = ()
    across: str = "seconds"
    dots: bool = False
    """Whether the points of the lines are what was measured, and all of it."""


class Bar(NamedTuple):
    """One value, of the same class as a line of the legend."""

    kind: str
    value: float


class Bars(NamedTuple):
    """One plot: bars from 0 to *most*, in groups with a name each."""

    title: str
    said: str
    most: float
    unit: str
    groups: Mapping[str, Sequence[Bar]]


class Chart(NamedTuple):
    """Plots side by side, under one *legend*: what each class of line stands for."""

    title: str
    legend: Mapping[str, str]
    panels: Sequence[Panel | Bars]

    def svg(self) -> str:
        """Return the picture."""
        columns = min(_COLUMNS, len(self.panels))
        rows = -(-len(self.panels) // columns)
        size = f'width="{_WIDTH}" height="{_HEAD + rows * _ROW}"'
        box = f'viewBox="0 0 {_WIDTH} {_HEAD + rows * _ROW}"'
        lines = [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} role="img">',
            f"<title>{escape(self.title)}</title>",
            f"<style>{_STYLE}</style>",
            '<rect class="page" width="100%" height="100%"/>',
            _text(_LEFT, 24, self.title, "head"),
            *self._legend(),
        ]
        for number, panel in enumerate(self.panels):
            row, column = divmod(number, columns)
            wide = _WIDTH // columns
            place = f"{column * wide} {_HEAD + row * _ROW}"
            drawn = _drawn(panel, wide - _LEFT - _RIGHT)
            lines += [f'<g transform="translate({place})">', *drawn, "</g>"]
        return "\n".join([*lines, "</svg>", ""])

    def _legend(self) -> Iterator[str]:
        x = _LEFT
        for kind, text in self.legend.items():
            yield f'<path class="{kind}" d="M{x} 46h24"/>'
            yield _text(x + 30, 50, text)
            x += 30 + 7 * len(text) + 18


def steps(values: Iterable[float], width: float) -> list[Point]:
    """Return a line that stays at each of *values* for *width* seconds."""
    return [
        (at * width, value)
        for number, value in enumerate(values)
        for at in (number, number + 1)
    ]


_HIGH = _ROW - _TOP - _BOTTOM
_FOOT = _TOP + _HIGH


def _drawn(panel: Panel | Bars, wide: int) -> Iterator[str]:
    """Yield what is in a plot and round it, *wide* pixels inside."""
    yield _text(_LEFT, 20, panel.title, "name")
    yield _text(_LEFT, 36, panel.said)
    for value in _round_numbers(panel.most):
        y = _height(value, panel.most)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}h{wide}"/>'
        yield _text(_LEFT - 6, y + 4, f"{value:g}", anchor="end")
    turned = f'transform="rotate(-90 12 {_TOP + _HIGH / 2:g})"'
    yield _text(12, _TOP + _HIGH / 2, panel.unit, anchor="middle", more=turned)
    yield from _bars(panel, wide) if isinstance(panel, Bars) else _lines(panel, wide)
    yield f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{wide}" height="{_HIGH}"/>'


def _height(value: float, most: float) -> float:
    return _FOOT - _HIGH * min(value, most) / most


def _lines(panel: Panel, wide: int) -> Iterator[str]:
    def place(point: Point) -> tuple[float, float]:
        x = _LEFT + wide * point[0] / panel.seconds
        return round(x, 1), round(_height(point[1], panel.most), 1)

    for value in _round_numbers(panel.seconds):
        x, _ = place((value, 0.0))
        yield _text(x, _FOOT + 16, f"{value:g}", anchor="middle")
    yield _text(_LEFT + wide / 2, _FOOT + 32, panel.across, anchor="middle")
    for kind in _LINES:
        points = [place(point) for point in getattr(panel, kind)]
        line = " ".join(f"{x:.1f} {y:.1f}" for x, y in points)
        yield f'<polyline class="{kind}" points="{line}"/>'
        if panel.dots and kind != "limit":
            yield from (
                f'<circle class="{kind}" cx="{x}" cy="{y}" r="3"/>' for x, y in points
            )
    feet = (place((at, 0.0)) for at in panel.refusals)
    marks = "".join(f"M{x:.1f} {y:.1f}v-{_TICK}" for x, y in feet)
    yield f'<path class="refusal" d="{marks}"/>'


def _bars(panel: Bars, wide: int) -> Iterator[str]:
    room = wide / len(panel.groups)
    for number, (name, bars) in enumerate(panel.groups.items()):
        each = 0.8 * room / len(bars)
        yield _text(_LEFT + (number + 0.5) * room, _FOOT + 16, name, anchor="middle")
        for place, bar in enumerate(bars):
            x = _LEFT + (number + 0.1) * room + place * each
            y = _height(bar.value, panel.most)
            yield (
                f'<rect class="{bar.kind}" x="{x:.1f}" y="{y:.1f}" '
                f'width="{each:.1f}" height="{_FOOT - y:.1f}"/>'
            )
            yield _text(x + each / 2, y - 4, _short(bar.value), anchor="middle")


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"  # noqa: PLR2004 - where an exponent would come


def _round_numbers(most: float) -> list[float]:
    """Return three to six round numbers from 0 to *most*."""
    rough = most / 5
    scale = 10 ** math.floor(math.log10(rough))
    step = next(n * scale for n in (1, 2, 5, 10) if n * scale >= rough)
    return [n * step for n in range(int(most / step) + 1)]


def _text(
    x: float, y: float, text: str, kind: str = "", *, anchor: str = "", more: str = ""
) -> str:
    given = f' class="{kind}"' * bool(kind) + f' text-anchor="{anchor}"' * bool(anchor)
    return f'<text x="{x:g}" y="{y:g}"{given} {more}>{escape(text)}</text>'
