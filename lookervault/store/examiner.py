"""The process that looks at a vault, which may be damaged. `inspection` starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from lookervault.core import audit
from lookervault.core.audit import Finding
from lookervault.errors import Damaged, LookervaultError
from lookervault.store import environment, keys, pages, place, reading, values
from lookervault.store.child import Mouth, Refused
from lookervault.store.examination import Examination
from lookervault.store.share import Share


def main(arguments: list[str]) -> None:
    """Look at the data directory that is named, and read this share of the bodies."""
    path, number, of = arguments
    mouth = Mouth()
    try:
        _examine(Path(path), Share(int(number), int(of)), mouth)
    except Damaged as error:
        mouth.say(
            audit.of_file(f"LMDB cannot open {path}: {error.__cause__ or error}.")
        )
    except LookervaultError as error:
        mouth.say(Refused(str(error), error.exit_code))


def _examine(data: Path, share: Share, mouth: Mouth) -> None:
    with mouth.alive("pages"):
        below = list(pages.findings(data / place.DATA))
    for finding in below:
        mouth.say(finding)
    try:
        opened = environment.share(data)
    except LookervaultError:
        if any(finding.harm for finding in below):
            return  # It has been told why.
        raise
    try:
        about = _identity(opened, data)
        if about is not None:
            mouth.say(about)
        if not isinstance(about, Refused):
            for message in Examination(opened, share).messages():
                mouth.say(message)
    finally:
        environment.unshare(opened)


def _identity(opened: environment.Environment, data: Path) -> Finding | Refused | None:
    """Say whether what the vault says of itself makes no sense, or is too new."""
    with opened.reading() as transaction:
        value = transaction.get(keys.ABOUT, keys.THE_ABOUT)
    if value is None:
        return audit.of_identity("does not say what it is")
    try:
        about = values.read_about(keys.THE_ABOUT, value)
    except Damaged:
        return audit.of_identity("says of itself what cannot be read")
    if about.format > reading.FORMAT:
        error = reading.too_new(data.parent, about)
        return Refused(str(error), error.exit_code)
    return audit.of_about(about)


if __name__ == "__main__":
    main(sys.argv[1:])
