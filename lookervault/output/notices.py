"""What people are told while a run goes on: a line for each event that matters."""

from __future__ import annotations

import math

from lookervault.messages import Began, Gapped, Slowed, ToProgress
from lookervault.output import words

_SLOW_EVERY = 10.0
"""Seconds between two lines about slowdowns, which may come many times a second."""

GAPS_SHOWN = 20
"""Gaps that are shown as they come, and reasons for gaps in the summary."""


class Notices:
    """Chooses what to say, and says not more than people can read, unless *verbose*."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._began = False
        self._gaps = 0
        self._slow_due = -math.inf

    def of(self, event: ToProgress, now: float) -> str | None:
        """Return the line for *event*, if it gets one."""
        text = words.notice(event, now, verbose=self._verbose)
        if isinstance(event, Began):
            # A coordinator that was restarted begins anew; the run does not.
            first, self._began = not self._began, True
            return text if first else None
        if text is None or self._verbose:
            return text
        if isinstance(event, Slowed):
            if now < self._slow_due:
                return None
            self._slow_due = now + _SLOW_EVERY
        if isinstance(event, Gapped):
            self._gaps += 1
            return text if self._gaps <= GAPS_SHOWN else None
        return text
