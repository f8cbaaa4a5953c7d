"""What may be done in one transaction of LMDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import lmdb


class Transaction:
    """What may be done in one transaction. Never leaves the block it was made in."""

    __slots__ = ("_databases", "_raw")

    def __init__(
        self, raw: lmdb.Transaction[bytes], databases: Mapping[str, lmdb._Database]
    ) -> None:
        self._raw = raw
        self._databases = databases

    def get(self, database: str, key: bytes) -> bytes | None:
        """Return the value of *key*."""
        return self._raw.get(key, db=self._databases[database])

    def put(self, database: str, key: bytes, value: bytes) -> None:
        """Write the value of *key*."""
        self._raw.put(key, value, db=self._databases[database])

    def add(self, database: str, key: bytes, value: bytes) -> bool:
        """Write the value of *key* and return true, if there is none yet."""
        return self._raw.put(key, value, overwrite=False, db=self._databases[database])

    def delete(self, database: str, key: bytes) -> None:
        """Delete *key*, if it is there."""
        self._raw.delete(key, db=self._databases[database])

    def cursor(self, database: str) -> lmdb.Cursor[bytes]:
        """Return a cursor, which lives no longer than the transaction."""
        return self._raw.cursor(self._databases[database])

    def entries(
        self, database: str, prefix: bytes, start: bytes = b""
    ) -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries whose keys begin with *prefix*, from *start* on."""
        cursor = self.cursor(database)
        more = cursor.set_range(max(prefix, start))
        while more and cursor.key().startswith(prefix):
            yield cursor.item()
            more = cursor.next()

    def clear(self, database: str, prefix: bytes) -> None:
        """Delete the entries whose keys begin with *prefix*."""
        for key in [key for key, _ in self.entries(database, prefix)]:
            self._raw.delete(key, db=self._databases[database])
