"""One line on a terminal that says how far something is, and goes when it is done."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TextIO

from lookervault.output.safe import safe
from lookervault.output.stream import Tolerant

_EVERY = 0.2
"""Seconds between two pictures."""

_WIPE = "\r\x1b[K"


class Gauge:
    """Shows on *stream*, if that is a terminal; *clock* is monotonic."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = Tolerant(stream)
        self._clock = clock
        dumb = os.environ.get("TERM", "") in {"", "dumb", "unknown"}
        self._on = stream.isatty() and not dumb
        self._due = -float("inf")
        self._drawn = False

    def show(self, what: str, done: float, of: float) -> None:
        """Say that *done* of *of* is done; of 0, nobody knows how much there is."""
        now = self._clock()
        if not self._on or now < self._due:
            return
        self._due = now + _EVERY
        how = f" {int(100 * done / of)} %" if of else ""
        self._write(f"{_WIPE}{safe(what)}{how}")
        self._drawn = True

    def wipe(self) -> None:
        """Take the line away, so that another can be printed."""
        if self._drawn:
            self._write(_WIPE)
            self._drawn = False
            self._due = -float("inf")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
