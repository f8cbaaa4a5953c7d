"""How a run is shown. To add a format, add a file and its entry here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Protocol, TextIO

import msgspec

if TYPE_CHECKING:  # `lookervault --help` needs none of them.
    from lookervault.core.figures import Summary
    from lookervault.core.tally import Tally
    from lookervault.messages import ToProgress


class Printer(Protocol):
    """Shows one run. What it cannot show it drops; it never raises for that."""

    def event(self, event: ToProgress, now: float) -> None:
        """Show *event*, which the tally has heard already."""

    def refresh(self, now: float) -> None:
        """Show how far the run is, if it is time to. Called several times a second."""

    def say(self, text: str) -> None:
        """Show *text*, which is no data."""

    def close(self, summary: Summary) -> None:
        """Show what the run came to, and let go of the screen."""


class Together:
    """Several printers that show the same run, the last of them first to be closed."""

    def __init__(self, *printers: Printer) -> None:
        self._printers = printers

    def event(self, event: ToProgress, now: float) -> None:
        for printer in self._printers:
            printer.event(event, now)

    def refresh(self, now: float) -> None:
        for printer in self._printers:
            printer.refresh(now)

    def say(self, text: str) -> None:
        for printer in self._printers:
            printer.say(text)

    def close(self, summary: Summary) -> None:
        for printer in reversed(self._printers):
            printer.close(summary)


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What a printer shows, where, and how much of it."""

    tally: Tally
    out: TextIO
    """For data, and the summary."""
    err: TextIO
    """For everything else."""
    progress: bool = True
    """Whether to show how far it is."""
    quiet: bool = False
    """Whether to show only what went wrong."""
    verbose: bool = False
    """Whether to show also what will be tried again, and without bounds."""
    vault: str = ""
    """The option that names the vault, to be used in advice."""
    again: str = "lookervault extract"
    """The command that goes on with the run, to be used in advice."""


# Rich takes a while to load, and scripts do not need it.


def _jsonl(view: View) -> Printer:
    from lookervault.output.jsonl import Lines  # noqa: PLC0415 - see above

    return Lines(view)


def _log(view: View) -> Printer:
    from lookervault.output.log import Log  # noqa: PLC0415 - see above

    return Log(view)


def _screen(view: View) -> Printer:
    from lookervault.output.screen import Screen  # noqa: PLC0415 - see above

    return Screen(view)


FORMATS: dict[str, Callable[[View], Printer]] = {
    "json": _jsonl,
    "log": _log,
    "screen": _screen,
}
"""JSON lines for scripts, plain lines for pipes and files, a live view for terminals."""


class Sheet(Protocol):
    """A list for people."""

    def print(self, rows: Iterable[Sequence[str]]) -> None:
        """Print *rows*. Raises what the stream does."""


def sheet(
    stream: TextIO, header: Sequence[str], *, stretch: str, less: Sequence[str] = ()
) -> Sheet:
    """Return a sheet: aligned on a terminal, separated by tabs in a pipe.

    *stretch* is the column that gives way where the terminal is too narrow, and
    *less* are those that are left out, in this order, where it is narrower still.
    """
    from lookervault.output.table import Sheet  # noqa: PLC0415 - see above

    return Sheet(stream, header, stretch=stretch, less=less)
