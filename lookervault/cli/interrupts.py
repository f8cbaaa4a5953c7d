"""Ctrl-C and the like: once to end in good order, twice to end at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

from lookervault.errors import LookervaultError

PATIENCE = 10.0
"""Seconds for what is in flight to be committed. A thread that hangs in a system
call cannot be ended, so after that the process is."""

_STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}
"""Exit statuses. A terminal that goes away ends a run like a shutdown does."""

_CURSOR = b"\x1b[?25h\n"
"""Shows the cursor again, which a live view hides, and leaves that view behind."""


class Ended(LookervaultError):
    """A signal came before the run began."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(f"ended by {number.name} before the run began.")
        self.exit_code = _STATUS[number]


class Interrupts:
    """Listens for signals.

    Before the run begins, a signal raises `Ended`. From then on a handler only
    takes note: it may run in the midst of anything, also of a lock that telling
    an actor would need. *leave* ends the process.
    """

    def __init__(self, leave: Callable[[int], object] = os._exit) -> None:
        self._leave = leave
        self._before: dict[signal.Signals, Any] = {}
        self._running = False
        self.caught: signal.Signals | None = None
        """The first that came."""
        self.status = 1
        """What to end with, should there be no time left."""

    def __enter__(self) -> Self:
        for number, handler in (
            *((number, self._heard) for number in _STATUS),
            (signal.SIGALRM, self._late),
        ):
            before = signal.getsignal(number)
            # `nohup` means it. A shell that starts a job in the background ignores
            # SIGINT for it, too, but then `kill -INT` comes from someone who means it.
            if before is signal.SIG_IGN and number is signal.SIGHUP:
                continue
            try:
                signal.signal(number, handler)
            except ValueError:  # not the main thread: the host's business
                break
            self._before[number] = before
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._before:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()

    def begin(self) -> None:
        """From now on there is something to end in good order."""
        self._running = True

    def drain(self, status: int) -> None:
        """From now on there are ten seconds left; then the process ends with *status*."""
        self.status = status
        if self._before:
            signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    def _heard(self, number: int, _: FrameType | None) -> None:
        if self.caught is not None:
            self._end(_STATUS[signal.Signals(number)], b"ended at once")
            return
        self.caught = signal.Signals(number)
        if not self._running:
            raise Ended(self.caught)
        self.drain(_STATUS[self.caught])

    def _late(self, _number: int, _: FrameType | None) -> None:
        self._end(self.status, b"not everything ended in time, so it was ended")

    def _end(self, status: int, how: bytes) -> None:
        # Not by way of `sys.stderr`, which may be what is stuck.
        cursor = _CURSOR if sys.stderr.isatty() else b""
        text = b"lookervault: " + how + b"; what was committed is kept.\n"
        try:
            os.write(2, cursor + text)
        except OSError:
            self._leave(status)
        self._leave(status)
