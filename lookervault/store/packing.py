"""Makes items of bodies, hashed and compressed, so that the one writer need not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from lookervault.content import Kind
from lookervault.core.bodies import Body, redacted
from lookervault.records import Item
from lookervault.store.codec import compress_all, digest
from lookervault.store.turn import turn

_AT_ONCE = 2**20
"""Bytes that are packed between two signs of life: most pages, in a few milliseconds."""


def packed(
    kind: Kind,
    call: str,
    bodies: Sequence[Body],
    at: float,
    *,
    beat: Callable[[], object] = lambda: None,
) -> list[Item]:
    """Return *bodies*, which *call* brought at the time *at*, as they are stored.

    *beat* is called now and then.

    Raises:
        LookerError: what must not be kept cannot be found in one of them.

    """
    items: list[Item] = []
    for some in _groups(bodies):
        beat()
        items += _packed(kind, call, some, at)
    return items


def _groups(bodies: Sequence[Body]) -> Iterator[list[Body]]:
    """Yield all of *bodies*, in groups that end where they have enough bytes."""
    group: list[Body] = []
    size = 0
    for body in bodies:
        group.append(body)
        size += len(body.raw)
        if size >= _AT_ONCE:
            yield group
            group, size = [], 0
    yield group


def _packed(kind: Kind, call: str, bodies: Sequence[Body], at: float) -> Iterator[Item]:
    with turn():
        kept = [redacted(kind, body.raw) for body in bodies]
        digests = [digest(raw) for raw, _ in kept]
    frames = compress_all([raw for raw, _ in kept])
    for body, (raw, changed), digest_, frame in zip(
        bodies, kept, digests, frames, strict=True
    ):
        yield Item(
            row=body.row,
            title=body.title,
            call=call,
            fetched_at=at,
            digest=digest_,
            body=frame,
            size=len(raw),
            redacted=changed,
        )
