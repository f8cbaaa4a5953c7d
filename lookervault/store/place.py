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

import os
import re
import shutil
import struct
from pathlib import Path

from lookervault.errors import Damaged, DiskFailed, VaultError

_CURRENT = "CURRENT"
_FIRST = "data-1"
_NAME = re.compile(r"data-[0-9]+")
_UNFINISHED = {"lock", f"{_FIRST}.new", f"{_CURRENT}.new", _FIRST}
"""What a creation that was cut off may leave behind."""

DATA = "data.mdb"

_META = struct.Struct("=16x I I 8x 8x I 92x Q Q")
"""Of LMDB 0.9 on 64 bits: magic, version, page size, last page, transaction."""

_MAGIC = 0xBEEFC0DE

_SLACK = 16
"""Pages. LMDB does not write pages that a transaction took and gave back, so that
the file of a vault in good health may end a few pages early."""


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
    if _CURRENT not in names:
        if names <= _UNFINISHED:
            return None
        raise _no_vault(path)
    data = path / _name(path)
    if not (data / DATA).is_file():
        message = f"The vault {path} has lost its data: {data / DATA} is not there."
        raise Damaged(message)
    return data


def _name(path: Path) -> str:
    try:
        name = (path / _CURRENT).read_text("utf-8", "replace").strip()
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


def draft(path: Path) -> Path:
    """Make an empty directory for the data of a new vault."""
    data = path / f"{_FIRST}.new"
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
            _sync(path / f"{_FIRST}.new")
            (path / f"{_FIRST}.new").rename(data)
            _sync(path)
        _write(path / _CURRENT, f"{_FIRST}\n".encode())
        _sync(path)
        _sync(path.parent)
    except OSError as error:
        message = f"The vault {path} could not be made: {error.strerror}."
        raise DiskFailed(message) from error
    return data


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


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_private(data: Path) -> None:
    """Give LMDB's files their modes whatever the umask, without opening them.

    Opening its lock file and closing it would drop the lock of this process.
    """
    for name in (DATA, "lock.mdb"):
        (data / name).chmod(0o600)


def check_size(data: Path) -> None:
    """Compare the size of a data file with what its meta pages say.

    A map of a file that was cut off ends the process when it is read.

    Raises:
        Damaged: it is empty, cut off, or no data file at all.

    """
    file = data / DATA
    try:
        with file.open("rb") as content:
            size = os.fstat(content.fileno()).st_size
            needed = _needed(content.read(2 * 65536))
    except OSError as error:
        raise _not_usable(data, error) from error
    if needed is None:
        message = (
            f"The data of the vault, {file}, is empty or not LMDB's. Go back to a copy "
            "of the vault, or extract into a new one."
        )
        raise Damaged(message)
    if size < needed:
        message = (
            f"The data of the vault, {file}, is cut off: it has {size} bytes and needs "
            f"{needed}. Go back to a copy of the vault, or extract into a new one."
        )
        raise Damaged(message)


def _needed(head: bytes) -> int | None:
    """Return how long the file must be, by the newer one of its two meta pages."""
    first = _meta(head, 0)
    second = _meta(head, first[1] if first else 4096)
    metas = [meta for meta in (first, second) if meta]
    if not metas:
        return None
    _, page, last = max(metas)
    return max(2, last + 1 - _SLACK) * page


def _meta(head: bytes, at: int) -> tuple[int, int, int] | None:
    """Return transaction, page size and last page, if *at* is a meta page."""
    if len(head) < at + _META.size:
        return None
    magic, _, page, last, transaction = _META.unpack_from(head, at)
    return (transaction, page, last) if magic == _MAGIC and page else None
