"""The disk below a vault: whether a run may write there, and how much is free."""

from __future__ import annotations

import os
import re
from pathlib import Path

from lookervault.errors import DiskFailed, VaultError

NEEDED = 64 * 2**20
"""Bytes that must be free before a run: as much as it may have in hand, by default.

With less, it could not even put down what it has read when the disk turns out full.
"""

_MOUNTS = Path("/proc/self/mountinfo")
"""Linux tells there what is mounted where; no other system has it."""

_SHARED = re.compile(
    r"nfs4?|cifs|smb[23]?|smbfs|afs|ceph|lustre|gpfs|glusterfs|davfs2?"
    r"|fuse\.(sshfs|s3fs|rclone|gcsfuse|goofys|glusterfs|ceph|davfs2?|curlftpfs)"
)
"""File systems that other hosts write to as well: their locks and memory maps are not
those of one host, which a vault depends on."""

_OCTAL = re.compile(r"\\([0-7]{3})")


def check(path: Path) -> None:
    """Make sure, without touching anything, that a vault at *path* can be written to.

    Raises:
        VaultError: the place is read-only, or belongs to a network file system.
        DiskFailed: less than `NEEDED` is free.

    """
    where = existing(path)
    if not os.access(where, os.W_OK | os.X_OK):
        raise VaultError(
            f"The vault {path} cannot be written to, since {where} is read-only for "
            "this user: name another place, or run as the user who owns it."
        )
    kind = _kind(where)
    if kind is not None and _SHARED.fullmatch(kind):
        raise VaultError(
            f"The vault {path} cannot be on a network file system ({kind}), where "
            "locks and memory maps are not safe: name a place on a local disk."
        )
    left = free(where)
    if left is not None and left < NEEDED:
        raise DiskFailed(
            f"The disk of the vault {path} has {left // 2**20} MiB left, and a run "
            f"needs {NEEDED // 2**20}: free some space, or name another place."
        )


def free(path: Path) -> int | None:
    """Return the bytes that are free for this user where *path* is, if it can be told."""
    try:
        disk = os.statvfs(path)
    except OSError:
        return None
    # What lies nowhere, as some file systems do, is of size 0.
    return disk.f_bavail * disk.f_frsize if disk.f_blocks else None


def kind_of(path: str, mounts: str) -> str | None:
    """Return the type of the file system that *path* is on, such as ``ext4``.

    *path* is absolute and without links, *mounts* the text of a ``mountinfo``
    (proc(5)): what is mounted later hides what was mounted on the same place before.
    """
    found, depth = None, -1
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) < 5 or not kinds[0]:  # noqa: PLR2004 - the fifth is the place
            continue
        place = _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])
        inside = f"{path}/".startswith(f"{place.rstrip('/')}/")
        if inside and len(place) >= depth:
            found, depth = kinds[0], len(place)
    return found


def _kind(path: Path) -> str | None:
    try:
        mounts = _MOUNTS.read_bytes()
    except OSError:
        return None
    # A byte a character, as the octal numbers in it are.
    return kind_of(
        os.fsencode(path.resolve()).decode("latin-1"), mounts.decode("latin-1")
    )


def existing(path: Path) -> Path:
    """Return *path*, or the nearest directory above it that is there."""
    return next((p for p in (path, *path.absolute().parents) if p.exists()), path)
