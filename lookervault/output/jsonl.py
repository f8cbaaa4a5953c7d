"""JSON lines for scripts: one object a line, ASCII only, on standard output."""

from __future__ import annotations

import json
import math

import msgspec

from lookervault.core.figures import Summary
from lookervault.messages import Began, ToProgress
from lookervault.output import View
from lookervault.output.events import record_of

_EVERY = 0.5
"""Seconds between two statuses; scripts may count on one a second."""


def line(record: object) -> str:
    """Return *record*, a struct or what it comes to, as JSON on one line."""
    return json.dumps(msgspec.to_builtins(record), separators=(",", ":"))


class Lines:
    """One line for each event that scripts may want, and a status twice a second."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._due = -math.inf
        self._began = False

    def event(self, event: ToProgress, now: float) -> None:
        if isinstance(event, Began):
            # A coordinator that was restarted begins anew; the run does not.
            if self._began:
                return
            self._began = True
        record = record_of(event, now)
        if record is not None:
            self._print(record)

    def refresh(self, now: float) -> None:
        if self._view.progress and now >= self._due:
            self._due = now + _EVERY
            self._print(self._view.tally.status(now))

    def say(self, text: str) -> None:
        self._view.err.write(text + "\n")
        self._view.err.flush()

    def close(self, summary: Summary) -> None:
        self._print(summary)

    def _print(self, record: object) -> None:
        self._view.out.write(line(record) + "\n")
        self._view.out.flush()
