"""How a run is shown: live, line by line or as JSON, and in a log beside that."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO, cast

from lookervault.cli.app import App, complain
from lookervault.cli.hiding import known
from lookervault.cli.wish import Wish
from lookervault.core.tally import Tally
from lookervault.output import FORMATS, Printer, Together, View
from lookervault.output.safe import safe
from lookervault.output.stream import Tolerant


@contextlib.contextmanager
def shown(app: App, asked: Wish, tally: Tally) -> Iterator[Printer]:
    """Yield what shows the run that is counted by *tally*, as it was *asked* for.

    Raises:
        UsageError: the log cannot be opened.

    """
    printer = _printer(app, asked, tally)
    if asked.log_file is None:
        yield printer
        return
    with _logged(app, asked, tally, asked.log_file) as entries:
        yield Together(printer, entries)


@contextlib.contextmanager
def _logged(app: App, asked: Wish, tally: Tally, path: Path) -> Iterator[Printer]:
    from lookervault.looker.secret import secrets  # noqa: PLC0415 - takes a while
    from lookervault.output.entries import Entries  # noqa: PLC0415 - idem
    from lookervault.output.logfile import opened  # noqa: PLC0415 - idem

    with opened(path, form=asked.log_format, debug=app.debug, secrets=secrets) as file:
        yield Entries(tally, verbose=asked.verbose, debug=app.debug)
    if file.trouble is not None:
        complain(f"the log {path} is not whole: {file.trouble}.")


def _printer(app: App, asked: Wish, tally: Tally) -> Printer:
    # No error of a stranger's may tell a secret, whatever became of it on its way.
    out, err = Tolerant(sys.stdout, known), Tolerant(sys.stderr, known)
    view = View(
        tally=tally,
        # What they lack of a `TextIO` nobody here asks for.
        out=cast("TextIO", out),
        err=cast("TextIO", err),
        progress=not (asked.quiet or asked.no_progress),
        quiet=asked.quiet,
        verbose=asked.verbose,
        vault=asked.hint,
        again=_again(app),
    )
    if asked.as_json:
        return FORMATS["json"](view)
    dumb = os.environ.get("TERM", "") in {"dumb", "unknown"}
    live = view.progress and err.isatty() and not dumb
    return FORMATS["screen" if live else "log"](view)


def _again(app: App) -> str:
    """Return the command that goes on with the run: what was typed, and not ``--fresh``."""
    words = (word for word in app.typed if word != "--fresh")
    return safe(shlex.join(("lookervault", *words)))
