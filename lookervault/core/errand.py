"""What a fetcher does to get a unit: which requests, and when it is done.

An errand is asked for its next request, told what came back, and asked again
until there is none. It collects what the unit brought; it sends nothing itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Protocol, assert_never

import msgspec
from msgspec.structs import replace

from lookervault.content import Kind, Single
from lookervault.core import bodies
from lookervault.core.bodies import Body
from lookervault.errors import LookerError, Sort
from lookervault.records import Row
from lookervault.units import Count, Ids, Part, Span, Unit, Whole

_MOST = 2000
"""Items of an open end. What still follows has come up since the census, and a
listing that never ends must not fill the memory."""


class Request(msgspec.Struct, frozen=True):
    """One call of the SDK's."""

    call: str
    parameters: Mapping[str, object]


class Errand(Protocol):
    """A unit on its way."""

    rows: list[Row]
    """What has come, in the order in which it came."""

    absent: list[str]
    """Ids that are gone, by the evidence that the unit asks for."""

    def request(self) -> Request | None:
        """Return the next request, or ``None`` when all is there."""

    def take(self, body: bytes) -> list[Body]:
        """*body* is the answer to `request`. Return the items that it adds.

        Raises:
            LookerError: it is not what was asked for.

        """

    def missed(self, error: LookerError) -> None:
        """`request` was answered by 404. Raise *error*, unless that is news."""

    def left(self) -> Unit | None:
        """Return what is still to be got, under the same number; ``None``: nothing."""


def errand(kind: Kind, unit: Unit) -> Errand:
    """Return the errand that gets *unit*."""
    match unit:
        case Count():
            return _Count(kind, unit)
        case Span():
            return _Span(kind, unit)
        case Whole():
            return _Whole(kind, unit)
        case Ids():
            return _Ids(kind, unit)
        case _:
            assert_never(unit)


class _Once:
    """One request, and the unit is there."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.absent: list[str] = []
        self._asked = False

    def missed(self, error: LookerError) -> None:
        raise error

    def left(self) -> None:
        """All comes at once."""


class _Count(_Once):
    def __init__(self, kind: Kind, unit: Count) -> None:
        super().__init__()
        self._kind = kind
        self._unit = unit

    def request(self) -> Request | None:
        if self._asked:
            return None
        unit, kind = self._unit, self._kind
        parameters = _of_part(kind, unit.part) | {"fields": kind.census}
        if unit.limit is not None:
            parameters |= _page(kind, unit.first, unit.limit)
        return Request(kind.listing.call, parameters)

    def take(self, body: bytes) -> list[Body]:
        self._asked = True
        found = bodies.rows(self._kind, body)
        self.rows = [_placed(row, self._unit.part) for row in found]
        return []


class _Whole(_Once):
    def __init__(self, kind: Kind, unit: Whole) -> None:
        super().__init__()
        self._kind = kind
        self._unit = unit

    def request(self) -> Request | None:
        if self._asked:
            return None
        part, by_folder = self._unit.part, self._kind.by_folder
        if by_folder and part.folder is not None:
            return _by_id(by_folder, part.folder)
        return Request(self._kind.listing.call, _of_part(self._kind, part))

    def take(self, body: bytes) -> list[Body]:
        self._asked = True
        found = _once(_in_place(bodies.split(self._kind, body), self._unit.part))
        self.rows = [item.row for item in found]
        return found


class _Span:
    """Pages until the span is full, or the listing has no more."""

    def __init__(self, kind: Kind, unit: Span) -> None:
        self.rows: list[Row] = []
        self.absent: list[str] = []
        self._kind = kind
        self._unit = unit
        self._at = unit.first
        self._seen: set[str] = set()
        self._done = False

    def request(self) -> Request | None:
        if self._done:
            return None
        unit, limit = self._unit, self._unit.page
        if unit.last is not None:
            limit = min(limit, unit.last - self._at)
        page = _page(self._kind, self._at, limit)
        return Request(self._kind.listing.call, _of_part(self._kind, unit.part) | page)

    def take(self, body: bytes) -> list[Body]:
        """Add a page; one that brings nothing new is as empty as an empty one."""
        found = _in_place(bodies.split(self._kind, body), self._unit.part)
        fresh = [item for item in _once(found) if item.row.id not in self._seen]
        self._seen.update(item.row.id for item in fresh)
        self.rows += [item.row for item in fresh]
        self._at += len(found)
        last = self._unit.last
        end = self._unit.first + _MOST if last is None else last
        self._done = not fresh or self._at >= end
        return fresh

    def missed(self, error: LookerError) -> None:
        raise error

    def left(self) -> Span | None:
        return None if self._done else replace(self._unit, first=self._at)


class _Ids:
    """One request an id, and one for a witness if a 404 needs it."""

    def __init__(self, kind: Kind, unit: Ids) -> None:
        self.rows: list[Row] = []
        self.absent: list[str] = []
        self._kind = kind
        self._unit = unit
        self._waiting = deque(unit.ids)
        self._witnesses = deque(unit.witnesses)
        self._doubtful: list[str] = []

    def request(self) -> Request | None:
        if self._waiting:
            return _by_id(self._kind.single, self._waiting[0])
        if self._doubtful and self._witnesses:
            return _by_id(self._kind.single, self._witnesses[0])
        # Without a witness the plan must know what a 404 is worth.
        self.absent += self._doubtful
        self._doubtful = []
        return None

    def take(self, body: bytes) -> list[Body]:
        """Add an item. That it could be read vouches for the 404s before it."""
        testifies = not self._waiting
        asked = self._witnesses[0] if testifies else self._waiting[0]
        item = bodies.single(self._kind, asked, body)
        self.absent += self._doubtful
        self._doubtful = []
        if testifies:
            return []
        self._waiting.popleft()
        self.rows.append(item.row)
        return [item]

    def missed(self, error: LookerError) -> None:
        if self._waiting:
            self._doubtful.append(self._waiting.popleft())
            return
        witness = self._witnesses.popleft()
        if not self._witnesses:
            reason = (
                f"Looker answers 404 for {self._kind.name} that it showed a moment ago, "
                f"{witness} among them: this login may have lost a permission."
            )
            raise LookerError(Sort.REFUSED, reason, status=404) from error

    def left(self) -> Ids | None:
        ids = (*self._doubtful, *self._waiting)
        if not ids:
            return None
        return replace(self._unit, ids=ids, witnesses=tuple(self._witnesses))


def _of_part(kind: Kind, part: Part) -> dict[str, object]:
    listing = kind.listing
    parameters: dict[str, object] = dict(listing.fixed)
    if part.folder is not None and listing.folder is not None:
        parameters[listing.folder] = part.folder
    if part.trash and listing.trash is not None:
        parameters |= listing.trash
    return parameters


def _page(kind: Kind, first: int, limit: int) -> dict[str, object]:
    return {"limit": limit, "offset": first, "sorts": kind.listing.sorts}


def _by_id(single: Single, id_: str) -> Request:
    parts = id_.split("::", len(single.parameters) - 1)
    return Request(single.call, dict(zip(single.parameters, parts, strict=False)))


def _once(found: Iterable[Body]) -> list[Body]:
    """Return each item of *found* once, as it came last."""
    return list({item.row.id: item for item in found}.values())


def _in_place(found: list[Body], part: Part) -> list[Body]:
    if part.folder is None and not part.trash:
        return found  # It says nothing of them.
    return [Body(_placed(item.row, part), item.title, item.raw) for item in found]


def _placed(row: Row, part: Part) -> Row:
    """Complete *row* by what its part of the listing says of it."""
    folder = part.folder if row.folder is None else row.folder
    deleted = row.deleted or part.trash
    if folder == row.folder and deleted == row.deleted:
        return row
    return Row(row.id, row.updated_at, deleted, folder)
