"""A store that forgets: for tests, simulations and dry runs."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from lookervault.errors import Damaged, VaultError
from lookervault.records import (
    About,
    Census,
    Counts,
    Gap,
    Head,
    Item,
    KindReport,
    Login,
    Phase,
    Run,
    Scope,
    State,
    Tolerance,
)
from lookervault.store import keys, rules
from lookervault.store.base import Landed
from lookervault.store.codec import decompress, digest
from lookervault.store.rules import Verdict
from lookervault.units import Marker

_P = ParamSpec("_P")
_T = TypeVar("_T")


def _exclusive(
    method: Callable[Concatenate[MemoryStore, _P], _T],
) -> Callable[Concatenate[MemoryStore, _P], _T]:
    """Let one thread at a time in, until the store is closed."""

    @functools.wraps(method)
    def guarded(self: MemoryStore, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        with self._lock:
            if self._closed:
                message = "The store in memory has been closed."
                raise VaultError(message)
            return method(self, *args, **kwargs)

    return guarded


class MemoryStore:
    """Keeps everything in dicts. The contract is `Store`'s."""

    def __init__(
        self, instance: str = "https://looker.example", *, now: float = 0.0
    ) -> None:
        self._about = About(1, "0" * 32, instance, now)
        self._lock = threading.RLock()
        self._closed = False
        self._runs: dict[int, Run] = {}
        self._markers: dict[int, dict[tuple[int, int], Marker]] = {}
        self._census: dict[tuple[int, str], Census] = {}
        self._gaps: dict[int, dict[bytes, Gap]] = {}
        self._entries: dict[str, dict[str, dict[int, Head]]] = {}
        """By kind, id and run; the newest run comes last."""
        self._bodies: dict[tuple[str, str, bytes], bytes] = {}

    @property
    def about(self) -> About:
        return self._about

    def close(self) -> None:
        self._closed = True

    # Runs

    @_exclusive
    def begin(self, scope: Scope, *, now: float, fresh: bool = False) -> Run:
        newest = self._newest_run()
        if newest is not None and newest.phase is Phase.OPEN:
            if rules.continues(newest, scope, fresh=fresh):
                return self._save(rules.resumed(newest))
            self._save(rules.abandoned(newest, now))
            self._markers.pop(newest.number, None)
        return self._save(rules.opened(newest, scope, now))

    @_exclusive
    def lead(self, run: int) -> Run:
        return self._save(rules.led(self._opened(run)))

    @_exclusive
    def note(
        self,
        run: int,
        *,
        expansion: tuple[str, ...] | None = None,
        login: Login | None = None,
        looker: str | None = None,
    ) -> None:
        self._save(rules.noted(self._opened(run), expansion, login, looker))

    @_exclusive
    def run(self, number: int) -> Run | None:
        return self._runs.get(number)

    @_exclusive
    def runs(self) -> Iterator[Run]:
        return reversed(list(self._runs.values()))

    @_exclusive
    def open_run(self) -> Run | None:
        newest = self._newest_run()
        return newest if newest and newest.phase is Phase.OPEN else None

    @_exclusive
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
        known = self._opened(run)
        self._gaps[run] = {keys.of_gap(run, gap.kind, gap.id): gap for gap in gaps}
        for gap in gaps:
            old = self._newest(gap.kind, gap.id)
            if old is not None and rules.hides(gap, old, run):
                self._write(rules.unread(old, run))
        self._markers.pop(run, None)
        sealed = rules.sealed(
            known,
            now,
            kinds=kinds,
            figures=figures,
            calls=calls,
            tolerance=tolerance,
        )
        return self._save(sealed)

    def _newest_run(self) -> Run | None:
        return self._runs.get(len(self._runs))

    def _opened(self, number: int) -> Run:
        run = self._runs.get(number)
        if run is None or run.phase is not Phase.OPEN:
            raise rules.refused(number)
        return run

    def _save(self, run: Run) -> Run:
        self._runs[run.number] = run
        return run

    # What a run writes

    @_exclusive
    def put(
        self,
        run: int,
        epoch: int,
        landed: Sequence[Landed],
        *,
        calls: int,
        tolerance: Tolerance | None = None,
    ) -> list[dict[str, Counts]]:
        known = self._opened(run)
        told = [self._put_unit(run, epoch, each) for each in landed]
        self._save(rules.grown(known, told, calls=calls, tolerance=tolerance))
        return told

    def _put_unit(self, run: int, epoch: int, landed: Landed) -> dict[str, Counts]:
        unit, kind = landed.unit, landed.unit.part.kind
        markers = self._markers.setdefault(run, {})
        before = markers.get((epoch, unit.number))
        markers[epoch, unit.number] = rules.joined(before, epoch, landed)
        known = {row.id for row in before.rows} if before else ()
        verdicts = [self._put(kind, item, run) for item in landed.items]
        return {kind: rules.counts(landed.items, verdicts, known)}

    def _put(self, kind: str, item: Item, run: int) -> Verdict:
        old = self._newest(kind, item.row.id)
        verdict = rules.judge(
            old, item, run, lambda known, it: (self._body(known), _raw(it))
        )
        if verdict in rules.WRITES:
            self._write(rules.head_of(item, kind, run))
            self._bodies.setdefault((kind, item.row.id, item.digest), item.body)
        return verdict

    @_exclusive
    def put_census(self, run: int, kind: str, census: Census) -> None:
        self._opened(run)
        self._census[run, kind] = census

    @_exclusive
    def put_gone(
        self, run: int, kind: str, ids: Iterable[str], *, now: float
    ) -> Counts:
        known = self._opened(run)
        number = 0
        for id_ in ids:
            old = self._newest(kind, id_)
            if old is not None and old.state is not State.GONE:
                self._write(rules.gone(old, run, now))
                number += 1
        counts = Counts(gone=number)
        self._save(rules.grown(known, [{kind: counts}]))
        return counts

    def _newest(self, kind: str, id_: str) -> Head | None:
        versions = self._entries.get(kind, {}).get(id_)
        return versions[next(reversed(versions))] if versions else None

    def _write(self, head: Head) -> None:
        versions = self._entries.setdefault(head.kind, {}).setdefault(head.id, {})
        versions[head.run] = head

    # Reading

    @_exclusive
    def markers(self, run: int) -> Iterator[Marker]:
        markers = self._markers.get(run, {})
        return iter([markers[key] for key in sorted(markers)])

    @_exclusive
    def census(self, run: int, kind: str) -> Census | None:
        return self._census.get((run, kind))

    @_exclusive
    def gaps(self, run: int) -> Iterator[Gap]:
        gaps = self._gaps.get(run, {})
        return iter([gaps[key] for key in sorted(gaps)])

    @_exclusive
    def heads(
        self, kind: str, *, at: int | None = None, but: Container[str] | None = None
    ) -> Iterator[Head]:
        entries = self._entries.get(kind, {})
        ids = sorted(
            (id_ for id_ in entries if but is None or id_ not in but), key=keys.of_id
        )
        shown = (_shown(entries[id_], at) for id_ in ids)
        return iter([head for head in shown if head is not None])

    @_exclusive
    def versions(self, kind: str, id_: str) -> Iterator[Head]:
        versions = self._entries.get(kind, {}).get(id_, {})
        return reversed(list(versions.values()))

    @_exclusive
    def body(self, head: Head) -> bytes:
        raw = self._body(head)
        if digest(raw) != head.digest:
            raise _lost(head)
        return raw

    def _body(self, head: Head) -> bytes:
        body = self._bodies.get((head.kind, head.id, head.digest))
        if body is None:
            raise _lost(head)
        return decompress(body, head.size)


def _shown(versions: Mapping[int, Head], at: int | None) -> Head | None:
    """Return the newest of *versions* that run *at* shows."""
    runs = [run for run in versions if at is None or run <= at]
    return versions[runs[-1]] if runs else None


def _raw(item: Item) -> bytes:
    return decompress(item.body, item.size)


def _lost(head: Head) -> Damaged:
    return Damaged(f"The body of {head.kind}/{head.id} is missing or broken.")
