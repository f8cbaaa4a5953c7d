"""Reading a vault on disk, also while another process writes to it."""

from __future__ import annotations

from collections.abc import Container, Iterator
from itertools import islice
from pathlib import Path
from typing import Self

from lookervault.errors import Damaged, VaultError
from lookervault.records import About, Census, Gap, Head, Phase, Run
from lookervault.store import environment, keys, place, values
from lookervault.store.batch import find_body, lost
from lookervault.store.codec import decompress, digest
from lookervault.store.environment import MAP_SIZE, Environment
from lookervault.store.transaction import Transaction
from lookervault.units import Marker

FORMAT = 1
"""Of the vaults that this version makes, and the newest that it reads."""

_CHUNK = 1_000
"""Entries that are read in one transaction: some milliseconds."""

_BEHIND_ALL_RUNS = b"\xff" * keys.RUN_BYTES


class LmdbReader:
    """The half of a `Store` that reads.

    No transaction is open while a caller holds one of its iterators.
    """

    def __init__(
        self, path: Path, data: Path, *, size: int = MAP_SIZE, writable: bool = False
    ) -> None:
        self._path = path
        self._environment: Environment | None = environment.share(
            data, size=size, writable=writable
        )
        try:
            self._about = self._identify()
        except BaseException:
            self.close()
            raise

    @classmethod
    def read(cls, path: Path, *, size: int = MAP_SIZE) -> Self:
        """Open the vault at *path* for reading. *size* as in `LmdbStore`.

        Raises:
            VaultError: there is no vault, it is too new, or may not be read.
            Damaged: it is broken.

        """
        data = place.current(path)
        if data is None:
            raise no_vault(path)
        return cls(path, data, size=size)

    def _identify(self) -> About:
        with self._used().reading() as transaction:
            value = transaction.get(keys.ABOUT, keys.THE_ABOUT)
        if value is None:
            message = f"The vault {self._path} is damaged: it does not say what it is."
            raise Damaged(message)
        about = values.read_about(keys.THE_ABOUT, value)
        if about.format > FORMAT:
            raise too_new(self._path, about)
        return about

    @property
    def about(self) -> About:
        """What this vault is."""
        return self._about

    def close(self) -> None:
        """Let go of everything. Later calls are errors."""
        used, self._environment = self._environment, None
        if used is not None:
            environment.unshare(used)

    def _used(self) -> Environment:
        if self._environment is None:
            message = f"The vault {self._path} has been closed."
            raise VaultError(message)
        return self._environment

    def run(self, number: int) -> Run | None:
        """Return run *number*."""
        with self._used().reading() as transaction:
            return find_run(transaction, number)

    def runs(self) -> Iterator[Run]:
        """Yield all runs, the newest first."""
        runs = [values.read_run(*entry) for entry in self._walk(keys.RUNS, b"")]
        return reversed(runs)

    def open_run(self) -> Run | None:
        """Return the run that is open."""
        with self._used().reading() as transaction:
            newest = newest_run(transaction)
        return newest if newest and newest.phase is Phase.OPEN else None

    def markers(self, run: int) -> Iterator[Marker]:
        """Yield the markers of the open *run*, in the order of epoch and unit number."""
        for entry in self._walk(keys.MARKERS, keys.of_run(run)):
            yield values.read_marker(*entry)

    def census(self, run: int, kind: str) -> Census | None:
        """Return the newest complete census of *kind* in *run*."""
        with self._used().reading() as transaction:
            prefix = keys.of_census(run, kind)
            entries = list(transaction.entries(keys.CENSUS, prefix))
        return values.read_census(entries)

    def gaps(self, run: int) -> Iterator[Gap]:
        """Yield the gaps of a sealed *run*, in the order of their keys."""
        for entry in self._walk(keys.GAPS, keys.of_run(run)):
            yield values.read_gap(*entry)

    def heads(
        self, kind: str, *, at: int | None = None, but: Container[str] | None = None
    ) -> Iterator[Head]:
        """Yield for each item of *kind* its newest entry with run <= *at*, by key."""
        start: bytes | None = keys.of_kind(kind)
        while start is not None:
            with self._used().reading() as transaction:
                found, start = _newest_heads(transaction, kind, at, but, start)
            # Long ids are not in keys.
            yield from (it for it in found if but is None or it.id not in but)

    def versions(self, kind: str, id_: str) -> Iterator[Head]:
        """Yield the entries of one item, the newest first."""
        for entry in self._walk(keys.ITEMS, keys.of_item(kind, id_)):
            yield values.read_head(*entry)

    def body(self, head: Head) -> bytes:
        """Return the raw bytes behind *head*, verified against its digest."""
        with self._used().reading() as transaction:
            prefix = keys.of_item(head.kind, head.id)
            blob = find_body(transaction, prefix, head.digest)
        if blob is None:
            raise lost(head)
        try:
            raw = decompress(blob, head.size)
        except Damaged as error:
            raise lost(head) from error
        if digest(raw) != head.digest:
            raise lost(head)
        return raw

    def _walk(self, database: str, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the entries whose keys begin with *prefix*, from short transactions."""
        start = prefix
        while True:
            with self._used().reading() as transaction:
                entries = transaction.entries(database, prefix, start)
                chunk = list(islice(entries, _CHUNK))
            yield from chunk
            if len(chunk) < _CHUNK:
                return
            start = chunk[-1][0] + b"\0"


def no_vault(path: Path) -> VaultError:
    """Return what to raise when there is no vault at *path*."""
    return VaultError(
        f"There is no vault at {path}: name another place, or make one by "
        f"lookervault extract --vault {path}"
    )


def too_new(path: Path, about: About) -> VaultError:
    """Return what to raise when a vault is of a format that is not known here."""
    return VaultError(
        f"The vault {path} was made by a newer lookervault (format {about.format}, this "
        f"one knows {FORMAT}): update lookervault."
    )


def find_run(transaction: Transaction, number: int) -> Run | None:
    """Return run *number*, if there is one."""
    if not 0 < number < 2**64:
        return None
    key = keys.of_run(number)
    value = transaction.get(keys.RUNS, key)
    return None if value is None else values.read_run(key, value)


def newest_run(transaction: Transaction) -> Run | None:
    """Return the run with the highest number."""
    cursor = transaction.cursor(keys.RUNS)
    return values.read_run(*cursor.item()) if cursor.last() else None


def _newest_heads(
    transaction: Transaction,
    kind: str,
    at: int | None,
    but: Container[str] | None,
    start: bytes,
) -> tuple[list[Head], bytes | None]:
    """Return some heads from the key *start* on, and the key to go on from."""
    prefix, end = keys.of_kind(kind), keys.backwards(at)
    cursor = transaction.cursor(keys.ITEMS)
    heads: list[Head] = []
    more = cursor.set_range(start)
    for _ in range(_CHUNK):
        if not (more and cursor.key().startswith(prefix)):
            return heads, None
        item = cursor.key()[: -keys.RUN_BYTES]
        if cursor.key()[-keys.RUN_BYTES :] < end:
            more = cursor.set_range(item + end)
        if more and cursor.key().startswith(item):
            if but is None or keys.id_of(item) not in but:
                heads.append(values.read_head(*cursor.item()))
            more = cursor.next()
        if more and cursor.key().startswith(item):
            more = cursor.set_range(item + _BEHIND_ALL_RUNS)
    return heads, cursor.key() if more else None
