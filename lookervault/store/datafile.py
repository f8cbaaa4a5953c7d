"""The data file of an open vault, looked at from outside its map.

A map of a file that is cut off ends the process that reads it (SIGBUS), and LMDB
goes on writing to a file that was deleted. Nothing but a look at the file tells:
before each transaction, and once more before a commit.
"""

from __future__ import annotations

import os
from pathlib import Path

from lookervault.core.audit import of_file
from lookervault.errors import Damaged, DiskFailed
from lookervault.store import place


class DataFile:
    """Which file it is, and how long it has been: LMDB never makes it shorter.

    What is cut off between a look and the end of what follows it is not noticed.
    """

    def __init__(self, data: Path) -> None:
        self._vault = data.parent
        self._path = str(data / place.DATA)
        self._identity = identity(data)
        self._length = 0
        """Bytes it was seen to have. Another thread may set it back a little: that
        only makes the look less sharp."""
        self.still_whole()

    def still_whole(self) -> None:
        """Do nothing, unless the file is cut off.

        One that was removed or replaced is whole: its map keeps it.

        Raises:
            Damaged: it is shorter than it was.

        """
        self._look()

    def still_there(self) -> None:
        """Do nothing, unless the file is cut off, or another one is in its place.

        Raises:
            Damaged: it is shorter than it was.
            DiskFailed: it was removed or replaced.

        """
        if not self._look():
            message = (
                f"The vault {self._vault} was removed or replaced while it was "
                "written to. Nothing more is stored; run again."
            )
            raise DiskFailed(message)

    def _look(self) -> bool:
        """Return whether the file is where it was."""
        before = self._length  # first, for the file may grow meanwhile
        told = _told(self._path)
        if told is None or (told.st_dev, told.st_ino) != self._identity:
            return False
        if told.st_size < before:
            seen = (
                f"The data of the vault, {self._path}, was cut off while it was in "
                f"use: it has {told.st_size} bytes and had {before}."
            )
            raise Damaged(of_file(seen).sentence)
        self._length = told.st_size
        return True


def identity(data: Path) -> tuple[int, int] | None:
    """Return what tells the data file in *data* from others, if there is one."""
    told = _told(str(data / place.DATA))
    return None if told is None else (told.st_dev, told.st_ino)


def _told(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - before each transaction: a Path costs more
    except OSError:
        return None
