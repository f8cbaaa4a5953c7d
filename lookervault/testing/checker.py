"""Holds a vault against all that a Looker ever had and sent."""

from __future__ import annotations

from lookervault.content import KINDS
from lookervault.records import Gap, Run, State
from lookervault.store.base import Store
from lookervault.testing.looker import Thing
from lookervault.testing.made_up import MadeUpLooker, Named

Shown = dict[Named, tuple[State, bytes | None]]
"""What a snapshot shows: the state of each item, and the digest of its body."""


class Checker:
    """Its methods raise AssertionError if something was lost, invented or changed."""

    def __init__(self, store: Store, looker: MadeUpLooker) -> None:
        self._store = store
        self._looker = looker
        self._before: set[Named] = set()
        self._sealed: dict[int, Shown] = {}
        """By run, what its snapshot showed when it was sealed."""

    def begins(self) -> None:
        """A run is about to begin."""
        self._before = self._looker.present

    def acknowledged(self, run: Run) -> None:
        """All that the markers of an open *run* vouch for is stored."""
        for marker in self._store.markers(run.number):
            kind = marker.unit.part.kind
            for row in marker.rows:
                head = next(self._store.versions(kind, row.id), None)
                assert head is not None, f"a marker vouches for {kind}/{row.id}"

    def sealed(self, run: Run) -> None:
        """All that lived through *run* is there, or a gap says why not."""
        gaps = {(gap.kind, gap.id): gap for gap in self._store.gaps(run.number)}
        self._check_gaps(run, gaps)
        folders = set(run.expansion or ())
        counted = {kind: self._counted(run, kind) for kind in run.kinds}
        looker = self._looker
        for kind, id_ in self._before & looker.present - looker.touched:
            thing = looker.things[kind][id_]
            if kind not in run.kinds or not _lies(kind, thing, folders):
                continue
            assert id_ in counted[kind], f"no census has {kind}/{id_}"
            if (kind, id_) in looker.poisoned:
                assert (kind, id_) in gaps, f"nothing says that {kind}/{id_} is missing"
            else:
                self._check_item(kind, thing)
        self._sealed[run.number] = self._shown(run)

    def gone(self, run: Run) -> None:
        """What had gone before *run* is known to be gone."""
        folders = set(run.expansion or ())
        for kind in run.kinds:
            for head in self._store.heads(kind):
                there = head.id in self._looker.things.get(kind, {})
                touched = (kind, head.id) in self._looker.touched
                inside = not folders or head.folder in folders
                if not there and not touched and inside:
                    assert head.state is State.GONE, f"{kind}/{head.id} is a ghost"

    def unchanged(self) -> None:
        """Each snapshot shows what it showed when it was sealed; all of it was sent."""
        for number, shown in self._sealed.items():
            run = self._store.run(number)
            assert run is not None, f"run {number} is lost"
            assert self._shown(run) == shown, f"snapshot {number} has changed"

    def _check_gaps(self, run: Run, gaps: dict[Named, Gap]) -> None:
        """A gap is of what could not be sent, and gives the reason."""
        for name, gap in gaps.items():
            assert name in self._looker.poisoned, f"a gap without a cause: {gap}"
            assert gap.reason, f"a gap without a reason: {gap}"
        assert run.complete == (not gaps), f"complete: {run.complete}, but {run.kinds}"

    def _counted(self, run: Run, kind: str) -> set[str]:
        """Return the ids of the census by which *run* is complete."""
        census = self._store.census(run.number, kind)
        assert census is not None, f"{kind} has no census"
        return {row.id for row in census.rows}

    def _check_item(self, kind: str, thing: Thing) -> None:
        head = next(self._store.versions(kind, thing.id), None)
        assert head is not None, f"{kind}/{thing.id} is missing"
        state = State.TRASHED if thing.deleted else State.PRESENT
        assert head.state is state, f"{kind}/{thing.id} is {head.state}, not {state}"
        assert self._store.body(head) == thing.body(KINDS[kind]), (
            f"{kind}/{thing.id} is old"
        )

    def _shown(self, run: Run) -> Shown:
        """Return what the snapshot of *run* shows. Each body of it was sent."""
        shown: Shown = {}
        for kind in KINDS:
            for head in self._store.heads(kind, at=run.number):
                name = head.kind, head.id
                sent = self._looker.served.get(name, ())
                assert self._store.body(head) in sent, f"{name} is made up"
                shown[name] = head.state, head.digest
        return shown


def _lies(kind: str, thing: Thing, folders: set[str]) -> bool:
    return not folders or kind == "folders" or thing.folder in folders
