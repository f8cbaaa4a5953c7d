"""Notes in a vault what of it is lost, in the transaction that finds it so.

What was found before may have been mended meanwhile: each finding is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from lookervault.core import mending
from lookervault.core.audit import Finding, What
from lookervault.errors import Damaged
from lookervault.records import Gap, Head, Phase, Run
from lookervault.store import codec, keys, rules, values
from lookervault.store.batch import body_keys, digest_of
from lookervault.store.transaction import Transaction


class Mend:
    """Changes what is damaged, in one *transaction*. *now* is the wall clock."""

    def __init__(self, transaction: Transaction, now: float) -> None:
        self._transaction = transaction
        self._now = now

    def finding(self, it: Finding) -> bool:
        """Make good what *it* tells of, as far as that goes; return whether it did."""
        if it.run is not None:
            self._have_run(it.run)
        ways: dict[What, Callable[[Finding], bool]] = {
            What.BODY: self._body,
            What.VERSION: self._version,
            What.RUN: self._run,
            What.SNAPSHOT: self._snapshot,
            What.CENSUS: self._census,
            What.MARKER: self._marker,
            What.GAP: self._gap,
        }
        way = ways.get(it.what)
        return way is not None and way(it)

    # Bodies

    def _body(self, it: Finding) -> bool:
        prefix = keys.of_item(it.kind or "", it.id or "")
        for key, head in self._versions(prefix):
            if not head.lost and not self._has_body(prefix, head):
                lost = values.head(key, replace(head, lost=True))
                self._transaction.put(keys.ITEMS, key, lost)
        return True

    def _versions(self, prefix: bytes) -> Iterator[tuple[bytes, Head]]:
        """Yield those versions of an item that can be read."""
        for key, value in list(self._transaction.entries(keys.ITEMS, prefix)):
            try:
                yield key, values.read_head(key, value)
            except Damaged:
                continue

    def _has_body(self, prefix: bytes, head: Head) -> bool:
        """Whether the body of *head* can be read; what is left of a broken one goes."""
        for key in body_keys(prefix, head.digest):
            value = self._transaction.get(keys.BODIES, key)
            if value is None:
                return False
            found = digest_of(key, value)
            if found == head.digest:
                frame = values.read_body(key, value)[1]
                if codec.trouble(frame, head.size, head.digest) is None:
                    return True
            if found in {None, head.digest}:
                self._transaction.delete(keys.BODIES, key)
                return False
        return False

    # Versions

    def _version(self, it: Finding) -> bool:
        prefix, key = it.key[: -keys.RUN_BYTES], it.key
        value = self._transaction.get(keys.ITEMS, key)
        others = [head for _, head in self._versions(prefix)]
        if value is None or any(head.run == keys.run_of(key) for head in others):
            return True
        kind, id_ = keys.names_of(key)
        id_ = others[0].id if others else id_
        if id_ is None or keys.of_item(kind, id_) != prefix:
            return False
        stand_in = mending.unknown_version(kind, id_, keys.run_of(key))
        self._transaction.put(keys.ITEMS, key, values.head(key, stand_in))
        return True

    # Runs

    def _have_run(self, number: int) -> None:
        """Have something stand for run *number*, if there is nothing that can be read."""
        if self._known(number) is None:
            self._save(mending.unknown_run(number))
            self._transaction.clear(keys.MARKERS, keys.of_run(number))

    def _run(self, it: Finding) -> bool:
        """Close an open run that is not the newest: it cannot go on."""
        number = it.run or 0
        run = self._known(number)
        newest = self._transaction.cursor(keys.RUNS)
        is_last = newest.last() and newest.key() == keys.of_run(number)
        if run is not None and run.phase is Phase.OPEN and not is_last:
            self._save(rules.abandoned(run, self._now))
            self._transaction.clear(keys.MARKERS, keys.of_run(number))
        return True

    def _known(self, number: int) -> Run | None:
        key = keys.of_run(number)
        value = self._transaction.get(keys.RUNS, key)
        try:
            run = None if value is None else values.read_run(key, value)
        except Damaged:
            return None
        return run if run is not None and run.number == number else None

    def _save(self, run: Run) -> None:
        key = keys.of_run(run.number)
        self._transaction.put(keys.RUNS, key, values.record(key, run))

    # What runs wrote down

    def _snapshot(self, it: Finding) -> bool:
        if it.id is not None:
            self._put_gap(it.run or 0, mending.lost_item(it.kind or "", it.id))
        self._admit(it)
        return True

    def _admit(self, it: Finding) -> None:
        """Let the run say of a kind no more than can be proved."""
        run = self._known(it.run or 0)
        if run is not None and run.phase is Phase.SEALED and it.kind is not None:
            gaps = list(self._gaps(run.number, it.kind))
            self._save(mending.admitted(run, it.kind, gaps))

    def _gaps(self, run: int, kind: str) -> Iterator[Gap]:
        prefix = keys.of_run(run) + keys.of_kind(kind)
        for key, value in self._transaction.entries(keys.GAPS, prefix):
            try:
                yield values.read_gap(key, value)
            except Damaged:
                yield mending.unknown_gap(kind, "")  # It is about to be mended itself.

    def _census(self, it: Finding) -> bool:
        """Let go of the whole census: an open run takes another one."""
        if it.run is not None and it.kind is not None:
            self._transaction.clear(keys.CENSUS, keys.of_census(it.run, it.kind))
            self._admit(it)
        return True

    def _marker(self, it: Finding) -> bool:
        """Let go of it, so that its unit is read again."""
        self._transaction.delete(keys.MARKERS, it.key)
        return True

    def _gap(self, it: Finding) -> bool:
        kind, id_ = keys.names_of(it.key[keys.RUN_BYTES :])
        number = keys.number_of(it.key)
        if id_ is None or keys.of_gap(number, kind, id_) != it.key:
            return False
        self._put_gap(number, mending.unknown_gap(kind, id_))
        self._admit(replace(it, kind=kind, run=number))
        return True

    def _put_gap(self, run: int, gap: Gap) -> None:
        key = keys.of_gap(run, gap.kind, gap.id)
        self._transaction.put(keys.GAPS, key, values.gap(key, gap))
