"""The lock that lets one process write to a vault.

It is a `flock` of a file of our own: the kernel frees it with the process that
held it, however that ended, and it refuses instead of making wait.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import os
from pathlib import Path

import msgspec

from lookervault.errors import Locked, VaultError


class Holder(msgspec.Struct, frozen=True):
    """Who holds the lock; the content of the file, as JSON."""

    pid: int
    host: str
    since: str
    """UTC, ISO 8601."""


class Lock:
    """The right to write to the vault at *path*, until it is released.

    *now* is the wall clock, in seconds since 1970.

    Raises:
        Locked: another process has it, or this one by another `Lock`.
        VaultError: the file cannot be made.

    """

    def __init__(self, path: Path, *, now: float) -> None:
        self._pid = os.getpid()
        self._file = _open(path / "lock")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            told = os.pread(self._file, 4096, 0)
            os.close(self._file)
            if isinstance(error, BlockingIOError):
                raise Locked(_sentence(path, told)) from None
            message = f"The vault {path} cannot be locked: {error.strerror}."
            raise VaultError(message) from error
        self._sign(now)

    def _sign(self, now: float) -> None:
        since = dt.datetime.fromtimestamp(now, dt.UTC)
        holder = Holder(
            self._pid, os.uname().nodename, since.isoformat(timespec="seconds")
        )
        # The name of the holder is a courtesy: a full disk does not undo the lock.
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, msgspec.json.encode(holder), 0)

    def release(self) -> None:
        """Let others write. A forked child lets go of its copy only."""
        if self._file < 0:
            return
        if os.getpid() == self._pid:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        os.close(self._file)
        self._file = -1


def held(path: Path) -> str | None:
    """Say who writes to the vault at *path*; ``None``: nobody does, as far as can be told."""
    try:
        file = os.open(path / "lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _sentence(path, os.pread(file, 4096, 0))
    except OSError:
        return None
    finally:
        os.close(file)
    return None


def _open(file: Path) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        handle = os.open(file, flags, 0o600)
        os.fchmod(handle, 0o600)
    except OSError as error:
        message = (
            f"The lock {file} of the vault cannot be opened: {error.strerror}. "
            "Run as the user who owns the vault."
        )
        raise VaultError(message) from error
    return handle


def _sentence(path: Path, told: bytes) -> str:
    try:
        it = msgspec.json.decode(told, type=Holder)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # It has the lock, and has not signed yet.
        return f"The vault {path} is locked by another process: wait for it or stop it."
    return (
        f"The vault {path} is locked by process {it.pid} on {it.host} since "
        f"{it.since}: wait for it or stop it."
    )
