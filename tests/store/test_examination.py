"""Whatever is damaged in a vault is found, named, and told from what is just odd."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from msgspec.structs import replace

from lookervault.core.audit import Finding, What
from lookervault.records import Phase, Run, Scope
from lookervault.store import environment, keys, place, values
from lookervault.store.examination import Examination
from lookervault.store.lmdb import LmdbStore
from lookervault.store.share import Beat, Seen, Share

from .conftest import (
    ALL,
    IDS,
    LONG,
    LOOKER,
    broken,
    entries,
    flipped,
    gone,
    put,
    set_value,
)
from .conftest import an_item as item

NONE = Share()


def examined(path, share=ALL):
    opened = environment.share(place.current(path))
    try:
        return list(Examination(opened, share).messages())
    finally:
        environment.unshare(opened)


def found(path, share=ALL):
    """What is wrong with the vault."""
    return [m for m in examined(path, share) if isinstance(m, Finding) and m.harm]


def remarks(path):
    return [m for m in examined(path) if isinstance(m, Finding) and not m.harm]


def names(findings):
    return [(it.what, it.kind, it.id, it.run) for it in findings]


def of_item(kind, id_):
    return keys.of_item(kind, id_)


def version(kind, id_, run):
    return keys.of_item(kind, id_) + keys.backwards(run)


def run_of(path, number):
    ((key, value),) = entries(path, keys.RUNS, keys.of_run(number))
    return values.read_run(key, value)


def save(path, run):
    key = keys.of_run(run.number)
    set_value(path, keys.RUNS, key, values.record(key, run))


@pytest.mark.parametrize("share", [NONE, ALL, Share(2, 3)])
def test_nothing_is_found_in_a_vault_as_runs_leave_it(honest, share):
    messages = examined(honest, share)

    assert not any(isinstance(message, Finding) for message in messages)
    seen = messages[-1]
    assert (seen.snapshots, seen.versions, seen.bodies) == (2, 148, 147)
    assert (seen.read == seen.bodies) == (share == ALL)


def test_the_parts_of_the_bodies_are_all_of_them_and_none_twice(honest):
    whole = examined(honest)[-1]

    parts = [examined(honest, Share(number, 4))[-1] for number in (1, 2, 3, 4)]

    assert sum(part.read for part in parts) == whole.read
    assert sum(part.bytes for part in parts) == whole.bytes
    assert parts == [examined(honest, Share(number, 4))[-1] for number in (1, 2, 3, 4)]


def test_how_far_it_is_never_goes_back_and_ends_with_all(honest):
    beats = [message for message in examined(honest) if isinstance(message, Beat)]

    assert [beat.done for beat in beats] == sorted(beat.done for beat in beats)
    assert (
        beats[-1].done
        == beats[-1].of
        == sum(len(entries(honest, name)) for name in keys.DATABASES)
    )


# Bodies


def test_a_body_that_is_missing_is_named_with_every_version_that_lacks_it(vault):
    gone(vault, keys.BODIES, of_item("looks", "30"))

    wrong = found(vault, NONE)

    assert names(wrong) == [(What.BODY, "looks", "30", 1)]
    assert (
        "looks/30 that run 1 found is missing. lookervault repair" in wrong[0].sentence
    )


def test_an_item_that_went_lacks_the_body_that_it_had(vault):
    gone(vault, keys.BODIES, of_item("looks", "59"))

    assert names(found(vault)) == [
        (What.BODY, "looks", "59", 2),
        (What.BODY, "looks", "59", 1),
    ]


@pytest.mark.parametrize("at", [0, 3, 4, 19, 20, 25, -1])
def test_a_bit_that_flipped_in_a_body_is_found_when_it_is_read(vault, at):
    ((key, value),) = entries(vault, keys.BODIES, of_item("dashboards", "9"))
    set_value(vault, keys.BODIES, key, flipped(value, at))

    assert names(found(vault)) == [(What.BODY, "dashboards", "9", 1)]


def test_a_flipped_bit_is_found_by_the_part_that_reads_it_and_by_no_other(vault):
    broken(vault, keys.BODIES, of_item("dashboards", "9"))

    numbers = [n for n in range(1, 6) if found(vault, Share(n, 5))]

    assert len(numbers) == 1
    assert found(vault, NONE) == []


@pytest.mark.parametrize(
    ("forge", "share", "why"),
    [
        (lambda it: (it.digest, b"\x28\xb5\x2f\xfd junk"), NONE, "does not say"),
        (lambda it: (it.digest, item("9", "other").body), NONE, "does not say"),
        (lambda it: (it.digest, it.body[:-3]), ALL, "not what Looker sent"),
        (lambda it: (it.digest, it.body[:6] + b"\xff" * 9), ALL, "cannot be unpacked"),
        (lambda it: (it.digest, item("9", "tixt").body), ALL, "not what Looker sent"),
    ],
)
def test_a_body_with_a_right_check_sum_and_a_wrong_content_is_found(
    vault, forge, share, why
):
    it = item("9", "text")
    with contextlib.closing(LmdbStore.create_or_open(vault, LOOKER, now=1.0)) as store:
        put(store, 3, "looks", [it])
    key = of_item("looks", "9") + it.digest[: keys.PREFIX_BYTES]
    set_value(vault, keys.BODIES, key, values.body(key, *forge(it)))

    wrong = found(vault, share)

    assert names(wrong) == [(What.BODY, "looks", "9", 3)]
    assert why in wrong[0].told


def test_bodies_that_no_version_names_are_a_remark(vault):
    for id_ in ("new", "newer"):
        key = of_item("looks", id_) + bytes(8)
        set_value(vault, keys.BODIES, key, values.body(key, bytes(16), b"x"))

    assert found(vault) == []
    assert [it.told for it in remarks(vault)] == [
        "2 bodies are left over, which no version names. That is lost space."
    ]


# Versions


def test_a_version_that_cannot_be_read_is_named_by_its_key(vault):
    broken(vault, keys.ITEMS, version("looks", "30", 1))

    wrong = found(vault)

    assert names(wrong) == [(What.VERSION, "looks", "30", 1)]
    assert wrong[0].key == version("looks", "30", 1)


def test_a_version_with_a_long_id_cannot_be_named_and_is_found(vault):
    broken(vault, keys.ITEMS, version("dashboards", LONG, 1))

    (wrong,) = found(vault)

    assert (wrong.what, wrong.kind, wrong.id) == (What.VERSION, "dashboards", None)
    assert "an item of dashboards with a long id" in wrong.told


def test_a_version_under_the_key_of_another_is_found(vault):
    ((_, value),) = entries(vault, keys.ITEMS, of_item("dashboards", "8"))
    key = version("dashboards", "9", 1)
    head = values.read_head(version("dashboards", "8", 1), value)
    set_value(vault, keys.ITEMS, key, values.head(key, head))

    assert (What.VERSION, "dashboards", "9", 1) in names(found(vault))


def test_a_version_that_got_lost_is_missed_by_each_snapshot_that_showed_it(vault):
    gone(vault, keys.ITEMS, version("looks", "30", 1))

    wrong = found(vault)

    assert names(wrong) == [
        (What.SNAPSHOT, "looks", "30", 1),
        (What.SNAPSHOT, "looks", "30", 2),
    ]


def test_a_version_that_was_lost_and_noted_is_a_remark(vault):
    key = version("looks", "30", 1)
    ((_, value),) = entries(vault, keys.ITEMS, key)
    head = values.read_head(key, value)
    set_value(vault, keys.ITEMS, key, values.head(key, replace(head, lost=True)))
    gone(vault, keys.BODIES, of_item("looks", "30"))

    assert found(vault) == []
    assert names(remarks(vault)) == [(What.BODY, "looks", "30", 1)]


def test_a_version_that_does_not_say_whether_its_body_is_lost_has_it(vault):
    key = version("dashboards", "9", 1)
    ((_, value),) = entries(vault, keys.ITEMS, key)
    told = msgspec.msgpack.decode(values.unseal(key, value))
    older = values.seal(key, msgspec.msgpack.encode(told[:-1]))

    set_value(vault, keys.ITEMS, key, older)

    assert len(told) == 12
    assert values.read_head(key, older) == values.read_head(key, value)
    assert found(vault) == []


# Runs, and what they wrote down


def test_a_run_that_cannot_be_read_is_found(vault):
    broken(vault, keys.RUNS, keys.of_run(1))

    assert names(found(vault)) == [(What.RUN, None, None, 1)]


def test_what_a_run_left_that_is_not_there_any_more_is_found(vault):
    gone(vault, keys.RUNS, keys.of_run(1))

    wrong = found(vault)

    assert {it.run for it in wrong} == {1}
    assert {it.what for it in wrong} == {
        What.RUN,
        What.VERSION,
        What.CENSUS,
        What.GAP,
    }


def test_a_marker_of_a_run_that_is_not_there_is_found(vault):
    gone(vault, keys.RUNS, keys.of_run(3))

    assert What.MARKER in {it.what for it in found(vault)}


def test_an_open_run_below_a_newer_one_is_found(vault):
    save(vault, replace(run_of(vault, 2), phase=Phase.OPEN))

    assert names(found(vault)) == [(What.RUN, None, None, 2)]


def test_a_run_under_the_number_of_another_is_found(vault):
    key = keys.of_run(2)
    other = Run(number=7, scope=Scope(), started=0.0)
    set_value(vault, keys.RUNS, key, values.record(key, other))

    assert names(found(vault)) == [(What.RUN, None, None, 2)]


@pytest.mark.parametrize(
    ("database", "what"),
    [
        (keys.CENSUS, What.CENSUS),
        (keys.GAPS, What.GAP),
        (keys.MARKERS, What.MARKER),
        (keys.ABOUT, What.ENTRY),
    ],
)
def test_any_entry_that_does_not_match_its_check_sum_is_found(vault, database, what):
    key = broken(vault, database)

    wrong = found(vault)

    assert [it.what for it in wrong] == [what]
    assert (wrong[0].database, wrong[0].key) == (database, key)


def test_a_gap_under_the_key_of_another_is_found(vault):
    (key, value), *_ = entries(vault, keys.GAPS)
    gap = replace(values.read_gap(key, value), id="another")
    set_value(vault, keys.GAPS, key, values.gap(key, gap))

    assert [it.what for it in found(vault)] == [What.GAP]


def test_a_gap_that_got_lost_is_missed_with_its_item(vault):
    gone(vault, keys.GAPS, keys.of_gap(1, "looks", "unreadable"))

    assert names(found(vault)) == [
        (What.SNAPSHOT, "looks", "unreadable", 1),
        (What.SNAPSHOT, "looks", None, 1),
    ]


def test_a_complete_snapshot_without_its_census_is_found(vault):
    gone(vault, keys.CENSUS, keys.of_census(2, "looks"))

    wrong = found(vault)

    assert names(wrong) == [(What.SNAPSHOT, "looks", None, 2)]
    assert "has no census" in wrong[0].told


def test_a_census_that_lists_less_than_was_to_be_found_is_found(vault):
    key = keys.of_census(2, "looks", 0)
    census = values.read_census(entries(vault, keys.CENSUS, key))
    ((_, value),) = values.census(2, "looks", replace(census, rows=census.rows[1:]))
    set_value(vault, keys.CENSUS, key, value)

    wrong = found(vault)

    assert names(wrong) == [(What.SNAPSHOT, "looks", None, 2)]
    assert "59 ids to find, and its census has 58" in wrong[0].told


def test_a_marker_that_vouches_for_what_is_not_there_is_found(vault):
    for id_ in IDS[:2]:
        for _ in (3, 1):
            gone(vault, keys.ITEMS, of_item("dashboards", id_))

    wrong = [it for it in found(vault) if it.what is What.MARKER]

    assert names(wrong) == [(What.MARKER, "dashboards", id_, 3) for id_ in IDS[:2]]
    assert {it.key for it in wrong} == {keys.of_marker(3, 1, 1)}


def test_an_entry_that_nobody_knows_is_none_of_our_business(vault):
    set_value(vault, keys.ABOUT, b"future", values.seal(b"future", b"whatever"))

    assert found(vault) == []


def test_a_vault_is_examined_while_another_writes(vault):
    with contextlib.closing(LmdbStore.create_or_open(vault, LOOKER, now=1.0)) as store:
        opened = environment.share(place.current(vault))
        messages = []
        for number, message in enumerate(Examination(opened, ALL).messages()):
            put(store, 3, "dashboards", [item(f"n{number}", "x")], number + 2)
            messages.append(message)
        environment.unshare(opened)

    assert not any(isinstance(message, Finding) for message in messages)
    assert isinstance(messages[-1], Seen)
