"""Many rows in little memory: some 30 bytes each, where objects take 250.

They are packed by the page, and unpacked when somebody looks at them. What is asked
most, whether an id is among them, their `Ids` know.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import overload

import msgspec

from lookervault.core.ids import Ids
from lookervault.records import Row

_PACK = 256
"""Rows that are packed together, at most: more of them take longer to look at one."""

_FAST = 1
"""The level of zlib: the next ones save a byte a row and take half as long again."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Row]).decode


class Rows(Sequence[Row]):
    """Rows in their order, each id once. They only grow in number."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.ids = Ids()
        """The ids of all of them."""
        self._packs: list[bytes] = []
        self._ends: list[int] = []
        """How many rows there are up to the end of each pack."""
        self.extend(rows)

    @classmethod
    def joined(cls, several: Iterable[Rows]) -> Rows:
        """Return the rows of *several*; what is in more than one is as the last has it."""
        parts = list(several)
        whole, largest = cls(), max(parts, key=len, default=cls())
        whole.ids = largest.ids.copy()
        twice: set[str] = set()
        for part in parts:
            whole._append(part)
            if part is not largest:
                ids = [row.id for row in part]
                twice |= set(ids).difference(whole.ids.add(ids))
        return whole._without(twice) if twice else whole

    def _append(self, part: Rows) -> None:
        before = len(self)
        self._packs += part._packs
        self._ends += [before + end for end in part._ends]

    def _without(self, twice: set[str]) -> Rows:
        """Return the rows with each id once, those of *twice* at the end."""
        other = Rows()
        other.ids = self.ids
        other._pack(row for row in self if row.id not in twice)
        other._pack({row.id: row for row in self if row.id in twice}.values())
        return other

    def extend(self, rows: Iterable[Row]) -> int:
        """Add those of *rows* whose ids are new, as they come last; return how many."""
        last = {row.id: row for row in rows}
        new = self.ids.add(last)
        self._pack(map(last.__getitem__, new))
        return len(new)

    def _pack(self, rows: Iterable[Row]) -> None:
        waiting = iter(rows)
        while some := list(islice(waiting, _PACK)):
            self._ends.append(len(self) + len(some))
            self._packs.append(zlib.compress(_encode(some), _FAST))

    # Looking at them

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Row]:
        return self.since(0)

    def since(self, first: int) -> Iterator[Row]:
        """Yield the rows from place *first* on, which is not negative."""
        pack = bisect_right(self._ends, first)
        before = self._ends[pack - 1] if pack else 0
        rest = map(_unpacked, islice(self._packs, pack, None))
        return islice(chain.from_iterable(rest), first - before, None)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...

    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        places = range(len(self))[place]  # It knows what negative ones mean.
        if isinstance(places, int):
            return next(self.since(places))
        if places.step == 1:
            return list(islice(self.since(places.start), len(places)))
        return list(self)[place]


@lru_cache(maxsize=4)
def _unpacked(pack: bytes) -> Sequence[Row]:
    # Spans are shorter than packs, so that the same one is looked at several times.
    return _decode(zlib.decompress(pack))
