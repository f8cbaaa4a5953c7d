"""The directory of a vault: what lies in it, how it is made, whether it is whole.

::

    looker.vault/          0700
      CURRENT              one line: the name of the directory that counts
      data-1/              0700: an LMDB environment, its files 0600
      lock                 who writes (`lock.py`)

`data-1` gets its name only when what is in it is on disk, and `CURRENT` comes
last: a vault that has either of them was made to the end.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from lookervault.errors import Damaged, DiskFailed, VaultError
from lookervault.store import pages

CURRENT = "CURRENT"
_FIRST = "data-1"
_NAME = re.compile(r"data-[0-9]+")
FIRST_DRAFT = f"{_FIRST}.new"
BEGUN = frozenset({"lock", FIRST_DRAFT, f"{CURRENT}.new", _FIRST})
"""What a creation that was cut off may leave behind."""

DATA = "data.mdb"


def current(path: Path) -> Path | None:
    """Return the data directory of the vault at *path*; ``None`` if there is no vault.

    Raises:
        VaultError: there is something else.
        Damaged: the vault lacks its data.

    """
    try:
        names = {entry.name for entry in path.iterdir()}
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _not_usable(path, error) from error
    if CURRENT not in names:
        if names <= BEGUN:
            return None
        raise _no_vault(path)
    data = path / _name(path)
    if not (data / DATA).is_file():
        message = f"The vault {path} has lost its data: {data / DATA} is not there."
        raise Damaged(message)
    return data


def _name(path: Path) -> str:
    try:
        name = (path / CURRENT).read_text("utf-8", "replace").strip()
    except OSError as error:
        raise _not_usable(path, error) from error
    if not _NAME.fullmatch(name):
        raise _no_vault(path)
    return name


def _no_vault(path: Path) -> VaultError:
    return VaultError(
        f"{path} is not a vault, but a directory with other files: name a vault, or a "
        "place where none is yet."
    )


def _not_usable(path: Path, error: OSError) -> VaultError:
    taken = isinstance(error, NotADirectoryError | FileExistsError)
    if taken and path.exists():
        return VaultError(
            f"{path} is a file, and a vault is a directory: name another."
        )
    return VaultError(
        f"The vault {path} cannot be used: {error.strerror}. Name another place, or "
        "run as the user who owns it."
    )


def claim(path: Path) -> None:
    """Make the directory at *path*, if it is not there, and keep others out of it."""
    fresh = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
        if fresh or not any(path.iterdir()):
            # The mode that mkdir gives depends on the umask.
            path.chmod(0o700)
    except OSError as error:
        raise _not_usable(path, error) from error


def unfinished(path: Path) -> Path | None:
    """Return the data of a vault that was made but for its `CURRENT`."""
    data = path / _FIRST
    return data if (data / DATA).is_file() else None


def only_begun(path: Path) -> bool:
    """Whether in the directory at *path* is nothing but the beginnings of a vault."""
    names = {entry.name for entry in path.iterdir()}
    return names <= {*BEGUN, CURRENT} and "lock" in names


def draft(path: Path) -> Path:
    """Make an empty directory for the data of a new vault."""
    data = path / FIRST_DRAFT
    try:
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        data.chmod(0o700)
    except OSError as error:
        raise _not_usable(path, error) from error
    return data


def finish(path: Path) -> Path:
    """Give what `draft` began its name, durably, and let `CURRENT` tell it."""
    data = path / _FIRST
    try:
        if not data.exists():
            sync(path / FIRST_DRAFT)
            (path / FIRST_DRAFT).rename(data)
            sync(path)
        _write(path / CURRENT, f"{_FIRST}\n".encode())
        sync(path)
    except OSError as error:
        message = f"The vault {path} could not be made: {error.strerror}."
        raise DiskFailed(message) from error
    return data


def anchor(path: Path) -> None:
    """Have the way to *path* on disk, whoever made the directories on it, and when.

    Those that this user may not open were there before him.

    Raises:
        DiskFailed: the disk refused.

    """
    try:
        sync(path)
        with contextlib.suppress(PermissionError):
            sync(path.parent)
    except OSError as error:
        message = f"The vault {path} could not be kept: {error.strerror}."
        raise DiskFailed(message) from error
    for directory in path.resolve().parents:
        with contextlib.suppress(OSError):  # what is far above need not be a disk
            sync(directory)


def _write(file: Path, content: bytes) -> None:
    new = file.with_name(f"{file.name}.new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(handle, 0o600)
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)
    new.rename(file)


def sync(directory: Path) -> None:
    """Have the names in *directory* on disk."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_private(data: Path) -> None:
    """Give LMDB's files their modes whatever the umask, without opening them.

    Opening its lock file and closing it would drop the lock of this process.
    """
    try:
        for name in (DATA, "lock.mdb"):
            (data / name).chmod(0o600)
    except OSError as error:
        raise _not_usable(data.parent, error) from error


def check_size(data: Path) -> None:
    """Compare the size of a data file with what its meta pages say.

    A map of a file that was cut off ends the process when it is read.

    Raises:
        Damaged: it is empty, cut off, or no data file at all.

    """
    try:
        pages.check_size(data / DATA)
    except OSError as error:
        raise _not_usable(data, error) from error


def damage(data: Path) -> Damaged | None:
    """Say what is wrong with the pages of a data file that could not be opened."""
    with contextlib.suppress(OSError):
        for finding in pages.findings(data / DATA):
            if finding.harm:
                return Damaged(finding.sentence)
    return None
