"""JSON with null at some paths, where all other values keep their very bytes."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

_Object = dict[str, msgspec.Raw]

_BEGINS = frozenset(bytes([byte]) for byte in b'{["-0123456789tfn')
"""First bytes of a JSON value."""

_OBJECT = msgspec.json.Decoder(_Object)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def blanked(paths: Iterable[str], raw: bytes) -> tuple[bytes, bool]:
    """Return *raw* with null at each of *paths*, and whether anything else was there.

    A path is ``a.b[].c``: ``[]`` stands for each element of a list. If there was
    nothing, *raw* is returned itself.

    Raises:
        msgspec.DecodeError: *raw* is no JSON.
        RecursionError: it is nested too deeply.

    """
    if raw.strip()[:1] not in _BEGINS:
        # Python would read on behind a byte order mark; what is not looked at is kept.
        message = "it does not begin as JSON does"
        raise msgspec.DecodeError(message)
    found = False
    for path in paths:
        raw, there = _without(path.split("."), raw)
        found = found or there
    return raw, found


def _without(path: list[str], raw: bytes) -> tuple[bytes, bool]:
    """Return *raw* with null at *path*, and whether there was anything else."""
    if not path:
        return b"null", raw.strip() != b"null"
    name, *rest = path
    if raw.lstrip()[:1] != b"{":
        return raw, False
    members = _OBJECT.decode(raw)
    field = name.removesuffix("[]")
    if field not in members:
        return raw, False
    step = _without_each if name.endswith("[]") else _without
    value, found = step(rest, bytes(members[field]))
    if not found:
        return raw, False
    members[field] = msgspec.Raw(value)
    return msgspec.json.encode(members), True


def _without_each(path: list[str], raw: bytes) -> tuple[bytes, bool]:
    if raw.lstrip()[:1] != b"[":
        return raw, False
    done = [_without(path, bytes(element)) for element in _LIST.decode(raw)]
    found = any(there for _, there in done)
    return (
        (msgspec.json.encode([msgspec.Raw(new) for new, _ in done]), True)
        if found
        else (raw, False)
    )
