"""``lookervault extract``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import click

from lookervault.cli import dry_run, options, run_options
from lookervault.cli.app import App, complain
from lookervault.cli.configured import Configured
from lookervault.cli.interrupts import Interrupts
from lookervault.cli.showing import shown
from lookervault.cli.watch import Watch
from lookervault.cli.wish import Wish, wish
from lookervault.core.tally import Tally
from lookervault.store.base import Store

_GO_ON = "What was stored is kept; run the same command again to go on."

_EPILOG = """
\b
Exit status:
  0    complete: all that was listed is stored
  1    failed; what was stored is kept, run it again to go on
  2    usage error, or Looker has no such folder; nothing was copied
  3    stored, but incomplete: what is missing is listed
  4    stopped at --max-calls or --max-duration; run it again to go on
  5    Looker could not be reached or stayed overloaded; try again later
  10   another instance's vault, a newer format, or no place to write to
  11   another process writes to the vault
  13   the login was refused, or may see nothing that was asked for
  14   the vault is damaged
  15   no space left, or the disk failed
  130, 143  ended by Ctrl-C or a signal, after committing what was in flight

\b
Example:
  lookervault extract dashboards looks --workers 8 --vault ./looker.vault
  lookervault extract --profile prod --dry-run
"""


@click.command(cls=Configured, context_settings=options.SETTINGS, epilog=_EPILOG)
@options.kinds
@run_options.copying
@click.pass_context
def extract(ctx: click.Context, /, **given: Any) -> int:
    """Copy content from Looker into the vault.

    Name the KINDs to copy (see `lookervault kinds`), or none to copy them all. An
    unfinished run of the same kinds and folders is continued where it stopped.

    Address and credentials come from LOOKERSDK_BASE_URL, LOOKERSDK_CLIENT_ID and
    LOOKERSDK_CLIENT_SECRET, from a looker.ini, or from a profile. Every option can
    be set by the environment too, as LOOKERVAULT_ and its name, and in a profile.
    """
    app: App = ctx.obj
    asked = wish(ctx, app, given)
    return dry_run.run(app, asked) if asked.dry_run else _run(app, asked)


def _run(app: App, asked: Wish) -> int:
    with ExitStack() as stack:
        interrupts = stack.enter_context(Interrupts())
        tally = Tally(
            workers=asked.access.workers,
            began=app.clock(),
            max_rate=asked.settings["max_rate"],
            max_memory=asked.settings["max_memory"],
        )
        printer = stack.enter_context(shown(app, asked, tally))
        source = stack.enter_context(closing(app.source(app.environ, asked.access)))
        store = app.store(asked.vault, source, asked.scope, app.calendar())
        stack.enter_context(closing(store))
        for notice in _notices(store, asked):
            printer.say(notice)
        interrupts.begin()
        system = stack.enter_context(app.system(source, store, asked.settings))
        extraction = system.extract(asked.scope, fresh=asked.fresh)
        watch = Watch(tally, printer, interrupts, clock=app.clock)
        summary = watch.until_over(extraction)
    if summary.status == "failed":
        complain(f"{summary.reason.rstrip('.')}. {_GO_ON}")
    return summary.exit_code


def _notices(store: Store, asked: Wish) -> Iterator[str]:
    """Yield what should be known before anything happens."""
    before = store.open_run()
    if before is None or (before.scope == asked.scope and not asked.fresh):
        return
    why = "a new run was asked for" if asked.fresh else "it covers something else"
    yield (
        f"run {before.number} is not finished, but {why}: it is closed as abandoned. "
        "What it stored is kept."
    )
