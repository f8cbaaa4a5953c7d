"""``lookervault kinds``."""

from __future__ import annotations

import click
import msgspec

from lookervault.cli import options
from lookervault.cli.app import data
from lookervault.cli.grouped import Grouped
from lookervault.content import KINDS, Kind
from lookervault.output import sheet
from lookervault.output.jsonl import line


class Entry(msgspec.Struct, frozen=True):
    """What there is to say of a kind."""

    kind: str
    about: str
    call: str
    """The SDK's method that lists it."""
    reads: str
    """How its items are read."""
    incremental: bool
    """Whether a listing tells what changed."""
    in_folders: bool
    """Whether the server filters it by folder."""
    folder_scope: str
    """What becomes of it when only some folders are asked for."""


_EPILOG = """
\b
Exit status:
  0  done
  2  usage error

\b
Example:
  lookervault kinds --json | jq -r .kind
"""


@click.command(cls=Grouped, context_settings=options.SETTINGS, epilog=_EPILOG)
@options.vault
@options.json
@options.debug
def kinds(vault: object, *, as_json: bool) -> None:  # noqa: ARG001 - taken by every command
    """Show the kinds of content that can be extracted."""
    entries = [_entry(kind) for kind in KINDS.values()]
    with data() as out:
        if as_json:
            out.writelines(f"{line(entry)}\n" for entry in entries)
            return
        header = ("kind", "call", "read by", "incremental", "in folders", "what it is")
        less = ("call", "read by", "incremental", "in folders")
        listed = sheet(out, header, stretch="what it is", less=less)
        listed.print(map(_row, entries))


def _entry(kind: Kind) -> Entry:
    return Entry(
        kind=kind.name,
        about=kind.about,
        call=kind.listing.call,
        reads=kind.reads.value,
        incremental=kind.dated,
        in_folders=kind.listing.folder is not None,
        folder_scope=kind.place.value,
    )


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        entry.kind,
        entry.call,
        entry.reads,
        "yes" if entry.incremental else "no",
        "yes" if entry.in_folders else "no",
        entry.about,
    )
