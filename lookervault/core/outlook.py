"""What the next run will be: a new one, or one that goes on; and what it will take."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lookervault.core.estimate import Estimate, Holding, estimate
from lookervault.core.limits import Limits
from lookervault.core.past import Past
from lookervault.records import Phase, Run, Scope


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the vault has, before the run."""

    there: bool = False
    runs: tuple[Run, ...] = ()
    """The newest first."""
    past: Mapping[str, Past] = {}
    """Of the run that is open."""
    sizes: Mapping[str, float] = {}
    """Bytes of an item, by kind, about."""

    @property
    def open_run(self) -> Run | None:
        """The run that is not finished."""
        newest = self.runs[0] if self.runs else None
        return newest if newest and newest.phase is Phase.OPEN else None

    @property
    def latest(self) -> Run | None:
        """The newest snapshot."""
        return next((run for run in self.runs if run.phase is Phase.SEALED), None)

    def expected(self, kind: str) -> int | None:
        """Return how many items of *kind* there were when it was last counted whole."""
        for run in self.runs:
            if not run.scope.folders and kind in run.kinds:
                return run.kinds[kind].expected
        return None


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What the next run is."""

    run: Run
    past: Mapping[str, Past]
    goes_on: bool
    """Whether it continues what is open."""
    closes: Run | None
    """The open run that it will close as abandoned."""

    @property
    def stored(self) -> int:
        """How many items it has already."""
        return sum(len(past.rows) for past in self.past.values())


def course(standing: Standing, scope: Scope, *, fresh: bool, now: float) -> Course:
    """Return what a run of *scope* will be, *now* by the wall clock."""
    before = standing.open_run
    if before is not None and before.scope == scope and not fresh:
        return Course(run=before, past=standing.past, goes_on=True, closes=None)
    number = standing.runs[0].number + 1 if standing.runs else 1
    run = Run(number=number, scope=scope, started=now, epoch=1)
    return Course(run=run, past={}, goes_on=False, closes=before)


def calls(
    it: Course,
    held: Mapping[str, Holding],
    *,
    batch: int,
    workers: int,
    now: float,
) -> Estimate:
    """Return how many calls the run will take."""
    limits = Limits(batch=batch)
    return estimate(it.run, it.past, held, limits, workers=workers, wall=now)
