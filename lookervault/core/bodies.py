"""Bodies: what Looker sent, split into items. Each keeps its very bytes.

Nothing is decoded but the few fields that tell what an item is. Whatever is
wrong with an answer is one error, `Sort.MISSHAPEN`, that says what it is. Half a
character is not wrong, but in an id: no call could ask for such an item.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from lookervault.content import Kind
from lookervault.core.answers import excerpt, plain
from lookervault.core.blanking import blanked
from lookervault.core.halves import Halves
from lookervault.errors import LookerError, Sort
from lookervault.records import Row

_T = TypeVar("_T")

_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_NAMED: Any = msgspec.json.Decoder(msgspec.defstruct("Named", [("name", Any, None)]))
_NESTED = re.compile(r"(?P<row>\w+),(?P<each>\w+)\((?P<element>\w+)\)")


class Body(msgspec.Struct, frozen=True, gc=False):
    """One item, untouched, and what can be read off it."""

    row: Row
    title: str
    """Empty if it has none."""
    raw: bytes | memoryview
    """As Looker sent it, without the white space around it; a view of its listing."""


def split(kind: Kind, body: bytes) -> list[Body]:
    """Return the items of a listing of full items.

    Raises:
        LookerError: `Sort.MISSHAPEN`.

    """
    return _read(kind, body, _bodies, _bodies_with)


def single(kind: Kind, id_: str, body: bytes) -> Body:
    """Return the item that the call for one answered with; it must be *id_*.

    Raises:
        LookerError: `Sort.MISSHAPEN`, also if it is another item.

    """
    return _read(
        kind,
        body,
        lambda kind, text: _single(kind, id_, text),
        lambda halves, found: _bodies_with(halves, [found])[0],
    )


def rows(kind: Kind, body: bytes) -> list[Row]:
    """Return the rows of a census.

    Raises:
        LookerError: `Sort.MISSHAPEN`.

    """
    take = _elements if kind.listing.each else _rows
    return _read(kind, body, take, lambda halves, found: [*map(halves.row, found)])


def redacted(kind: Kind, raw: bytes | memoryview) -> tuple[bytes | memoryview, bool]:
    """Return *raw* with null at the paths that must not be kept, and whether any was.

    All other values keep their very bytes. If there was nothing, so does *raw*.

    Raises:
        LookerError: `Sort.MISSHAPEN`.

    """
    if not kind.redact:
        return raw, False
    body = bytes(raw)
    return _read(
        kind,
        body,
        lambda kind, text: blanked(kind.redact, text),
        lambda halves, done: (halves.back(done[0]), done[1]),
    )


def _read(
    kind: Kind,
    body: bytes,
    work: Callable[[Kind, bytes], _T],
    with_halves: Callable[[Halves, _T], _T],
) -> _T:
    """Turn all that can be wrong with *body* into the one error.

    If it cannot be read for halves of characters, *work* is done without them, and
    *with_halves* puts them back.
    """
    try:
        try:
            return work(kind, body)
        except msgspec.DecodeError:
            halves = _halves(body)
            if halves is None:
                raise
            return with_halves(halves, work(kind, halves.aside(body)))
    except RecursionError:
        wrong = "it is nested too deeply"
    except UnicodeDecodeError:
        wrong = "it is not UTF-8"
    except ValueError as error:  # msgspec's errors are among them
        wrong = plain(str(error), limit=150)
    # Where something must not be kept, it must not be kept in a gap either.
    shown = "" if kind.redact else excerpt(body)
    reason = f"An answer for {kind.name} makes no sense: {wrong}."
    raise LookerError(Sort.MISSHAPEN, reason, excerpt=shown) from None


def _halves(body: bytes) -> Halves | None:
    try:
        return Halves(body)
    except ValueError:
        return None


def _bodies_with(halves: Halves, found: list[Body]) -> list[Body]:
    return [
        Body(halves.row(it.row), halves.shown(it.title), halves.back(bytes(it.raw)))
        for it in found
    ]


def _bodies(kind: Kind, body: bytes) -> list[Body]:
    raws = [memoryview(raw) for raw in _LIST.decode(body)]
    _check(body, raws)
    shape = _shape(kind)
    decode, body_of = _decoder(shape).decode, _body_of(shape)
    return [body_of(decode(raw), raw) for raw in raws]


def _single(kind: Kind, id_: str, body: bytes) -> Body:
    _check(body)
    shape = _shape(kind)
    if kind.listing.each:  # its id is made of its parent's, and need not be in it
        head = _decoder(shape, Any).decode(body)
        named = _NAMED.decode(body).name == id_.rpartition("::")[2]
        head.id = id_ if named else head.id
    else:
        head = _decoder(shape).decode(body)
    if str(head.id) != id_:
        asked, got = plain(id_, limit=60), plain(str(head.id), limit=60)
        raise ValueError(f"asked for {asked!r}, it answered with {got!r}")
    return _body_of(shape)(head, body.strip())


def _rows(kind: Kind, body: bytes) -> list[Row]:
    _check(body)
    shape = _shape(kind)
    row_of = _row_of(shape)
    return [row_of(head) for head in _list_decoder(shape).decode(body)]


def _elements(kind: Kind, body: bytes) -> list[Row]:
    """Return a row for each element of each row, named ``row::element``."""
    _check(body)
    parents = _parent_decoder(kind.listing.fields or "").decode(body)
    return [
        Row(f"{_id(parent.id)}::{_id(element.id)}")
        for parent in parents
        for element in parent.each or ()
    ]


def _check(body: bytes, items: Sequence[memoryview] = ()) -> None:
    """Raise UnicodeDecodeError if *body* is not UTF-8: msgspec skips unread strings.

    One by one, if it is a list of *items*: a wide letter makes the text around it four
    times as large.
    """
    if not body.isascii():
        for each in items or (body,):
            str(each, "utf-8")


def _id(value: int | str) -> str:
    if value == "":
        raise ValueError("an item has an empty id")
    return str(value)


# What is read of an item: a struct for each kind, so that one pass does it.


class _Shape(msgspec.Struct, frozen=True):
    """The fields of a kind that tell what an item is."""

    id: str
    title: tuple[str, ...]
    folder: str | None
    dated: bool
    trash: bool


def _shape(kind: Kind) -> _Shape:
    trash = kind.listing.trash is not None
    return _Shape(kind.id, kind.title, kind.folder, kind.dated, trash)


@functools.cache
def _head(shape: _Shape, id_type: Any) -> type[msgspec.Struct]:
    """Return a struct of the fields of *shape*. Odd values are no reason to fail."""
    names = {"id": shape.id}
    fields: list[tuple[str, Any, Any]] = [("id", id_type, msgspec.NODEFAULT)]
    if id_type is Any:
        fields = [("id", Any, None)]
    if shape.dated:
        fields.append(("updated_at", Any, None))
    if shape.trash:
        fields.append(("deleted", Any, None))
    if shape.folder:
        names["folder"] = shape.folder
        fields.append(("folder", Any, None))
    for number, field in enumerate(shape.title):
        if field != shape.id:
            names[f"title_{number}"] = field
            fields.append((f"title_{number}", Any, None))
    return msgspec.defstruct("Head", fields, rename=names, gc=False)


@functools.cache
def _decoder(shape: _Shape, id_type: Any = int | str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_head(shape, id_type))


@functools.cache
def _list_decoder(shape: _Shape) -> msgspec.json.Decoder[Any]:
    head: Any = _head(shape, int | str)
    return msgspec.json.Decoder(list[head])


@functools.cache
def _parent_decoder(fields: str) -> msgspec.json.Decoder[Any]:
    """Return a decoder for rows with elements in them; *fields* as ``a,b(c)``."""
    match = _NESTED.fullmatch(fields)
    if match is None:
        raise TypeError(f"The fields of such a listing read a,b(c), not {fields!r}.")
    element: Any = msgspec.defstruct(
        "Element", [("id", int | str)], rename={"id": match["element"]}
    )
    parent: Any = msgspec.defstruct(
        "Parent",
        [("id", int | str), ("each", list[element] | None, None)],
        rename={"id": match["row"], "each": match["each"]},
    )
    return msgspec.json.Decoder(list[parent])


@functools.cache
def _row_of(shape: _Shape) -> Callable[[Any], Row]:
    """Return a function that makes a row of a head."""

    def row_of(head: Any) -> Row:
        dated = head.updated_at if shape.dated else None
        folder = head.folder if shape.folder else None
        return Row(
            _id(head.id),
            dated if isinstance(dated, str) else None,
            head.deleted is True if shape.trash else False,
            str(folder) if isinstance(folder, int | str) else None,
        )

    return row_of


@functools.cache
def _body_of(shape: _Shape) -> Callable[[Any, bytes | memoryview], Body]:
    """Return a function that makes a body of a head and its bytes."""
    row_of = _row_of(shape)
    names = [
        "id" if field == shape.id else f"title_{number}"
        for number, field in enumerate(shape.title)
    ]

    def body_of(head: Any, raw: bytes | memoryview) -> Body:
        for name in names:
            title = getattr(head, name)
            if isinstance(title, str) and title:
                return Body(row_of(head), title, raw)
        return Body(row_of(head), "", raw)

    return body_of
