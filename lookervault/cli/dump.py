"""``lookervault dump``."""

from __future__ import annotations

from pathlib import Path

import click

from lookervault.cli import options
from lookervault.cli.app import App, data
from lookervault.cli.configured import Configured, configurable
from lookervault.content import named
from lookervault.errors import UsageError

_EPILOG = """
\b
Exit status:
  0   done
  2   that is no KIND/ID
  10  there is no vault, no such snapshot, or no such item in it
  14  the vault is damaged
  15  the output could not be written

\b
Example:
  lookervault dump dashboards/42 > 42.json
"""


@click.command(cls=Configured, context_settings=options.SETTINGS, epilog=_EPILOG)
@click.argument("item", metavar="KIND/ID")
@options.vault
@configurable
@options.at
@options.debug
@click.pass_obj
def dump(app: App, item: str, *, vault: Path, at: str | None) -> None:
    """Print one item as Looker sent it: the bytes, and nothing else."""
    name, slash, id_ = item.partition("/")
    if not slash or not id_:
        message = f"{item!r} names no item: say KIND/ID, such as dashboards/42."
        raise UsageError(message)
    (kind,) = named([name])
    with app.vault(vault) as reader:
        run = reader.snapshot(at).number if at else None
        body = reader.body(kind, id_, run)
    with data() as out:
        out.buffer.write(body)
        out.buffer.flush()
