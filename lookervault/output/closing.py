"""The end of a run on paper: totals by kind, what it took, what is missing, what next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from lookervault.core.figures import KindFigures, Summary
from lookervault.core.layout import in_order
from lookervault.output import View, verdict
from lookervault.output.notices import GAPS_SHOWN
from lookervault.output.paper import Paper

_COLUMNS = ("stored", "new", "changed", "unchanged", "gone", "failed")
_MAY_LACK = ("gone", "changed", "unchanged", "new", "failed")
"""Columns that are left out in this order where they are too many and all is 0."""

_HEADLINES = {
    "complete": "bold green",
    "incomplete": "bold yellow",
    "stopped": "bold yellow",
    "failed": "bold red",
}


def conclude(view: View, summary: Summary) -> None:
    """Print the summary; if people want it quiet, only what they must know."""
    if view.quiet and summary.status == "complete":
        return
    paper = Paper(view.err if view.quiet else view.out)
    paper.print(Text(verdict.headline(summary), _HEADLINES[summary.status]))
    if not view.quiet:
        paper.print(totals(summary, paper.size()[0]))
    for text in _closing(view, summary):
        paper.print(Text(paper.plain(text)))
    # Not broken, so that it can be copied.
    command = verdict.command(summary, again=view.again, vault=view.vault)
    paper.write(f"  {paper.plain(command)}\n")


def totals(summary: Summary, columns: int) -> Table:
    """Return the figures of each kind and their sums as a table of *columns*, if it can be."""
    kinds = [(kind, summary.kinds[kind]) for kind in in_order(summary.kinds)]
    table = Table(box=None, padding=(0, 1, 0, 0), show_footer=True)
    table.add_column("kind", Text("total"), no_wrap=True)
    listed = "?" if verdict.uncounted(summary) else f"{summary.items:,}"
    table.add_column("listed", Text(listed), justify="right")
    shown = _fitting(summary, kinds, columns)
    for column in shown:
        total = Text(f"{getattr(summary, column):,}")
        table.add_column(column, total, justify="right", no_wrap=True)
    for kind, figures in kinds:
        counts = [f"{getattr(figures, column):,}" for column in shown]
        listed = f"{figures.expected:,}" if figures.counted else "?"
        table.add_row(*map(Text, (kind, listed, *counts)))
    return table


def _fitting(
    summary: Summary, kinds: Sequence[tuple[str, KindFigures]], columns: int
) -> list[str]:
    """Return the columns of the table, without some that say nothing if room is short."""
    shown = list(_COLUMNS)
    name = max((len(kind) for kind, _ in kinds), default=0)
    listed = max(len("listed"), len(f"{summary.items:,}"))

    def total(column: str) -> int:
        figure: int = getattr(summary, column)
        return figure

    def taken() -> int:
        widths = (max(len(column), len(f"{total(column):,}")) for column in shown)
        return name + 1 + listed + 1 + sum(width + 1 for width in widths)

    for column in _MAY_LACK:
        if taken() > columns and not total(column):
            shown.remove(column)
    return shown


def _closing(view: View, summary: Summary) -> Iterator[str]:
    if not view.quiet:
        yield from verdict.figures(summary)
    yield from verdict.losses(summary, None if view.verbose else GAPS_SHOWN)
    for kind in in_order(summary.kinds):
        if count := summary.kinds[kind].missing:
            yield verdict.missing(kind, count)
    if summary.left_out:
        yield verdict.left_out(summary.left_out)
    yield from verdict.advice(summary)
