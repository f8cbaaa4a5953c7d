"""Makes an item of a body, hashed and compressed, so that the one writer need not."""

from __future__ import annotations

from lookervault.content import Kind
from lookervault.core.bodies import Body, redacted
from lookervault.records import Item
from lookervault.store.codec import compress, digest


def packed(kind: Kind, call: str, body: Body, at: float) -> Item:
    """Return *body*, which *call* brought at the time *at*, as it is stored.

    Raises:
        LookerError: what must not be kept cannot be found in it.

    """
    raw, changed = redacted(kind, body.raw)
    return Item(
        row=body.row,
        title=body.title,
        call=call,
        fetched_at=at,
        digest=digest(raw),
        body=compress(raw),
        size=len(raw),
        redacted=changed,
    )
