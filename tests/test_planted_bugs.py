"""The trials find the mistakes that matter: each is planted here, and found by some seed."""

import itertools

import pytest
from msgspec.structs import replace

from lookervault.actors.fetcher import Fetcher
from lookervault.actors.writer import Writer
from lookervault.core.hands import Hands
from lookervault.core.trials import Trials
from lookervault.core.walk import Walk
from lookervault.errors import Sort
from lookervault.messages import Stored
from lookervault.store import rules
from lookervault.store.memory import MemoryStore
from lookervault.testing import Inbox
from lookervault.testing.trial import Trial

SEEDS = 400


def a_marker_is_written_before_its_items(plant):
    """A crash between the two loses items for which a marker vouches."""
    put, seal = MemoryStore._put, MemoryStore.seal

    def commit(store, epoch):
        late, store.late = getattr(store, "late", []), []
        for run, of, kind, item in late:
            if of == epoch:  # else the process that held them has died
                put(store, kind, item, run)

    def put_unit(store, run, epoch, landed):
        commit(store, epoch)
        unit, kind = landed.unit, landed.unit.part.kind
        markers = store._markers.setdefault(run, {})
        before = markers.get((epoch, unit.number))
        markers[epoch, unit.number] = rules.joined(before, epoch, landed)
        store.late += [(run, epoch, kind, item) for item in landed.items]
        return {}

    def seal_after(store, run, **more):
        commit(store, store._runs[run].epoch)
        return seal(store, run, **more)

    plant(MemoryStore, "_put_unit", put_unit)
    plant(MemoryStore, "seal", seal_after)


def the_unit_of_a_fetcher_that_died_is_dropped(plant):
    strike = Hands.strike

    def forget(hands, fetcher):
        strike(hands, fetcher)

    plant(Hands, "strike", forget)


def a_stale_attempt_is_accepted(plant):
    """A ghost speaks for the unit that is in other hands by now."""

    def holds(hands, fetcher, lease):
        return hands._flying.get(fetcher, (None,))[0] == lease.unit

    plant(Hands, "holds", holds)


def an_outage_counts_against_those_that_meet_it(plant):
    failed = Trials.failed

    def blame(trials, unit, fault, now):
        if not failed(trials, unit, fault, now) and fault.sort is not Sort.LIMITED:
            trials._own[unit.number] = trials._own.get(unit.number, 0) + 1
        return True

    plant(Trials, "failed", blame)


def the_coordinator_hears_of_a_unit_before_the_writer_does(plant):
    """A crash between the two loses what the plan thinks is on its way."""
    deliver = Fetcher._deliver

    def the_other_way_round(fetcher, work):
        writer, fetcher._writer = fetcher._writer, Inbox()
        deliver(fetcher, work)
        held, fetcher._writer = fetcher._writer.take(), writer
        for message in held:
            writer.tell(message)

    plant(Fetcher, "_deliver", the_other_way_round)


def a_walk_does_not_look_for_its_seam(plant):
    """What is deleted before the cursor lets another row slip past."""

    def took(walk, page, first):
        walk.rows.extend(page)
        walk.first = first + len(page)
        walk.done = not page
        return True

    plant(Walk, "took", took)


def a_failed_commit_is_taken_for_done(plant):
    """Every fifth time the disk is full, and the plan hears that all is stored."""
    flush, turns = Writer._flush, itertools.count(1)

    def shrug(writer):
        if next(turns) % 5:
            flush(writer)
            return
        writes, fence = writer._ledger.take(), writer._ledger.fence
        for write in writes:
            writer._release(write)
        units = tuple((w.lease.unit.number, w.lease.attempt) for w in writes)
        writer._coordinator.tell(Stored(fence, units))

    plant(Writer, "_flush", shrug)


def a_gap_is_not_kept(plant):
    """The summary says that something is missing, and the vault does not say what."""
    seal = MemoryStore.seal

    def forget(store, run, *, gaps, **more):
        return seal(store, run, gaps=(), **more)

    plant(MemoryStore, "seal", forget)


def a_sealed_snapshot_is_written_to(plant):
    """An entry of a later run takes the place of the one before it."""
    write = MemoryStore._write

    def over(store, head):
        write(store, head)
        versions = store._entries[head.kind][head.id]
        if len(versions) > 1:
            first = next(iter(versions))
            versions[first] = replace(head, run=first)

    plant(MemoryStore, "_write", over)


PLANTS = [
    a_marker_is_written_before_its_items,
    the_unit_of_a_fetcher_that_died_is_dropped,
    a_stale_attempt_is_accepted,
    an_outage_counts_against_those_that_meet_it,
    the_coordinator_hears_of_a_unit_before_the_writer_does,
    a_walk_does_not_look_for_its_seam,
    a_failed_commit_is_taken_for_done,
    a_gap_is_not_kept,
    a_sealed_snapshot_is_written_to,
]


def first_that_fails():
    """Return the first seed whose trial finds something, and what."""
    for seed in range(SEEDS):
        try:
            Trial(seed).hold()
        except AssertionError as error:
            return seed, str(error)
    return None


@pytest.mark.parametrize("bug", PLANTS, ids=lambda bug: bug.__name__)
def test_a_mistake_is_found_within_a_few_hundred_seeds(bug, monkeypatch):
    bug(monkeypatch.setattr)

    assert first_that_fails() is not None
