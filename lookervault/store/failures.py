"""What LMDB and the disk may complain of, in our own words."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import lmdb

from lookervault.errors import Damaged, DiskFailed, LookervaultError, VaultError
from lookervault.store import disk

_DAMAGED = (
    lmdb.CorruptedError,
    lmdb.PageNotFoundError,
    lmdb.InvalidError,
    lmdb.VersionMismatchError,
    lmdb.NotFoundError,
)
_DISK = (lmdb.DiskError, lmdb.PanicError)

_LITTLE = 16 * 2**20
"""Bytes. With less left, a refused write is told as a full disk."""


def translate(error: lmdb.Error, path: Path) -> LookervaultError:
    """Say what *error* means for the vault at *path*."""
    if isinstance(error, _DAMAGED):
        return Damaged(
            f"The vault {path} is damaged ({error}). lookervault check says how badly; "
            "go back to a copy of it, or extract into a new one."
        )
    if isinstance(error, _DISK) or type(error) is lmdb.Error:
        return DiskFailed(_about_the_disk(error, path))
    if isinstance(error, lmdb.ReadersFullError):
        return VaultError(f"Too many programs read the vault {path}: stop some.")
    if isinstance(error, lmdb.MemoryError):
        return VaultError(
            f"There is not enough address space to open the vault {path}: raise the "
            "limit of virtual memory (ulimit -v)."
        )
    return VaultError(f"The vault {path} cannot be used: {error}.")


def _about_the_disk(error: Exception, path: Path) -> str:
    left = disk.free(path)
    if left is not None and left < _LITTLE:
        return (
            f"The disk of the vault {path} is full ({left // 2**20} MiB left): free "
            "some space, then run again; what was stored is kept."
        )
    return (
        f"The disk of the vault {path} refused ({error}). What was stored is kept; "
        "look at the disk, then run again."
    )


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise our own errors instead of LMDB's. `lmdb.MapFullError` passes: it is no end."""
    try:
        yield
    except lmdb.MapFullError:
        raise
    except lmdb.Error as error:
        raise translate(error, path) from error
