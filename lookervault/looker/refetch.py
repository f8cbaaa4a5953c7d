"""Asks Looker for single items again, one request after the other.

There are few of them, if any; a run is what reads many.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TypeAlias

from lookervault.content import KINDS, Kind, Reads
from lookervault.core.errand import errand
from lookervault.errors import LookerError, Sort
from lookervault.looker.base import Source
from lookervault.looker.exchange import Unwatched
from lookervault.records import Gap, Head, Item
from lookervault.store.packing import packed
from lookervault.units import Ids, Part, Unit, Whole

Named: TypeAlias = tuple[str, str]
"""The kind and the id of an item."""

_TRIES = 6
"""Requests for one unit, if the trouble may pass: half a minute of it, at least."""

_LONGEST_WAIT = 60.0
"""Seconds. Whoever asks us to wait longer is asked again another day."""

_PASSING = {Sort.LIMITED, Sort.OVERLOADED, Sort.TIMED_OUT, Sort.UNREACHABLE}


class Refetch:
    """Fetches items from *source*. *wall* is the clock, in seconds since 1970.

    Raises:
        LookerError: Looker does not answer any more, or refuses the login.

    """

    def __init__(
        self,
        source: Source,
        *,
        wall: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._source = source
        self._wall = wall
        self._sleep = sleep

    def listed(self, wanted: Mapping[Named, Head | None]) -> dict[Named, Item]:
        """Return those of *wanted*, each with its newest version, that come with others, as they did before.

        The same item differs by the call that returns it: what came with a listing
        comes back from that alone.
        """
        found = {}
        parts = dict.fromkeys(filter(None, (_part(*it) for it in wanted.items())))
        for part in parts:
            with contextlib.suppress(_Denied):
                for item in self._ask(KINDS[part.kind], Whole(0, part)):
                    found[part.kind, item.row.id] = item
        return {name: found[name] for name in wanted if name in found}

    def single(self, kind: str, id_: str) -> Item | Gap:
        """Ask for one item by its id; return why it cannot be had."""
        try:
            (item,) = self._ask(KINDS[kind], Ids(0, Part(kind), (id_,)))
        except _Denied as error:
            return Gap(kind, id_, error.status, error.reason, error.excerpt)
        return item

    def _ask(self, kind: Kind, unit: Unit) -> list[Item]:
        """Return what the one request of *unit* brings, after some tries if need be.

        Raises:
            _Denied: Looker answers that it will not show it.
            LookerError: it does not answer, or refuses the login.

        """
        for tried in range(1, _TRIES + 1):
            try:
                return self._asked(kind, unit)
            except LookerError as error:
                if error.sort not in {*_PASSING, Sort.UNAUTHORIZED}:
                    raise _Denied(error) from error
                wait = error.retry_after or float(2 ** (tried - 1))
                lasts = error.sort is Sort.UNAUTHORIZED or wait > _LONGEST_WAIT
                if tried == _TRIES or lasts:
                    raise
                self._sleep(wait)
        raise AssertionError("the last try returns or raises")

    def _asked(self, kind: Kind, unit: Unit) -> list[Item]:
        way = errand(kind, unit)
        request = way.request()
        if request is None:
            raise TypeError(f"{kind.name} cannot be asked for like that")
        answer = self._source.call(request.call, request.parameters, Unwatched())
        at = self._wall() if answer.date is None else answer.date
        found = way.take(answer.body)
        return packed(kind, request.call, found, at)


def _part(name: Named, newest: Head | None) -> Part | None:
    """Return the part of a listing that brought an item in one call, if one did."""
    kind = KINDS[name[0]]
    if kind.reads is Reads.WHOLE:
        return Part(kind.name)
    if kind.by_folder is None or newest is None or not newest.folder:
        return None
    listed = newest.call == kind.by_folder.call
    return Part(kind.name, newest.folder) if listed else None


class _Denied(Exception):
    """Looker answered, and what it answered is no item."""

    def __init__(self, error: LookerError) -> None:
        super().__init__(error.reason)
        self.reason = error.reason
        self.status = error.status
        self.excerpt = error.excerpt
