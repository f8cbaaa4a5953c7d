"""``lookervault snapshots``."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from lookervault.cli import options, values
from lookervault.cli.app import App, complain, data
from lookervault.cli.configured import Configured, configurable
from lookervault.output import sheet, words
from lookervault.output.jsonl import line
from lookervault.records import Counts, Phase, Run

TOO_OLD = 20
"""Exit status."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say of a run."""

    run: str
    state: str
    """``complete``, ``incomplete``, ``repair``, ``open`` or ``abandoned``."""
    started: str
    ended: str
    kinds: tuple[str, ...]
    """Empty: all."""
    folders: tuple[str, ...]
    recursive: bool
    repair: bool
    """Whether only what was damaged was asked for."""
    items: int
    new: int
    changed: int
    unchanged: int
    gone: int
    failed: int
    calls: int
    resumed: int
    looker: str


_EPILOG = """
\b
Exit status:
  0   done
  2   usage error
  10  there is no vault
  14  the vault is damaged
  20  --max-age: there is no complete one, or it is too old

\b
Example:
  lookervault snapshots --latest --max-age 26h || echo "too old"
"""


@click.command(cls=Configured, context_settings=options.SETTINGS, epilog=_EPILOG)
@options.vault
@configurable
@options.json
@options.flag("--latest", "Only the newest that is finished.", options.WHAT)
@options.option(
    "--max-age",
    group=options.WHAT,
    type=values.Duration(),
    metavar="TIME",
    help="End with status 20 if the newest complete one is older, such as 26h.",
)
@options.debug
@click.pass_obj
def snapshots(
    app: App, *, vault: Path, as_json: bool, latest: bool, max_age: float | None
) -> int:
    """List the runs in the vault, the newest first."""
    with app.vault(vault) as reader:
        runs = sorted(reader.snapshots(), key=lambda run: -run.number)
    shown = [run for run in runs if run.phase is Phase.SEALED][:1] if latest else runs
    with data() as out:
        if as_json:
            out.writelines(f"{line(entry(run))}\n" for run in shown)
        else:
            header = ("run", "state", "when", "items", "failed", "what")
            listed = sheet(out, header, stretch="what", less=("failed", "items"))
            listed.print(map(_row, map(entry, shown)))
    return 0 if max_age is None else _age(runs, max_age, app.calendar())


def entry(run: Run) -> Entry:
    """Return what there is to say of *run*."""
    counts = sum(run.counts.values(), Counts())
    return Entry(
        run=str(run.number),
        state=_state(run),
        started=words.time(run.started),
        ended=words.time(run.ended),
        kinds=run.scope.kinds,
        folders=run.scope.folders,
        recursive=run.scope.recursive,
        repair=run.scope.repair,
        items=counts.stored,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        gone=counts.gone,
        failed=sum(report.failed for report in run.kinds.values()),
        calls=run.calls,
        resumed=run.resumed,
        looker=run.looker,
    )


def _state(run: Run) -> str:
    if run.phase is Phase.SEALED and run.scope.repair:
        return "repair"
    if run.phase is Phase.SEALED:
        return "complete" if run.complete else "incomplete"
    phase: str = run.phase.value
    return phase


def _row(it: Entry) -> tuple[str, ...]:
    folder = "folder" if len(it.folders) == 1 else "folders"
    folders = f" in {folder} {', '.join(it.folders)}" if it.folders else ""
    below = " and below" if it.recursive else ""
    what = f"{', '.join(it.kinds) or 'everything'}{folders}{below}"
    if it.repair:
        what = f"what was damaged of {what}"
    items, failed = f"{it.items:,}", f"{it.failed:,}"
    return it.run, it.state, it.ended or it.started, items, failed, what


def _age(runs: list[Run], most: float, now: float) -> int:
    """Return the exit status for a newest complete run that may be *most* seconds old."""
    ended = next((run.ended for run in runs if run.complete), None)
    if ended is None:
        complain("no snapshot is complete: run lookervault extract.")
        return TOO_OLD
    if now - ended > most:
        age, limit = words.duration(now - ended), words.duration(most)
        complain(
            f"the newest complete snapshot is {age} old, more than {limit}: "
            "run lookervault extract."
        )
        return TOO_OLD
    return 0
