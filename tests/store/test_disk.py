"""A vault is written to only where that is safe, and where there is space for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.errors import DiskFailed, VaultError
from lookervault.store import disk
from lookervault.system import Settings

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
36 22 0:42 / /data rw,noatime shared:20 master:3 - nfs4 filer:/export rw,vers=4.2
37 36 8:2 / /data/local rw - xfs /dev/sdb1 rw
38 22 0:50 / /mnt/my\\040files rw - cifs //server/share rw
39 22 0:60 / /twice rw - ext4 /dev/sdc1 rw
40 39 0:61 / /twice rw - fuse.sshfs me@there:/ rw
a line that is none
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/var/vaults/looker.vault", "ext4"),
        ("/data", "nfs4"),
        ("/data/looker.vault", "nfs4"),
        ("/database/looker.vault", "ext4"),
        ("/data/local/looker.vault", "xfs"),
        ("/mnt/my files/looker.vault", "cifs"),
        ("/mnt/my", "ext4"),
        ("/twice/looker.vault", "fuse.sshfs"),
    ],
)
def test_the_innermost_mount_that_came_last_tells_the_kind(path, kind):
    assert disk.kind_of(path, MOUNTS) == kind


@given(st.text("/abc\\ -014", max_size=40), st.text("/ab\\0 14-\n", max_size=200))
def test_whatever_is_mounted_a_kind_is_a_word_of_the_text_or_none(path, mounts):
    kind = disk.kind_of(path, mounts)

    assert kind is None or (kind in mounts and " " not in kind)


@given(st.sampled_from(["ext4", "nfs"]), st.lists(st.sampled_from("abc"), max_size=4))
def test_a_path_is_on_what_is_mounted_on_a_folder_above_it(kind, parts):
    place = "/m"
    mounts = f"1 0 8:1 / / rw - xfs x rw\n2 1 8:2 / {place} rw - {kind} y rw\n"

    assert disk.kind_of("/".join([place, *parts]), mounts) == kind
    assert disk.kind_of("/".join([f"{place}m", *parts]), mounts) == "xfs"


@pytest.fixture
def mounted(tmp_path, monkeypatch):
    """Has the system say that a directory is on a file system of a kind."""

    def mounted(kind):
        told = tmp_path / "mountinfo"
        told.write_text(f"1 0 8:1 / / rw - {kind} it rw\n")
        monkeypatch.setattr(disk, "_MOUNTS", told)

    return mounted


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "fuse.rclone", "ceph"]
)
def test_a_network_file_system_is_refused(tmp_path, mounted, kind):
    mounted(kind)

    with pytest.raises(VaultError, match=f"network file system .{kind}.*local disk"):
        disk.check(tmp_path / "below" / "looker.vault")


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "fuse"])
def test_a_local_file_system_will_do(tmp_path, mounted, kind):
    mounted(kind)

    disk.check(tmp_path / "below" / "looker.vault")

    assert not (tmp_path / "below").exists()


def test_a_system_that_does_not_tell_its_mounts_is_trusted(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "_MOUNTS", tmp_path / "nowhere")

    disk.check(tmp_path)


def test_a_link_is_where_it_leads(tmp_path, mounted):
    (tmp_path / "link").symlink_to("/")
    (tmp_path / "real").mkdir()
    mounted("nfs")

    with pytest.raises(VaultError, match="network file system"):
        disk.check(tmp_path / "link" / f"{tmp_path}/real/looker.vault".lstrip("/"))


def test_too_little_space_is_refused_and_told(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "NEEDED", 2**60)

    with pytest.raises(DiskFailed, match=r"has \d+ MiB left, and a run needs"):
        disk.check(tmp_path / "looker.vault")


def test_as_much_must_be_free_as_a_run_may_have_in_hand():
    assert Settings().credit == disk.NEEDED


def test_what_is_free_is_told_in_bytes_if_at_all(tmp_path):
    told = os.statvfs(tmp_path)

    assert 0 <= (disk.free(tmp_path) or 0) <= told.f_blocks * told.f_frsize
    assert disk.free(tmp_path / "nowhere") is None
    if Path("/proc/self").exists():
        assert disk.free(Path("/proc/self")) is None
