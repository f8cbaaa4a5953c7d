"""How one call, with one choice of fields, prints the items of one kind."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lookervault.simulator.fields import Fields, narrow
from lookervault.simulator.recipes import MARK

FACTS = (
    "id",
    "stem",
    "edition",
    "folder",
    "created",
    "updated",
    "deleted",
    "deleted_at",
    "deleter",
    "views",
    "user",
    "first",
    "second",
)
"""What differs from item to item, in the order in which `Form.pick` gets them."""

_MARK = MARK.encode()


class Form:
    """A head to fill in, and the tails to choose from.

    An item is printed as ``head % pick(facts)``, which begins with a comma,
    and ``id.join(tail)``.
    """

    def __init__(
        self, head: Mapping[str, str], tails: Sequence[Mapping[str, bytes]]
    ) -> None:
        text = ",".join(f'"{name}":{value}' for name, value in head.items())
        used = re.findall(r"\{(\w+)\}", text)
        self.head = b",{" + re.sub(r"\{\w+\}", "%b", text).encode()
        self.pick = _picker([FACTS.index(name) for name in used])
        self.tails = [_tail(tail, bool(head)) for tail in tails]


def _picker(indexes: list[int]) -> Callable[[tuple[bytes, ...]], Any]:
    """Return what takes the facts at *indexes* out, fast."""
    if not indexes:
        return lambda _: ()
    return operator.itemgetter(*indexes)


def _tail(fields: Mapping[str, bytes], more: bool) -> list[bytes]:  # noqa: FBT001 - private
    """Return the tail with *fields*, cut where the id goes."""
    parts = [b'"%b":%b' % (name.encode(), value) for name, value in fields.items()]
    comma = b"," if more and parts else b""
    return (comma + b",".join(parts) + b"}").split(_MARK)


def printed(tail: Mapping[str, Any], *, ascii_only: bool) -> dict[str, bytes]:
    """Return the fields of *tail* as JSON."""
    return {name: _json(value, ascii_only=ascii_only) for name, value in tail.items()}


def _json(value: Any, *, ascii_only: bool) -> bytes:
    text = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"))
    # The mark has to be found again, however the text around it is escaped.
    return text.replace("\\ue000", MARK).encode()


def chosen(tail: Mapping[str, bytes], fields: Fields) -> dict[str, bytes]:
    """Return of *tail* what *fields* name."""
    found = {}
    for name, value in tail.items():
        if name in fields:
            inner = fields[name]
            found[name] = value if inner is None else narrow(value, inner)
    return found
