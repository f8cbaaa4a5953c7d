"""What the store of a vault remembers for a run that begins or is to go on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lookervault.content import covered
from lookervault.core.past import Past, recollect
from lookervault.records import Census, Run, Tolerance
from lookervault.units import Marker


class Remembers(Protocol):
    """A store, or whoever reads one."""

    def census(self, run: int, kind: str) -> Census | None:
        """Return the census of *kind* that *run* took, if it is complete."""

    def markers(self, run: int) -> Iterable[Marker]:
        """Yield what the units of *run* have stored."""


class Chronicle(Protocol):
    """A store, or whoever reads one."""

    def runs(self) -> Iterable[Run]:
        """Yield all runs, the newest first."""


def tolerance(store: Chronicle) -> Tolerance | None:
    """Return what the last run that met a limit learned of it, whatever its scope."""
    return next((run.tolerance for run in store.runs() if run.tolerance), None)


def past(store: Remembers, run: Run) -> dict[str, Past]:
    """Return what earlier lives did for *run*, by kind."""
    censuses = {kind: store.census(run.number, kind) for kind in covered(run.scope)}
    known = {kind: it for kind, it in censuses.items() if it is not None}
    return recollect(store.markers(run.number), known)
