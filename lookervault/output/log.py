"""What goes into a pipe: plain lines, as things happen."""

from __future__ import annotations

from lookervault.core.figures import Summary
from lookervault.messages import ToProgress
from lookervault.output import View, words
from lookervault.output.closing import conclude
from lookervault.output.notices import Notices

_EVERY = 10.0
"""Seconds between two lines of progress."""


class Log:
    """Plain lines: what happens when it happens, and every ten seconds how far it is."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._notices = Notices(verbose=view.verbose)
        self._due: float | None = None

    def event(self, event: ToProgress, now: float) -> None:
        text = self._notices.of(event, now)
        if text is not None and not self._view.quiet:
            self.say(text)

    def refresh(self, now: float) -> None:
        if self._due is None:
            self._due = now + _EVERY
        if now >= self._due and self._view.progress and not self._view.quiet:
            self._due = now + _EVERY
            self.say(words.progress(self._view.tally.status(now)))

    def say(self, text: str) -> None:
        self._view.err.write(text + "\n")
        self._view.err.flush()

    def close(self, summary: Summary) -> None:
        conclude(self._view, summary)
