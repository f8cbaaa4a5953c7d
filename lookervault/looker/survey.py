"""What Looker holds, found out by few and cheap calls: nothing is read but ids.

Each kind is counted by ``X-Total-Count`` where Looker sends it, else by a census. A
few whole items tell how large they are, if nobody knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import msgspec

from lookervault.content import KINDS, Kind, Place, Reads, covered
from lookervault.core import atlas, bodies
from lookervault.core.errand import Request, errand
from lookervault.core.estimate import Holding, counted
from lookervault.core.lane import COUNT_PAGE
from lookervault.core.walk import Walk
from lookervault.errors import LookerError, Sort
from lookervault.looker.base import Answer, Source
from lookervault.looker.exchange import Unwatched
from lookervault.records import Row, Scope
from lookervault.units import Count, Part, Span

_SAMPLE = 5
"""Items that are read whole to learn their size."""

_TRIES = 3
_PATIENCE = 10.0
"""Seconds. Whoever asks us to wait longer is not waited for."""

_PASSING = {Sort.LIMITED, Sort.OVERLOADED, Sort.TIMED_OUT, Sort.UNREACHABLE}

_APART = 4
"""Folders that are counted one by one; for more of them, everything is counted once."""

_REFUSED = {401, 402, 403, 404, 405, 410, 451}
"""Statuses that say no to a listing."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about one kind."""

    kind: str
    holding: Holding | None = None
    """``None``: it could not be counted."""
    by: str = ""
    """How: ``X-Total-Count``, ``ids``, or ``listing`` where one call lists them all."""
    status: int | None = None
    """Of the answer that said no."""
    reason: str = ""
    """Why it could not be counted."""

    @property
    def refused(self) -> bool:
        """Whether this login may not see the kind."""
        return self.status in _REFUSED


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about the kinds of a scope."""

    findings: Mapping[str, Finding]
    folders: tuple[str, ...] = ()
    """What the scope comes to; empty: everywhere, or not known."""
    lost: tuple[str, ...] = ()
    """Folders of the scope that are not there, or hidden."""


def survey(
    source: Source,
    scope: Scope,
    sizes: Mapping[str, float],
    *,
    sleep: Callable[[float], None],
) -> Survey:
    """Find out what *source* holds of *scope*. *sizes*: bytes of an item, where known.

    Raises:
        LookerError: Looker does not answer any more, or refuses the login.

    """
    tree = _Tree(_Asking(source, sleep), sizes)
    kinds = [KINDS[name] for name in covered(scope)]
    filtered = [
        kind for kind in kinds if scope.folders and kind.place is Place.FILTERED
    ]
    folders: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    hidden: dict[str, Finding] = {}
    if filtered:
        map_ = tree.finding(KINDS["folders"])
        folders, lost = _expanded(map_, scope)
        if map_.holding is None:
            hidden = {kind.name: _hidden(kind, map_) for kind in filtered}
    findings = {
        kind.name: hidden.get(kind.name)
        or tree.finding(kind, folders if kind in filtered else ())
        for kind in kinds
    }
    return Survey(findings=findings, folders=folders, lost=lost)


def _expanded(map_: Finding, scope: Scope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what *scope* comes to, and which of its folders are not there."""
    if map_.holding is None:
        return (), ()
    rows = [row for part in map_.holding.rows.values() for row in part]
    lost = atlas.unknown(rows, scope.folders)
    inside = atlas.expansion(rows, scope.folders) if scope.recursive else scope.folders
    return inside, lost


def _hidden(kind: Kind, map_: Finding) -> Finding:
    """Return the finding that *kind* cannot be had without the map of folders."""
    reason = f"The folders cannot be listed: {map_.reason}"
    return Finding(kind=kind.name, status=map_.status, reason=reason)


class _Tree:
    """What is known so far; no listing is asked for twice."""

    def __init__(self, asking: _Asking, sizes: Mapping[str, float]) -> None:
        self._asking = asking
        self._sizes = sizes
        self._known: dict[str, Finding] = {}
        self._told = True
        """Whether Looker may send totals: as far as is known, it does."""

    def finding(self, kind: Kind, folders: Sequence[str] = ()) -> Finding:
        """Find out about *kind*, in *folders* or everywhere."""
        if kind.name not in self._known:
            self._known[kind.name] = self._find(kind, folders)
        return self._known[kind.name]

    def _find(self, kind: Kind, folders: Sequence[str]) -> Finding:
        try:
            if kind.listing.sorts is None:
                rows = self._asking.listing(kind)
                held = Holding(rows={Part(kind.name): rows})
                return Finding(kind=kind.name, holding=held, by="listing")
            return self._paged(kind, folders)
        except LookerError as error:
            if error.sort in _PASSING or error.sort is Sort.UNAUTHORIZED:
                raise
            return Finding(kind=kind.name, status=error.status, reason=error.reason)

    def _paged(self, kind: Kind, folders: Sequence[str]) -> Finding:
        apart = bool(folders) and len(folders) <= _APART
        parts = list(atlas.parts(kind, folders if apart else (None,)))
        rows: dict[Part, Sequence[Row]] = {}
        more: dict[Part, int] = {}
        by, cap = "X-Total-Count", COUNT_PAGE
        for part in parts:
            # What is read by folders must be known by folder.
            total = self._total(kind, part) if kind.reads is Reads.SPANS else None
            if total is None or (folders and not apart):
                by = "ids"
                rows[part], most = self._asking.walk(kind, part)
                cap = min(cap, most)
            else:
                held = counted(part, total)
                rows |= held.rows
                more |= held.more
        if folders and not apart:
            rows = _by_folder(kind, rows, folders)
        size = self._size(kind, rows)
        held = Holding(rows=rows, more=more, size=size, cap=cap)
        return Finding(kind=kind.name, holding=held, by=by)

    def _total(self, kind: Kind, part: Part) -> int | None:
        """Ask for one row, in case Looker says with it how many there are."""
        if not self._told:
            return None
        total = self._asking.total(kind, part)
        self._told = total is not None
        return total

    def _size(self, kind: Kind, rows: Mapping[Part, Sequence[Row]]) -> float:
        """Return how many bytes an item has, where pages are cut by that."""
        known = self._sizes.get(kind.name)
        if known is not None or kind.reads is not Reads.SPANS:
            return known or 0.0
        part = next((part for part, there in rows.items() if there), None)
        return 0.0 if part is None else self._asking.size(kind, part)


class _Asking:
    """The calls."""

    def __init__(self, source: Source, sleep: Callable[[float], None]) -> None:
        self._source = source
        self._sleep = sleep

    def listing(self, kind: Kind) -> list[Row]:
        """Return the rows of a listing that does not page."""
        ask = errand(kind, Count(0, Part(kind.name))).request()
        if ask is None:
            return []
        fields = kind.listing.fields or kind.id
        body = self._call(Request(ask.call, {**ask.parameters, "fields": fields})).body
        return bodies.rows(kind, body)

    def walk(self, kind: Kind, part: Part) -> tuple[Sequence[Row], int]:
        """Return the rows of *part*, as a census does, and how many a page may have."""
        walk, longest = Walk(), 0
        while not walk.done:
            page = self._count(kind, part, walk.first, COUNT_PAGE)[0]
            longest = max(longest, len(page))
            walk.took(page)
        # One that has it all tells nothing of pages; nor is one of a row a cap.
        capped = 1 < longest < len(walk.rows)
        return walk.rows, longest if capped else COUNT_PAGE

    def total(self, kind: Kind, part: Part) -> int | None:
        """Return how many rows *part* has, if Looker says so."""
        return self._count(kind, part, 0, 1)[1].total

    def size(self, kind: Kind, part: Part) -> float:
        """Return how many bytes an item of *part* has."""
        unit = errand(kind, Span(0, part, 0, _SAMPLE, _SAMPLE))
        ask = unit.request()
        body = self._call(ask).body if ask else b""
        items = unit.take(body) if body else []
        return len(body) / len(items) if items else 0.0

    def _count(
        self, kind: Kind, part: Part, first: int, limit: int
    ) -> tuple[list[Row], Answer]:
        unit = errand(kind, Count(0, part, first, limit))
        ask = unit.request()
        if ask is None:
            raise TypeError(f"{kind.name} cannot be counted")
        answer = self._call(ask)
        unit.take(answer.body)
        return unit.rows, answer

    def _call(self, ask: Request) -> Answer:
        """Ask, again if the trouble may pass."""
        for tried in range(1, _TRIES + 1):
            try:
                return self._source.call(ask.call, ask.parameters, Unwatched())
            except LookerError as error:
                wait = error.retry_after or float(tried)
                if error.sort not in _PASSING or tried == _TRIES or wait > _PATIENCE:
                    raise
                self._sleep(wait)
        raise AssertionError("the last try returns or raises")


def _by_folder(
    kind: Kind, rows: Mapping[Part, Sequence[Row]], folders: Sequence[str]
) -> dict[Part, Sequence[Row]]:
    """Return the *rows* of everywhere, by the parts that lie in *folders*."""
    inside: defaultdict[Part, list[Row]] = defaultdict(list)
    for part, there in rows.items():
        for row in there:
            inside[Part(kind.name, row.folder, part.trash)].append(row)
    return {part: inside[part] for part in atlas.parts(kind, folders)}
