"""Lists for people and for pipes.

Not called ``sheet``: that is the function of the package that makes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TextIO

from rich.table import Table
from rich.text import Text

from lookervault.output.paper import Paper
from lookervault.output.safe import safe

_ROWS = 1000
"""Rows of a list that are aligned to each other."""


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
        paper = Paper(self._stream)
        rows = iter(rows)
        while chunk := list(islice(rows, _ROWS)):
            paper.print(self._table(chunk, paper))

    def _table(self, rows: Iterable[Sequence[str]], paper: Paper) -> Table:
        table = Table(box=None, padding=(0, 1, 0, 0))
        for name in self._header:
            # Only a column that may wrap gives way; its cells are cut instead.
            table.add_column(name, no_wrap=name != self._stretch)
        for row in rows:
            table.add_row(*(_cell(paper.plain(safe(text))) for text in row))
        return table


def _cell(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")
