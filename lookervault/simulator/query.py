"""Which items a request asks for: limit, offset, sorts, fields and filters."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from lookervault.simulator.calls import Call
from lookervault.simulator.catalog import Shelf
from lookervault.simulator.fields import parse_fields


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of one call."""

    limit: int | None = None
    offset: int = 0
    descending: bool = False
    fields: str = ""
    folder: str | None = None
    trash: bool = False
    ids: frozenset[str] | None = None
    owner: str | None = None


class Selection(msgspec.Struct, frozen=True):
    """What a query comes to."""

    numbers: Sequence[int]
    total: int
    """How many there are without limit and offset."""


def read(
    call: Call, identity: str, parameters: Mapping[str, str], caller: str
) -> Query:
    """Read the *parameters* of *call*; *identity* is the id in its path.

    Raises:
        ValueError: for a parameter that Looker would not take.

    """
    fields = parameters.get("fields", "")
    parse_fields(fields)
    limit, offset = _page(parameters) if call.paged else (None, 0)
    folder = identity if call.of_folder else parameters.get(_folder_parameter(call))
    return Query(
        limit=limit,
        offset=offset,
        descending=_descending(parameters.get("sorts", "id")),
        fields=fields,
        folder=folder or None,
        trash=parameters.get("deleted", "").lower() == "true" and not call.of_folder,
        ids=_ids(parameters),
        owner=_owner(call, parameters, caller),
    )


def select(shelf: Shelf, query: Query, cap: int | None) -> Selection:
    """Return what *query* comes to on *shelf*; *cap* is the largest page there is."""
    found = shelf.numbers(trash=query.trash, folder=query.folder)
    if query.ids is not None:
        found = sorted(_known(shelf, query.ids, query))
    if query.owner is not None:
        found = [n for n in found if shelf.bodies.owner(n) == query.owner]
    total = len(found)
    size = min((n for n in (query.limit, cap, total) if n is not None), default=total)
    if query.descending:
        chosen = itertools.islice(reversed(found), query.offset, query.offset + size)
        return Selection(list(chosen), total)
    return Selection(found[query.offset : query.offset + size], total)


def _known(shelf: Shelf, ids: Iterable[str], query: Query) -> Iterator[int]:
    """Return which of *ids* there are, where the query looks."""
    for number in filter(None, map(shelf.find, ids)):
        here = query.folder in {None, shelf.bodies.folder(number)}
        if here and shelf.trashed(number) == query.trash:
            yield number


def _page(parameters: Mapping[str, str]) -> tuple[int | None, int]:
    """Return limit and offset, which win over the older page and per_page."""
    if "limit" in parameters or "offset" in parameters or "per_page" not in parameters:
        limit = _number(parameters, "limit") if parameters.get("limit") else None
        return limit, _number(parameters, "offset")
    size = _number(parameters, "per_page")
    return size, size * max(0, _number(parameters, "page") - 1)


def _number(parameters: Mapping[str, str], name: str) -> int:
    text = parameters.get(name) or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 15):  # noqa: PLR2004 - no page is further away
        raise ValueError(name)
    return int(text)


def _descending(sorts: str) -> bool:
    """Read ``id``, ``id asc`` or ``id desc``; what else Looker sorts by is not simulated."""
    field, _, direction = sorts.strip().partition(" ")
    if field not in {"", "id", "name"} or direction.lower() not in {"", "asc", "desc"}:
        raise ValueError("sorts")
    return direction.lower() == "desc"


def _folder_parameter(call: Call) -> str:
    return "parent_id" if call.kind == "folders" else "folder_id"


def _ids(parameters: Mapping[str, str]) -> frozenset[str] | None:
    text = parameters.get("id") or parameters.get("ids")
    return frozenset(text.split(",")) if text else None


def _owner(call: Call, parameters: Mapping[str, str], caller: str) -> str | None:
    """Return whose schedules to list: without ``all_users``, the caller's only."""
    if call.kind != "scheduled_plans":
        return parameters.get("user_id")
    if parameters.get("all_users", "").lower() == "true":
        return parameters.get("user_id")
    return parameters.get("user_id", caller)
