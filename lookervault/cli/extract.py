"""``lookervault extract``."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, TextIO, TypeVar, cast

import click
import msgspec

from lookervault.cli import options
from lookervault.cli.app import Access, App, complain
from lookervault.cli.interrupts import Interrupts
from lookervault.cli.watch import Watch
from lookervault.content import named
from lookervault.core.tally import Tally
from lookervault.errors import UsageError
from lookervault.output import FORMATS, Printer, View
from lookervault.output.stream import Tolerant
from lookervault.records import Scope
from lookervault.store.base import Store

_SETTINGS = (
    "workers",
    "batch_size",
    "give_up_after",
    "max_calls",
    "max_rate",
    "accept_deletions",
)
"""Options that are settings of a system, under the same names."""

_GO_ON = "What was stored is kept; run the same command again to go on."

F = TypeVar("F", bound=Callable[..., Any])


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, checked."""

    scope: Scope
    fresh: bool
    vault: Path
    hint: str
    """The option that names the vault, if it was used."""
    access: Access
    settings: Mapping[str, Any]
    """Of the system, by name."""
    as_json: bool
    quiet: bool
    no_progress: bool
    verbose: bool


def _flag(name: str, about: str) -> Callable[[F], F]:
    return click.option(name, is_flag=True, help=about)


_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    options.vault,
    click.option(
        "--workers",
        type=options.Whole(1, options.MOST_WORKERS),
        default=options.default_workers,
        show_default="min(cores + 4, 8)",
        envvar="LOOKERVAULT_WORKERS",
        show_envvar=True,
        metavar="N",
        help="How many requests at once, 1 to 50.",
    ),
    click.option(
        "--batch-size",
        type=options.Whole(1, options.MOST_ROWS),
        default=100,
        show_default=True,
        metavar="N",
        help="Items a page, at most.",
    ),
    click.option(
        "--folder-id",
        "folder_ids",
        multiple=True,
        metavar="ID",
        envvar="LOOKERVAULT_FOLDER_ID",
        help="Only what lies in this folder. Repeatable.",
    ),
    _flag("--recursive-folders", "Also what lies in the folders below."),
    _flag("--fresh", "Do not continue an unfinished run."),
    _flag("--accept-deletions", "Mark also a large number of items as gone."),
    click.option(
        "--give-up-after",
        type=options.Duration(),
        default="10m",
        show_default=True,
        metavar="TIME",
        help="Without an answer from Looker: 90, 10m, 2h.",
    ),
    click.option(
        "--max-calls",
        type=options.Whole(1),
        metavar="N",
        help="Stop, resumable, after this many requests.",
    ),
    click.option(
        "--max-rate",
        type=options.Positive(),
        metavar="R",
        help="Requests a second, at most.",
    ),
    click.option(
        "--looker-ini",
        metavar="FILE[:SECTION]",
        help="Where address and credentials are, unless in LOOKERSDK_... variables.",
    ),
    click.option(
        "--ca-file",
        metavar="FILE",
        help="Certificates to trust instead of the system's.",
    ),
    _flag("--insecure-http", "Send credentials without encryption."),
    options.json,
    _flag("--quiet", "Say only what went wrong."),
    _flag("--no-progress", "Do not show how far it is."),
    _flag("--verbose", "Say more."),
    options.debug,
)


def _all(command: F) -> F:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_EPILOG = """
\b
Exit status:
  0    complete: all that was listed is stored
  1    failed; what was stored is kept, run it again to go on
  2    usage error; nothing was sent
  3    stored, but incomplete: what is missing is listed
  4    stopped at --max-calls; run it again to go on
  5    Looker could not be reached or stayed overloaded; try again later
  10   another instance's vault, or a newer format
  11   another process writes to the vault
  13   the login was refused, or may see nothing that was asked for
  15   no space left, or the disk failed
  130, 143  ended by Ctrl-C or a signal, after committing what was in flight

\b
Example:
  lookervault extract dashboards looks --workers 8 --vault ./looker.vault
"""


@click.command(context_settings=options.SETTINGS, epilog=_EPILOG)
@click.argument("kinds", metavar="[KIND]...", nargs=-1)
@_all
@click.pass_obj
def extract(app: App, /, kinds: tuple[str, ...], **given: Any) -> int:
    """Copy content from Looker into the vault.

    Name the KINDs to copy (see `lookervault kinds`), or none to copy them all. An
    unfinished run of the same kinds and folders is continued where it stopped.

    Address and credentials come from LOOKERSDK_BASE_URL, LOOKERSDK_CLIENT_ID and
    LOOKERSDK_CLIENT_SECRET, or from a looker.ini. Every option can be set by the
    environment too, as LOOKERVAULT_ and its name.
    """
    return _run(app, _wish(kinds, given))


def _wish(kinds: tuple[str, ...], given: Mapping[str, Any]) -> Wish:
    return Wish(
        scope=_scope(kinds, given["folder_ids"], recursive=given["recursive_folders"]),
        fresh=given["fresh"],
        vault=given["vault"],
        hint=_hint(given["vault"]),
        access=Access(
            ini=given["looker_ini"],
            ca_file=given["ca_file"],
            insecure_http=given["insecure_http"],
            workers=given["workers"],
        ),
        settings={name: given[name] for name in _SETTINGS},
        as_json=given["as_json"],
        quiet=given["quiet"],
        no_progress=given["no_progress"],
        verbose=given["verbose"],
    )


def _scope(
    kinds: tuple[str, ...], folders: tuple[str, ...], *, recursive: bool
) -> Scope:
    if recursive and not folders:
        message = "--recursive-folders says how far; name the folders by --folder-id."
        raise UsageError(message)
    if not all(folder.strip() for folder in folders):
        message = "--folder-id got an empty id: name the folder's id, such as 42."
        raise UsageError(message)
    return Scope(named(kinds), tuple(sorted(set(folders))), recursive)


def _hint(vault: Path) -> str:
    """Return what to add to a command so that it finds the same vault."""
    source = click.get_current_context().get_parameter_source("vault")
    typed = source is click.core.ParameterSource.COMMANDLINE
    return f" --vault {shlex.quote(str(vault))}" if typed else ""


def _run(app: App, wish: Wish) -> int:
    with ExitStack() as stack:
        interrupts = stack.enter_context(Interrupts())
        source = stack.enter_context(closing(app.source(app.environ, wish.access)))
        # A login that is refused must not leave an empty vault behind.
        source.login()
        store = app.store(wish.vault, source.instance, app.calendar())
        stack.enter_context(closing(store))
        tally = Tally(workers=wish.access.workers, began=app.clock())
        printer = _printer(wish, tally)
        for notice in _notices(store, wish):
            printer.say(notice)
        interrupts.begin()
        system = stack.enter_context(app.system(source, store, wish.settings))
        extraction = system.extract(wish.scope, fresh=wish.fresh)
        watch = Watch(tally, printer, interrupts, clock=app.clock, memory=app.memory)
        summary = watch.until_over(extraction)
    if summary.status == "failed":
        complain(f"{summary.reason.rstrip('.')}. {_GO_ON}")
    return summary.exit_code


def _printer(wish: Wish, tally: Tally) -> Printer:
    out, err = Tolerant(sys.stdout), Tolerant(sys.stderr)
    view = View(
        tally=tally,
        # What they lack of a `TextIO` nobody here asks for.
        out=cast("TextIO", out),
        err=cast("TextIO", err),
        progress=not (wish.quiet or wish.no_progress),
        quiet=wish.quiet,
        verbose=wish.verbose,
        vault=wish.hint,
    )
    if wish.as_json:
        return FORMATS["json"](view)
    dumb = os.environ.get("TERM", "") in {"dumb", "unknown"}
    live = view.progress and err.isatty() and not dumb
    return FORMATS["screen" if live else "log"](view)


def _notices(store: Store, wish: Wish) -> Iterator[str]:
    """Yield what should be known before anything happens."""
    before = store.open_run()
    if before is None or (before.scope == wish.scope and not wish.fresh):
        return
    why = "a new run was asked for" if wish.fresh else "it covers something else"
    yield (
        f"run {before.number} is not finished, but {why}: it is closed as abandoned. "
        "What it stored is kept."
    )
