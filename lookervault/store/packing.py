"""Makes items of bodies, hashed and compressed, so that the one writer need not."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lookervault.content import Kind
from lookervault.core.bodies import Body, redacted
from lookervault.records import Item
from lookervault.store.codec import compressing, digest


def packed(
    kind: Kind,
    call: str,
    bodies: Iterable[Body],
    at: float,
    *,
    beat: Callable[[], object] = lambda: None,
) -> list[Item]:
    """Return *bodies*, which *call* brought at the time *at*, as they are stored.

    *beat* is called for each: a page may be large.

    Raises:
        LookerError: what must not be kept cannot be found in one of them.

    """
    items = []
    with compressing() as compress:
        for body in bodies:
            beat()
            raw, changed = redacted(kind, body.raw)
            items.append(
                Item(
                    row=body.row,
                    title=body.title,
                    call=call,
                    fetched_at=at,
                    digest=digest(raw),
                    body=compress(raw),
                    size=len(raw),
                    redacted=changed,
                )
            )
    return items
