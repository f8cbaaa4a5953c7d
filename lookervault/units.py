"""Units: the work of one request or a few. The Coordinator makes them.

A unit is the currency of a run: it is handed out, retried, split, and vouched
for by one checkpoint marker. Its number is unique within an epoch.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from lookervault.records import Row


class Part(msgspec.Struct, frozen=True):
    """A listing, or the part of it that lies in one folder or in the trash."""

    kind: str
    folder: str | None = None
    trash: bool = False


class Count(msgspec.Struct, frozen=True, tag=True):
    """Read census rows *first* to *first* + *limit* of *part*."""

    number: int
    part: Part
    first: int = 0
    limit: int | None = None
    """``None``: the listing does not page, one call has it all."""


class Span(msgspec.Struct, frozen=True, tag=True):
    """Read the items at *first* to *last* of *part*.

    The answer may come in several pages, if the server caps them. It ends at
    *last*, or with an empty page.
    """

    number: int
    part: Part
    first: int
    last: int | None
    """Not included. ``None``: as far as the listing goes."""
    page: int
    """Items a request, at most."""

    @property
    def length(self) -> int:
        """How many items it is to bring; an open end counts as one page."""
        return self.page if self.last is None else self.last - self.first


class Whole(msgspec.Struct, frozen=True, tag=True):
    """Read all items of *part* in one call."""

    number: int
    part: Part


class Ids(msgspec.Struct, frozen=True, tag=True):
    """Read these items one by one.

    A 404 is believed only if another item of the kind can still be read: one of
    the unit, or one of the *witnesses*, which were there a moment ago. A login
    that lost a role gets 404 for everything.
    """

    number: int
    part: Part
    ids: tuple[str, ...]
    witnesses: tuple[str, ...] = ()


Unit: TypeAlias = Count | Span | Whole | Ids


def brings_items(unit: Unit) -> bool:
    """Return whether *unit* ends in the store; a page of a census does not."""
    return not isinstance(unit, Count)


def described(unit: Unit) -> str:
    """Say in a few words what *unit* reads of its kind. It may hold hostile ids."""
    match unit:
        case Count(_, part, first):
            what = f"ids from {first}" if first else "ids"
        case Span(_, part, first):
            what = f"from {first}"
        case Whole(_, part):
            what = "all"
        case Ids(_, part, ids):
            more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
            what = f"{ids[0]}{more}" if ids else ""
    where = f" in folder {part.folder}" if part.folder is not None else ""
    return f"{what}{where}{' of the trash' if part.trash else ''}"


class Marker(msgspec.Struct, frozen=True):
    """What a unit has stored. Written in the transaction of the items it vouches for."""

    epoch: int
    unit: Unit
    rows: tuple[Row, ...]
    at: float
    """Looker's clock when the last of its items was fetched."""
