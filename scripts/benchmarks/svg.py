"""Small multiples as SVG: panels of lines over seconds, for light and for dark pages."""

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

_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.page { fill: #ffffff } .frame { fill: none; stroke: #8c959f }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.name { font-weight: 600 } .head { font-size: 15px; font-weight: 600 }
.limit { fill: none; stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 5 4 }
.count { fill: none; stroke: #0969da; stroke-width: 1.5 }
.bound { fill: none; stroke: #bc4c00; stroke-width: 1.5 }
.refusal { fill: none; stroke: #cf222e; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.page { fill: #0d1117 } .frame { stroke: #6e7681 } .grid { stroke: #30363d }
.limit { stroke: #9198a1 } .count { stroke: #58a6ff }
.bound { stroke: #f0883e } .refusal { stroke: #ff7b72 }
}
"""


class Panel(NamedTuple):
    """One plot: values over *seconds*, from 0 to *most*; what is more is cut off."""

    title: str
    said: str
    """What came of it."""
    seconds: float
    most: float
    unit: str
    limit: Sequence[Point]
    count: Sequence[Point]
    bound: Sequence[Point]
    refusals: Sequence[float]
    """Moments, marked at the foot."""


class Chart(NamedTuple):
    """Panels side by side, under one *legend*: what each class of line stands for."""

    title: str
    legend: Mapping[str, str]
    panels: Sequence[Panel]

    def svg(self) -> str:
        """Return the picture."""
        rows = -(-len(self.panels) // _COLUMNS)
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
            row, column = divmod(number, _COLUMNS)
            place = f"{column * _WIDTH // _COLUMNS} {_HEAD + row * _ROW}"
            lines += [f'<g transform="translate({place})">', *_panel(panel), "</g>"]
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


def _panel(panel: Panel) -> Iterator[str]:
    wide = _WIDTH // _COLUMNS - _LEFT - _RIGHT
    high = _ROW - _TOP - _BOTTOM
    foot = _TOP + high

    def place(point: Point) -> str:
        x = _LEFT + wide * point[0] / panel.seconds
        y = foot - high * min(point[1], panel.most) / panel.most
        return f"{x:.1f} {y:.1f}"

    yield _text(_LEFT, 20, panel.title, "name")
    yield _text(_LEFT, 36, panel.said)
    for value in _round_numbers(panel.most):
        x, y = place((0.0, value)).split()
        yield f'<path class="grid" d="M{x} {y}h{wide}"/>'
        yield _text(_LEFT - 6, float(y) + 4, f"{value:g}", anchor="end")
    for value in _round_numbers(panel.seconds):
        x = place((value, 0.0)).split()[0]
        yield _text(float(x), foot + 16, f"{value:g}", anchor="middle")
    yield _text(_LEFT + wide / 2, foot + 32, "seconds", anchor="middle")
    turned = f'transform="rotate(-90 12 {_TOP + high / 2:g})"'
    yield _text(12, _TOP + high / 2, panel.unit, anchor="middle", more=turned)
    for kind in ("count", "limit", "bound"):
        points = " ".join(map(place, getattr(panel, kind)))
        yield f'<polyline class="{kind}" points="{points}"/>'
    marks = (f"M{place((at, 0.0))}v-{_TICK}" for at in panel.refusals)
    yield f'<path class="refusal" d="{"".join(marks)}"/>'
    yield f'<rect class="frame" x="{_LEFT}" y="{_TOP}" width="{wide}" height="{high}"/>'


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
