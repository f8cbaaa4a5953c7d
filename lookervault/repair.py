"""Repair: what of a vault is damaged is noted, and what can be had is fetched again.

Looker holds the present alone: a body comes back if Looker still has that very version.
Else what it has now is stored as a new version, in a run of its own, and the old one is
put down as lost. Nothing is erased but bytes that nobody could read.
"""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from lookervault.content import KINDS
from lookervault.core import mending
from lookervault.core.audit import START_ANEW, Finding, What
from lookervault.looker.base import Source
from lookervault.looker.refetch import Named, Refetch
from lookervault.records import Gap, Head, Item, KindReport, Run, Scope
from lookervault.store.base import Landed
from lookervault.store.lmdb import LmdbStore
from lookervault.units import Ids, Part

_ORDER = {kind: number for number, kind in enumerate(KINDS)}

_AT_ONCE = 500
"""Findings that one transaction makes good."""

_HARMLESS = {What.BODY, What.VERSION, What.MARKER}
"""What needs no note of its own: what becomes of it is told, or it is done again."""


class Became(enum.Enum):
    """What became of something that was damaged."""

    RESTORED = "restored"
    """It is what it was."""
    NEWER = "newer"
    """Looker has another version by now, which is stored."""
    FAILED = "failed"
    """Looker could not be had to show it."""
    LOST = "lost"
    """A version that nobody has any more."""
    NOTED = "noted"
    """What is lost is put down, so that nothing is promised that is not there."""
    LEFT = "left"
    """Nothing can be done about it here."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it, in a sentence that may hold hostile ids."""

    became: Became
    told: str
    kind: str | None = None
    id: str | None = None
    run: int | None = None


@contextlib.contextmanager
def opened(
    path: Path,
    source: Source,
    *,
    wall: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[Repair]:
    """Yield what repairs the vault at *path*, which is there, with what *source* has.

    Raises:
        LookerError: Looker cannot be reached, or refuses the login.
        Locked: someone else writes to the vault.
        VaultError: it is another instance's, or too new.

    """
    store = LmdbStore.create_or_open(
        path, source.instance, now=wall(), admit=source.login
    )
    with contextlib.closing(store):
        yield Repair(store, source, wall=wall, sleep=sleep)


class Repair:
    """Repairs *store* with what *source* has. *wall* is the clock, in seconds since 1970.

    Raises, while it is iterated over:
        LookerError: Looker does not answer any more, or refuses the login. What was
            done is kept, and the next repair goes on.
        DiskFailed: nothing more can be written.

    """

    def __init__(
        self,
        store: LmdbStore,
        source: Source,
        *,
        wall: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._store = store
        self._source = source
        self._wall = wall
        self._sleep = sleep

    def outcomes(self, findings: Sequence[Finding]) -> Iterator[Outcome]:
        """Make good what *findings* tell of, and say what became of it."""
        yield from self._note([it for it in findings if it.harm])
        # Of what was known to be lost, some may be there by now.
        items = sorted(_items(findings), key=lambda it: _ORDER[it[0]])
        wanted = [it for it in items if mending.wanted(self._versions(*it))]
        if wanted:
            yield from self._fetch_all(wanted)
        damaged = _items(it for it in findings if it.harm)
        for kind, id_ in dict.fromkeys([*damaged, *wanted]):
            for run in mending.lost_in(self._versions(kind, id_)):
                told = f"The version of {kind}/{id_} that run {run} found is lost."
                yield Outcome(became=Became.LOST, told=told, kind=kind, id=id_, run=run)

    def _note(self, findings: Iterable[Finding]) -> Iterator[Outcome]:
        rest = iter(findings)
        while some := list(islice(rest, _AT_ONCE)):
            left = self._store.mend(some, now=self._wall())
            for it in some:
                if it in left or it.what not in _HARMLESS:
                    became = Became.LEFT if it in left else Became.NOTED
                    told = f"{it.told} {START_ANEW}" if it in left else it.told
                    yield Outcome(
                        became=became, told=told, kind=it.kind, id=it.id, run=it.run
                    )

    def _versions(self, kind: str, id_: str) -> list[Head]:
        return list(self._store.versions(kind, id_))

    def _lost_ones(self, kind: str, id_: str) -> list[Head]:
        return [head for head in self._store.versions(kind, id_) if head.lost]

    # Asking Looker

    def _fetch_all(self, wanted: Sequence[Named]) -> Iterator[Outcome]:
        """Ask for each of *wanted*, and store what comes."""
        login, version = self._source.login(), self._source.version()
        run = self._run(wanted)
        own = run.scope.repair
        if own:
            self._store.note(run.number, login=login, looker=version)
        gaps: list[Gap] = []
        asking = Refetch(self._source, wall=self._wall, sleep=self._sleep)
        newest = {it: next(self._store.versions(*it), None) for it in wanted}
        listed = asking.listed(newest)
        for number, (kind, id_) in enumerate(wanted, 1):
            item = listed.get((kind, id_)) or asking.single(kind, id_)
            if isinstance(item, Gap):
                gaps.append(item)
                told = f"{kind}/{id_} could not be fetched again: {item.reason}"
                yield Outcome(became=Became.FAILED, told=told, kind=kind, id=id_)
            else:
                yield self._put(run, number, kind, item)
        if own:
            self._seal(run, wanted, gaps)

    def _run(self, wanted: Sequence[Named]) -> Run:
        """Return the run that is open, or one of our own, and take the lead of it."""
        run = self._store.open_run()
        if run is None:
            kinds = tuple(
                name for name in KINDS if name in {kind for kind, _ in wanted}
            )
            scope = Scope(kinds, repair=True)
            run = self._store.begin(scope, now=self._wall())
        return self._store.lead(run.number)

    def _calls(self, run: Run) -> int:
        """Return the calls of *run*, with those of this repair."""
        return run.calls + self._source.calls

    def _put(self, run: Run, number: int, kind: str, item: Item) -> Outcome:
        id_ = item.row.id
        lost = self._lost_ones(kind, id_)
        landed = Landed(Ids(number, Part(kind), (id_,)), (item,))
        self._store.put(run.number, run.epoch, [landed], calls=self._calls(run))
        if item.digest in {head.digest for head in lost}:
            told = f"{kind}/{id_} is what it was again."
            return Outcome(became=Became.RESTORED, told=told, kind=kind, id=id_)
        told = f"{kind}/{id_} is stored in run {run.number}, as Looker has it now."
        dated = item.row.updated_at
        if dated is not None and lost and lost[0].updated_at == dated:
            told += " It says that nobody has changed it since."
        return Outcome(
            became=Became.NEWER, told=told, kind=kind, id=id_, run=run.number
        )

    def _seal(self, run: Run, wanted: Sequence[Named], gaps: Sequence[Gap]) -> None:
        kinds = {}
        for name in run.scope.kinds:
            asked = sum(kind == name for kind, _ in wanted)
            failed = sum(gap.kind == name for gap in gaps)
            # It went by no census, so that it proves nothing of the kind.
            kinds[name] = KindReport(
                expected=asked,
                stored=asked - failed,
                failed=failed,
                complete=False,
                read_whole=False,
            )
        calls, now = self._calls(run), self._wall()
        self._store.seal(
            run.number, now=now, kinds=kinds, gaps=gaps, figures={}, calls=calls
        )


def _items(findings: Iterable[Finding]) -> list[Named]:
    """Return the kind and id of each item that *findings* are about."""
    about = {What.BODY, What.VERSION, What.SNAPSHOT}
    return list(
        dict.fromkeys(
            (it.kind, it.id)
            for it in findings
            if it.kind in KINDS and it.id is not None and it.what in about
        )
    )
