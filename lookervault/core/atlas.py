"""Which folders a scope comes to, and which parts of a listing that are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from lookervault.content import Kind
from lookervault.records import Row
from lookervault.units import Part


def unknown(rows: Iterable[Row], roots: Sequence[str]) -> tuple[str, ...]:
    """Return the *roots* that are no folder among *rows*."""
    there = {row.id for row in rows}
    return tuple(root for root in roots if root not in there)


def expansion(rows: Iterable[Row], roots: Sequence[str]) -> tuple[str, ...]:
    """Return *roots* and all folders below them; each row's folder is its parent."""
    below: defaultdict[str | None, list[str]] = defaultdict(list)
    for row in rows:
        below[row.folder].append(row.id)
    # A dict, because folders may claim each other as parents.
    found = dict.fromkeys(roots)
    waiting = list(found)
    while waiting:
        for folder in below[waiting.pop()]:
            if folder not in found:
                found[folder] = None
                waiting.append(folder)
    return tuple(found)


def parts(kind: Kind, folders: Iterable[str | None]) -> Iterator[Part]:
    """Yield the parts of a listing of *kind* in *folders*; ``None``: everywhere."""
    trash = (False, True) if kind.listing.trash is not None else (False,)
    return (Part(kind.name, folder, bin_) for folder in folders for bin_ in trash)
