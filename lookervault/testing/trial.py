"""One trial of the whole system, made up by a seed: what must hold whatever happens.

A Looker of some size is extracted twice while actors crash and hang, requests
fail, content changes and the process is killed and started again. In the end
the vault is held against all that the Looker ever had and sent.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from lookervault.content import KINDS
from lookervault.core.pace import Learned
from lookervault.errors import LookerError, Sort
from lookervault.records import Phase, Run, Scope, State
from lookervault.settings import Settings
from lookervault.store.memory import MemoryStore
from lookervault.system import System
from lookervault.testing.clock import FakeClock
from lookervault.testing.holdings import Holdings
from lookervault.testing.looker import FakeLooker, Thing
from lookervault.testing.simulation import Simulation
from lookervault.testing.whims import MOST_MEMORY, Whims

_SIZES = {
    "dashboards": 60,
    "looks": 30,
    "users": 25,
    "roles": 4,
    "lookml_models": 3,
    "explores": 12,
}
"""The most items of a kind; small, because what matters happens at the seams."""

_SCOPES = (
    Scope(),
    Scope(kinds=("dashboards",)),
    Scope(kinds=("dashboards", "looks", "users")),
    Scope(kinds=("looks", "lookml_models", "explores")),
    Scope(folders=("2",), recursive=True),
    Scope(kinds=("dashboards", "looks"), folders=("1", "3")),
)

_FOLDERS = ("1", "2", "3", "4")

_TROUBLE = (
    Sort.LIMITED,
    Sort.OVERLOADED,
    Sort.UNREACHABLE,
    Sort.TIMED_OUT,
    Sort.MISSHAPEN,
)

_OUTAGES = (5.0, 40.0, 120.0)
"""Seconds that Looker may be away."""

_ENDLESS = 30_000
"""Messages after which a process is taken for one that does not end."""

_CHANGING = ("dashboards", "looks", "users")

_HURRY = Learned(rate=1e6, sure=1e6)
"""Of a Looker without limits: all fetchers fetch at once, from the first moment."""


class Trial:
    """The trial of *seed*. `hold` raises AssertionError if something was lost."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._store = MemoryStore()
        self._looker = FakeLooker(
            dict(self._content()),
            cap=self._random.choice([2, 3, 7, 37, 10_000]),
            trouble=self._trouble,
        )
        self._troubles = self._random.choice([0, 0, 3, 8])
        self._outages = self._random.choice([0, 0, 0, 1, 2])
        self._outage: tuple[float, Sort] | None = None
        """Until when, and how, Looker is away."""
        self._changes = 0
        self._restless = self._random.choice([0.1, 0.5])
        """Chance that something has changed by the next request."""
        self._touched: set[tuple[str, str]] = set()
        self._holdings = Holdings()
        self._whims = Whims(self._random, 0)
        self._clock = FakeClock()
        self._lived = self._clock
        """The clock of the process that lives."""
        self._step = self._random.choice([0.0, 0.005, 0.02])
        """Seconds that pass with a message."""
        self._next_id = 1000

    def hold(self) -> None:
        """Extract, change the server, extract again; check after each run."""
        scope = self._random.choice(_SCOPES)
        self._changes = self._random.choice([0, 0, 5, 15])
        first = self._extract(scope)
        self._check(first)
        for _ in range(self._random.choice([0, 3, 10])):
            self._change()
        self._touched.clear()
        self._changes = self._random.choice([0, 5])
        second = self._extract(scope)
        self._check(second)
        self._check_gone(second)

    # The runs

    def _extract(self, scope: Scope) -> Run:
        """Run until the run is sealed, killing the process up to three times."""
        before = self._present()
        kills = self._random.choice([0, 0, 1, 3])
        run: Run | None = None
        while run is None or run.phase is Phase.OPEN:
            steps = self._random.randrange(5, 800) if kills > 0 else _ENDLESS
            run = self._live(scope, steps)
            assert kills > 0 or run.phase is not Phase.OPEN, "it does not end"
            kills -= 1
            self._clock.advance(self._random.choice([0.0, 1.0, 5000.0]))
        self._before = before
        return run

    def _live(self, scope: Scope, steps: int) -> Run:
        """Be one process for *steps* messages."""
        self._whims = Whims(self._random, self._random.choice([0, 0, 4, 12]))
        simulation = Simulation(
            self._random.randrange(2**32),
            crashes=self._random.choice([0, 1, 3]),
            hangs=self._random.choice([0, 2, 3]),
            clock=FakeClock(self._clock.now()),
            between=self._between,
            watch=self._holdings,
        )
        self._lived = simulation.clock
        settings = Settings(
            workers=self._random.randrange(1, 5),
            batch_size=self._random.choice([1, 4, 10, 100]),
            accept_deletions=True,
            max_memory=MOST_MEMORY,
        )
        system = System(
            self._looker,
            self._store,
            settings,
            spawn=simulation.spawn,
            clock=simulation.clock,
            memory=self._whims.memory,
            learned=self._random.choice([_HURRY, Learned()]),
        )
        system.__enter__()
        self._whims.extraction = extraction = system.extract(scope)
        over = simulation.run(lambda: extraction.over, steps=steps)
        assert not self._holdings.broken, self._holdings.broken
        if over:
            finished = extraction.result()
            assert not finished.reason, finished.reason
        self._clock = FakeClock(simulation.clock.now())
        return self._run(extraction.run.number)

    def _run(self, number: int) -> Run:
        run = self._store.run(number)
        if run is None:
            message = f"Run {number} is not in the store."
            raise AssertionError(message)
        return run

    # What happens on the way

    def _content(self) -> Iterator[tuple[str, list[Thing]]]:
        for kind, most in _SIZES.items():
            size = self._random.randrange(most + 1)
            yield kind, [self._thing(kind, n) for n in range(1, size + 1)]
        tree = [Thing("1"), Thing("2"), Thing("3", folder="2"), Thing("4", folder="3")]
        yield "folders", tree

    def _thing(self, kind: str, number: int) -> Thing:
        if kind == "explores":
            return Thing(f"model{number % 3}::explore{number}")
        if KINDS[kind].folder is None:
            return Thing(str(number))
        folder = self._random.choice(_FOLDERS)
        return Thing(str(number), folder, deleted=self._random.random() < 0.1)

    def _trouble(self, _call: str) -> LookerError | None:
        if self._changes and self._random.random() < self._restless:
            self._changes -= 1
            self._change()
        sort = self._away()
        if sort is not None:
            return LookerError(sort, f"made up: {sort.value}, as for everybody")
        if not self._troubles or self._random.random() > 0.05:
            return None
        self._troubles -= 1
        sort = self._random.choice(_TROUBLE)
        wait = self._random.choice([None, 2.0, 30.0])
        return LookerError(
            sort, f"made up: {sort.value}", status=None, retry_after=wait
        )

    def _away(self) -> Sort | None:
        """Return what everybody meets at this time, if anything."""
        now = self._lived.now()
        if self._outages and self._outage is None and self._random.random() < 0.03:
            self._outages -= 1
            until = now + self._random.choice(_OUTAGES)
            self._outage = until, self._random.choice(_TROUBLE[1:])
        if self._outage is None:
            return None
        until, sort = self._outage
        if now < until:
            return sort
        self._outage = None
        return None

    def _between(self) -> None:
        if self._step:
            self._lived.advance(self._step)
        self._whims.between()

    def _change(self) -> None:
        kind = self._random.choice(_CHANGING)
        things = self._looker.things[kind]
        if not things or self._random.random() < 0.2:
            self._next_id += 1
            thing = self._thing(kind, self._next_id)
            self._looker.put(kind, thing)
            self._touched.add((kind, thing.id))
            return
        id_ = self._random.choice(list(things))
        self._touched.add((kind, id_))
        change = self._random.choice(["delete", "delete", "update", "trash"])
        if change == "trash" and KINDS[kind].listing.trash is not None:
            self._looker.trash(kind, id_)
        elif change == "update":
            self._looker.update(kind, id_)
        else:
            self._looker.delete(kind, id_)

    # What must hold

    def _present(self) -> set[tuple[str, str]]:
        return {
            (kind, id_) for kind, some in self._looker.things.items() for id_ in some
        }

    def _check(self, run: Run) -> None:
        """All that lived through *run* is there, and only what was sent."""
        gaps = list(self._store.gaps(run.number))
        assert not gaps, f"gaps: {gaps}"
        assert run.complete, f"not complete: {run.kinds}"
        folders = set(run.expansion or ())
        counted = {kind: self._counted(run, kind) for kind in run.kinds}
        lived = self._before & self._present() - self._touched
        for kind, id_ in lived:
            thing = self._looker.things[kind][id_]
            if kind in run.kinds and (not folders or self._lies(kind, thing, folders)):
                self._check_item(kind, thing)
                assert id_ in counted[kind], f"no census has {kind}/{id_}"

    def _counted(self, run: Run, kind: str) -> set[str]:
        """Return the ids of the census by which *run* is complete."""
        census = self._store.census(run.number, kind)
        assert census is not None, f"{kind} has no census"
        return {row.id for row in census.rows}

    def _lies(self, kind: str, thing: Thing, folders: set[str]) -> bool:
        return kind == "folders" or thing.folder in folders

    def _check_item(self, kind: str, thing: Thing) -> None:
        head = next(self._store.versions(kind, thing.id), None)
        assert head is not None, f"{kind}/{thing.id} is missing"
        state = State.TRASHED if thing.deleted else State.PRESENT
        assert head.state is state, f"{kind}/{thing.id} is {head.state}, not {state}"
        body = self._store.body(head)
        assert body in self._looker.served[kind, thing.id], (
            f"{kind}/{thing.id} is made up"
        )
        assert body == thing.body(KINDS[kind]), f"{kind}/{thing.id} is old"

    def _check_gone(self, run: Run) -> None:
        """What had gone before *run* is known to be gone."""
        folders = set(run.expansion or ())
        for kind in run.kinds:
            for head in self._store.heads(kind):
                there = head.id in self._looker.things.get(kind, {})
                touched = (kind, head.id) in self._touched
                inside = not folders or head.folder in folders
                if not there and not touched and inside:
                    assert head.state is State.GONE, f"{kind}/{head.id} is a ghost"
