"""A vault that is damaged is told by a sentence, found by `check`, mended by `repair`."""

from __future__ import annotations

import contextlib
import json
import os
import shutil

import lmdb
import pytest

from lookervault.records import About
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings
from lookervault.store import keys, place, values

from .conftest import FEW, Command, assert_refused, assert_same_as

PAGE = 4096


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A Looker, and a vault that has all of it."""
    path = tmp_path_factory.mktemp("before") / "vault"
    with running(Settings(sizes=FEW)) as looker, contextlib.ExitStack() as stack:
        Command(looker, path, stack).complete()
        yield looker, path


@pytest.fixture
def command(before, command_of):
    """The command on a copy of that vault, to be damaged."""
    looker, path = before
    command = command_of(looker)
    shutil.copytree(path, command.path)
    (command.path / "data-1" / "lock.mdb").unlink()
    return command


def data(command):
    return command.path / "data-1" / place.DATA


def altered(command, job):
    with lmdb.open(str(place.current(command.path)), max_dbs=32) as env:
        names = {name: env.open_db(name.encode()) for name in keys.DATABASES}
        with env.begin(write=True) as txn:
            job(txn, names)


def broken(command, database, prefix):
    """Flip a bit of each entry of *database* that begins with *prefix*."""

    def job(txn, db):
        for key, value in list(txn.cursor(db[database])):
            if key.startswith(prefix):
                txn.put(key, value[:-1] + bytes([value[-1] ^ 1]), db=db[database])

    altered(command, job)


def a_body_is_broken(command):
    broken(command, keys.BODIES, keys.of_item("dashboards", "7"))


def a_body_is_missing(command):
    def job(txn, db):
        cursor = txn.cursor(db[keys.BODIES])
        assert cursor.set_range(keys.of_item("dashboards", "7"))
        cursor.delete()

    altered(command, job)


def an_item_is_broken(command):
    broken(command, keys.ITEMS, keys.of_item("dashboards", "7"))


def the_run_is_broken(command):
    broken(command, keys.RUNS, keys.of_run(1))


def the_file_is_empty(command):
    os.truncate(data(command), 0)


def the_file_is_cut_off(command):
    os.truncate(data(command), data(command).stat().st_size // 2)


def pages_are_zeroed(command):
    content = bytearray(data(command).read_bytes())
    for at in range(2 * PAGE, len(content), PAGE):
        if content[at + 10] == 1:
            content[at : at + PAGE] = bytes(PAGE)
    data(command).write_bytes(content)


def a_meta_page_is_broken(command):
    with data(command).open("r+b") as file:
        file.seek(16)
        file.write(b"\xff")


def it_does_not_match_itself(command):
    broken(command, keys.ABOUT, keys.THE_ABOUT)


def it_is_newer(command):
    about = values.record(keys.THE_ABOUT, About(9, "0" * 32, "https://x.y", 1.0))
    altered(command, lambda txn, db: txn.put(keys.THE_ABOUT, about, db=db[keys.ABOUT]))


FOUND = {
    an_item_is_broken: 14,
    pages_are_zeroed: 14,
}
FOUND_TOO = {
    a_body_is_broken: 14,
    a_body_is_missing: 14,
    the_run_is_broken: 14,
    the_file_is_empty: 14,
    the_file_is_cut_off: 14,
    a_meta_page_is_broken: 14,
    it_does_not_match_itself: 14,
    it_is_newer: 10,
}


@pytest.mark.parametrize(
    ("damage", "status"),
    [
        *FOUND.items(),
        *(pytest.param(*it, marks=pytest.mark.slow) for it in FOUND_TOO.items()),
    ],
    ids=lambda it: getattr(it, "__name__", None),
)
def test_damage_is_told_by_a_sentence_whoever_meets_it(command, damage, status):
    damage(command)

    checked = command.run("check", "--read-data", "--vault", command.path)
    others = [
        command.run(*words, "--vault", command.path)
        for words in (
            ["snapshots"],
            ["ls", "dashboards"],
            ["dump", "dashboards/7"],
            ["extract", "roles", "--no-progress"],
        )
    ]

    assert checked.returncode == status
    lines = checked.stdout.decode().splitlines()
    assert bool(lines) == (status == 14)
    assert all(line.startswith(("damaged: ", "note: ")) for line in lines)
    for done in (checked, *others):
        err = done.stderr.decode()
        assert done.returncode in {0, status}, (done.args, err)
        assert "Traceback" not in err
        assert "this is a bug" not in err
        if done.returncode:
            assert "lookervault: " in err


def test_what_is_damaged_comes_back(command):
    for kind in ("dashboards", "roles", "explores"):
        broken(command, keys.BODIES, keys.of_kind(kind))
    looker = command.looker
    assert command.run("check", "--vault", command.path, "--read-data").returncode == 14

    done = command.run("repair", "--vault", command.path, "--json")

    *outcomes, summary = map(json.loads, done.stdout.decode().splitlines())
    assert {it["message_type"] for it in outcomes} == {"outcome"}
    assert summary["damaged"] == sum(
        len(looker.ids(kind)) + len(looker.ids(kind, trashed=True))
        for kind in ("dashboards", "roles", "explores")
    )
    assert summary["failed"] == summary["noted"] == summary["left"] == 0
    assert summary["restored"] + summary["newer"] == summary["damaged"]
    assert done.returncode == (3 if summary["lost"] else 0)
    assert_same_as(looker, command)
    assert command.run("check", "--vault", command.path, "--read-data").returncode == 0
    assert json.loads(command.dump("roles", "1"))["id"] == "1"
    states = [it["state"] for it in _snapshots(command)]
    assert states == ["repair", "complete"]


def _snapshots(command):
    done = command.run("snapshots", "--json", "--vault", command.path)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.slow
def test_what_looker_has_no_more_is_lost_and_the_rest_is_used(simulated):
    looker, command = simulated(sizes=FEW)
    command.complete()
    broken(command, keys.BODIES, keys.of_item("dashboards", "7"))
    looker.post("delete", kind="dashboards", ids=["7"])

    done = command.run("repair", "--vault", command.path)

    assert done.returncode == 3
    out = done.stdout.decode()
    assert out.startswith("failed: dashboards/7 could not be fetched again: ")
    assert "lost: The version of dashboards/7 that run 1 found is lost.\n" in out
    assert command.states("dashboards")["7"] == "unread"
    assert [it["state"] for it in command.ls("dashboards") if it["id"] == "7"] == [
        "lost"
    ]
    dumped = command.run("dump", "dashboards/7", "--vault", command.path)
    assert (dumped.returncode, dumped.stdout) == (14, b"")
    assert b"is lost, as a repair has noted" in dumped.stderr
    command.complete()
    assert command.states("dashboards")["7"] == "gone"
    checked = command.run("check", "--read-data", "--vault", command.path)
    assert (checked.returncode, checked.stderr) == (0, b"")
    assert checked.stdout.startswith(b"note: The body of dashboards/7 ")


def test_a_repair_without_credentials_or_for_another_looker_changes_nothing(command):
    a_body_is_broken(command)
    content = data(command).read_bytes()
    url = command.looker.base_url

    command.environ["LOOKERSDK_BASE_URL"] = url.replace("127.0.0.1", "localhost")
    done = command.run("repair", "--vault", command.path)
    del command.environ["LOOKERSDK_CLIENT_SECRET"]
    without = command.run("repair", "--vault", command.path)

    assert (done.returncode, without.returncode) == (10, 2)
    assert b"belongs to" in done.stderr
    assert data(command).read_bytes() == content


def test_a_vault_in_use_is_checked_and_copied_and_not_repaired(simulated, tmp_path):
    looker, command = simulated(sizes={**FEW, "dashboards": 2000}, latency=0.1)
    running = command.start("dashboards", "--workers", 4, "--batch-size", 20)
    running.until_stored(100)

    checked = command.run("check", "--read-data", "--vault", command.path)
    repaired = command.run("repair", "--vault", command.path)
    copy = tmp_path / "copy"
    copied = command.run("copy", copy, "--vault", command.path)
    looker.post("tune", latency=0.0)

    assert running.ended().status == 0
    assert (checked.returncode, checked.stderr) == (0, b"")
    assert b"no damage in 0 snapshots" in checked.stdout
    assert (copied.returncode, copied.stderr) == (0, b"")
    assert repaired.returncode == 11
    assert b"is locked by process" in repaired.stderr
    of_copy = command.run("check", "--read-data", "--vault", copy)
    assert (of_copy.returncode, of_copy.stderr) == (0, b"")
    listed = command.run("ls", "dashboards", "--vault", copy).stdout.splitlines()
    assert len(listed) >= 100
    command.path = copy
    assert command.complete("dashboards").summary["resumed"]


def test_a_copy_that_cannot_be_made_is_told_by_a_sentence(command, tmp_path):
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine").touch()

    done = command.run("copy", taken, "--vault", command.path)

    class Refused:
        status, out, err = done.returncode, done.stdout.decode(), done.stderr.decode()

    assert_refused(Refused, 10, f"{taken} is there already", "name another place")
    assert [it.name for it in taken.iterdir()] == ["mine"]
