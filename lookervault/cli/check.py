"""``lookervault check``."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TextIO

import click
import msgspec

from lookervault.cli import options, values
from lookervault.cli.app import App, complain, data
from lookervault.cli.configured import Configured, configurable
from lookervault.core.audit import Finding
from lookervault.errors import Damaged, UsageError
from lookervault.output import words
from lookervault.output.gauge import Gauge
from lookervault.output.jsonl import line
from lookervault.output.safe import safe
from lookervault.store.share import Beat, Seen, Share


class Found(msgspec.Struct, frozen=True, kw_only=True, tag_field="message_type"):
    """Something that is wrong, or a remark."""

    what: str
    """``file``, ``identity``, ``run``, ``version``, ``body``, ``snapshot`` and so on."""
    kind: str | None
    id: str | None
    run: str | None
    told: str
    advice: str


class Damage(Found, frozen=True, kw_only=True, tag="damage"):
    """Something is not what was stored."""


class Note(Found, frozen=True, kw_only=True, tag="note"):
    """No damage, and good to know."""


class Summary(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="message_type", tag="summary"
):
    """What it came to."""

    vault: str
    damaged: int
    """How much is wrong."""
    snapshots: int | None
    """What was looked at; ``None``: it could not be looked at to the end."""
    versions: int | None
    bodies: int | None
    read: int | None
    """Bodies that were unpacked and held against what was stored."""
    bytes: int | None
    """Of those, as they are kept."""
    exit_code: int


_EPILOG = """
\b
Exit status:
  0   all that was looked at is as it was stored
  2   usage error
  10  there is no vault, or a newer version wrote it
  14  the vault is damaged: what is wrong is listed

\b
Example:
  lookervault check --read-data-subset 1/7
"""


@click.command(cls=Configured, context_settings=options.SETTINGS, epilog=_EPILOG)
@options.vault
@configurable
@options.flag("--read-data", "Read and unpack every body, too.", options.WHAT)
@options.option(
    "--read-data-subset",
    group=options.WHAT,
    type=values.Fraction(),
    metavar="N/M",
    help="Read part N of M of the bodies, such as 1/7.",
)
@options.json
@options.debug
@click.pass_obj
def check(
    app: App,
    *,
    vault: Path,
    read_data: bool,
    read_data_subset: tuple[int, int] | None,
    as_json: bool,
) -> int:
    """Verify the vault: its file, every entry, and each snapshot.

    Needs no Looker, and changes nothing. It may be used while a run writes.
    """
    share = _share(read_data, read_data_subset)
    gauge = Gauge(sys.stderr, app.clock)
    damaged, seen = 0, None
    with data() as out, closing(app.inspect(vault, share)) as messages:
        for message in messages:
            match message:
                case Beat(done, of, what):
                    gauge.show(f"checking {what}", done, of)
                case Seen():
                    seen = message
                case Finding():
                    damaged += message.harm
                    gauge.wipe()
                    _print(out, message, as_json=as_json)
        gauge.wipe()
        exit_code = Damaged.exit_code if damaged else 0
        if as_json:
            out.write(f"{line(_summary(vault, damaged, seen, exit_code))}\n")
        elif not damaged and seen is not None:
            out.write(f"{safe(_said(vault, seen, share))}\n")
    if damaged:
        things = "1 thing is" if damaged == 1 else f"{damaged:,} things are"
        complain(f"the vault {vault} is damaged: {things} wrong, as listed.")
    return exit_code


def _share(everything: bool, subset: tuple[int, int] | None) -> Share:  # noqa: FBT001 - a flag as click has it
    if everything and subset is not None:
        message = "--read-data reads all bodies, --read-data-subset a part: name one."
        raise UsageError(message)
    return Share(1, 1) if everything else Share(*(subset or (0, 0)))


def _print(out: TextIO, finding: Finding, *, as_json: bool) -> None:
    if as_json:
        out.write(f"{line(found(finding))}\n")
    else:
        word = "damaged" if finding.harm else "note"
        out.write(f"{word}: {safe(finding.sentence)}\n")
    out.flush()


def found(finding: Finding) -> Found:
    """Return *finding* as it is printed for scripts."""
    sort = Damage if finding.harm else Note
    return sort(
        what=finding.what.value,
        kind=finding.kind,
        id=finding.id,
        run=None if finding.run is None else str(finding.run),
        told=finding.told,
        advice=finding.advice,
    )


def _summary(vault: Path, damaged: int, seen: Seen | None, exit_code: int) -> Summary:
    told = (
        msgspec.structs.asdict(seen) if seen else dict.fromkeys(Seen.__struct_fields__)
    )
    return Summary(vault=str(vault), damaged=damaged, exit_code=exit_code, **told)


def _said(vault: Path, seen: Seen, share: Share) -> str:
    """Say what was looked at, and what was not."""
    there = ", ".join(
        (
            words.plural(seen.snapshots, "snapshot"),
            words.plural(seen.versions, "version"),
            f"{seen.bodies:,} {'body' if seen.bodies == 1 else 'bodies'}",
        )
    )
    if not share.of:
        how = "that the bodies are there was checked, not what is in them (--read-data)"
    elif share.of == 1:
        how = f"all bodies were read ({words.size(seen.bytes)})"
    else:
        how = f"{seen.read:,} of the bodies were read ({words.size(seen.bytes)})"
    return f"{vault}: no damage in {there}; {how}."
