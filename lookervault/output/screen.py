"""What a terminal shows: a picture that is drawn anew, with the notices above it."""

from __future__ import annotations

import math

from lookervault.core.figures import Summary
from lookervault.core.width import width
from lookervault.messages import ToProgress
from lookervault.output import View
from lookervault.output.closing import conclude
from lookervault.output.frame import Frame
from lookervault.output.notices import Notices
from lookervault.output.paper import Paper
from lookervault.output.picture import picture

_EVERY = 0.15
"""Seconds between two pictures: six a second, so that four can be counted on also
where 50 busy threads and whatever else the machine does come in between."""


class Screen:
    """A picture of the run at the bottom of the terminal."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._notices = Notices(verbose=view.verbose)
        self._due = -math.inf
        self._paper = Paper(view.err)
        self._frame = Frame(self._paper.write)
        self._lines: list[str] = []
        self._widths: list[int] = []

    def event(self, event: ToProgress, now: float) -> None:
        text = self._notices.of(event, now)
        if text is not None:
            self.say(text)

    def refresh(self, now: float) -> None:
        if now < self._due:
            return
        self._due = now + _EVERY
        window = columns, rows = self._paper.size()
        # Where a line ends in the last column, wiping behind it would take that, too.
        lines = picture(
            self._view.tally.status(now), columns - 1, rows - 1, paper=self._paper
        )
        self._lines = self._paper.painted(lines)
        self._widths = [width(line.plain) for line in lines]
        self._frame.draw(self._lines, self._widths, window)

    def say(self, text: str) -> None:
        window = self._paper.size()
        said = self._paper.wrapped(text, window[0])
        self._frame.draw(self._lines, self._widths, window, above=said)

    def close(self, summary: Summary) -> None:
        columns, _ = self._paper.size()
        self._frame.wipe(columns)
        conclude(self._view, summary)
