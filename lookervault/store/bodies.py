"""Looks at the bodies of items: whether they are there, and are what was stored."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

from lookervault.core import audit
from lookervault.core.audit import Finding
from lookervault.records import Head
from lookervault.store import codec, keys, values
from lookervault.store.batch import body_keys
from lookervault.store.view import View

_MOST = 16 * 2**20
"""Bytes that are read in one transaction, about: it must not take long."""

_FRAME = values.SUM_BYTES + codec.DIGEST_BYTES
"""Where the zstd frame begins in a value."""


class Bodies:
    """Says what is wrong with bodies, and counts them.

    *whole* says of the key of a body whether all of it is to be read; of the others
    only the beginning is.
    """

    def __init__(self, whole: Callable[[bytes], bool]) -> None:
        self._whole = whole
        self.named = 0
        """That are there, and that a version names."""
        self.read = 0
        self.bytes = 0
        """Of those that were read, as they are kept."""
        self._paused_at = 0

    def enough(self) -> bool:
        """Whether much was read since this was last so."""
        if self.bytes - self._paused_at < _MOST:
            return False
        self._paused_at = self.bytes
        return True

    def of_item(
        self, view: View, prefix: bytes, heads: Iterable[Head]
    ) -> Iterator[Finding]:
        """Say what is wrong with the bodies of the versions *heads* of one item."""
        known: dict[tuple[bytes, int], str | None] = {}
        named: set[bytes] = set()
        for head in heads:
            key = None if head.lost else _key(view, prefix, head.digest)
            if key is None:
                if not head.lost:
                    yield audit.body_missing(head)
                continue
            named.add(key)
            which = head.digest, head.size
            if which not in known:
                known[which] = self._trouble(view, key, head)
            why = known[which]
            if why is not None:
                yield audit.body_broken(head, why)
        self.named += len(named)

    def _trouble(self, view: View, key: bytes, head: Head) -> str | None:
        """Say why the value under *key* is not the body of *head*."""
        value = view.get(keys.BODIES, key) or memoryview(b"")
        if not self._whole(key):
            told = codec.size_told(value[_FRAME:])
            same = told == head.size
            return (
                None if same else f"it does not say that it holds {head.size:,} bytes"
            )
        self.read += 1
        self.bytes += len(value)
        payload = value[values.SUM_BYTES :]
        total = zlib.crc32(payload, zlib.crc32(key)).to_bytes(values.SUM_BYTES, "big")
        if value[: values.SUM_BYTES] != total:
            return "it does not match its check sum"
        return codec.trouble(value[_FRAME:], head.size, head.digest)


def _key(view: View, prefix: bytes, digest: bytes) -> bytes | None:
    """Return the key of the body with this *digest*, if it is there."""
    for key in body_keys(prefix, digest):
        value = view.get(keys.BODIES, key)
        if value is None:
            return None
        if value[values.SUM_BYTES : _FRAME] == digest:
            return key
    return None
