"""The process that writes a copy of a vault's data. `copying` starts it.

LMDB copies in one go, which nothing interrupts but the end of the process.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lookervault.errors import LookervaultError
from lookervault.store import environment
from lookervault.store.child import Mouth, Refused


def main(arguments: list[str]) -> None:
    """Copy the data directory that is named into the file descriptor that is."""
    path, target, compact = arguments
    mouth = Mouth()
    try:
        opened = environment.share(Path(path))
        try:
            opened.copy(int(target), compact=compact == "compact")
        finally:
            environment.unshare(opened)
    except LookervaultError as error:
        mouth.say(Refused(str(error), error.exit_code))


if __name__ == "__main__":
    main(sys.argv[1:])
