"""A vault on disk. The directory is `place`'s, the keys and values `docs/format.md`'s."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from lookervault.core.audit import Finding
from lookervault.errors import VaultError
from lookervault.records import (
    About,
    Census,
    Counts,
    Gap,
    KindReport,
    Login,
    Phase,
    Run,
    Scope,
    Tolerance,
)
from lookervault.store import disk, environment, keys, place, rules, values
from lookervault.store.base import Landed
from lookervault.store.batch import Batch
from lookervault.store.environment import MAP_SIZE
from lookervault.store.lock import Lock
from lookervault.store.mend import Mend
from lookervault.store.reading import FORMAT, LmdbReader, find_run, newest_run
from lookervault.store.transaction import Transaction

_T = TypeVar("_T")


class LmdbStore(LmdbReader):
    """A `Store` in a directory: `create_or_open` it to write, `read` it to read."""

    _lock: Lock | None = None

    @classmethod
    def create_or_open(
        cls,
        path: Path,
        instance: str,
        *,
        now: float,
        size: int = MAP_SIZE,
        admit: Callable[[], object] = lambda: None,
    ) -> LmdbStore:
        """Open the vault of *instance* at *path* for writing; make it if there is none.

        *now* is the wall clock, *size* the bytes of address space to start with.
        *admit* is called when nothing of the vault speaks against it: once the vault
        is open, or before it is made. What it raises is passed on, and leaves no
        vault where none was.

        Raises:
            Locked: someone else writes to it.
            VaultError: it is another instance's, too new, or no vault; or it is where
                it cannot be written to.
            DiskFailed: there is too little space.
            Damaged: it is broken.

        """
        fresh = place.current(path) is None
        disk.check(path)
        if fresh:
            admit()
        store = cls._locked(path, instance, now, size)
        try:
            _check_instance(store.about, path, instance)
            if not fresh:
                admit()
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def _locked(cls, path: Path, instance: str, now: float, size: int) -> LmdbStore:
        place.claim(path)
        lock = Lock(path, now=now)
        try:
            data = place.current(path) or _make(path, instance, now, size)
            place.anchor(path)
            store = cls(path, data, size=size, writable=True)
        except BaseException:
            lock.release()
            raise
        store._lock = lock
        return store

    def close(self) -> None:
        super().close()
        if self._lock is not None:
            self._lock.release()

    def _writing(self, job: Callable[[Transaction], _T]) -> _T:
        used = self._used()
        if self._lock is None:
            message = f"The vault {self._path} was opened for reading only."
            raise VaultError(message)
        return used.writing(job)

    def _change(self, run: int, job: Callable[[Transaction, Run], Run]) -> Run:
        """Let *job* write for the open *run*, and store the run as it returns it."""

        def do(transaction: Transaction) -> Run:
            return _save(transaction, job(transaction, _opened(transaction, run)))

        return self._writing(do)

    def mend(self, findings: Sequence[Finding], *, now: float) -> list[Finding]:
        """Note what of *findings* is lost; return those that nothing can be done about.

        Their advice is for `lookervault repair`: nothing here asks Looker. *now* is the
        wall clock.
        """

        def do(transaction: Transaction) -> list[Finding]:
            mend = Mend(transaction, now)
            return [it for it in findings if not mend.finding(it)]

        return self._writing(do)

    # Runs

    def begin(self, scope: Scope, *, now: float, fresh: bool = False) -> Run:
        def do(transaction: Transaction) -> Run:
            newest = newest_run(transaction)
            if newest is not None and newest.phase is Phase.OPEN:
                if rules.continues(newest, scope, fresh=fresh):
                    return _save(transaction, rules.resumed(newest))
                _save(transaction, rules.abandoned(newest, now))
                transaction.clear(keys.MARKERS, keys.of_run(newest.number))
            return _save(transaction, rules.opened(newest, scope, now))

        return self._writing(do)

    def lead(self, run: int) -> Run:
        return self._change(run, lambda _, known: rules.led(known))

    def note(
        self,
        run: int,
        *,
        expansion: tuple[str, ...] | None = None,
        login: Login | None = None,
        looker: str | None = None,
    ) -> None:
        self._change(run, lambda _, known: rules.noted(known, expansion, login, looker))

    def seal(
        self,
        run: int,
        *,
        now: float,
        kinds: Mapping[str, KindReport],
        gaps: Sequence[Gap],
        figures: Mapping[str, float],
        calls: int,
        tolerance: Tolerance | None = None,
    ) -> Run:
        def do(transaction: Transaction, known: Run) -> Run:
            for gap in gaps:
                key = keys.of_gap(run, gap.kind, gap.id)
                transaction.put(keys.GAPS, key, values.gap(key, gap))
            Batch(transaction, run, known.epoch).mark_unread(gaps)
            transaction.clear(keys.MARKERS, keys.of_run(run))
            return rules.sealed(
                known,
                now,
                kinds=kinds,
                figures=figures,
                calls=calls,
                tolerance=tolerance,
            )

        return self._change(run, do)

    # What a run writes

    def put(
        self,
        run: int,
        epoch: int,
        landed: Sequence[Landed],
        *,
        calls: int,
        tolerance: Tolerance | None = None,
    ) -> list[dict[str, Counts]]:
        def do(transaction: Transaction) -> list[dict[str, Counts]]:
            known = _opened(transaction, run)
            batch = Batch(transaction, run, epoch)
            told = [batch.put(each) for each in landed]
            grown = rules.grown(known, told, calls=calls, tolerance=tolerance)
            _save(transaction, grown)
            return told

        return self._writing(do)

    def put_census(self, run: int, kind: str, census: Census) -> None:
        def do(transaction: Transaction, known: Run) -> Run:
            transaction.clear(keys.CENSUS, keys.of_census(run, kind))
            for key, value in values.census(run, kind, census):
                transaction.put(keys.CENSUS, key, value)
            return known

        self._change(run, do)

    def put_gone(
        self, run: int, kind: str, ids: Iterable[str], *, now: float
    ) -> Counts:
        wanted = list(ids)

        def do(transaction: Transaction) -> Counts:
            known = _opened(transaction, run)
            number = Batch(transaction, run, known.epoch).mark_gone(kind, wanted, now)
            counts = Counts(gone=number)
            _save(transaction, rules.grown(known, [{kind: counts}]))
            return counts

        return self._writing(do)


def _check_instance(about: About, path: Path, instance: str) -> None:
    if about.instance != instance:
        message = (
            f"The vault {path} belongs to {about.instance}, not to {instance}: name "
            "another vault."
        )
        raise VaultError(message)


def _make(path: Path, instance: str, now: float, size: int) -> Path:
    """Make a vault at *path*, or finish what was begun there; return its data."""
    if place.unfinished(path) is None:
        about = About(FORMAT, secrets.token_hex(16), instance, now)
        value = values.record(keys.THE_ABOUT, about)
        first = keys.ABOUT, keys.THE_ABOUT, value
        environment.create(place.draft(path), size, first)
    return place.finish(path)


def _opened(transaction: Transaction, number: int) -> Run:
    run = find_run(transaction, number)
    if run is None or run.phase is not Phase.OPEN:
        raise rules.refused(number)
    return run


def _save(transaction: Transaction, run: Run) -> Run:
    key = keys.of_run(run.number)
    transaction.put(keys.RUNS, key, values.record(key, run))
    return run
