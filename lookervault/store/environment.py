"""The LMDB environment of a vault: one in a process, whoever uses it.

What LMDB demands is kept here: a map that grows only while no transaction lives
in it, transactions that end where they began, one environment for each file.
Durability is LMDB's own default: a commit returns when the disk has it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import lmdb

from lookervault.errors import DiskFailed, LookervaultError, VaultError
from lookervault.store import failures, keys, place
from lookervault.store.datafile import DataFile, identity
from lookervault.store.gate import Gate
from lookervault.store.transaction import Transaction
from lookervault.store.turn import turn
from lookervault.store.view import View

MAP_SIZE = 64 * 2**30 if sys.maxsize > 2**32 else 2**30
"""Bytes of address space, not of disk. Ample, so that growing is the exception."""

_SMALLEST_MAP = 2**26
_MOST_DATABASES = 32

_T = TypeVar("_T")


class Environment:
    """An open LMDB environment. Get one by `share`, never by its class.

    Raises, from every method:
        DiskFailed: no space, or the disk refused. Reading still works.
        Damaged: LMDB found its pages broken, or its file was cut off.
        VaultError: it cannot be opened, or was opened before a fork.

    """

    def __init__(self, data: Path, *, size: int, writable: bool) -> None:
        self.data = data
        self.users = 1
        self._size = size
        self._writable = writable
        self._gate = Gate()
        self._pid = os.getpid()
        self._open()
        self._file = DataFile(data)

    def _open(self) -> None:
        with failures.translated(self.data.parent):
            self._lmdb = _map(self.data, self._size, writable=self._writable)
            try:
                self._lmdb.reader_check()
                self._databases = {
                    name: self._lmdb.open_db(name.encode(), create=False)
                    for name in keys.DATABASES
                }
            except BaseException:
                self._lmdb.close()
                raise

    def _reopen(self) -> None:
        with self._gate.exclusive():
            self._lmdb.close()
            self._open()

    def make_writable(self) -> None:
        """Open it for writing, if it is open for reading only."""
        if self._writable:
            return
        self._writable = True
        try:
            self._reopen()
        except LookervaultError:
            self._writable = False
            self._reopen()
            raise

    def close(self) -> None:
        """Close it, once nobody is in it."""
        with self._gate.exclusive():
            self._lmdb.close()

    def leave_to_parent(self) -> bool:
        """Close this process' copy and return true, if it came by a fork.

        Without the gate: threads that were inside are not here to leave.
        """
        if os.getpid() == self._pid:
            return False
        self._lmdb.close()
        return True

    @contextlib.contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Read in one transaction. Keep it short, and in this block and thread.

        Long ones pin old pages, and keep a map that is full from growing.
        """
        self._not_forked()
        with failures.translated(self.data.parent), self._gate.shared():
            self._file.still_whole()
            raw = self._try_begin()
            if raw is not None:
                with raw:
                    yield Transaction(raw, self._databases)
                return
        self._adopt_size()
        with self.reading() as transaction:
            yield transaction

    @contextlib.contextmanager
    def viewing(self) -> Iterator[View]:
        """Read in one transaction, without copies; else like `reading`."""
        self._not_forked()
        with failures.translated(self.data.parent), self._gate.shared():
            self._file.still_whole()
            raw = self._try_view()
            if raw is not None:
                with raw:
                    yield View(raw, self._databases)
                return
        self._adopt_size()
        with self.viewing() as view:
            yield view

    def copy(self, target: int, *, compact: bool) -> None:
        """Write to the file descriptor *target* what the vault holds now.

        Consistent, also while another process writes.
        """
        with failures.translated(self.data.parent), self._gate.shared():
            self._file.still_whole()
            self._lmdb.copyfd(target, compact)

    def writing(self, job: Callable[[Transaction], _T]) -> _T:
        """Do *job* in one transaction; when this returns, the disk has its effect.

        If the map is full, it grows and *job* is done again from the start.
        """
        self._not_forked()
        size = 0
        while True:
            try:
                with failures.translated(self.data.parent), self._gate.shared():
                    self._file.still_there()
                    size = self._lmdb.info()["map_size"]
                    raw = self._try_begin(write=True)
                    if raw is not None:
                        return self._commit(raw, job)
            except lmdb.MapFullError:
                self._grow(size)
            except DiskFailed as error:
                # If it was a meta page, LMDB refuses everything until then.
                if isinstance(error.__cause__, lmdb.Error):
                    self._reopen()
                raise
            else:
                self._adopt_size()

    def _commit(
        self, raw: lmdb.Transaction[bytes], job: Callable[[Transaction], _T]
    ) -> _T:
        with raw:
            with turn(writes=True):
                result = job(Transaction(raw, self._databases))
            self._file.still_there()
            return result

    def _try_begin(self, *, write: bool = False) -> lmdb.Transaction[bytes] | None:
        """Begin, unless another process has made the map larger."""
        try:
            return self._lmdb.begin(write=write)
        except lmdb.MapResizedError:
            return None

    def _try_view(self) -> lmdb.Transaction[memoryview] | None:
        try:
            return self._lmdb.begin(buffers=True)
        except lmdb.MapResizedError:
            return None

    def _adopt_size(self) -> None:
        with failures.translated(self.data.parent), self._gate.exclusive():
            self._lmdb.set_mapsize(0)

    def _grow(self, seen: int) -> None:
        with failures.translated(self.data.parent), self._gate.exclusive():
            if self._lmdb.info()["map_size"] <= seen:
                self._lmdb.set_mapsize(2 * seen)
                self._size = 2 * seen

    def _not_forked(self) -> None:
        if os.getpid() != self._pid:
            message = (
                f"The vault {self.data.parent} was opened before this process was "
                "forked: open it after the fork."
            )
            raise VaultError(message)


def _map(data: Path, size: int, *, writable: bool) -> lmdb.Environment:
    """Open *data* with a map of *size* bytes, or of what there is address space for."""
    while True:
        try:
            return lmdb.open(
                str(data),
                map_size=size,
                max_dbs=_MOST_DATABASES,
                readonly=not writable,
                create=False,  # of the directory; the files are made
                mode=0o600,
            )
        except lmdb.MemoryError:
            if size <= _SMALLEST_MAP:
                raise
            size //= 2


def create(data: Path, size: int, first: tuple[str, bytes, bytes]) -> None:
    """Make the databases in the empty directory *data*, with the *first* entry.

    All in one transaction: no vault is ever without its identity.
    """
    database, key, value = first
    with failures.translated(data.parent):
        made = _map(data, size, writable=True)
        try:
            place.make_private(data)
            with made.begin(write=True) as raw:
                opened = {n: made.open_db(n.encode(), raw) for n in keys.DATABASES}
                raw.put(key, value, db=opened[database])
        finally:
            made.close()


_open_ones: dict[tuple[int, int], Environment] = {}
_opening = threading.Lock()


def share(data: Path, *, size: int = MAP_SIZE, writable: bool = False) -> Environment:
    """Return this process' environment for *data*. Give it back by `unshare`.

    Raises:
        Damaged: the file is empty, cut off or broken.
        VaultError: it cannot be opened.

    """
    with _opening:
        file = identity(data)
        known = _open_ones.get(file) if file else None
        if known and not known.leave_to_parent():
            if writable:
                known.make_writable()
            known.users += 1
            return known
        place.check_size(data)
        try:
            made = Environment(data, size=size, writable=writable)
        except LookervaultError as error:
            # LMDB says in many ways that it cannot make sense of a file.
            raise place.damage(data) or error from error
        if file:
            _open_ones[file] = made
        return made


def unshare(environment: Environment) -> None:
    """Give it back. The last one closes it."""
    with _opening:
        environment.users -= 1
        if environment.users or environment.leave_to_parent():
            return
        for file in [f for f, known in _open_ones.items() if known is environment]:
            del _open_ones[file]
        environment.close()
