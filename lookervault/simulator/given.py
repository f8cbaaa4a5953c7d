"""Items that were given as files; they are served byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lookervault.content import KINDS
from lookervault.errors import UsageError
from lookervault.simulator.content import State
from lookervault.simulator.fields import narrow, parse_fields
from lookervault.simulator.recipes import RECIPES
from lookervault.simulator.walk import fields_of

_ITEM = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Given:
    """The items of one kind, as files hold them."""

    def __init__(self, kind: str, bodies: Sequence[bytes], state: State) -> None:
        self._state = state
        self._kind = KINDS[kind]
        self._row = RECIPES[kind].row
        found = {_field(body, self._kind.id) or "": body for body in bodies}
        self._ids = sorted(found, key=_order)
        self._numbers = {text: n for n, text in enumerate(self._ids, 1)}
        self._bodies = [found[text] for text in self._ids]

    def __len__(self) -> int:
        return len(self._ids)

    def text(self, number: int) -> str:
        return self._ids[number - 1]

    def number(self, text: str) -> int | None:
        return self._numbers.get(text)

    def folder(self, number: int) -> str | None:
        name = self._kind.folder
        return None if name is None else _field(self._bodies[number - 1], name)

    def owner(self, number: int) -> str | None:
        return _field(self._bodies[number - 1], "user_id")

    def trashed(self, number: int) -> bool:
        if self._kind.listing.trash is None:
            return False
        return _ITEM.decode(self._bodies[number - 1]).get("deleted") == msgspec.Raw(
            b"true"
        )

    def print(self, numbers: Sequence[int], *, row: bool, fields: str) -> list[bytes]:
        bodies = [self._bodies[number - 1] for number in numbers]
        if row and self._row:
            lacking = set(fields_of(RECIPES[self._kind.name].model))
            lacking -= set(fields_of(self._row))
            bodies = [_without(body, lacking) for body in bodies]
        if fields:
            tree = parse_fields(fields)
            bodies = [narrow(body, tree) for body in bodies]
        return [b"," + body for body in bodies]


def _without(body: bytes, names: set[str]) -> bytes:
    return narrow(
        body, {name: None for name in _ITEM.decode(body) if name not in names}
    )


def _field(body: bytes, name: str) -> str | None:
    """Return the field *name* of *body* as text, if it is one."""
    value = msgspec.json.decode(bytes(_ITEM.decode(body).get(name, b"null")))
    return value if isinstance(value, str) else None


def _order(text: str) -> tuple[bool, int, str]:
    digits = text.isascii() and text.isdigit()
    return not digits, len(text) if digits else 0, text


def given(directory: str, kind: str, state: State) -> Given | None:
    """Return the items of *kind* in *directory*, if it has any.

    They are ``KIND/*.json``, one item each, or the lines of ``KIND.jsonl``.

    Raises:
        UsageError: if the directory is none, or a file holds no item.

    """
    if not Path(directory).is_dir():
        raise UsageError(f"There is no directory {directory!r} to serve content from.")
    bodies = []
    for name, body in _files(Path(directory), kind):
        try:
            identity = _field(body, KINDS[kind].id)
        except msgspec.DecodeError as error:
            raise UsageError(f"{name} holds no JSON object: {error}.") from error
        if not identity:
            raise UsageError(
                f"{name} holds no item: it has no {KINDS[kind].id!r} that is a text."
            )
        bodies.append(body)
    return Given(kind, bodies, state) if bodies else None


def _files(directory: Path, kind: str) -> Iterator[tuple[str, bytes]]:
    for file in sorted((directory / kind).glob("*.json")):
        yield str(file), file.read_bytes().strip()
    lines = directory / f"{kind}.jsonl"
    if lines.is_file():
        for number, line in enumerate(lines.read_bytes().split(b"\n"), 1):
            if line.strip():
                yield f"{lines}, line {number},", line.strip()
