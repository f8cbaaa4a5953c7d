"""The parameter ``fields``: which parts of an item were asked for."""

from __future__ import annotations

import json
import re
from typing import TypeAlias

import msgspec

Fields: TypeAlias = "dict[str, Fields | None]"
"""The fields that were asked for, and of each, what of it. ``None``: all."""

_DEEPEST = 16
_ITEM = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def parse_fields(text: str) -> Fields:
    """Read ``id,elements(id,query(id))``.

    Raises:
        ValueError: if the brackets do not match, or nest too deep.

    """
    parts = re.findall(r"[(),]|[^(),\s]+", text)
    stack: list[Fields] = [{}]
    last = ""
    for part in parts:
        if part == "(":
            inner: Fields = {}
            stack[-1][last] = inner
            stack.append(inner)
        elif part == ")":
            stack.pop()
        elif part != ",":
            stack[-1].setdefault(part, None)
            last = part
        if not 0 < len(stack) <= _DEEPEST:
            raise ValueError(text)
    if len(stack) != 1:
        raise ValueError(text)
    return stack[0]


def narrow(body: bytes, fields: Fields) -> bytes:
    """Return of the JSON *body* what *fields* name; values stay byte for byte."""
    if body[:1] == b"[":
        return (
            b"["
            + b",".join(narrow(bytes(e), fields) for e in _LIST.decode(body))
            + b"]"
        )
    if body[:1] != b"{":
        return body
    parts = []
    for name, value in _items(body).items():
        if name in fields:
            inner = fields[name]
            kept = bytes(value) if inner is None else narrow(bytes(value), inner)
            parts.append(msgspec.json.encode(name) + b":" + kept)
    return b"{" + b",".join(parts) + b"}"


def _items(body: bytes) -> dict[str, msgspec.Raw]:
    """Return the fields of *body*, also if some text in it is none."""
    try:
        return _ITEM.decode(body)
    except msgspec.DecodeError:
        # Python's own parser takes half a character, and gives it back as it was.
        found = json.loads(body)
        return {name: msgspec.Raw(json.dumps(found[name]).encode()) for name in found}
