"""What a coordinator looks up in the store: its own run, and the one before."""

from __future__ import annotations

from collections.abc import Container, Mapping

from lookervault.content import KINDS, Place
from lookervault.core.past import Past
from lookervault.records import Phase, Run, State
from lookervault.store.base import Store
from lookervault.store.recall import past


class Archive:
    """The store, as whoever leads a run reads it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def latest(self, run: Run) -> Run:
        """Return *run* with all that was stored of it since."""
        return self._store.run(run.number) or run

    def past(self, run: Run) -> Mapping[str, Past]:
        """Return what earlier lives did for *run*, by kind."""
        return past(self._store, run)

    def lost_roles(self, run: Run) -> tuple[str, ...]:
        """Return the roles that the login had in the last snapshot and lacks now."""
        before = self._before(run)
        had = before.login.roles if before and before.login else ()
        has = run.login.roles if run.login else ()
        return tuple(role for role in had if role not in has)

    def looker_before(self, run: Run) -> str:
        """Return Looker's version in the last snapshot, if it is known and another now."""
        sealed = (it.looker for it in self._store.runs() if it.phase is Phase.SEALED)
        before = next(sealed, "")
        return before if run.looker and before != run.looker else ""

    def known(
        self, run: Run, kind: str, folders: tuple[str, ...], listed: Container[str]
    ) -> tuple[list[str], frozenset[str]]:
        """Return the ids of *kind* that the vault has of the scope, and which were missing.

        Those that are *listed* are left out.
        *folders* are those of the scope; what lay in those of the last snapshot counts
        as well.
        """
        before = self._before(run)
        inside = {*folders, *((before and before.expansion) or ())}
        filtered = run.scope.folders and KINDS[kind].place is Place.FILTERED
        ids = [
            head.id
            for head in self._store.heads(kind, but=listed)
            if head.state is not State.GONE
            if not filtered or head.folder in inside
        ]
        missing = frozenset(
            gap.id
            for gap in (self._store.gaps(before.number) if before else ())
            if gap.kind == kind and gap.missing
        )
        return ids, missing

    def _before(self, run: Run) -> Run | None:
        """Return the last snapshot of the same scope."""
        return next(
            (
                other
                for other in self._store.runs()
                if other.phase is Phase.SEALED and other.scope == run.scope
            ),
            None,
        )
