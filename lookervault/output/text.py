"""What people read: a live view on a terminal, a log in a pipe, tables. The home of rich.

Rich is given `Text` only, never a string: in a string it would look for markup,
and the titles and reasons that are shown were written by others.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lookervault.content import KINDS
from lookervault.core.figures import KindFigures, Status, Summary
from lookervault.messages import Began, Gapped, Slowed, ToProgress
from lookervault.output import View, words
from lookervault.output.safe import safe

_LOG_EVERY = 10.0
"""Seconds between two lines of progress in a pipe."""

_DRAW_EVERY = 0.2
"""Seconds between two pictures on a terminal: five a second."""

_SLOW_EVERY = 10.0
"""Seconds between two lines about slowdowns, which may come many times a second."""

_GAPS_SHOWN = 20
"""Gaps that are shown as they come, and again in the summary."""

_ERRORS_SHOWN = 3
"""Failing workers that the live view has room for."""

_BAR = 24
"""Columns of a bar."""

_ROWS = 1000
"""Rows of a list that are aligned to each other."""


def console(stream: TextIO) -> Console:
    """Return a console on *stream*. ``NO_COLOR`` and ``TERM=dumb`` are honoured."""
    return Console(
        file=stream,
        markup=False,
        highlight=False,
        emoji=False,
        no_color=bool(os.environ.get("NO_COLOR")) or None,
    )


class _Notices:
    """Says what happens, a line for each event, and not more than people can read."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._began = False
        self._gaps = 0
        self._slow_due = -math.inf

    def of(self, event: ToProgress, now: float) -> str | None:
        """Return the line for *event*, if it gets one."""
        text = words.notice(event, now, verbose=self._view.verbose)
        if isinstance(event, Began):
            # A coordinator that was restarted begins anew; the run does not.
            first, self._began = not self._began, True
            return text if first else None
        if text is None or self._view.verbose:
            return text
        if isinstance(event, Slowed):
            if now < self._slow_due:
                return None
            self._slow_due = now + _SLOW_EVERY
        if isinstance(event, Gapped):
            self._gaps += 1
            return text if self._gaps <= _GAPS_SHOWN else None
        return text


class Log:
    """Plain lines: what happens when it happens, and every ten seconds how far it is."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._notices = _Notices(view)
        self._due: float | None = None

    def event(self, event: ToProgress, now: float) -> None:
        text = self._notices.of(event, now)
        if text is not None and not self._view.quiet:
            self.say(text)

    def refresh(self, now: float) -> None:
        if self._due is None:
            self._due = now + _LOG_EVERY
        if now >= self._due and self._view.progress and not self._view.quiet:
            self._due = now + _LOG_EVERY
            self.say(words.progress(self._view.tally.status(now)))

    def say(self, text: str) -> None:
        self._view.err.write(text + "\n")
        self._view.err.flush()

    def close(self, summary: Summary) -> None:
        _close(self._view, summary)


class Screen:
    """A picture that is drawn anew several times a second, with the notices above it."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._notices = _Notices(view)
        self._due = -math.inf
        self._live = Live(
            console=console(view.err),
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            transient=True,
        )

    def event(self, event: ToProgress, now: float) -> None:
        text = self._notices.of(event, now)
        if text is not None:
            self.say(text)

    def refresh(self, now: float) -> None:
        if now < self._due:
            return
        self._due = now + _DRAW_EVERY
        if not self._live.is_started:
            self._live.start()
        self._live.update(_picture(self._view.tally.status(now)), refresh=True)

    def say(self, text: str) -> None:
        self._live.console.print(Text(text), soft_wrap=True)

    def close(self, summary: Summary) -> None:
        self._live.stop()
        _close(self._view, summary)


def _picture(status: Status) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    for justify in ("left", "left", "right", "right", "left"):
        grid.add_column(no_wrap=True, justify=justify)
    for kind in _in_order(status.kinds):
        grid.add_row(*_bar(kind, status.kinds[kind]))
    errors = [
        Text(f"{name}: {safe(worker.error)}", "red", no_wrap=True, overflow="ellipsis")
        for name, worker in status.fetchers.items()
        if worker.error
    ]
    return Group(grid, *errors[:_ERRORS_SHOWN], Text(words.progress(status)))


def _bar(kind: str, figures: KindFigures) -> Sequence[RenderableType]:
    percent = figures.percent
    total = f" of {figures.expected:,}" if figures.exact else ""
    return (
        Text(kind),
        ProgressBar(100.0, percent or 0.0, width=_BAR),
        Text("" if percent is None else words.share(percent / 100)),
        Text(f"{figures.stored:,}{total}" if total or figures.stored else ""),
        Text(f"{figures.failed:,} failed" if figures.failed else "", "red"),
    )


def _in_order(kinds: Mapping[str, KindFigures]) -> list[str]:
    return [kind for kind in KINDS if kind in kinds]


# The end of a run

_COLUMNS = ("stored", "new", "changed", "unchanged", "gone", "failed")


def _close(view: View, summary: Summary) -> None:
    """Print the summary; if people want it quiet, only what they must know."""
    if view.quiet and summary.status == "complete":
        return
    stream = view.err if view.quiet else view.out
    paper = console(stream)
    paper.print(Text(words.headline(summary)), soft_wrap=True)
    if not view.quiet:
        paper.print(_totals(summary))
    for text in _closing(view, summary):
        paper.print(Text(text), soft_wrap=True)
    stream.flush()


def _totals(summary: Summary) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_footer=True)
    table.add_column("kind", Text("total"), no_wrap=True)
    table.add_column("listed", Text(f"{summary.items:,}"), justify="right")
    for column in _COLUMNS:
        total = Text(f"{getattr(summary, column):,}")
        table.add_column(column, total, justify="right", no_wrap=True)
    for kind in _in_order(summary.kinds):
        figures = summary.kinds[kind]
        counts = [f"{getattr(figures, column):,}" for column in _COLUMNS]
        table.add_row(*map(Text, (kind, f"{figures.expected:,}", *counts)))
    return table


def _closing(view: View, summary: Summary) -> Iterator[str]:
    if not view.quiet:
        yield from words.figures(summary)
    shown = summary.gaps if view.verbose else summary.gaps[:_GAPS_SHOWN]
    for gap in shown:
        yield f"could not be read: {words.gap(gap)}"
    if summary.failed > len(shown):
        yield f"could not be read: {summary.failed - len(shown):,} more"
    for kind, figures in summary.kinds.items():
        if figures.missing:
            yield words.missing(kind, figures.missing)
    if summary.left_out:
        yield words.left_out(summary.left_out)
    yield words.advice(summary, view.vault)


# Lists


class Sheet:
    """Rows under a header: aligned on a terminal, separated by tabs in a pipe.

    *stretch* is the column that gives way where the terminal is too narrow.
    """

    def __init__(self, stream: TextIO, header: Sequence[str], *, stretch: str) -> None:
        self._stream = stream
        self._header = header
        self._stretch = stretch

    def print(self, rows: Iterable[Sequence[str]]) -> None:
        """Print *rows*, a screenful after the other, so that a long list starts at once."""
        if not self._stream.isatty():
            for row in rows:
                self._stream.write("\t".join(map(safe, row)) + "\n")
            self._stream.flush()
            return
        paper = console(self._stream)
        rows = iter(rows)
        while chunk := list(islice(rows, _ROWS)):
            paper.print(self._table(chunk))

    def _table(self, rows: Iterable[Sequence[str]]) -> Table:
        table = Table(box=None, padding=(0, 1, 0, 0))
        for name in self._header:
            # Only a column that may wrap gives way; its cells are cut instead.
            table.add_column(name, no_wrap=name != self._stretch)
        for row in rows:
            table.add_row(*map(_cell, row))
        return table


def _cell(text: str) -> Text:
    return Text(safe(text), no_wrap=True, overflow="ellipsis")
