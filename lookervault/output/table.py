"""Lists for people and for pipes.

Not called ``sheet``: that is the function of the package that makes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import TextIO

from rich.table import Table
from rich.text import Text

from lookervault.core.width import width
from lookervault.output.paper import Paper
from lookervault.output.safe import safe

_ROWS = 1000
"""Rows of a list that are aligned to each other."""

_SHORTEST = 16
"""Columns of a terminal that say enough of the text that is cut."""


class Sheet:
    """Rows under a header: aligned on a terminal, separated by tabs in a pipe.

    *stretch* is the column that gives way where the terminal is too narrow, and
    *less* are those that are left out, in this order, where it is narrower still.
    """

    def __init__(
        self,
        stream: TextIO,
        header: Sequence[str],
        *,
        stretch: str,
        less: Sequence[str] = (),
    ) -> None:
        self._stream = stream
        self._header = header
        self._stretch = stretch
        self._less = less

    def print(self, rows: Iterable[Sequence[str]]) -> None:
        """Print *rows*, a screenful after the other, so that a long list starts at once."""
        if not self._stream.isatty():
            for row in rows:
                self._stream.write("\t".join(map(safe, row)) + "\n")
            self._stream.flush()
            return
        paper = Paper(self._stream)
        rows = iter(rows)
        while chunk := list(islice(rows, _ROWS)):
            paper.print(self._table(chunk, paper))

    def _table(self, rows: Iterable[Sequence[str]], paper: Paper) -> Table:
        texts = [[paper.plain(safe(text)) for text in row] for row in rows]
        columns = dict(zip(self._header, zip(*texts, strict=True), strict=True))
        shown = self._fitting(columns, paper.size()[0])
        table = Table(box=None, padding=(0, 1, 0, 0))
        for name in shown:
            # Only a column that may wrap gives way; its cells are cut instead.
            table.add_column(name, no_wrap=name != self._stretch)
        for row in zip(*(columns[name] for name in shown), strict=True):
            table.add_row(*map(_cell, row))
        return table

    def _fitting(
        self, columns: Mapping[str, Sequence[str]], room: int
    ) -> Sequence[str]:
        """Return the names of the columns that fit into a terminal of *room* columns."""
        widths = {
            name: 1 + max(width(name), *map(width, texts))
            for name, texts in columns.items()
        }
        widths[self._stretch] = min(widths[self._stretch], _SHORTEST)
        shown = dict(widths)
        for name in self._less:
            if sum(shown.values()) <= room:
                break
            del shown[name]
        return list(shown)


def _cell(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")
