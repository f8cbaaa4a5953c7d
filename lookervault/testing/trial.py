"""One trial of the whole system, made up by a seed: what must hold whatever happens.

A Looker of some size is extracted twice while actors crash, hang and get no time,
messages are lost, requests and the store fail, content changes, the owner of the
run changes his mind, and the process is killed and started again. In the end the
vault is held against all that the Looker ever had and sent.
"""

from __future__ import annotations

import random
from typing import cast

from lookervault.core.learned import Learned
from lookervault.errors import DiskFailed, GaveUp
from lookervault.extraction import Extraction
from lookervault.records import Phase, Run, Scope
from lookervault.settings import Settings
from lookervault.store.base import Store
from lookervault.store.memory import MemoryStore
from lookervault.system import System
from lookervault.testing.checker import Checker
from lookervault.testing.clock import FakeClock
from lookervault.testing.faulty import FaultyStore
from lookervault.testing.holdings import Holdings
from lookervault.testing.life import MADE_UP
from lookervault.testing.made_up import MadeUpLooker
from lookervault.testing.simulation import Simulation
from lookervault.testing.whims import CANCELLED, MOST_MEMORY, Whims

_SCOPES = (
    Scope(),
    Scope(kinds=("dashboards",)),
    Scope(kinds=("dashboards", "looks", "users")),
    Scope(kinds=("looks", "lookml_models", "explores")),
    Scope(folders=("2",), recursive=True),
    Scope(kinds=("dashboards", "looks"), folders=("1", "3")),
)

_ENDLESS = 30_000
"""Messages after which a process is taken for one that does not end."""

_CROWDED = 8
_CROWD = 10
"""One seed in so many has so many times as many workers: then a census is taken by
several of them."""

_OPERATIONS = 60
"""Operations of the store among which one fails, if one does: about as many as a run has."""

_HURRY = Learned(rate=1e6, sure=1e6)
"""Of a Looker without limits: all fetchers fetch at once, from the first moment."""


class Trial:
    """The trial of *seed*. `hold` raises AssertionError if something was lost.

    *fault* makes that operation of the store fail for the first process, however the
    seed would have it, and `operations` counts them.
    """

    def __init__(self, seed: int, *, fault: int | None = None) -> None:
        self._random = random.Random(seed)
        self._crowd = _CROWD if seed % _CROWDED == _CROWDED - 1 else 1
        self._clock = FakeClock()
        """The clock of the process that lives, or lived last."""
        self._store = MemoryStore()
        self._looker = MadeUpLooker(self._random, self._now)
        self._checker = Checker(self._store, self._looker)
        self._holdings = Holdings()
        self._step = self._random.choice([0.0, 0.005, 0.02]) / self._crowd
        """Seconds that pass with a message: each of a crowd asks once a second."""
        self._fault = fault
        self._process: _Process | None = None
        """The process that lives."""
        self.operations = 0
        """Operations of the store by the first process."""

    def hold(self) -> None:
        """Extract, change the server, extract again; check after each run."""
        scope = self._random.choice(_SCOPES)
        self._extract(scope, changes=self._random.choice([0, 0, 5, 15]))
        for _ in range(self._random.choice([0, 3, 30])):
            self._looker.change()
        second = self._extract(scope, changes=self._random.choice([0, 5]))
        self._checker.gone(second)
        self._checker.unchanged()

    def _extract(self, scope: Scope, *, changes: int) -> Run:
        """Run until the run is sealed, ending the process up to three times."""
        self._looker.settle(changes=changes)
        self._looker.poison(self._random.choice([0, 0, 0, 1, 2]))
        self._checker.begins()
        kills = self._random.choice([0, 0, 1, 3])
        run: Run | None = None
        while run is None or run.phase is Phase.OPEN:
            steps = self._random.randrange(5, 800) if kills > 0 else _ENDLESS
            steps *= self._crowd
            process = self._process = self._process or self._start(calm=kills <= 0)
            run = process.extract(scope, steps, cancels=kills > 0) or run
            self._after(process, run)
            kills -= 1
        self._checker.sealed(run)
        return run

    def _after(self, process: _Process, run: Run | None) -> None:
        """Look at what *process* leaves behind. It may go on living, or another will."""
        self.operations = self.operations or process.operations
        assert not self._holdings.broken, self._holdings.broken
        if run is not None and run.phase is Phase.OPEN:
            self._checker.acknowledged(run)
        if not process.alive or self._random.random() < 0.5:
            self._process = None
            self._clock = FakeClock(self._clock.now())
        self._clock.advance(self._random.choice([0.0, 1.0, 5000.0]))

    def _start(self, *, calm: bool) -> _Process:
        """Start a process; nobody ends a *calm* one, and its disk is sound."""
        chance = self._random
        whims = Whims(chance)
        simulation = Simulation(
            chance.randrange(2**32),
            crashes=chance.choice([0, 1, 3]),
            hangs=chance.choice([0, 2, 3]),
            stalls=chance.choice([0, 0, 3]),
            losses=chance.choice([0, 0, 5]),
            clock=self._clock,
            between=lambda: self._between(whims),
            watch=self._holdings,
        )
        fails = None if calm else self._failing()
        error = chance.choice([DiskFailed, RuntimeError])
        store = FaultyStore(self._store, fails, lambda: error(MADE_UP))
        system = System(
            self._looker,
            cast("Store", store),
            Settings(
                workers=chance.randrange(1, 5) * self._crowd,
                batch_size=chance.choice([1, 4, 10, 100]),
                accept_deletions=True,
                max_memory=MOST_MEMORY,
            ),
            spawn=simulation.spawn,
            clock=simulation.clock,
            memory=whims.memory,
            learned=chance.choice([_HURRY, Learned()]),
        )
        return _Process(system, simulation, whims, store)

    def _failing(self) -> int | None:
        """Return which operation of the store is to fail."""
        chosen = self._random.choice([None, None, None, 1])
        if self._fault is not None:
            return self._fault if self.operations == 0 else None
        return chosen and self._random.randrange(1, _OPERATIONS)

    def _now(self) -> float:
        """Return the time of the process that lives."""
        return self._clock.now()

    def _between(self, whims: Whims) -> None:
        if self._step:
            self._clock.advance(self._step)
        whims.between()


class _Process:
    """A process that extracts: a system, and what may happen to it."""

    def __init__(
        self, system: System, simulation: Simulation, whims: Whims, store: FaultyStore
    ) -> None:
        self._system = system
        self._simulation = simulation
        self._whims = whims
        self._store = store
        self.alive = True
        system.__enter__()

    @property
    def operations(self) -> int:
        """How often the store was asked for something."""
        return self._store.operations

    def extract(self, scope: Scope, steps: int, *, cancels: bool) -> Run | None:
        """Work for *steps* messages at most; return the run as the store has it."""
        simulation = self._simulation
        try:
            extraction = self._system.extract(scope)
        except (DiskFailed, RuntimeError) as error:
            self._dies(error)
            return None
        self._whims.steer(extraction, cancels=cancels)
        self.alive = simulation.run(
            lambda: extraction.over, steps=simulation.steps + steps
        )
        if self.alive:
            self._ends(extraction)
        else:
            assert steps < _ENDLESS, "it does not end"
        return cast("Run", self._store.run(extraction.run.number))

    def _ends(self, extraction: Extraction) -> None:
        """Look at how a run ended that did end."""
        try:
            reason = extraction.result().reason
        except GaveUp as error:
            self._dies(error)
        else:
            assert reason in {"", CANCELLED}, reason

    def _dies(self, error: Exception) -> None:
        """A process dies of nothing but a store that fails."""
        assert self._store.failed is not None, str(error)
        self.alive = False
