"""Tables of figures: for a terminal, and for `docs/performance.md`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
from benchmarks.figure import Figure
from rich.console import Console
from rich.table import Table

_DOCS = Path(__file__).parents[2] / "docs"
KEPT = _DOCS / "figures" / "bench.jsonl"
"""The figures that the document shows, as `scripts/bench` printed them."""

PAGE = _DOCS / "performance.md"

_MARKED = re.compile(r"(?s)(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)")
_HEAD = ("requirement", "what", "figure", "bar", "")


def _row(figure: Figure) -> tuple[str, str, str, str, str]:
    return (
        figure.id,
        figure.name,
        f"{figure.figure:,.4g} {figure.unit}".rstrip(),
        f"{figure.bar:,g} {figure.unit}".rstrip(),
        "holds" if figure.ok else "DOES NOT HOLD",
    )


def show(figures: Sequence[Figure], console: Console) -> None:
    """Print a table of *figures*."""
    table = Table(*_HEAD, box=None, pad_edge=False)
    for figure in figures:
        table.add_row(*_row(figure), style="" if figure.ok else "bold red")
    console.print(table)


def keep(figures: Sequence[Figure]) -> None:
    """Make *figures* those that the document shows."""
    lines = [msgspec.json.encode(figure) for figure in figures]
    KEPT.write_bytes(b"\n".join(lines) + b"\n")
    PAGE.write_text(document(PAGE.read_text("utf-8"), figures), "utf-8")


def kept() -> list[Figure]:
    """Return the figures that the document shows."""
    decode = msgspec.json.Decoder(Figure).decode
    return [decode(line) for line in KEPT.read_bytes().splitlines()]


def document(page: str, figures: Sequence[Figure]) -> str:
    """Return *page* with *figures* in the place of its table."""
    lines = [" | ".join(row) for row in (_HEAD, ("---",) * len(_HEAD))]
    lines += [" | ".join(_row(figure)) for figure in figures]
    table = "".join(f"| {line} |\n" for line in lines)
    return _MARKED.sub(lambda _: f"\n{table}\n", page, count=1)
