"""Bad input gets one sentence and an exit status, before anything is asked or changed."""

import contextlib
import os
import re
import shlex
import shutil
import stat
from pathlib import Path

import pytest
from msgspec import structs

from lookervault.core import base_url
from lookervault.errors import LoginRefused, VaultError
from lookervault.looker.settings import Credentials, Secret
from lookervault.system import System

from .conftest import FEW, Command, Ended, assert_kept, assert_refused, content

USAGE = [
    (["--workers", "0"], ["--workers", "1 to 50"]),
    (["--workers", "51"], ["--workers", "1 to 50"]),
    (["--workers", "many"], ["--workers", "1 to 50"]),
    (["--batch-size", "0"], ["--batch-size", "1 to 5000"]),
    (["--max-rate", "0"], ["--max-rate", "above 0"]),
    (["--max-calls", "-1"], ["--max-calls"]),
    (["--give-up-after", "soon"], ["--give-up-after", "10m"]),
    (["--recursive-folders"], ["--folder-id"]),
    (["dashbord"], ["'dashbord' (did you mean dashboards?)"]),
    (["LOOKS"], ["'LOOKS' (did you mean looks?)"]),
    (
        ["rolls", "looks", "xyzzy"],
        ["'rolls' (did you mean roles?)", "'xyzzy'", "there are dashboards, looks"],
    ),
    (["--secret", "canary"], ["--secret"]),
]


@pytest.fixture(scope="module")
def filled(small, tmp_path_factory):
    """A vault that holds a run of `small`."""
    path = tmp_path_factory.mktemp("filled") / "looker.vault"
    with contextlib.ExitStack() as stack:
        Command(small, path, stack).complete("roles")
    return path


@pytest.fixture
def kept(small, command_of, filled, tmp_path):
    """A command whose vault holds a run, and the bytes of that vault."""
    path = shutil.copytree(filled, tmp_path / "kept.vault")
    return command_of(small, path), content(path)


@pytest.mark.parametrize(("args", "told"), USAGE, ids=" ".join)
def test_what_makes_no_sense_is_told_before_anything_is_sent(
    small, command_of, kept, args, told
):
    fresh, (command, before), asked = command_of(small), kept, small.log()

    for each in (fresh, command):
        assert_refused(each.extract(*args), 2, *told)

    assert small.log() == asked
    assert not fresh.path.exists()
    assert content(command.path) == before


@pytest.mark.parametrize(
    "gone", [["BASE_URL"], ["CLIENT_ID"], ["CLIENT_SECRET"], ["CLIENT_ID", "BASE_URL"]]
)
def test_credentials_that_are_missing_are_named(small, command_of, gone):
    command, asked = command_of(small), small.log()
    for name in gone:
        del command.environ[f"LOOKERSDK_{name}"]

    ended = command.extract()

    assert_refused(ended, 2, *(f"LOOKERSDK_{name}" for name in gone), "looker.ini")
    assert small.log() == asked
    assert not command.path.exists()


@pytest.mark.parametrize("wrong", ["CLIENT_ID", "CLIENT_SECRET"])
def test_a_login_that_is_refused_costs_one_request_and_changes_nothing(
    small, command_of, kept, wrong
):
    fresh, (command, before), asked = command_of(small), kept, small.log()

    for each in (fresh, command):
        each.environ[f"LOOKERSDK_{wrong}"] = "canary"
        ended = each.extract()
        assert_refused(ended, 13, small.base_url, "client id and secret", "404")
        assert "canary" not in ended.err

    news = small.log()[len(asked) :]
    assert [entry["path"] for entry in news] == ["/api/4.0/login"] * 2
    assert not fresh.path.exists()
    assert_kept(command.path, before)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("looker.example", ["https://"]),
        ("https://", ["https://"]),
        ("ftp://looker.example", ["https://"]),
        ("https://me:canary@looker.example", ["user name or a password"]),
        ("https://looker.example/folders/1?canary", ["use https://looker.example,"]),
        ("http://looker.example", ["not encrypted", "--insecure-http"]),
        ("http://192.0.2.1:19999", ["not encrypted", "--insecure-http"]),
    ],
)
def test_a_base_url_that_cannot_be_is_told_without_what_it_may_hold(
    small, command_of, url, told
):
    command = command_of(small)
    command.environ["LOOKERSDK_BASE_URL"] = url

    ended = command.extract()

    assert_refused(ended, 2, *told)
    assert "canary" not in ended.err
    assert not command.path.exists()


@pytest.fixture
def unset(small, command_of):
    """A command that has no credentials."""
    command = command_of(small)
    for name in ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET"):
        del command.environ[f"LOOKERSDK_{name}"]
    return command


@pytest.mark.parametrize(
    ("text", "more", "told"),
    [
        (None, "", ["No such file"]),
        ("[Looker]\nclient_id=x\n", ":prod", ["no section [prod]", "Looker"]),
        ("client_secret=canary\n", "", ["not in the form of a looker.ini"]),
        ("[Looker]\nbase_url=https://looker.example\n", "", ["LOOKERSDK_CLIENT_ID"]),
    ],
)
def test_a_looker_ini_that_cannot_be_used_is_named(unset, tmp_path, text, more, told):
    command, file = unset, tmp_path / "looker.ini"
    if text is not None:
        file.write_text(text)
        file.chmod(0o600)

    ended = command.extract("--looker-ini", f"{file}{more}")

    assert_refused(ended, 2, *told)
    assert "canary" not in ended.err
    assert not command.path.exists()


@pytest.mark.parametrize(
    ("mode", "warned"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)]
)
def test_a_secret_that_others_can_read_is_pointed_out_and_no_reason_to_stop(
    small, command_of, tmp_path, mode, warned
):
    command, file = command_of(small), tmp_path / "my looker.ini"
    secret = command.environ.pop("LOOKERSDK_CLIENT_SECRET")
    file.write_text(f"[Looker]\nclient_secret={secret}\n")
    file.chmod(mode)

    ended = command.extract("roles", "--quiet", "--looker-ini", file)

    assert ended.status == 0
    advice = f"chmod 600 {shlex.quote(str(file))}"
    assert [advice in line for line in ended.err.splitlines()] == [True] * warned
    assert secret not in ended.err
    assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.parametrize("name", ["nowhere.pem", "empty.pem"])
def test_a_ca_file_that_holds_no_certificates_is_named(
    small, command_of, tmp_path, name
):
    command, asked = command_of(small), small.log()
    (tmp_path / "empty.pem").touch()

    ended = command.extract("--ca-file", tmp_path / name)

    assert_refused(ended, 2, str(tmp_path / name), "PEM")
    assert small.log() == asked
    assert not command.path.exists()


@pytest.mark.parametrize("lost", [["99999"], ["99999", "no/such"], [".."]])
def test_folders_that_are_not_there_are_named_and_no_run_begins(
    small, command_of, kept, lost
):
    fresh, (command, before), asked = command_of(small), kept, small.log()
    there = small.ids("folders")[0]
    options = [part for id_ in [there, *lost] for part in ("--folder-id", id_)]

    for each in (fresh, command):
        ended = each.extract("dashboards", *options, "--recursive-folders")
        assert_refused(ended, 2, f"no folder {', '.join(sorted(lost))},", "--folder-id")
        assert there not in ended.err.replace(".", " ").split()

    assert {entry["kind"] for entry in small.log()[len(asked) :]} <= {"", "folders"}
    assert not fresh.path.exists()
    assert_kept(command.path, before)


def test_an_embedder_is_told_in_the_same_order(small, filled, tmp_path):
    asked = len(small.log())
    wrong = Credentials(
        base_url=base_url.parse(small.base_url),
        client_id=small.client_id,
        client_secret=Secret("wrong"),
    )
    other = structs.replace(wrong, base_url=base_url.parse("http://127.0.0.1:9"))

    with pytest.raises(LoginRefused), System.at(tmp_path / "new.vault", wrong):
        pass
    with pytest.raises(VaultError, match="belongs to"), System.at(filled, other):
        pass

    assert [entry["path"] for entry in small.log()[asked:]] == ["/api/4.0/login"]
    assert not (tmp_path / "new.vault").exists()


def test_the_vault_of_another_looker_is_refused_without_a_login(
    simulate, small, command_of, kept
):
    (command, before), other = kept, simulate(sizes=FEW)
    stranger = command_of(other, command.path)

    ended = stranger.extract()

    assert_refused(
        ended, 10, str(command.path), f"{small.base_url}, not to {other.base_url}"
    )
    assert other.log() == []
    assert_kept(command.path, before)


def test_a_vault_that_is_written_to_says_by_whom_and_since_when(simulated):
    looker, command = simulated(sizes=FEW, latency=0.1)
    running = command.start("--workers", 1, "--batch-size", 5)
    running.until_stored()

    ended = command.extract()

    assert_refused(
        ended, 11, str(command.path), f"by process {running.process.pid} on ", "wait"
    )
    assert re.search(r"since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00:", ended.err)
    assert looker.stats()["logins"] == 1
    assert running.process.poll() is None


@pytest.fixture
def in_the_way(request, tmp_path):
    """Something that is no vault, and the path that is named."""
    file = tmp_path / "mine"
    file.write_text("mine")
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "holiday.jpg").write_text("mine")
    return {
        "nothing": tmp_path / "nowhere",
        "a file": file,
        "below a file": file / "vault",
        "photos": folder,
        "a device": Path(os.devnull),
        "a long name": tmp_path / ("x" * 300),
    }[request.param]


@pytest.mark.parametrize(
    ("in_the_way", "told"),
    [
        ("a file", "a vault is a directory"),
        ("below a file", "Not a directory"),
        ("photos", "not a vault"),
        ("a device", "a vault is a directory"),
        ("a long name", "too long"),
    ],
    indirect=["in_the_way"],
)
def test_what_is_no_vault_is_left_alone_and_costs_no_login(
    small, command_of, tmp_path, in_the_way, told
):
    command, asked, before = (
        command_of(small, in_the_way),
        small.log(),
        content(tmp_path),
    )

    ended = command.extract()

    assert_refused(ended, 10, str(in_the_way), told)
    assert small.log() == asked
    assert content(tmp_path) == before


@pytest.fixture
def read(small, command_of):
    """Runs a command that reads the vault at a path."""

    def read(path, *args):
        done = command_of(small, path).run(*args, "--vault", path)
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    return read


def test_a_vault_that_is_damaged_is_told_without_a_login(small, kept, read):
    command, _ = kept
    asked = small.log()
    data = next(command.path.glob("data-*/data.mdb"))
    data.write_bytes(data.read_bytes()[:5000])
    before = content(command.path)

    ended = command.extract()

    assert_refused(ended, 14, str(data), "cut off", "copy")
    assert_refused(read(command.path, "ls", "roles"), 14, str(data), "cut off")
    assert small.log() == asked
    assert_kept(command.path, before)


@pytest.mark.parametrize(
    ("args", "status", "told"),
    [
        (["ls", "lookz"], 2, "did you mean looks?"),
        (["dump", "lookz/1"], 2, "did you mean looks?"),
        (["dump", "looks"], 2, "KIND/ID"),
        (["dump", "roles/99999"], 10, "roles/99999"),
        (["ls", "roles", "--at", "7"], 10, "no snapshot '7'"),
        (["ls", "roles", "--at", "latest~7"], 10, "no snapshot that far back"),
    ],
)
def test_readers_say_what_is_not_there(kept, read, args, status, told):
    command, before = kept

    assert_refused(read(command.path, *args), status, told)
    assert_kept(command.path, before)


@pytest.mark.parametrize("args", [["ls", "roles"], ["dump", "roles/1"], ["snapshots"]])
@pytest.mark.parametrize(
    ("in_the_way", "told"),
    [
        ("nothing", "There is no vault"),
        ("a file", "a vault is a directory"),
        ("photos", "not a vault"),
    ],
    indirect=["in_the_way"],
)
def test_readers_make_no_vault(read, tmp_path, in_the_way, told, args):
    before = content(tmp_path)

    assert_refused(read(in_the_way, *args), 10, str(in_the_way), told)
    assert content(tmp_path) == before


def test_a_login_that_may_see_nothing_of_what_was_asked_for_ends_with_13(simulated):
    looker, command = simulated(sizes=FEW)
    asked = ("users", "roles", "explores")
    for kind in asked:
        looker.post("forbid", kind=kind)

    ended = command.extract(*asked)

    assert (ended.status, ended.summary["exit_code"]) == (13, 13)
    assert ended.err.count("\n") == 1
    assert "nothing of what was asked for (users, roles, explores)" in ended.err
    gaps = [(gap["kind"], gap["id"]) for gap in ended.summary["gaps"]]
    assert sorted(gaps) == sorted((kind, "*") for kind in asked)

    looker.post("allow", kind="roles")

    assert command.extract("users", "roles").status == 3
