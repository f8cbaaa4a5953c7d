"""A vault on disk is made whole, opened with care, and never taken for another thing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import lmdb
import pytest

from lookervault.errors import Damaged, DiskFailed, Locked, VaultError
from lookervault.records import About, Item, Row, Scope
from lookervault.store import keys, values
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.lmdb import LmdbStore
from lookervault.units import Part, Span

LOOKER = "https://looker.example"
NOISE = b"".join(digest(bytes([i])) for i in range(256)).hex()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "looker.vault"


def create(path, instance=LOOKER, **more):
    return LmdbStore.create_or_open(path, instance, now=1_700_000_000.0, **more)


def item(id_, body="x"):
    raw = json.dumps({"id": id_, "x": body}).encode()
    return Item(
        row=Row(id_),
        title="T",
        call="c",
        fetched_at=1.0,
        digest=digest(raw),
        body=compress(raw),
        size=len(raw),
    )


def put(store, number, *items):
    landed = Landed(Span(number, Part("looks"), 0, 1, 1), items)
    return store.put(store.open_run().number, 1, [landed], calls=1)


def filled(path, number=300):
    """Make a vault with an open run and some items of a few KB; return it closed."""
    with contextlib.closing(create(path)) as store:
        store.begin(Scope(), now=1.0)
        put(store, 1, *(item(str(i), NOISE[i:]) for i in range(number)))
    return path


def data(path):
    return path / "data-1" / "data.mdb"


def content(path):
    """Return everything in a directory but the signature of the lock's holder."""
    return {
        str(file.relative_to(path)): file.read_bytes() if file.is_file() else None
        for file in path.rglob("*")
        if file.name not in {"lock", "lock.mdb"}
    }


def read_all(path):
    """Read whatever a vault has."""
    with contextlib.closing(LmdbStore.read(path)) as store:
        for run in store.runs():
            list(store.markers(run.number))
        for head in store.heads("looks"):
            store.body(head)


def raw(path, job):
    """Let *job* write to the databases of a closed vault, behind its back."""
    with lmdb.open(str(path / "data-1"), max_dbs=32) as env:
        names = {name: env.open_db(name.encode()) for name in keys.DATABASES}
        with env.begin(write=True) as txn:
            job(txn, names)


def python(script, *args, **more):
    """Start a Python that runs *script*; the first argument is the vault."""
    head = (
        "import sys; from pathlib import Path; "
        "from lookervault.store.lmdb import LmdbStore\n"
        "path = Path(sys.argv[1])\n"
    )
    command = [sys.executable, "-c", head + script, *map(str, args)]
    return subprocess.Popen(
        command, text=True, stdin=-1, stdout=-1, stderr=subprocess.STDOUT, **more
    )


# Making one


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o277])
def test_a_new_vault_is_private_whatever_the_umask(path, umask):
    before = os.umask(umask)
    try:
        create(path).close()
    finally:
        os.umask(before)

    modes = {f.name: f.stat().st_mode & 0o777 for f in [path, *path.rglob("*")]}
    assert modes == {
        "looker.vault": 0o700,
        "data-1": 0o700,
        "CURRENT": 0o600,
        "lock": 0o600,
        "data.mdb": 0o600,
        "lock.mdb": 0o600,
    }


def test_a_vault_that_is_opened_again_is_the_same(path):
    with contextlib.closing(create(path)) as store:
        made = store.about

    with contextlib.closing(create(path)) as store:
        assert store.about == made
    assert (path / "CURRENT").read_text() == "data-1\n"


def test_each_vault_has_its_own_id(tmp_path):
    ids = set()
    for name in "ab":
        with contextlib.closing(create(tmp_path / name)) as store:
            ids.add(store.about.id)

    assert len(ids) == 2


def test_a_vault_can_be_made_in_an_empty_directory_and_below_missing_ones(tmp_path):
    (tmp_path / "empty").mkdir(mode=0o755)

    create(tmp_path / "empty").close()
    create(tmp_path / "a" / "b").close()

    assert (tmp_path / "empty").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "b" / "CURRENT").exists()


def test_a_small_vault_is_small_on_disk(path):
    create(path).close()

    assert data(path).stat().st_size < 100_000


@pytest.mark.parametrize("cut", ["nothing", "the data", "the name"])
def test_a_vault_whose_making_was_cut_off_is_made_again(path, cut):
    path.mkdir()
    (path / "lock").touch()
    if cut != "nothing":
        (path / "data-1.new").mkdir()
        (path / "data-1.new" / "data.mdb").write_bytes(b"half")
    if cut == "the name":
        (path / "CURRENT.new").write_bytes(b"da")

    with contextlib.closing(create(path)) as store:
        assert store.begin(Scope(), now=1.0).number == 1


def test_a_vault_that_lacks_only_its_last_line_is_finished_and_not_made_again(path):
    filled(path)
    (path / "CURRENT").unlink()

    with pytest.raises(VaultError, match="no vault"):
        LmdbStore.read(path)
    with contextlib.closing(create(path)) as store:
        assert len(list(store.heads("looks"))) == 300


# What is no vault of ours


def test_another_instance_is_refused_and_nothing_changes(path):
    filled(path)
    before = content(path)

    with pytest.raises(VaultError, match=rf"belongs to {LOOKER}, not to https://b"):
        create(path, "https://b")

    assert content(path) == before
    create(path).close()


class Refused(Exception):
    """Whoever knocks is not let in."""


def refuse():
    raise Refused


def test_who_is_not_admitted_gets_no_vault(path):
    with pytest.raises(Refused):
        create(path / "below", admit=refuse)

    assert not path.exists()
    create(path).close()


def test_who_is_not_admitted_changes_no_vault_and_leaves_the_lock_free(path):
    filled(path)
    before = content(path)

    with pytest.raises(Refused):
        create(path, admit=refuse)

    assert content(path) == before
    create(path).close()


def test_what_speaks_against_a_vault_comes_before_anyone_is_asked(path):
    with contextlib.closing(create(path)), pytest.raises(Locked):
        create(path, admit=refuse)
    with pytest.raises(VaultError, match="belongs to"):
        create(path, "https://b", admit=refuse)


def test_everyone_is_asked_once_whether_there_is_a_vault_or_not(path):
    asked = []

    for _ in range(2):
        create(path, admit=lambda: asked.append(path.exists())).close()

    assert asked == [False, True]


def test_a_newer_format_is_refused_and_nothing_changes(path):
    create(path).close()
    about = values.record(keys.THE_ABOUT, About(2, "0" * 32, LOOKER, 1.0))
    raw(path, lambda txn, db: txn.put(keys.THE_ABOUT, about, db=db[keys.ABOUT]))
    before = content(path)

    with pytest.raises(VaultError, match="newer lookervault"):
        create(path)
    with pytest.raises(VaultError, match="newer lookervault"):
        LmdbStore.read(path)

    assert content(path) == before


@pytest.mark.parametrize("name", ["holiday.jpg", "CURRENT", "data-2"])
def test_a_directory_with_other_files_is_no_vault(path, name):
    path.mkdir()
    (path / name).write_text("MANIFEST-000001\n")
    before = content(path)

    for opening in (create, LmdbStore.read):
        with pytest.raises(VaultError, match="is not a vault"):
            opening(path)

    assert content(path) == before
    assert not (path / "lock").exists()


def test_a_file_is_no_vault(path):
    path.write_text("mine")

    for opening in (create, LmdbStore.read):
        with pytest.raises(VaultError, match="is a file"):
            opening(path)

    assert path.read_text() == "mine"


def test_reading_makes_no_vault(path):
    with pytest.raises(VaultError, match="There is no vault at"):
        LmdbStore.read(path)

    assert not path.exists()


def test_a_vault_that_was_opened_for_reading_is_not_written_to(path):
    create(path).close()

    with (
        contextlib.closing(LmdbStore.read(path)) as store,
        pytest.raises(VaultError, match="for reading only"),
    ):
        store.begin(Scope(), now=1.0)


# Damage


def test_a_vault_without_identity_is_damaged(path):
    create(path).close()
    raw(path, lambda txn, db: txn.delete(keys.THE_ABOUT, db=db[keys.ABOUT]))

    with pytest.raises(Damaged, match="does not say what it is"):
        create(path)


def test_a_vault_without_a_database_is_damaged(path):
    create(path).close()
    raw(path, lambda txn, db: txn.drop(db[keys.GAPS]))

    with pytest.raises(Damaged):
        create(path)


@pytest.mark.parametrize("length", [0, 1, 4096, 8192, 500_000])
def test_a_data_file_that_is_cut_off_is_never_mapped(path, length):
    os.truncate(data(filled(path)), length)
    before = content(path)

    for opening in (create, LmdbStore.read):
        with pytest.raises(Damaged):
            opening(path)

    assert content(path) == before


def test_a_data_file_that_is_missing_is_not_made_again(path):
    data(filled(path)).unlink()

    for opening in (create, LmdbStore.read):
        with pytest.raises(Damaged, match="lost its data"):
            opening(path)

    assert not data(path).exists()


def test_a_data_file_that_is_something_else_is_damaged(path):
    data(filled(path)).write_bytes(b"PNG" * 100_000)

    with pytest.raises(Damaged, match="not LMDB's"):
        LmdbStore.read(path)


@pytest.mark.parametrize("database", [keys.ITEMS, keys.BODIES, keys.RUNS, keys.MARKERS])
def test_values_that_changed_places_are_damaged(path, database):
    filled(path)
    with contextlib.closing(create(path)) as store:
        store.begin(Scope(("looks",)), now=1.0)
        put(store, 1)
        put(store, 2)

    def swap(txn, db):
        cursor = txn.cursor(db[database])
        (one, first), (other, second) = list(cursor)[:2]
        txn.put(one, second, db=db[database])
        txn.put(other, first, db=db[database])

    raw(path, swap)

    with pytest.raises(Damaged):
        read_all(path)


def test_a_flipped_bit_is_noticed(path):
    file = data(filled(path))
    bits = bytearray(file.read_bytes())
    place = bits.rindex(compress(b'{"id": "299"}')[:4])  # the start of a zstd frame
    bits[place + 40] ^= 1
    file.write_bytes(bits)

    with pytest.raises(Damaged, match="damaged"):
        read_all(path)


def test_a_body_that_got_lost_is_stored_again_when_it_comes_unchanged(path):
    filled(path, 2)
    raw(path, lambda txn, db: txn.drop(db[keys.BODIES], delete=False))

    with contextlib.closing(create(path)) as store:
        store.begin(Scope(("looks",)), now=2.0)
        (head, other) = store.heads("looks")
        with pytest.raises(Damaged, match="looks/0"):
            store.body(head)
        put(store, 1, item("0", NOISE))

        assert len(store.body(head)) == head.size
        with pytest.raises(Damaged, match="looks/1"):
            store.body(other)


def test_two_bodies_whose_keys_would_be_the_same_are_both_kept(path):
    store = create(path)
    for number, raw_body in enumerate([b"one", b"two", b"one"]):
        store.begin(Scope((str(number),)), now=1.0)
        full = b"12345678" + digest(raw_body)[:8]
        it = Item(
            row=Row("1"),
            title=raw_body.decode(),
            call="c",
            fetched_at=1.0,
            digest=full,
            body=compress(raw_body),
            size=3,
        )
        put(store, 1, it)
    store.close()

    found = []
    raw(path, lambda txn, db: found.extend(v[20:] for _, v in txn.cursor(db["bodies"])))
    assert found == [compress(b"one"), compress(b"two")]


# The lock


def test_a_second_writer_is_told_who_holds_the_lock(path):
    with contextlib.closing(create(path)), pytest.raises(Locked) as refused:
        create(path)

    host = os.uname().nodename
    assert str(refused.value) == (
        f"The vault {path} is locked by process {os.getpid()} on {host} since "
        "2023-11-14T22:13:20+00:00: wait for it or stop it."
    )
    create(path).close()


def test_the_lock_of_a_process_that_was_killed_is_free(path):
    script = (
        f"store = LmdbStore.create_or_open(path, {LOOKER!r}, now=0.0)\n"
        "print('holding', flush=True); sys.stdin.read()"
    )
    with python(script, path) as holder:
        assert holder.stdout.readline() == "holding\n"
        with pytest.raises(Locked, match=f"by process {holder.pid} on"):
            create(path)
        with contextlib.closing(LmdbStore.read(path)) as reader:
            assert reader.open_run() is None
        holder.kill()

    create(path).close()


def test_a_holder_that_has_not_signed_yet_is_another_process(path):
    with contextlib.closing(create(path)):
        (path / "lock").write_text("{")

        with pytest.raises(Locked, match="by another process"):
            create(path)


def test_a_lock_that_is_a_link_is_not_followed(path, tmp_path):
    path.mkdir()
    (path / "lock").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(VaultError, match="cannot be opened"):
        create(path)

    assert not (tmp_path / "elsewhere").exists()


def test_a_refused_opening_leaves_the_lock_free(path):
    create(path).close()
    for _ in range(2):
        with pytest.raises(VaultError, match="belongs to"):
            create(path, "https://b")

    create(path).close()


# Several users in one process, and in several


def test_a_writer_may_come_to_a_reader_of_the_same_process(path):
    filled(path)
    reader = LmdbStore.read(path)
    walk = reader.heads("looks")
    next(walk)

    with contextlib.closing(create(path)) as store:
        put(store, 2, item("new"))
        link = path.with_name("link")
        link.symlink_to(path)
        with contextlib.closing(LmdbStore.read(link)) as third:
            assert len(list(third.heads("looks"))) == 301

    assert len(list(walk)) >= 299
    assert len(list(reader.versions("looks", "new"))) == 1
    reader.close()


def test_closing_one_user_leaves_the_others(path):
    filled(path)
    one, other = LmdbStore.read(path), LmdbStore.read(path)

    one.close()
    one.close()

    assert len(list(other.heads("looks"))) == 300
    other.close()
    with pytest.raises(VaultError, match="closed"):
        list(other.heads("looks"))


def test_readers_of_other_processes_follow_a_map_that_grew(path):
    create(path, size=2**20).close()
    script = (
        "store = LmdbStore.read(path, size=2**20)\n"
        "print(len(list(store.heads('looks'))), flush=True)\n"
        "sys.stdin.readline()\n"
        "print(len(list(store.heads('looks'))), flush=True)\n"
    )
    with python(script, path) as reader:
        assert reader.stdout.readline() == "0\n"
        with contextlib.closing(create(path, size=2**20)) as store:
            store.begin(Scope(), now=1.0)
            put(store, 1, *(item(str(i), NOISE[i:]) for i in range(900)))
        told, _ = reader.communicate("go\n")

    assert told == "900\n"
    assert data(path).stat().st_size > 2**20


def test_threads_read_while_the_map_grows(path):
    store = create(path, size=2**20)
    store.begin(Scope(), now=1.0)
    put(store, 0, *(item(str(i)) for i in range(50)))
    done, wrong = threading.Event(), []

    def read():
        try:
            while not done.is_set():
                for head in store.heads("looks"):
                    store.body(head)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
            wrong.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for each in readers:
        each.start()
    for number in range(1, 12):
        put(store, number, *(item(f"{number}-{i}", NOISE[i:]) for i in range(60)))
    done.set()
    for each in readers:
        each.join()

    assert wrong == []
    assert len(list(store.heads("looks"))) == 50 + 11 * 60
    assert store.open_run().counts["looks"].new == 50 + 11 * 60
    store.close()


def test_a_forked_child_is_told_to_open_the_vault_itself(path):
    filled(path)
    script = (
        "import os\n"
        "store = LmdbStore.read(path)\n"
        "if os.fork() == 0:\n"
        "    try: list(store.heads('looks'))\n"
        "    except Exception as error: print(error, flush=True)\n"
        "    print(len(list(LmdbStore.read(path).heads('looks'))), flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    with python(script, path) as parent:
        told, _ = parent.communicate()

    assert "opened before this process was forked" in told
    assert told.endswith("300\n")


# The disk


@pytest.mark.parametrize("replaced", [False, True])
def test_a_vault_that_was_removed_is_not_written_to(path, replaced):
    store = create(path)
    store.begin(Scope(), now=1.0)
    put(store, 1, item("1"))

    shutil.rmtree(path)
    if replaced:
        filled(path, 1)

    with pytest.raises(DiskFailed, match="was removed or replaced"):
        put(store, 2, item("2"))
    assert [head.id for head in store.heads("looks")] == ["1"]
    store.close()


@pytest.mark.parametrize("left", [0, 4096, 8192, -4096])
@pytest.mark.parametrize(
    "use",
    [
        "put(store, 2, item('new'))",
        "list(store.heads('looks'))",
        "store.open_run()",
        "store._environment.copy(0, compact=True)",
    ],
)
def test_a_data_file_that_is_cut_off_under_an_open_vault_is_told(path, use, left):
    filled(path, 10)
    size = data(path).stat().st_size
    script = (
        "import os\n"
        "sys.path.insert(0, str(Path(sys.argv[2]).parent))\n"
        "from test_lmdb import *\n"
        "path = Path(sys.argv[1])\n"
        "store = create(path)\n"
        "os.truncate(data(path), int(sys.argv[3]))\n"
        f"try: {use}\n"
        "except Damaged as error: print(error)\n"
        "store.close()\n"
    )
    with python(script, path, __file__, left % size) as user:
        told, _ = user.communicate()

    assert user.returncode == 0, told
    assert f"{data(path)}, was cut off while it was in use" in told
    assert f"it has {left % size} bytes and had {size}" in told
    assert data(path).stat().st_size == left % size


def test_a_data_file_that_is_cut_off_within_a_transaction_is_told_before_the_commit(
    path,
):
    with contextlib.closing(create(path)) as store:

        def job(_):
            os.truncate(data(path), data(path).stat().st_size - 4096)

        with pytest.raises(Damaged, match="was cut off while it was in use"):
            store._environment.writing(job)


def test_a_disk_that_is_full_stops_the_write_and_leaves_the_vault_readable(path):
    filled(path, 10)
    script = (
        "import resource, signal\n"
        "sys.path.insert(0, str(Path(sys.argv[2]).parent))\n"
        "from test_lmdb import *\n"
        "path = Path(sys.argv[1])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "store = create(path)\n"
        "limit = data(path).stat().st_size + 20_000\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, -1))\n"
        "try: put(store, 7, *(item(str(i), NOISE[i:]) for i in range(10, 500)))\n"
        "except DiskFailed as error: print(error)\n"
        "print(len(list(store.heads('looks'))), len(list(store.markers(1))))\n"
        "store.body(next(store.heads('looks')))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))\n"
        "put(store, 8, item('a'))\n"
        "store.close()\n"
    )
    with python(script, path, __file__) as writer:
        told, _ = writer.communicate()

    assert writer.returncode == 0, told
    assert f"The disk of the vault {path} " in told
    assert told.endswith("10 1\n")
    with contextlib.closing(LmdbStore.read(path)) as store:
        assert len(list(store.heads("looks"))) == 11


def test_after_a_panic_of_lmdb_the_vault_can_be_read_and_written_to(path):
    def panic(transaction):
        message = "mdb_txn_commit"
        raise lmdb.PanicError(message)

    with contextlib.closing(create(path)) as store:
        store.begin(Scope(), now=1.0)
        put(store, 1, item("1"))

        with pytest.raises(DiskFailed, match="The disk of the vault"):
            store._environment.writing(panic)

        put(store, 2, item("2"))
        assert [head.id for head in store.heads("looks")] == ["1", "2"]


def test_little_address_space_makes_the_map_smaller(path):
    script = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**33, 2**33))\n"
        f"store = LmdbStore.create_or_open(path, {LOOKER!r}, now=0.0)\n"
        "print(store.about.instance)\n"
    )
    with python(script, path) as writer:
        told, _ = writer.communicate()

    assert told == f"{LOOKER}\n"


def test_a_vault_that_may_not_be_written_to_is_refused_with_a_sentence(path):
    filled(path)
    script = (
        "import os\n"
        "from lookervault.errors import VaultError\n"
        "os.setuid(65534)\n"
        "for opening in (LmdbStore.read, "
        "lambda path: LmdbStore.create_or_open(path, 'x', now=0.0)):\n"
        "    try: opening(path)\n"
        "    except VaultError as error: print(error)\n"
    )
    if os.getuid() != 0:
        pytest.skip("only root can become someone else")
    Path(path.parent).chmod(0o755)
    with python(script, path) as other:
        told, _ = other.communicate()

    assert told.count("Permission denied") == 2
