"""Many ids in little memory: 10 to 20 bytes each, where a set of strings takes 100.

Ids lie in buckets, each one run of bytes that is searched as a whole, which takes 0.4 µs.
UTF-8 never has the byte that stands between them, so that no id can pass for another.
"""

from __future__ import annotations

from collections.abc import Iterable

_END = b"\xff"
"""Before and behind each id of a bucket."""

_FULL = 16
"""Ids of a bucket, on average, when there are made more of them: fewer take more memory,
more take longer to search."""


class Ids:
    """A set of ids that only grows. None of them has half a character (`core.halves`)."""

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._buckets = [_END]
        """A power of two of them, so that the low bits of a hash tell which."""
        self._count = 0
        self.add(ids)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, id_: object) -> bool:
        if not isinstance(id_, str):
            return False
        raw = id_.encode()
        bucket = self._buckets[hash(raw) & (len(self._buckets) - 1)]
        return _END + raw + _END in bucket

    def add(self, ids: Iterable[str]) -> list[str]:
        """Add *ids*, and return those that are new, in their order."""
        buckets, mask = self._buckets, len(self._buckets) - 1
        new: list[str] = []
        for id_ in ids:
            raw = id_.encode()
            place = hash(raw) & mask
            bucket = buckets[place]
            raw += _END
            if _END + raw in bucket:
                continue
            buckets[place] = bucket + raw
            new.append(id_)
            if self._count + len(new) > _FULL * len(buckets):
                buckets = self._buckets = _spread(buckets)
                mask = len(buckets) - 1
        self._count += len(new)
        return new

    def copy(self) -> Ids:
        """Return another set of the same ids, which shares their bytes."""
        other = Ids()
        other._buckets, other._count = self._buckets.copy(), self._count
        return other

    def common(self, other: Ids) -> int:
        """Return how many ids are in both: faster than to ask for one after the other."""
        few, many = sorted((self._buckets, other._buckets), key=len)
        return sum(
            len(set(_inside(bucket)).intersection(_inside(few[place % len(few)])))
            for place, bucket in enumerate(many)
        )


def _inside(bucket: bytes) -> list[bytes]:
    return bucket.split(_END)[1:-1]


def _spread(buckets: list[bytes]) -> list[bytes]:
    """Return the ids of *buckets* in four times as many."""
    more = [_END] * (4 * len(buckets))
    for bucket in buckets:
        for raw in _inside(bucket):
            more[hash(raw) & (len(more) - 1)] += raw + _END
    return more
