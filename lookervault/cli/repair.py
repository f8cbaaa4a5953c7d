"""``lookervault repair``."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any, TextIO

import click
import msgspec

from lookervault.cli import options, run_options
from lookervault.cli.app import App, complain, data
from lookervault.cli.configured import Configured, configurable
from lookervault.cli.wish import access
from lookervault.core.audit import Finding, What
from lookervault.errors import Damaged, Locked
from lookervault.output.gauge import Gauge
from lookervault.output.jsonl import line
from lookervault.output.safe import safe
from lookervault.store.share import Beat, Share

_WITH_LOSSES = 3
"""Exit status."""

_BEYOND = {What.FILE, What.IDENTITY}
"""What no entry that is written could mend, and what makes it unwise to write any."""


class Outcome(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="message_type", tag="outcome"
):
    """What became of something that was damaged."""

    became: str
    """``restored``, ``newer``, ``failed``, ``lost``, ``noted`` or ``left``."""
    kind: str | None
    id: str | None
    run: str | None
    told: str


class Summary(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="message_type", tag="summary"
):
    """How much became of it what."""

    vault: str
    damaged: int
    restored: int = 0
    newer: int = 0
    failed: int = 0
    lost: int = 0
    noted: int = 0
    left: int = 0
    exit_code: int


_EPILOG = """
\b
Exit status:
  0   nothing is damaged any more, and nothing is lost
  2   usage error
  3   what could be had is fetched; what is lost is listed, and noted in the vault
  5   Looker could not be reached or stayed overloaded; try again later
  10  there is no vault, it is another instance's, or a newer version wrote it
  11  another process writes to the vault
  13  the login was refused
  14  the vault is damaged beyond what can be repaired
  15  no space left, or the disk failed

\b
Example:
  lookervault repair --vault looker.vault
"""


@click.command(cls=Configured, context_settings=options.SETTINGS, epilog=_EPILOG)
@options.vault
@run_options.reaching
@configurable
@options.json
@options.debug
@click.pass_context
def repair(ctx: click.Context, /, **given: Any) -> int:
    """Fetch from Looker again what is damaged, and note what is lost.

    All of the vault is checked first, as by `check --read-data`. Looker holds the
    present alone: what it has changed since is stored as a new version, and the
    damaged one is put down as lost. Nothing that can be read is erased.
    """
    app: App = ctx.obj
    vault: Path = given["vault"]
    findings = _findings(app, vault)
    with data() as out:
        told = _Told(out, vault, as_json=given["as_json"])
        beyond = [it for it in findings if it.what in _BEYOND]
        if beyond:
            for finding in beyond:
                told.say("left", finding.sentence, finding)
        elif findings:
            asked = access(ctx, app, given)
            with (
                closing(app.source(app.environ, asked)) as source,
                app.repair(vault, source, app) as work,
            ):
                for it in work.outcomes(findings):
                    told.say(it.became.value, it.told, it)
        return told.end(sum(it.harm for it in findings))


def _findings(app: App, vault: Path) -> list[Finding]:
    """Return what is damaged, and what an earlier repair could not get back.

    Raises:
        Locked: another process writes to the vault.

    """
    from lookervault.store import lock  # noqa: PLC0415 - only now

    held = lock.held(vault)
    if held is not None:
        raise Locked(held)
    gauge, found = Gauge(sys.stderr, app.clock), []
    with closing(app.inspect(vault, Share(1, 1))) as messages:
        for message in messages:
            if isinstance(message, Beat):
                gauge.show(f"checking {message.what}", message.done, message.of)
            elif isinstance(message, Finding) and (message.harm or message.id):
                found.append(message)
    gauge.wipe()
    return found


class _Told:
    """Prints what became of each, and counts."""

    def __init__(self, out: TextIO, vault: Path, *, as_json: bool) -> None:
        self._out = out
        self._vault = vault
        self._as_json = as_json
        self._counts: Counter[str] = Counter()

    def say(self, became: str, told: str, it: Any) -> None:
        """Print one; *it* says of which kind, id and run it is."""
        self._counts[became] += 1
        if self._as_json:
            run = None if it.run is None else str(it.run)
            tag = Outcome(became=became, kind=it.kind, id=it.id, run=run, told=told)
            self._out.write(f"{line(tag)}\n")
        else:
            self._out.write(f"{became}: {safe(told)}\n")
        self._out.flush()

    def end(self, damaged: int) -> int:
        """Print the summary, and return the exit status."""
        counts = self._counts
        exit_code = _status(counts)
        if self._as_json:
            found = {name: counts[name] for name in _NAMES}
            told = Summary(
                vault=str(self._vault), damaged=damaged, exit_code=exit_code, **found
            )
            self._out.write(f"{line(told)}\n")
        elif not counts:
            self._out.write(f"{safe(str(self._vault))}: nothing is to be repaired.\n")
        if exit_code:
            complain(_VERDICTS[exit_code].format(vault=self._vault))
        return exit_code


_NAMES = ("restored", "newer", "failed", "lost", "noted", "left")

_VERDICTS = {
    _WITH_LOSSES: "not everything in the vault {vault} could be got back, as listed.",
    Damaged.exit_code: "the vault {vault} is damaged beyond what can be repaired.",
}


def _status(counts: Counter[str]) -> int:
    if counts["left"]:
        return Damaged.exit_code
    if any(counts[name] for name in ("failed", "lost", "noted")):
        return _WITH_LOSSES
    return 0
