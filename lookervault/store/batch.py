"""One transaction's worth of items on their way to the disk."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from lookervault.errors import Damaged
from lookervault.records import Counts, Gap, Head, Item, State
from lookervault.store import keys, rules, values
from lookervault.store.base import Landed
from lookervault.store.codec import decompress
from lookervault.store.rules import Verdict
from lookervault.store.transaction import Transaction


class Batch:
    """Writes the items of *run* in *transaction*."""

    def __init__(self, transaction: Transaction, run: int, epoch: int) -> None:
        self._transaction = transaction
        self._run = run
        self._epoch = epoch
        self._end = keys.backwards(run)
        self._items = transaction.cursor(keys.ITEMS)
        self._bodies = transaction.cursor(keys.BODIES)

    def put(self, landed: Landed) -> dict[str, Counts]:
        """Write the items of a unit and its marker; return what became of them."""
        kind = landed.unit.part.kind
        key = keys.of_marker(self._run, self._epoch, landed.unit.number)
        value = self._transaction.get(keys.MARKERS, key)
        before = None if value is None else values.read_marker(key, value)
        marker = rules.joined(before, self._epoch, landed)
        value = values.marker(key, marker.unit, marker.rows, marker.at)
        self._transaction.put(keys.MARKERS, key, value)
        known = {row.id for row in before.rows} if before else ()
        beginning = keys.of_kind(kind)
        verdicts = [
            self._put(kind, beginning + keys.of_id(item.row.id), item)
            for item in landed.items
        ]
        return {kind: rules.counts(landed.items, verdicts, known)}

    def mark_gone(self, kind: str, ids: Iterable[str], now: float) -> int:
        """Write that these items are gone; return how many were not so before."""
        number = 0
        for id_ in ids:
            old = self._newest(keys.of_item(kind, id_))
            if old is not None and old.state is not State.GONE:
                self._write(rules.gone(old, self._run, now))
                number += 1
        return number

    def mark_unread(self, gaps: Iterable[Gap]) -> None:
        """Write of the items behind *gaps* that they could not be read."""
        for gap in gaps:
            old = self._newest(keys.of_item(gap.kind, gap.id))
            if old is not None and rules.hides(gap, old, self._run):
                self._write(rules.unread(old, self._run))

    def _write(self, head: Head) -> None:
        key = keys.of_item(head.kind, head.id) + self._end
        self._items.put(key, values.head(key, head))

    def _put(self, kind: str, prefix: bytes, item: Item) -> Verdict:
        old = self._newest(prefix)
        verdict = rules.judge(old, item, self._run, self._both)
        if verdict in rules.WRITES:
            key = prefix + self._end
            head = rules.head_of(item, kind, self._run)
            self._items.put(key, values.head(key, head))
            self._put_body(prefix, item)
        elif old is not None and old.digest == item.digest:
            self._heal(prefix, item)
        if old is not None and old.lost:
            self._found_again(prefix, item.digest)
        return verdict

    def _newest(self, prefix: bytes) -> Head | None:
        if not self._items.set_range(prefix):
            return None
        key = self._items.key()
        if not key.startswith(prefix):
            return None
        return values.read_head(key, self._items.value())

    def _put_body(self, prefix: bytes, item: Item) -> None:
        for key in body_keys(prefix, item.digest):
            value = values.body(key, item.digest, item.body)
            if self._bodies.put(key, value, overwrite=False):
                return
            there = digest_of(key, self._bodies.value())
            if there is None:  # It is broken, so that nothing is lost with it.
                self._bodies.put(key, value)
            if there in {None, item.digest}:
                return

    def _heal(self, prefix: bytes, item: Item) -> None:
        """Write the body of an unchanged item again, should the store have lost it."""
        if not self._bodies.set_key(body_keys(prefix, item.digest)[0]):
            self._put_body(prefix, item)

    def _found_again(self, prefix: bytes, digest: bytes) -> None:
        """The body with this *digest* is there: no version lacks it any more."""
        for key, value in list(self._transaction.entries(keys.ITEMS, prefix)):
            head = values.read_head(key, value)
            if head.lost and head.digest == digest:
                found = replace(head, lost=False)
                self._transaction.put(keys.ITEMS, key, values.head(key, found))

    def _both(self, old: Head, item: Item) -> rules.Bodies:
        prefix = keys.of_item(old.kind, old.id)
        blob = find_body(self._transaction, prefix, old.digest)
        if blob is None:
            raise lost(old)
        return decompress(blob, old.size), decompress(item.body, item.size)


def lost(head: Head) -> Damaged:
    """Return what to raise when the body behind *head* is not as it was stored."""
    if head.lost:
        return Damaged(
            f"The body of {head.kind}/{head.id} that run {head.run} found is lost, as a "
            "repair has noted: go back to a copy of the vault, or name another snapshot."
        )
    return Damaged(
        f"The vault is damaged: the body of {head.kind}/{head.id} that run {head.run} "
        "found is missing or broken. lookervault check says what else is, and "
        "lookervault repair fetches it again."
    )


def body_keys(prefix: bytes, digest: bytes) -> tuple[bytes, bytes]:
    """Return the keys that a body may have: the second, if the first one is taken."""
    return prefix + digest[: keys.PREFIX_BYTES], prefix + digest


def digest_of(key: bytes, value: bytes) -> bytes | None:
    """Return the digest of the body under *key*; ``None``: it is broken."""
    try:
        return values.read_body(key, value)[0]
    except Damaged:
        return None


def find_body(transaction: Transaction, prefix: bytes, digest: bytes) -> bytes | None:
    """Return the zstd frame of the body with this *digest*, if it is there."""
    for key in body_keys(prefix, digest):
        value = transaction.get(keys.BODIES, key)
        if value is None:
            return None
        found, blob = values.read_body(key, value)
        if found == digest:
            return blob
    return None
