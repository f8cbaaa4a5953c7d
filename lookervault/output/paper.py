"""What is written on: a terminal or a pipe, and what it can show. The home of rich.

Rich is given `Text` only, never a string: in a string it would look for markup,
and the titles and reasons that are shown were written by others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console, RenderableType
from rich.text import Text

_FALLBACK = (80, 24)
"""Columns and rows where nobody can tell."""


class Paper:
    """A stream, and what it can show. ``NO_COLOR`` and ``TERM=dumb`` are honoured."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.pictures = self.encoding.lower().replace("-", "").startswith("utf")
        """Whether it takes more than letters: bars and the like."""
        self.terminal = stream.isatty()
        self._console = Console(
            file=stream,
            markup=False,
            highlight=False,
            emoji=False,
            no_color=bool(os.environ.get("NO_COLOR")) or None,
        )

    def size(self) -> tuple[int, int]:
        """Return columns and rows, which may change at any time."""
        try:
            found = os.get_terminal_size(self._stream.fileno())
        except (OSError, ValueError, AttributeError):
            return self._console.size
        # Some terminals, a serial line for one, say that they have none.
        return found.columns or _FALLBACK[0], found.lines or _FALLBACK[1]

    def plain(self, text: str) -> str:
        """Return *text* as it can be written; what cannot is escaped."""
        if self.pictures:
            return text
        return text.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def painted(self, lines: Iterable[Text]) -> list[str]:
        """Return *lines* with the sequences that colour them, each as long as it is."""
        with self._console.capture() as captured:
            for line in lines:
                self._console.print(line, no_wrap=True, overflow="ignore", crop=False)
        return captured.get().splitlines()

    def wrapped(self, text: str, columns: int) -> str:
        """Return *text* as lines of *columns* that end between words, where they can."""
        lines = Text(self.plain(text)).wrap(self._console, columns)
        return "\n".join(line.plain.rstrip() for line in lines)

    def print(self, *things: RenderableType) -> None:
        """Print *things* at the width of the terminal; in a pipe text has no width."""
        for thing in things:
            soft = isinstance(thing, Text) and not self.terminal
            self._console.print(thing, soft_wrap=soft)

    def write(self, text: str) -> None:
        """Write *text* as it is, at once."""
        self._stream.write(text)
        self._stream.flush()
