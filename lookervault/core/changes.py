"""Whether two versions of an item differ in what people did to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from lookervault.core.halves import Halves


def same(volatile: Iterable[str], old: bytes, new: bytes) -> bool:
    """Whether two JSON bodies are equal without the *volatile* paths.

    A path is ``a.b[].c``: ``[]`` stands for each element of a list. The order of
    keys does not matter, ``1`` equals ``1.0``, and ``true`` is no number. A body
    that is no JSON, or too deep to compare, is the same only byte for byte.
    """
    if old == new:
        return True
    paths = [path.split(".") for path in volatile]
    try:
        try:
            return _equal(_stripped(old, paths), _stripped(new, paths))
        except msgspec.DecodeError:
            with contextlib.suppress(ValueError):
                halves = Halves(old, new)
                old, new = halves.aside(old), halves.aside(new)
            return _equal(_stripped(old, paths), _stripped(new, paths))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _stripped(body: bytes, paths: Iterable[Sequence[str]]) -> Any:
    value = msgspec.json.decode(body)
    for path in paths:
        _strip(value, path)
    return value


def _strip(value: Any, path: Sequence[str]) -> None:
    """Remove *path* from *value*, as far as it is there."""
    name, each = path[0].removesuffix("[]"), path[0].endswith("[]")
    if not isinstance(value, dict) or name not in value:
        return
    if len(path) == 1:
        del value[name]
        return
    inner = value[name] if each else [value[name]]
    if isinstance(inner, list):
        for child in inner:
            _strip(child, path[1:])


def _equal(old: Any, new: Any) -> bool:
    """Whether two parsed values are equal, by the quickest way that settles it."""
    if old != new:
        return False
    # An integer beyond 64 bits has no text here.
    with contextlib.suppress(OverflowError):
        if msgspec.json.encode(old) == msgspec.json.encode(new):
            return True
    return _alike(old, new)


def _alike(old: Any, new: Any) -> bool:
    """Whether two values are equal, with ``True`` and ``1`` apart."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, dict):
        return (
            isinstance(new, dict)
            and old.keys() == new.keys()
            and all(_alike(value, new[key]) for key, value in old.items())
        )
    if isinstance(old, list):
        return (
            isinstance(new, list)
            and len(old) == len(new)
            and all(map(_alike, old, new))
        )
    return bool(old == new)
