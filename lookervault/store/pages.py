"""The data file below LMDB: its size and its pages, found out by plain reads.

Nothing here maps the file, so that no damage can end the process that looks.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import lmdb.verify
import msgspec

from lookervault.core.audit import Finding, of_file
from lookervault.errors import Damaged

_META = struct.Struct("=16x I I 8x 8x I 92x Q Q")
"""Of LMDB 0.9 on 64 bits: magic, version, page size, last page, transaction."""

_MAGIC = 0xBEEFC0DE

_SLACK = 16
"""Pages. LMDB does not write pages that a transaction took and gave back, so that
the file of a vault in good health may end a few pages early."""

_LARGEST_PAGE = 65536
_SMALLEST_PAGE = 256
_QUIET = 3
"""So often the pages are walked while another process writes, until it pauses."""

_LEAK = "-- a leak"
"""How `lmdb.verify` ends what it says of pages that nobody uses: space, not damage."""

_SHOWN = 3
"""Of what is wrong with the pages: one damage shows in many ways."""


class Meta(msgspec.Struct, frozen=True, order=True):
    """What one of the two meta pages says of the file."""

    transaction: int
    page: int
    """Bytes of a page."""
    last: int
    """Number of the last page in use."""


class Metas(msgspec.Struct, frozen=True):
    """What the meta pages say, those that are some, and how long the file is."""

    found: tuple[Meta, ...]
    size: int

    @property
    def used(self) -> int:
        """How long a copy of the file is; 0 if it is not LMDB's."""
        newest = max(self.found, default=Meta(0, 0, 0))
        return (newest.last + 1) * newest.page

    @property
    def needed(self) -> int | None:
        """How long the file must be, by the newer one; ``None``: it is not LMDB's."""
        if not self.found:
            return None
        newest = max(self.found)
        return max(2, newest.last + 1 - _SLACK) * newest.page


def metas(file: Path) -> Metas:
    """Read both meta pages of *file*.

    Raises:
        OSError: it cannot be read.

    """
    with file.open("rb") as content:
        size = os.fstat(content.fileno()).st_size
        head = content.read(2 * _LARGEST_PAGE)
    first = _meta(head, 0)
    second = _meta(head, first.page if first else 4096)
    return Metas(tuple(meta for meta in (first, second) if meta), size)


def _meta(head: bytes, at: int) -> Meta | None:
    if len(head) < at + _META.size:
        return None
    magic, _, page, last, transaction = _META.unpack_from(head, at)
    sound = magic == _MAGIC and _SMALLEST_PAGE <= page <= _LARGEST_PAGE
    return Meta(transaction, page, last) if sound else None


def check_size(file: Path) -> None:
    """Compare the size of *file* with what its meta pages say.

    A map of a file that was cut off ends the process when it is read.

    Raises:
        Damaged: it is empty, cut off, or no data file at all.
        OSError: it cannot be read.

    """
    told = _size(file, metas(file))
    if told is not None:
        raise Damaged(of_file(told).sentence)


def _size(file: Path, seen: Metas) -> str | None:
    if seen.needed is None:
        return f"The data of the vault, {file}, is empty or not LMDB's."
    if seen.size < seen.needed:
        return (
            f"The data of the vault, {file}, is cut off: it has {seen.size} bytes and "
            f"needs {seen.needed}."
        )
    return None


def findings(file: Path) -> Iterator[Finding]:
    """Say what is wrong with *file*: its size, its meta pages, and every page in use.

    Raises:
        OSError: it cannot be read.

    """
    before = metas(file)
    told = _size(file, before)
    if told is not None:
        yield of_file(told)
        return
    for _ in range(_QUIET):
        wrong = [*_metas_wrong(file, before), *_pages_wrong(file)]
        after = metas(file)
        if before == after:
            yield from wrong
            return
        before = after
    told = (
        f"The pages of {file} could not be checked by themselves, since another process "
        "writes to the vault. What is in them was."
    )
    yield of_file(told, harm=False)


def _metas_wrong(file: Path, seen: Metas) -> Iterator[Finding]:
    """One meta page is of the transaction before that of the other one."""
    numbers = [meta.transaction for meta in seen.found]
    if len(numbers) < 2 or max(numbers) - min(numbers) > 1:  # noqa: PLR2004 - there are two
        yield of_file(f"The two meta pages of {file} do not belong together.")


def _pages_wrong(file: Path) -> Iterator[Finding]:
    try:
        told = lmdb.verify.verify(str(file), subdir=False)  # type: ignore[no-untyped-call]  # it has no types
    except (
        lmdb.verify.VerifyError,
        struct.error,
        LookupError,
        RecursionError,
    ) as error:
        told = [str(error) or type(error).__name__]
    leaks = [what for what in told if _LEAK in what]
    wrong = [what for what in told if what not in leaks]
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        yield of_file(
            f"Pages of {file} are damaged: {'; '.join(wrong[:_SHOWN])}{more}."
        )
    elif leaks:
        yield of_file(f"{file}: {'; '.join(leaks)}. That is lost space.", harm=False)
