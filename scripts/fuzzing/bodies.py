"""What Looker answers: split into items, read as rows, with links blanked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from fuzzing.engine import Wrong
from lookervault.content import KINDS, Kind
from lookervault.core import answers, bodies
from lookervault.errors import LookerError, Sort

_KINDS = tuple(KINDS.values())
_BETWEEN = b" \t\r\n,"


class Bodies:
    """The first byte says which kind, and whether it is one item; the rest was sent."""

    tokens = (
        b'"id":', b'"name":', b'"title":', b'"updated_at":', b'"deleted":true',
        b'"folder_id":"1"', b'"credentials_email":{', b'"password_reset_url":"x"',
        b'"account_setup_url":"x"', b'"explores":[', b"null", b"true", b"1e400",
        b"-0", b"9" * 30, b'"\\ud83d"', b'"\\ude00"', b"\\u0000", b"\xff", b"\xc3\xa4",
        b"{", b"}", b"[", b"]", b",", b'"', b"[" * 3000, b'{"a":' * 3000, b"\xef\xbb\xbf",
    )  # fmt: skip

    def seeds(self) -> list[bytes]:
        """Return a small listing of each kind."""
        one = (
            b'{"id": "1", "name": "n", "title": "T", "updated_at": "2026-01-01", '
            b'"deleted": false, "folder_id": "7", "parent_id": null, "explores": '
            b'[{"name": "e"}], "credentials_email": {"password_reset_url": "https://x", '
            b'"email": "a@b", "account_setup_url": null}}'
        )
        listing = b"[" + one + b" ,\n" + one.replace(b'"1"', b"2") + b"]"
        users = [kind.name for kind in _KINDS].index("users")
        listings = [bytes([number]) + listing for number in range(len(_KINDS))]
        return [*listings, b"\0" + one, bytes([users]) + one]

    def check(self, data: bytes) -> str:
        """Split it, read its rows, and blank it."""
        kind, body = _KINDS[(data[0] if data else 0) % len(_KINDS)], data[1:]
        told = [
            _told(lambda: _split(kind, body)),
            _told(lambda: _rows(kind, body)),
            _told(lambda: _redacted(kind, body)),
        ]
        return " | ".join([kind.name, *told])


def _told(work: Callable[[], str]) -> str:
    try:
        return work()
    except LookerError as error:
        if error.sort is not Sort.MISSHAPEN:
            raise Wrong("it is not misshapen") from error
        if answers.plain(error.reason, limit=1000) != error.reason:
            raise Wrong("the reason is not fit to be shown") from error
        return error.reason


def _split(kind: Kind, body: bytes) -> str:
    found = bodies.split(kind, body)
    body.decode()
    at = 0
    for item in found:
        raw = bytes(item.raw)
        start = body.index(raw, at)
        if body[at:start].strip(_BETWEEN + b"["):
            raise Wrong("bytes between two items are of neither")
        at = start + len(raw)
        _storable(item.row, item.title)
        if not kind.listing.each and bodies.single(kind, item.row.id, raw) != item:
            raise Wrong("read alone, it is another item")
    if body[at:].strip(_BETWEEN + b"[]"):
        raise Wrong("bytes after the last item are lost")
    if not kind.listing.each and bodies.rows(kind, body) != [it.row for it in found]:
        raise Wrong("the rows are not those of the items")
    return f"{min(len(found), 3)} items"


def _rows(kind: Kind, body: bytes) -> str:
    found = bodies.rows(kind, body)
    for row in found:
        _storable(row, "")
    return f"{min(len(found), 3)} rows"


def _storable(row: Any, title: str) -> None:
    if not row.id:
        raise Wrong("an id is empty")
    msgspec.msgpack.encode((row, title))
    row.id.encode()


def _redacted(kind: Kind, body: bytes) -> str:
    clean, found = bodies.redacted(kind, body)
    if any(value is not None for value in _kept(kind, _loaded(clean))):
        raise Wrong("something is kept that must not be")
    if not found:
        if clean is not body:
            raise Wrong("nothing was blanked, and it is not the same")
        return "nothing to blank"
    if bodies.redacted(kind, bytes(clean)) != (clean, False):
        raise Wrong("something was left to blank")
    before, after = _loaded(body), _loaded(clean)
    list(_kept(kind, before))
    # What was blanked may have been what is no JSON for Python.
    if before is not None and json.dumps(before, sort_keys=True) != json.dumps(
        after, sort_keys=True
    ):
        raise Wrong("more than that was changed")
    return "blanked"


def _loaded(body: bytes | memoryview) -> Any:
    """Return what Python makes of it; a listing or what is no JSON is not looked at."""
    try:
        return json.loads(bytes(body), parse_int=str)
    except (ValueError, RecursionError):
        return None


def _kept(kind: Kind, value: Any) -> Iterator[Any]:
    """Yield what stands at the paths that must be blank, and blank it."""
    for path in kind.redact:
        *way, last = path.split(".")
        inner = value
        for name in way:
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, dict) and last in inner:
            yield inner[last]
            inner[last] = None
