"""``lookervault copy``."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

import click
import msgspec

from lookervault.cli import options
from lookervault.cli.app import App, complain, data
from lookervault.cli.configured import Configured, configurable
from lookervault.output import words
from lookervault.output.gauge import Gauge
from lookervault.output.jsonl import line
from lookervault.output.safe import safe


class Summary(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="message_type", tag="summary"
):
    """What was copied."""

    vault: str
    copy: str
    bytes: int


_EPILOG = """
\b
Exit status:
  0   the copy is there, whole
  2   usage error
  10  there is no vault, or DEST is there already or no place for one
  11  another process makes the same copy
  14  the vault is damaged, so that there is no copy
  15  too little space is left, or the disk failed

\b
Example:
  lookervault copy /backup/looker.vault --compact
"""


@click.command(cls=Configured, context_settings=options.SETTINGS, epilog=_EPILOG)
@click.argument("dest", type=click.Path(path_type=Path))
@options.vault
@configurable
@options.flag("--compact", "Leave out space that is not used any more.", options.WHAT)
@options.json
@options.debug
@click.pass_obj
def copy(app: App, dest: Path, *, vault: Path, compact: bool, as_json: bool) -> None:
    """Copy the vault to DEST, also while a run writes to it.

    The copy holds what the vault holds when the command begins. It is whole, or not
    there. Do not copy a vault in use by other means: see docs/format.md.
    """
    from lookervault.store.copying import Begun, copy  # noqa: PLC0415 - takes a while

    gauge, size = Gauge(sys.stderr, app.clock), 0
    now = app.calendar()
    with closing(copy(vault, dest, compact=compact, now=now)) as steps:
        for step in steps:
            if isinstance(step, Begun):
                complain(f"{step.removed}, a copy that was cut off, has been removed.")
                continue
            size = step.done
            gauge.show("copying", step.done, step.of)
    gauge.wipe()
    with data() as out:
        if as_json:
            out.write(
                f"{line(Summary(vault=str(vault), copy=str(dest), bytes=size))}\n"
            )
        else:
            out.write(f"{safe(f'{vault} is copied to {dest}: {words.size(size)}')}.\n")
