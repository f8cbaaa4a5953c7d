"""Has a vault looked at, and says what is wrong with it, also if it ends who looks."""

from __future__ import annotations

import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec

from lookervault.core import audit
from lookervault.core.audit import Finding
from lookervault.errors import LookervaultError, VaultError
from lookervault.store import child, pages, place, reading
from lookervault.store.share import Beat, Seen, Share

PATIENCE = 120.0
"""Seconds without a sign of life. Each takes a few at most, also on a slow disk."""

_EXAMINER = "lookervault.store.examiner"


def inspect(
    path: Path, share: Share, *, patience: float = PATIENCE
) -> Generator[Finding | Beat | Seen]:
    """Yield what is wrong with the vault at *path*, how far it is, and what was seen.

    The last one, `Seen`, is missing if it could not be looked at to the end.

    Raises:
        VaultError: there is no vault, or it is too new.
        Damaged: it lacks its data.
        LookervaultError: whoever looks at it failed by a mistake of ours.

    """
    data = place.current(path)
    if data is None:
        raise reading.no_vault(path)
    try:
        place.check_size(data)
    except LookervaultError:
        # There is no use in opening it.
        yield from pages.findings(data / place.DATA)
        return
    with child.started(_EXAMINER, (data, share.number, share.of)) as process:
        yield from _told(process, data / place.DATA, patience)


def _told(
    process: subprocess.Popen[bytes], file: Path, patience: float
) -> Iterator[Finding | Beat | Seen]:
    what, how = "pages", ""
    try:
        while message := child.heard(process, patience):
            if isinstance(message, child.Refused):
                raise VaultError(message.reason)
            what = message.what if isinstance(message, Beat) else what
            yield message
        status = process.wait(patience)
        if status > 0:
            raise _mistake(file, status)
        how = child.ended(status) if status else ""
    except (TimeoutError, subprocess.TimeoutExpired):
        how = f"did nothing for {patience:.0f} s"
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        how = "said what makes no sense"
    if how:
        told = f"{file} is damaged: the process that read its {what} {how}."
        yield audit.of_file(told)


def _mistake(file: Path, status: int) -> LookervaultError:
    return LookervaultError(
        f"{file} could not be looked at: the process that does so {child.ended(status)}. "
        "That is a bug, and says nothing of the vault."
    )
