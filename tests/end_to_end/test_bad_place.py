"""A bad place for a vault is told before a login; a disk that fails later loses nothing."""

import contextlib
import os
import subprocess
import sys

import pytest

from lookervault.store.disk import NEEDED

from .conftest import FEW, PROGRAM, assert_refused, content

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")


@pytest.fixture
def mounted(tmp_path):
    """Mounts a file system of its own, of so many bytes, on a new directory."""
    with contextlib.ExitStack() as stack:

        def mounted(size, *options):
            place = tmp_path / "mounted"
            place.mkdir(exist_ok=True)
            how = ",".join((f"size={size}", *options))
            done = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", how, "none", place], check=False
            )
            if done.returncode != 0:
                pytest.skip("this host lets nobody mount")
            stack.callback(subprocess.run, ["umount", "-l", place], check=True)
            return place

        yield mounted


@pytest.fixture
def read_only(request, tmp_path):
    """Makes a directory read-only: by its mount for root, by its mode for others."""

    def read_only(place):
        if os.getuid() == 0:
            request.getfixturevalue("mounted")
            subprocess.run(["mount", "--bind", place, place], check=True)
            request.addfinalizer(
                lambda: subprocess.run(["umount", "-l", place], check=True)
            )
            remount = ["mount", "-o", "remount,bind,ro", place]
            subprocess.run(remount, check=True)
        else:
            place.chmod(0o500)
            request.addfinalizer(lambda: place.chmod(0o700))

    return read_only


@pytest.mark.parametrize("below", ["looker.vault", "backups/of/looker.vault"])
def test_a_place_that_is_read_only_is_told_without_a_login(
    small, command_of, tmp_path, read_only, below
):
    place, asked = tmp_path / "place", small.log()
    place.mkdir()
    read_only(place)
    command = command_of(small, place / below)

    ended = command.extract()

    assert_refused(ended, 10, str(command.path), f"{place} is read-only", "another")
    assert small.log() == asked
    assert list(place.iterdir()) == []


def test_a_vault_that_is_read_only_can_be_read_and_is_not_written_to(
    small, command_of, read_only
):
    command = command_of(small)
    command.complete("roles")
    asked, before = small.log(), content(command.path)
    read_only(command.path)

    ended = command.extract()

    assert_refused(ended, 10, f"{command.path} is read-only", "another place")
    assert len(command.ls("roles")) == FEW["roles"]
    assert small.log() == asked
    assert content(command.path) == before


@as_root
@pytest.mark.parametrize("made", [False, True])
def test_too_little_space_is_told_before_a_login(small, command_of, mounted, made):
    place = mounted(NEEDED + 2**20 if made else NEEDED // 2)
    command = command_of(small, place / "looker.vault")
    if made:
        command.complete("roles")
        (place / "ballast").write_bytes(bytes(2 * 2**20))
    asked, before = small.log(), content(place)

    ended = command.extract()

    assert_refused(ended, 15, str(command.path), "MiB left", "free some space")
    assert small.log() == asked
    assert content(place) == before


@as_root
def test_a_disk_that_fills_up_ends_a_run_which_goes_on_when_there_is_space(
    simulated, command_of, mounted
):
    looker, _ = simulated(sizes={**FEW, "dashboards": 600}, latency=0.2)
    place = mounted(NEEDED + 8 * 2**20)
    command = command_of(looker, place / "looker.vault")
    running = command.start("dashboards", "--workers", 1, "--batch-size", 20)
    running.until_stored()
    with (
        (place / "ballast").open("wb", buffering=0) as ballast,
        contextlib.suppress(OSError),
    ):
        while True:
            ballast.write(bytes(2**16))

    ended = running.ended()

    assert ended.status == 15
    assert ended.err.count("\n") == 1
    assert f"The disk of the vault {command.path} is full" in ended.err
    assert "free some space" in ended.err
    assert command.run("snapshots", "--vault", command.path).returncode == 0

    (place / "ballast").unlink()
    looker.post("tune", latency=0.0)
    again = command.complete("dashboards")

    assert again.summary["resumed"]
    assert again.summary["refetched"] == 0
    assert sorted(command.states("dashboards")) == sorted(
        [*looker.ids("dashboards"), *looker.ids("dashboards", trashed=True)]
    )


def test_a_limit_on_the_size_of_files_ends_a_run_that_can_be_continued(
    small, command_of
):
    command = command_of(small)
    code = (
        "import resource, runpy, sys;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000));"
        "sys.argv[0] = 'lookervault';"
        "runpy.run_module('lookervault', run_name='__main__')"
    )

    ended = command.extract(program=(sys.executable, "-c", code))

    assert (ended.status, ended.summary["status"]) == (15, "failed")
    assert ended.err.count("\n") == 1
    assert f"The disk of the vault {command.path} " in ended.err
    command.complete()


@as_root
@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs"])
def test_a_network_file_system_is_refused_without_a_login(
    small, command_of, tmp_path, kind
):
    mounts, asked = tmp_path / "mountinfo", small.log()
    mounts.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        f"36 22 0:42 / {tmp_path} rw,relatime shared:1 - {kind} filer:/home rw\n"
    )
    command = command_of(small)
    # Its own view of what is mounted is one that we wrote.
    script = f'mount --bind "{mounts}" /proc/$$/mountinfo && exec "$@"'
    program = ("unshare", "--mount", "sh", "-c", script, "sh", *PROGRAM)
    if subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
        pytest.skip("this host lets nobody have mounts of their own")

    ended = command.extract(program=program)

    assert_refused(ended, 10, str(command.path), f"({kind})", "local disk")
    assert small.log() == asked
    assert not command.path.exists()
