"""Copies a vault into a directory of its own, also while a run writes to it.

A copy is made beside its place, under a temporary name, and gets its own when all of it
is on disk and was looked at: it is whole, or not there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec

from lookervault.errors import Damaged, DiskFailed, VaultError
from lookervault.store import child, disk, pages, place, reading
from lookervault.store.lock import Lock

_COPIER = "lookervault.store.copier"
_BLINK = 0.2
"""Seconds between two looks at how far it is."""

_MARGIN = 2**20
"""Bytes beside the data: directories, and a name."""


class Begun(msgspec.Struct, frozen=True):
    """A copy that was cut off before was found, and has been removed."""

    removed: Path


class Copied(msgspec.Struct, frozen=True):
    """So many bytes of so many are written; in the end as many as there are."""

    done: int
    of: int


def copy(
    path: Path, target: Path, *, compact: bool, now: float
) -> Generator[Begun | Copied]:
    """Copy the vault at *path* to *target*, and yield how far it is.

    *compact* leaves free pages out, which takes longer. *now* is the wall clock.

    Raises:
        VaultError: there is no vault, it is too new, or *target* is no place for it.
        Locked: another process makes the same copy.
        DiskFailed: there is too little space, or the disk refused.
        Damaged: what would be copied is broken.

    """
    data = place.current(path)
    if data is None:
        raise reading.no_vault(path)
    place.check_size(data)
    _check_target(path, target)
    of = pages.metas(data / place.DATA).used
    _check_space(target, of)
    draft = target.with_name(f"{target.name}.copying")
    with _drafted(draft, now) as left_over:
        if left_over:
            yield Begun(draft)
        yield from _fill(data, place.draft(draft), of, compact=compact)
        _check_copy(path, draft / place.FIRST_DRAFT / place.DATA)
        place.finish(draft)
        _arrive(draft, target)


def _check_target(path: Path, target: Path) -> None:
    if target.resolve().is_relative_to(path.resolve()):
        message = f"{target} lies in the vault itself: name another place for the copy."
        raise VaultError(message)
    taken = target.is_symlink() or target.exists()
    if taken and not (target.is_dir() and not any(target.iterdir())):
        message = f"{target} is there already: name another place for the copy."
        raise VaultError(message)


def _check_space(target: Path, needed: int) -> None:
    disk.check(target)
    left = disk.free(disk.existing(target))
    if left is not None and left < needed + _MARGIN:
        raise DiskFailed(
            f"The disk of {target} has {left // 2**20:,} MiB left, and the copy needs up "
            f"to {(needed + _MARGIN) // 2**20 + 1:,}: free some space, or name another "
            "place."
        )


@contextlib.contextmanager
def _drafted(draft: Path, now: float) -> Iterator[bool]:
    """Make the directory *draft*; unless all goes well, remove it.

    Yields whether there was one, which a copy that was cut off has left.
    """
    left_over = draft.is_dir() and any(draft.iterdir())
    if left_over and not place.only_begun(draft):
        message = f"{draft} is in the way, and no copy of a vault: move it elsewhere."
        raise VaultError(message)
    place.claim(draft)
    lock = Lock(draft, now=now)
    try:
        for name in place.BEGUN - {"lock"}:
            _remove(draft / name)
        _remove(draft / place.CURRENT)
        yield left_over
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    finally:
        lock.release()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _fill(data: Path, draft: Path, of: int, *, compact: bool) -> Iterator[Copied]:
    """Let the copier write the data file in *draft*, and see that it is on disk."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    file = os.open(draft / place.DATA, flags, 0o600)
    try:
        os.fchmod(file, 0o600)
        how = "compact" if compact else "whole"
        with child.started(_COPIER, (data, file, how), handed=(file,)) as process:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_BLINK)
                    break
                yield Copied(min(os.fstat(file).st_size, of), of)
            _check_end(process, data)
        os.fsync(file)
        size = os.fstat(file).st_size
        yield Copied(size, size)
    except OSError as error:
        message = f"The copy could not be written: {error.strerror}."
        raise DiskFailed(message) from error
    finally:
        os.close(file)


def _check_end(process: subprocess.Popen[bytes], data: Path) -> None:
    """Raise what the copier complained of, or what ended it."""
    message = child.heard(process, _BLINK)
    refused = message if isinstance(message, child.Refused) else None
    if refused is None and process.returncode == 0:
        return
    if refused is None or refused.exit_code == Damaged.exit_code:
        raise _damaged(data.parent)
    sort = DiskFailed if refused.exit_code == DiskFailed.exit_code else VaultError
    raise sort(refused.reason)


def _check_copy(path: Path, file: Path) -> None:
    """Look at each page of the copy, since nobody copies a vault to have a broken one."""
    if any(finding.harm for finding in pages.findings(file)):
        raise _damaged(path)


def _damaged(path: Path) -> Damaged:
    return Damaged(
        f"The vault {path} cannot be copied, since it is damaged: lookervault check says "
        "what is wrong with it."
    )


def _arrive(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError as error:
        message = f"The copy could not get its name {target}: {error.strerror}."
        raise DiskFailed(message) from error
    place.anchor(target)
