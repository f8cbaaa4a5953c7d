"""What is damaged comes back, or is put down as lost; nothing goes without a word."""

from __future__ import annotations

import contextlib
import json
import random
from collections import Counter

import lmdb
import pytest

from lookervault.content import KINDS
from lookervault.core import bodies
from lookervault.core.audit import Finding
from lookervault.errors import Damaged, LookerError, Sort
from lookervault.records import Census, KindReport, Phase, Scope, State
from lookervault.repair import Became, opened
from lookervault.store import environment, keys, place
from lookervault.store.base import Landed
from lookervault.store.examination import Examination
from lookervault.store.lmdb import LmdbStore
from lookervault.store.packing import packed
from lookervault.store.share import Share
from lookervault.testing import FakeLooker, Thing
from lookervault.units import Part, Span
from lookervault.vault import Vault

CALLS = {"dashboards": "dashboard", "looks": "folder_looks", "boards": "all_boards"}
IDS = tuple(map(str, range(1, 9)))
LONG = "x" * 300


def items(looker, kind):
    """What a run would bring of *kind*."""
    found = [
        bodies.single(KINDS[kind], thing.id, thing.body(KINDS[kind]))
        for thing in looker.things[kind].values()
    ]
    return packed(KINDS[kind], CALLS[kind], found, 1.0)


def extracted(looker, path, *, kinds=tuple(CALLS), seal=True):
    """Let a run read it all."""
    with contextlib.closing(
        LmdbStore.create_or_open(path, looker.instance, now=1.0)
    ) as store:
        run = store.begin(Scope(), now=1.0).number
        epoch = store.lead(run).epoch
        for number, kind in enumerate(kinds):
            brought = tuple(items(looker, kind))
            unit = Span(number, Part(kind), 0, 9, 9)
            store.put(run, epoch, [Landed(unit, brought)], calls=1)
            rows = tuple(item.row for item in brought)
            store.put_census(run, kind, Census(1, 1.0, rows))
        reports = {
            kind: KindReport(expected=len(found), stored=len(found))
            for kind in kinds
            if (found := looker.things[kind])
        }
        if seal:
            store.seal(run, now=2.0, kinds=reports, gaps=[], figures={}, calls=9)
    return run


@pytest.fixture
def trouble():
    """The errors that the next requests are answered with."""
    return []


@pytest.fixture
def looker(trouble):
    things = {kind: [Thing(id_, folder="7") for id_ in (*IDS, LONG)] for kind in CALLS}
    return FakeLooker(things, trouble=lambda _: trouble.pop(0) if trouble else None)


@pytest.fixture
def path(looker, tmp_path):
    path = tmp_path / "looker.vault"
    extracted(looker, path)
    return path


def altered(path, job):
    with lmdb.open(str(place.current(path)), max_dbs=32) as env:
        names = {name: env.open_db(name.encode()) for name in keys.DATABASES}
        with env.begin(write=True) as txn:
            return job(txn, names)


def broken(path, database, prefix):
    """Flip a bit in each entry of *database* that begins with *prefix*."""

    def job(txn, db):
        for key, value in list(txn.cursor(db[database])):
            if key.startswith(prefix):
                txn.put(key, value[:-1] + bytes([value[-1] ^ 1]), db=db[database])

    altered(path, job)


def gone(path, database, prefix):
    def job(txn, db):
        for key, _ in list(txn.cursor(db[database])):
            if key.startswith(prefix):
                txn.delete(key, db=db[database])

    altered(path, job)


def findings(path):
    opened = environment.share(place.current(path))
    try:
        said = list(Examination(opened, Share(1, 1)).messages())
    finally:
        environment.unshare(opened)
    return [it for it in said if isinstance(it, Finding) and (it.harm or it.id)]


def harm(path):
    return [it.told for it in findings(path) if it.harm]


def repaired(path, looker):
    """Repair, and say what became of what."""
    found = findings(path)
    with opened(path, looker, wall=lambda: 50.0, sleep=waited.append) as work:
        return list(work.outcomes(found))


waited = []


def told(outcomes):
    return [(it.became, it.kind, it.id) for it in outcomes]


def shown(path, kind, id_, at=None):
    with Vault.open(path) as vault:
        return vault.body(kind, id_, at)


def runs(path):
    with Vault.open(path) as vault:
        return {run.number: run for run in vault.snapshots()}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("damage", [broken, gone])
def test_a_body_that_looker_still_has_comes_back(path, looker, kind, damage):
    damage(path, keys.BODIES, keys.of_item(kind, "3"))

    outcomes = repaired(path, looker)

    assert told(outcomes) == [(Became.RESTORED, kind, "3")]
    assert findings(path) == []
    thing = looker.things[kind]["3"]
    assert shown(path, kind, "3", 1) == thing.body(KINDS[kind])


def test_nothing_else_is_asked_for(path, looker):
    broken(path, keys.BODIES, keys.of_item("dashboards", "3"))

    repaired(path, looker)

    assert looker.requests == [("dashboard", {"dashboard_id": "3"})]


def test_what_came_with_a_listing_comes_back_by_one_request(path, looker):
    for id_ in IDS[:5]:
        broken(path, keys.BODIES, keys.of_item("looks", id_))
        broken(path, keys.BODIES, keys.of_item("boards", id_))

    outcomes = repaired(path, looker)

    assert {it.became for it in outcomes} == {Became.RESTORED}
    assert len(outcomes) == 10
    assert [name for name, _ in looker.requests] == ["folder_looks", "all_boards"]


def test_what_the_listing_has_lost_is_asked_for_by_its_id(path, looker):
    broken(path, keys.BODIES, keys.of_item("looks", "3"))
    looker.put("looks", Thing("3", folder="8"))

    outcomes = repaired(path, looker)

    assert told(outcomes) == [
        (Became.NEWER, "looks", "3"),
        (Became.LOST, "looks", "3"),
    ]


def test_what_looker_has_changed_is_a_new_version_and_the_old_one_is_lost(path, looker):
    broken(path, keys.BODIES, keys.of_item("dashboards", "3"))
    looker.update("dashboards", "3")

    outcomes = repaired(path, looker)

    assert told(outcomes) == [
        (Became.NEWER, "dashboards", "3"),
        (Became.LOST, "dashboards", "3"),
    ]
    assert outcomes[1].run == 1
    new = looker.things["dashboards"]["3"].body(KINDS["dashboards"])
    assert shown(path, "dashboards", "3") == new
    with pytest.raises(Exception, match="is lost, as a repair has noted"):
        shown(path, "dashboards", "3", 1)
    assert harm(path) == []


def test_what_came_by_another_call_is_said_not_to_have_been_changed_since(path, looker):
    kind, thing = KINDS["dashboards"], looker.things["dashboards"]["3"]
    raw = json.dumps({**json.loads(thing.body(kind)), "listed": True}).encode()
    body = bodies.single(kind, "3", raw)
    (item,) = packed(kind, "search_dashboards", [body], 2.0)
    with contextlib.closing(
        LmdbStore.create_or_open(path, looker.instance, now=1.0)
    ) as store:
        store.begin(Scope(), now=3.0)
        head = next(store.versions("dashboards", "3"))
        assert head.updated_at == item.row.updated_at
        store.put_gone(2, "dashboards", ["3"], now=3.0)
        store.seal(2, now=4.0, kinds={}, gaps=[], figures={}, calls=0)
        store.begin(Scope(), now=5.0)
        landed = Landed(Span(1, Part("dashboards"), 0, 9, 9), (item,))
        store.put(3, store.lead(3).epoch, [landed], calls=1)
        store.seal(3, now=6.0, kinds={}, gaps=[], figures={}, calls=1)
    broken(path, keys.BODIES, keys.of_item("dashboards", "3") + item.digest[:8])

    outcomes = repaired(path, looker)

    assert told(outcomes) == [
        (Became.NEWER, "dashboards", "3"),
        (Became.LOST, "dashboards", "3"),
    ]
    assert "It says that nobody has changed it since." in outcomes[0].told
    assert shown(path, "dashboards", "3") == thing.body(kind)
    assert shown(path, "dashboards", "3", 1) == thing.body(kind)


def test_a_repair_has_a_run_of_its_own_that_proves_nothing(path, looker):
    broken(path, keys.BODIES, keys.of_item("dashboards", "3"))
    broken(path, keys.BODIES, keys.of_item("looks", "4"))
    looker.update("dashboards", "3")

    repaired(path, looker)

    run = runs(path)[2]
    assert run.scope == Scope(("dashboards", "looks"), repair=True)
    assert (run.phase, run.complete, run.calls) == (Phase.SEALED, False, 2)
    assert run.login.name == "Ada"
    assert {k: (r.expected, r.stored) for k, r in run.kinds.items()} == {
        "dashboards": (1, 1),
        "looks": (1, 1),
    }
    assert runs(path)[1].complete


def test_where_nothing_is_to_be_asked_for_there_is_no_run(path, looker):
    broken(path, keys.CENSUS, keys.of_census(1, "looks"))

    outcomes = repaired(path, looker)

    assert told(outcomes) == [(Became.NOTED, "looks", None)]
    assert list(runs(path)) == [1]
    assert looker.requests == []


def test_an_unfinished_run_is_not_closed_and_has_what_was_fetched(path, looker):
    extracted(looker, path, kinds=("looks",), seal=False)
    broken(path, keys.BODIES, keys.of_item("dashboards", "3"))
    looker.update("dashboards", "3")

    outcomes = repaired(path, looker)

    assert (Became.NEWER, "dashboards", "3") in told(outcomes)
    assert runs(path)[2].phase is Phase.OPEN
    assert outcomes[0].run == 2
    with contextlib.closing(
        LmdbStore.create_or_open(path, looker.instance, now=1.0)
    ) as store:
        assert store.begin(Scope(), now=60.0).number == 2
        numbers = [(m.epoch, m.unit.number) for m in store.markers(2)]
        assert len(set(numbers)) == 2
    assert harm(path) == []


# What cannot be had


def test_what_looker_will_not_show_is_listed_and_stays_lost(path, looker):
    broken(path, keys.BODIES, keys.of_item("dashboards", "3"))
    looker.delete("dashboards", "3")

    outcomes = repaired(path, looker)

    assert told(outcomes) == [
        (Became.FAILED, "dashboards", "3"),
        (Became.LOST, "dashboards", "3"),
    ]
    assert "could not be fetched again: There is no 3." in outcomes[0].told
    with Vault.open(path) as vault:
        (gap,) = vault.gaps(2)
        head = vault.head("dashboards", "3")
    assert (gap.kind, gap.id, gap.status) == ("dashboards", "3", 404)
    assert (head.state, head.lost) == (State.UNREAD, True)
    assert harm(path) == []


def test_what_could_not_be_had_is_asked_for_again_by_the_next_repair(path, looker):
    broken(path, keys.BODIES, keys.of_item("dashboards", "3"))
    before = looker.things["dashboards"]["3"]
    looker.delete("dashboards", "3")
    repaired(path, looker)
    looker.put("dashboards", before)

    outcomes = repaired(path, looker)

    assert told(outcomes) == [(Became.RESTORED, "dashboards", "3")]
    assert findings(path) == []
    assert shown(path, "dashboards", "3", 1) == before.body(KINDS["dashboards"])


def test_what_could_not_be_had_comes_with_the_next_run(path, looker):
    broken(path, keys.BODIES, keys.of_item("dashboards", "3"))
    before = looker.things["dashboards"]["3"]
    looker.delete("dashboards", "3")
    repaired(path, looker)
    looker.put("dashboards", before)

    extracted(looker, path)

    assert findings(path) == []
    assert shown(path, "dashboards", "3", 1) == before.body(KINDS["dashboards"])


def test_an_item_that_is_gone_is_not_asked_for(path, looker):
    with contextlib.closing(
        LmdbStore.create_or_open(path, looker.instance, now=1.0)
    ) as store:
        run = store.begin(Scope(), now=3.0).number
        store.put_gone(run, "dashboards", ["3"], now=3.0)
        store.seal(run, now=4.0, kinds={}, gaps=[], figures={}, calls=0)
    gone(path, keys.BODIES, keys.of_item("dashboards", "3"))

    outcomes = repaired(path, looker)

    assert told(outcomes) == [(Became.LOST, "dashboards", "3")]
    assert looker.requests == []
    assert harm(path) == []


def test_an_old_version_that_is_broken_is_lost_and_the_new_one_untouched(path, looker):
    looker.update("dashboards", "3")
    old = keys.of_item("dashboards", "3")
    broken(path, keys.BODIES, old)
    with contextlib.closing(
        LmdbStore.create_or_open(path, looker.instance, now=1.0)
    ) as store:
        store.mend(findings(path), now=3.0)
    extracted(looker, path)
    looker.requests.clear()

    outcomes = repaired(path, looker)

    assert outcomes == []
    assert looker.requests == []
    new = looker.things["dashboards"]["3"].body(KINDS["dashboards"])
    assert shown(path, "dashboards", "3") == new


# Entries that cannot be read


@pytest.mark.parametrize("id_", ["3", LONG])
def test_a_version_that_cannot_be_read_is_fetched_as_a_new_one(path, looker, id_):
    with contextlib.closing(
        LmdbStore.create_or_open(path, looker.instance, now=1.0)
    ) as store:
        # Its other version tells what a long id is.
        run = store.begin(Scope(), now=3.0).number
        store.put_gone(run, "dashboards", [id_], now=3.0)
        looker.update("dashboards", id_)
        one = next(it for it in items(looker, "dashboards") if it.row.id == id_)
        unit = Span(1, Part("dashboards"), 0, 9, 9)
        store.put(run, store.lead(run).epoch, [Landed(unit, (one,))], calls=1)
        store.seal(run, now=4.0, kinds={}, gaps=[], figures={}, calls=0)
    newest = keys.of_item("dashboards", id_) + keys.backwards(2)
    broken(path, keys.ITEMS, newest)
    looker.update("dashboards", id_)

    outcomes = repaired(path, looker)

    assert (Became.LOST, "dashboards", id_) in told(outcomes) or id_ == LONG
    assert harm(path) == []
    with Vault.open(path) as vault:
        versions = list(vault.versions("dashboards", id_))
    assert [head.run for head in versions][-2:] == [2, 1]
    assert versions[-2].lost


def test_a_version_whose_id_nobody_knows_is_left_and_said_so(path, looker):
    broken(path, keys.ITEMS, keys.of_item("dashboards", LONG))

    outcomes = repaired(path, looker)

    assert told(outcomes) == [(Became.LEFT, "dashboards", None)]
    assert len(harm(path)) == 1


def test_a_version_that_is_missing_is_a_gap_of_its_snapshot_and_fetched(path, looker):
    gone(path, keys.ITEMS, keys.of_item("dashboards", "3"))

    outcomes = repaired(path, looker)

    assert told(outcomes) == [
        (Became.NOTED, "dashboards", "3"),
        (Became.NEWER, "dashboards", "3"),
    ]
    assert harm(path) == []
    with Vault.open(path) as vault:
        assert [gap.id for gap in vault.gaps(1)] == ["3"]
        assert not vault.snapshot(1).complete
    assert shown(path, "dashboards", "3")


@pytest.mark.parametrize("damage", [broken, gone])
def test_a_run_that_cannot_be_read_is_put_down_as_abandoned(path, looker, damage):
    damage(path, keys.RUNS, keys.of_run(1))
    with contextlib.suppress(Exception):
        list(runs(path))

    outcomes = repaired(path, looker)

    assert {it.became for it in outcomes} == {Became.NOTED}
    assert runs(path)[1].phase is Phase.ABANDONED
    assert harm(path) == []
    with Vault.open(path) as vault:
        assert len(list(vault.items("dashboards", 1))) == len(IDS) + 1


def test_a_marker_that_cannot_be_read_goes_so_that_its_unit_is_read_again(path, looker):
    extracted(looker, path, kinds=("looks",), seal=False)
    broken(path, keys.MARKERS, keys.of_run(2))

    outcomes = repaired(path, looker)

    assert outcomes == []
    assert harm(path) == []
    with contextlib.closing(LmdbStore.read(path)) as store:
        assert list(store.markers(2)) == []


def test_a_gap_that_cannot_be_read_stays_a_gap(path, looker):
    broken(path, keys.BODIES, keys.of_item("dashboards", "3"))
    looker.delete("dashboards", "3")
    repaired(path, looker)
    broken(path, keys.GAPS, keys.of_run(2))

    outcomes = repaired(path, looker)

    assert (Became.NOTED, "dashboards", "3") in told(outcomes)
    assert harm(path) == []
    with Vault.open(path) as vault:
        (gap,) = vault.gaps(2)
    assert "not known any more" in gap.reason


def test_what_is_noted_already_is_not_noted_again(path, looker):
    broken(path, keys.BODIES, keys.of_item("dashboards", "3"))
    broken(path, keys.ITEMS, keys.of_item("looks", "3"))
    gone(path, keys.ITEMS, keys.of_item("boards", "3"))
    found = findings(path)
    with contextlib.closing(
        LmdbStore.create_or_open(path, looker.instance, now=1.0)
    ) as store:
        assert store.mend(found, now=2.0) == []
        before = [list(store.versions(kind, "3")) for kind in CALLS]
        gaps, runs = list(store.gaps(1)), list(store.runs())

        assert store.mend(found, now=3.0) == []

        assert [list(store.versions(kind, "3")) for kind in CALLS] == before
        assert (list(store.gaps(1)), list(store.runs())) == (gaps, runs)
    assert harm(path) == []


def test_everything_at_once_is_repaired_in_one_go(path, looker):
    for kind in CALLS:
        broken(path, keys.BODIES, keys.of_kind(kind))
        broken(path, keys.ITEMS, keys.of_item(kind, "5"))
    gone(path, keys.CENSUS, keys.of_run(1))
    looker.update("dashboards", "1")

    outcomes = repaired(path, looker)

    assert harm(path) == []
    counts = Counter(it.became for it in outcomes)
    assert counts[Became.RESTORED] == 3 * 8 - 1
    assert counts[Became.NEWER] == 3 + 1
    assert counts[Became.FAILED] == counts[Became.LEFT] == 0


# Looker


def test_trouble_that_passes_is_waited_for(path, looker, trouble):
    broken(path, keys.BODIES, keys.of_item("dashboards", "3"))
    trouble += [
        LookerError(Sort.LIMITED, "Too many.", status=429, retry_after=7.0),
        LookerError(Sort.OVERLOADED, "Busy.", status=503),
    ]
    waited.clear()

    outcomes = repaired(path, looker)

    assert told(outcomes) == [(Became.RESTORED, "dashboards", "3")]
    assert waited == [7.0, 2.0]


@pytest.mark.parametrize(
    "error",
    [
        LookerError(Sort.UNREACHABLE, "Nobody is there."),
        LookerError(Sort.UNAUTHORIZED, "Who are you?", status=401),
        LookerError(Sort.LIMITED, "Tomorrow.", status=429, retry_after=600.0),
    ],
    ids=lambda error: error.sort.value,
)
def test_trouble_that_lasts_ends_a_repair_which_the_next_one_continues(
    path, looker, trouble, error
):
    for id_ in ("3", "4"):
        broken(path, keys.BODIES, keys.of_item("dashboards", id_))
    trouble += [None, *6 * [error]]

    with pytest.raises(LookerError):
        repaired(path, looker)

    trouble.clear()
    assert runs(path)[2].phase is Phase.OPEN
    assert told(repaired(path, looker)) == [(Became.RESTORED, "dashboards", "4")]
    assert findings(path) == []
    assert runs(path)[2].phase is Phase.SEALED


def struck(path, dice):
    """Flip bits in some entries of a closed vault and delete others."""
    spared = {keys.ABOUT}
    wounds = dice.choice([1, 2, 5, 20])

    def job(txn, db):
        names = [name for name in keys.DATABASES if name not in spared]
        for _ in range(wounds):
            database = db[dice.choice(names)]
            entries = list(txn.cursor(database))
            if not entries:
                continue
            key, value = dice.choice(entries)
            if dice.random() < 0.5:
                txn.delete(key, db=database)
            else:
                at = dice.randrange(len(value))
                bits = bytearray(value)
                bits[at] ^= 1 << dice.randrange(8)
                txn.put(key, bytes(bits), db=database)

    altered(path, job)


def readable(path):
    """Every body that can be read, by kind, id, run and digest."""
    found = {}
    with contextlib.closing(LmdbStore.read(path)) as store:
        for kind in CALLS:
            for id_ in (*IDS, LONG):
                with contextlib.suppress(Damaged):
                    for head in store.versions(kind, id_):
                        with contextlib.suppress(Damaged):
                            found[kind, id_, head.run] = store.body(head)
    return found


def is_sound(path, outcomes):
    """Nothing is wrong any more but what was said to be left."""
    left = [it for it in outcomes if it.became is Became.LEFT]
    return len(harm(path)) <= len(left)


@pytest.mark.parametrize(
    "seeds", [range(12), pytest.param(range(12, 500), marks=pytest.mark.slow)]
)
def test_whatever_entries_are_damaged_a_repair_leaves_a_sound_vault(
    path, looker, seeds
):
    looker.update("dashboards", "2")
    extracted(looker, path)
    extracted(looker, path, kinds=("looks",), seal=False)
    whole = (place.current(path) / place.DATA).read_bytes()
    sound = readable(path)
    for seed in seeds:
        (place.current(path) / place.DATA).write_bytes(whole)
        dice = random.Random(seed)
        struck(path, dice)
        before = readable(path)
        assert before.items() <= sound.items(), seed

        outcomes = repaired(path, looker)

        after = readable(path)
        assert is_sound(path, outcomes), (seed, harm(path))
        assert before.keys() <= after.keys(), seed
        assert all(after[name] == raw for name, raw in before.items()), seed
        damaged = any(it.became in {Became.RESTORED, Became.NEWER} for it in outcomes)
        assert damaged or after == before, seed
