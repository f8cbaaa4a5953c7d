"""What may be looked at in one transaction of LMDB without copying it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import lmdb


class View:
    """What may be read in one transaction. Values are windows into the map.

    Neither it nor a window leaves the block that it was made in: behind that, the map
    may be another one.
    """

    __slots__ = ("_databases", "_raw")

    def __init__(
        self,
        raw: lmdb.Transaction[memoryview],
        databases: Mapping[str, lmdb._Database],
    ) -> None:
        self._raw = raw
        self._databases = databases

    def get(self, database: str, key: bytes) -> memoryview | None:
        """Return a window on the value of *key*."""
        return self._raw.get(key, db=self._databases[database])

    def entries(
        self, database: str, start: bytes = b""
    ) -> Iterator[tuple[bytes, memoryview]]:
        """Yield the keys from *start* on, each with a window on its value."""
        cursor = self._raw.cursor(self._databases[database])
        more = cursor.set_range(start) if start else cursor.first()
        while more:
            yield bytes(cursor.key()), cursor.value()
            more = cursor.next()

    def count(self, database: str) -> int:
        """Return how many entries there should be."""
        return int(self._raw.stat(self._databases[database])["entries"])
