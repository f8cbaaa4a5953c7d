"""How rows become units, and how a unit that cannot be had is cut up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from lookervault.records import Row
from lookervault.units import Ids, Part, Span, Unit, Whole

Number: TypeAlias = Callable[[], int]
"""Gives a number to the next unit."""

_LISTING = 100
"""Items that a listing of unknown length is taken for, where units are weighed."""

_BATCH = 10
"""Ids a unit, at most: what a crash makes us ask for again."""


def singly(
    kind: str,
    rows: Sequence[Row],
    number: Number,
    *,
    workers: int,
    witnesses: tuple[str, ...],
) -> Iterator[Ids]:
    """Yield units that read *rows* by id, enough of them for all *workers*.

    Each has some from the whole length of it: what is broken lies side by side, as the
    explores of a model do, and must not pass for all of the kind.
    """
    each = max(1, min(_BATCH, -(-len(rows) // workers)))
    ids = tuple(row.id for row in rows)
    units = -(-len(ids) // each)
    for first in range(units):
        yield Ids(number(), Part(kind), ids[first::units], witnesses)


def by_folder(
    kind: str, rows: Iterable[Row], number: Number
) -> tuple[list[Whole], list[Row]]:
    """Take a folder in one call where that replaces two or more; return the rest too."""
    folders: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        folders[None if row.deleted else row.folder].append(row)
    rest = folders.pop(None, [])
    whole = []
    for folder, inside in folders.items():
        if len(inside) > 1:
            whole.append(Whole(number(), Part(kind, folder)))
        else:
            rest += inside
    return whole, rest


def halves(unit: Ids, number: Number, *, witnesses: tuple[str, ...]) -> tuple[Ids, Ids]:
    """Cut the ids of *unit*, which has two or more, in the middle."""
    middle = len(unit.ids) // 2
    return (
        Ids(number(), unit.part, unit.ids[:middle], witnesses),
        Ids(number(), unit.part, unit.ids[middle:], witnesses),
    )


def pieces(unit: Span, number: Number) -> tuple[Span, ...]:
    """Cut *unit* in the middle, an open end after its first page; nothing of one row."""
    length = unit.length
    if length <= 1:
        return ()
    middle = unit.first + length // 2
    page = min(unit.page, length // 2)
    return (
        Span(number(), unit.part, unit.first, middle, page),
        Span(number(), unit.part, middle, unit.last, page),
    )


def weight(unit: Unit) -> int:
    """How many items *unit* may bring."""
    match unit:
        case Ids(ids=ids):
            return len(ids)
        case Span(first=first, last=int(last)):
            return last - first
        case _:
            return _LISTING
