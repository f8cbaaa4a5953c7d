"""``lookervault doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TextIO

import click

from lookervault.cli import options, run_options
from lookervault.cli.app import App, complain, data
from lookervault.cli.checkup import Checkup, Report
from lookervault.cli.configured import Configured
from lookervault.cli.dry_run import COLUMNS, forecast, inside, row
from lookervault.cli.settled import settled
from lookervault.cli.wish import Wish, wish
from lookervault.output import sheet, words
from lookervault.output.jsonl import line
from lookervault.output.safe import safe

_EPILOG = """
\b
Exit status:
  0   all is well
  2   something is set that makes no sense, or credentials are missing
  3   this login may not list some of the kinds; others could be copied
  5   Looker could not be reached or stayed overloaded; try again later
  10  another instance's vault, a newer format, or no place for a vault
  13  the login was refused, or may list nothing that was asked for
  14  the vault is damaged
  15  too little space is left for a vault

\b
Example:
  lookervault doctor --profile prod
"""


@click.command(
    cls=Configured,
    context_settings=options.SETTINGS,
    epilog=_EPILOG,
    short_help="Check settings, login and permissions; count a run's calls.",
)
@options.kinds
@run_options.asking
@click.pass_context
def doctor(ctx: click.Context, /, **given: Any) -> int:
    """Check all that an extraction depends on, and foretell its calls.

    Each setting is shown with where it comes from. Then the vault is looked at, and
    Looker is asked for its version, who this login is, and how many items of each
    kind it may see. Nothing is written, and no content is read but a few items, by
    which the number of calls of an extraction is estimated. The exit status is that
    of the first thing that is wrong.
    """
    app: App = ctx.obj
    asked = wish(ctx, app, given)
    report = Checkup(app, asked, settled(ctx, app)).report()
    with data() as out:
        if asked.as_json:
            out.write(f"{line(report)}\n")
        else:
            _print(out, report, asked)
    for problem in report.problems:
        complain(problem.what)
    return report.exit_code


def _print(out: TextIO, report: Report, asked: Wish) -> None:
    file, profile, *others = report.settings
    out.writelines(
        f"{it.name}: {safe(it.value)} ({safe(it.source)})\n" for it in (file, profile)
    )
    # Which file it is has been said.
    rows = [
        (it.name, it.value, it.source.removesuffix(f" of {file.value}"))
        for it in (*others, *report.login)
    ]
    sheet(out, ("setting", "value", "from"), stretch="value").print(rows)
    out.writelines(f"{safe(text)}\n" for text in _facts(report))
    if report.kinds:
        sheet(out, COLUMNS, stretch=COLUMNS[-1]).print(map(row, report.kinds))
    if report.calls is not None:
        out.writelines(f"{text}\n" for text in forecast(report.calls, asked))
    asked_for = words.plural(report.asked, "call")
    out.write(f"To find that out took {asked_for}. Nothing was written.\n")


def _facts(report: Report) -> Iterator[str]:
    vault, looker = report.vault, report.looker
    if vault is not None:
        yield f"vault: {vault.path}{'' if vault.there else ', which is not there yet'}"
        if vault.latest is not None:
            yield f"last snapshot: {vault.latest}"
        if vault.open_run is not None:
            yield f"unfinished run: {vault.open_run}"
        if vault.locked is not None:
            yield vault.locked
    if looker is not None:
        yield f"Looker: {looker.version} at {looker.url}"
        yield f"login: {looker.name or 'user'} (id {looker.user})"
        yield f"roles: {', '.join(looker.roles) or 'none'}"
    if report.folders:
        yield inside(report.folders)
