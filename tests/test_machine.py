"""A vault on disk says what Looker held, whatever is done to both in whatever order.

The real system and the real store against a model in plain dicts: extractions of any
scope that end, are cut off after some messages and go on, a server that changes before
and meanwhile, a vault that is closed, opened, and read while it is written to.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Phases
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from lookervault.content import KINDS
from lookervault.core import roll
from lookervault.core.learned import Learned
from lookervault.errors import LookervaultError
from lookervault.records import Phase, Scope, State
from lookervault.settings import Settings
from lookervault.store import keys, reading
from lookervault.store.batch import Batch
from lookervault.store.lmdb import LmdbStore
from lookervault.store.rules import Verdict
from lookervault.system import System
from lookervault.testing import FakeClock, FakeLooker, Thing
from lookervault.testing.simulation import Simulation
from lookervault.vault import Vault

SHELF = Path("/dev/shm")
"""Memory that looks like a disk: what is tested here is not whether a disk keeps it."""

MAP_SIZE = 2**17
"""So small that it must grow, also while somebody reads."""

A_LIFE = 300
"""Messages; a small extraction takes some 50 to 500."""

CHANGING = ("dashboards", "looks", "users")
FOLDERS = ("1", "2", "3", "4")
SCOPES = (
    Scope(),
    Scope(kinds=("dashboards",)),
    Scope(kinds=("dashboards", "users")),
    Scope(kinds=("looks", "roles", "explores")),
    Scope(folders=("2",), recursive=True),
    Scope(kinds=("dashboards", "looks"), folders=("1", "3")),
)
TREE = (Thing("1"), Thing("2"), Thing("3", folder="2"), Thing("4", folder="3"))

SEEDS = st.integers(0, 2**32)
CHANGES = st.tuples(
    st.sampled_from(["create", "update", "update", "trash", "restore", "delete"]),
    st.sampled_from(CHANGING),
    st.integers(0, 30),
)


def things(kind, count, dice):
    """Return *count* things of *kind* in folders that *dice* decide."""
    for number in range(1, count + 1):
        if kind == "explores":
            yield Thing(f"model{number % 2}::explore{number}")
        elif KINDS[kind].folder is None:
            yield Thing(str(number))
        else:
            yield Thing(str(number), dice.choice(FOLDERS), deleted=dice.random() < 0.1)


class Machine(RuleBasedStateMachine):
    """Looker in `looker`, its vault in `store`, and what must be in it in the dicts."""

    def __init__(self):
        super().__init__()
        self.stack = contextlib.ExitStack()
        shelf = SHELF if SHELF.is_dir() else None
        folder = self.stack.enter_context(tempfile.TemporaryDirectory(dir=shelf))
        self.path = Path(folder) / "vault"
        self.clock = FakeClock()
        self.store = self.open()
        self.shown = {}
        """By kind and id, the head and the body that the vault shows."""
        self.sealed = {}
        """By run, what its snapshot showed when it was sealed."""
        self.run = None
        """As it was last seen, the newest one."""
        self.touched = set()
        """Kind and id of all that changed since the run began."""
        self.lately = set()
        """Of those, what changed since the process began that did the last of it."""
        self.began = 0.0
        """When it did, by the wall clock."""
        self.next_id = 1000

    @initialize(seed=SEEDS, cap=st.sampled_from([2, 3, 7, 10_000]))
    def fill(self, seed, cap):
        dice = random.Random(seed)
        sizes = {"dashboards": 14, "looks": 8, "users": 8, "roles": 3, "explores": 4}
        held = {k: things(k, dice.randrange(n + 1), dice) for k, n in sizes.items()}
        models = [Thing("model0"), Thing("model1")]
        held |= {"folders": TREE, "lookml_models": models}
        self.looker = FakeLooker(held, cap=cap)

    def open(self):
        return LmdbStore.create_or_open(
            self.path, "https://looker.example", now=self.clock.wall(), size=MAP_SIZE
        )

    def teardown(self):
        self.store.close()
        self.stack.close()

    # What is done to Looker

    @rule(changes=st.lists(CHANGES, min_size=1, max_size=5))
    def change_the_server(self, changes):
        for change in changes:
            self.change(*change)

    def change(self, verb, kind, number):
        known = self.looker.things[kind]
        if verb == "create" or not known:
            self.next_id += 1
            id_ = str(self.next_id)
            folder = FOLDERS[number % len(FOLDERS)] if KINDS[kind].folder else None
            self.looker.put(kind, Thing(id_, folder))
        else:
            id_ = list(known)[number % len(known)]
            match verb:
                case "update":
                    self.looker.update(kind, id_)
                case "delete":
                    self.looker.delete(kind, id_)
                case _ if KINDS[kind].listing.trash is not None:
                    deleted = verb == "trash"
                    self.looker.put(kind, replace(known[id_], deleted=deleted))
        self.touched.add((kind, id_))
        self.lately.add((kind, id_))

    # What is done to the vault

    @rule(
        scope=st.sampled_from(SCOPES),
        seed=SEEDS,
        meanwhile=st.lists(CHANGES, max_size=4),
        steps=st.none() | st.integers(1, A_LIFE),
    )
    def extract(self, scope, seed, meanwhile, steps):
        """Extract *scope*; be killed after so many *steps*, if any."""
        fresh = self.run is None or self.run.phase is not Phase.OPEN
        if fresh or self.run.scope != scope:
            self.begin_anew()
        self.live(scope, seed, list(meanwhile), steps)

    @precondition(lambda self: self.run and self.run.phase is Phase.OPEN)
    @rule(
        seed=SEEDS,
        before=st.lists(CHANGES, max_size=8),
        steps=st.none() | st.integers(1, A_LIFE),
    )
    def resume(self, seed, before, steps):
        """Go on with what was cut off, after some changes of the server."""
        number = self.run.number
        self.change_the_server(changes=before)
        self.extract(scope=self.run.scope, seed=seed, meanwhile=[], steps=steps)
        assert self.run.number == number
        assert self.run.resumed

    @rule(anew=st.booleans())
    def reopen(self, anew):
        """Close the vault and open it; perhaps begin *anew*, unheard by anybody."""
        self.store.close()
        self.store = self.open()
        if anew:
            self.run = self.store.begin(SCOPES[0], now=self.clock.wall(), fresh=True)
            self.begin_anew()
            self.learn()

    def begin_anew(self):
        self.looker.served.clear()
        self.touched.clear()

    def live(self, scope, seed, meanwhile, steps):
        """Be one process, until the run is over or *steps* messages were delivered."""
        self.clock.advance(1.0)
        self.began = self.clock.wall()
        self.lately.clear()
        dice = random.Random(seed)
        readers = [self.reader(number) for number in self.sealed][-2:]

        def between():
            if meanwhile and dice.random() < 0.05:
                self.change(*meanwhile.pop())
            if readers and dice.random() < 0.05:
                next(dice.choice(readers), None)

        simulation = Simulation(
            seed,
            crashes=dice.choice([0, 0, 2]),
            hangs=dice.choice([0, 0, 1]),
            stalls=dice.choice([0, 0, 2]),
            losses=dice.choice([0, 0, 2]),
            clock=FakeClock(self.clock.now()),
            between=between,
        )
        system = System(
            self.looker,
            self.store,
            Settings(
                workers=dice.randrange(1, 4),
                batch_size=dice.choice([1, 4, 100]),
                accept_deletions=True,
            ),
            spawn=simulation.spawn,
            clock=simulation.clock,
            learned=Learned(rate=1e6, sure=1e6),
        )
        system.__enter__()
        extraction = system.extract(scope)
        more = {} if steps is None else {"steps": steps}
        over = simulation.run(lambda: extraction.over, **more)
        if over:
            assert not extraction.result().reason
        else:
            self.reopen(anew=False)
        self.clock = FakeClock(simulation.clock.now() + dice.choice([0.0, 1.0, 5000.0]))
        for reader in readers:
            list(reader)
        self.run = self.store.run(extraction.run.number)
        self.learn()

    def reader(self, number):
        """Read snapshot *number* in pieces, by a vault of its own, and compare."""
        with Vault.open(self.path) as vault:
            for kind in KINDS:
                wanted = {
                    i: it for (k, i), it in self.sealed[number].items() if k == kind
                }
                seen = {}
                for head in vault.items(kind, at=number, gone=True):
                    seen[head.id] = head, vault.read(head)
                    yield
                assert seen == wanted

    # What must hold

    def learn(self):
        """Compare what the vault shows with what it showed, and with what was served."""
        old, self.shown = self.shown, self.snapshot(None)
        assert old.keys() <= self.shown.keys()
        for key, (head, body) in self.shown.items():
            if old.get(key) == (head, body):
                continue
            assert head.run == self.run.number, f"{key} changed in a run that was over"
            if head.state is State.GONE:
                assert key in old or body in self.looker.served[key]
                assert key in self.touched or not self.there(*key), f"{key} is no ghost"
            else:
                assert body in self.looker.served[key], f"{key} is made up"
        if self.run.phase is Phase.SEALED:
            self.check_what_was_there()
            self.check_what_was_gone()
            self.sealed[self.run.number] = self.snapshot(self.run.number)
            assert self.sealed[self.run.number] == self.shown

    def check_what_was_there(self):
        """A sealed run has all that lived through it, as it is."""
        assert self.run.complete, self.run.kinds
        assert not list(self.store.gaps(self.run.number))
        for kind in self.run.kinds:
            excused = self.excused(kind)
            for id_, thing in self.looker.things.get(kind, {}).items():
                if (kind, id_) in excused or not self.inside(kind, thing.folder):
                    continue
                head, body = self.shown[kind, id_]
                state = State.TRASHED if thing.deleted else State.PRESENT
                assert (head.state, body) == (state, thing.body(KINDS[kind]))

    def check_what_was_gone(self):
        """It knows of all that had gone before it began."""
        for key, (head, _) in self.shown.items():
            covered = head.kind in self.run.kinds and self.inside(
                head.kind, head.folder
            )
            if covered and not self.there(*key) and key not in self.excused(head.kind):
                assert head.state is State.GONE, f"{key} is a ghost"

    def excused(self, kind):
        """Return what may have changed after it was read.

        Where rows are dated, a census shows what changed before it was taken.
        """
        census = self.store.census(self.run.number, kind)
        seen = KINDS[kind].dated and census.taken >= self.began
        return self.lately if seen else self.touched

    def there(self, kind, id_):
        return id_ in self.looker.things.get(kind, {})

    def inside(self, kind, folder):
        folders = self.run.expansion
        return not folders or kind == "folders" or folder in folders

    def snapshot(self, at):
        """Return what the vault shows, by kind and id: heads, and their bodies."""
        return {
            (kind, head.id): (head, self.store.body(head))
            for kind in KINDS
            for head in self.store.heads(kind, at=at)
        }

    @invariant()
    def what_is_sealed_stays_as_it_is(self):
        for number, wanted in self.sealed.items():
            assert self.snapshot(number) == wanted


@pytest.fixture
def _short_reads(monkeypatch):
    """Let readers begin a new transaction after every other entry."""
    monkeypatch.setattr(reading, "_CHUNK", 2)


def run_machine(examples, steps, **more):
    bounds = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )
    run_state_machine_as_test(Machine, settings=bounds)


@pytest.mark.usefixtures("_short_reads")
def test_a_vault_on_disk_says_what_looker_held_whatever_is_done_to_both():
    run_machine(examples=60, steps=12)


@pytest.mark.slow
@pytest.mark.usefixtures("_short_reads")
def test_a_vault_on_disk_says_what_looker_held_for_longer():
    run_machine(examples=150, steps=25)


def a_marker_is_written_before_its_items(plant):
    put, put_one, seal = LmdbStore.put, Batch._put, LmdbStore.seal
    seen = []

    def put_late(batch, kind, prefix, item):
        if any(item is earlier for earlier in seen):
            return put_one(batch, kind, prefix, item)
        seen.append(item)
        return Verdict.NEW

    def put_with_the_last_ones(store, run, epoch, landed, **more):
        late, store.late = getattr(store, "late", []), list(landed)
        return put(store, run, epoch, [*late, *landed], **more)[len(late) :]

    def seal_after_the_last_ones(store, run, **more):
        store.put(run, store.run(run).epoch, [], calls=0)
        return seal(store, run, **more)

    plant(Batch, "_put", put_late)
    plant(LmdbStore, "put", put_with_the_last_ones)
    plant(LmdbStore, "seal", seal_after_the_last_ones)


def what_is_gone_is_told_of_the_snapshot_before(plant):
    mark = Batch.mark_gone

    def mark_gone(batch, kind, ids, now):
        batch._run = max(1, batch._run - 1)
        batch._end = keys.backwards(batch._run)
        return mark(batch, kind, ids, now)

    plant(Batch, "mark_gone", mark_gone)


def a_run_that_goes_on_believes_what_it_has_whatever_the_census_says(plant):
    plant(roll, "unchanged", lambda _row, _before: True)


def a_reader_goes_on_behind_the_next_item(plant):
    newest = reading._newest_heads

    def newest_heads(transaction, kind, at, but, start):
        heads, more = newest(transaction, kind, at, but, start)
        return heads, None if more is None else more + b"\xff"

    plant(reading, "_newest_heads", newest_heads)


def a_changed_item_keeps_its_first_body(plant):
    body = Batch._put_body

    def put_body(batch, prefix, item):
        if not batch._bodies.set_range(prefix) or not batch._bodies.key().startswith(
            prefix
        ):
            body(batch, prefix, item)

    plant(Batch, "_put_body", put_body)


PLANTS = [
    a_marker_is_written_before_its_items,
    what_is_gone_is_told_of_the_snapshot_before,
    a_run_that_goes_on_believes_what_it_has_whatever_the_census_says,
    a_reader_goes_on_behind_the_next_item,
    a_changed_item_keeps_its_first_body,
]


@pytest.mark.slow
@pytest.mark.usefixtures("_short_reads")
@pytest.mark.parametrize("bug", PLANTS, ids=lambda bug: bug.__name__)
def test_a_mistake_of_the_store_or_the_plan_is_found(bug, monkeypatch):
    bug(monkeypatch.setattr)

    with pytest.raises((AssertionError, KeyError, LookervaultError)):
        run_machine(examples=1000, steps=25, phases=[Phases.generate], database=None)
