"""``lookervault ls``."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from lookervault.cli import options
from lookervault.cli.app import App, data
from lookervault.cli.configured import Configured, configurable
from lookervault.content import named
from lookervault.output import sheet
from lookervault.output.jsonl import line
from lookervault.records import Head, State


class Entry(msgspec.Struct, frozen=True):
    """What there is to say of an item."""

    kind: str
    id: str
    title: str
    folder_id: str | None
    updated_at: str | None
    """As Looker wrote it."""
    state: str


_EPILOG = """
\b
Exit status:
  0   done
  2   there is no such kind or option
  10  there is no vault, or no such snapshot
  14  the vault is damaged

\b
Example:
  lookervault ls dashboards --json | jq -r .title
"""


@click.command(cls=Configured, context_settings=options.SETTINGS, epilog=_EPILOG)
@options.kind
@options.vault
@configurable
@options.at
@options.json
@options.option(
    "--all",
    "everything",
    group=options.WHAT,
    is_flag=True,
    envvar="LOOKERVAULT_ALL",
    help="Also items that are gone.",
)
@options.debug
@click.pass_obj
def ls(
    app: App, kind: str, *, vault: Path, at: str | None, as_json: bool, everything: bool
) -> None:
    """List the items of one KIND, a line each.

    The columns are id, title, folder, last update and state. On a terminal as a table; in a pipe as lines whose fields are separated by tabs.
    """
    (name,) = named([kind])
    with app.vault(vault) as reader, data() as out:
        run = reader.snapshot(at).number if at else None
        entries = map(_entry, reader.items(name, run, gone=everything))
        if as_json:
            out.writelines(f"{line(entry)}\n" for entry in entries)
            return
        header = ("id", "title", "folder", "updated", "state")
        listed = sheet(out, header, stretch="title", less=("updated", "folder"))
        listed.print(map(_row, entries))


def _entry(head: Head) -> Entry:
    lost = head.lost and head.state is not State.GONE
    state = "lost" if lost else head.state.value
    return Entry(head.kind, head.id, head.title, head.folder, head.updated_at, state)


def _row(entry: Entry) -> tuple[str, ...]:
    folder, updated = entry.folder_id or "", entry.updated_at or ""
    return entry.id, entry.title, folder, updated, entry.state
