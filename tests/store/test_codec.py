"""What is packed comes back whole, or is said to be damaged."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lookervault.errors import Damaged
from lookervault.store.codec import compress, compress_all, decompress, digest


@given(raw=st.binary())
def test_what_is_packed_comes_back(raw):
    assert decompress(compress(raw), len(raw)) == raw
    assert len(digest(raw)) == 16


@given(raw=st.binary(min_size=1), other=st.integers(0, 1000))
def test_a_body_of_another_size_is_damaged(raw, other):
    if other != len(raw):
        with pytest.raises(Damaged):
            decompress(compress(raw), other)


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"nonsense",
        compress(b"x" * 1000)[:-3],
        compress(b"x" * 1000) + b"more",
        zstandard.ZstdCompressor(write_content_size=False).compress(b"x" * 1000),
        compress(b"\0" * 50_000_000),
    ],
    ids=["empty", "nonsense", "cut off", "longer", "of unknown size", "bomb"],
)
def test_what_is_no_frame_of_that_size_is_damaged(blob):
    with pytest.raises(Damaged):
        decompress(blob, 1000)


@given(raws=st.lists(st.binary(min_size=1), max_size=20))
def test_many_are_packed_like_each_alone(raws):
    assert compress_all([memoryview(raw) for raw in raws]) == [*map(compress, raws)]


def test_threads_pack_side_by_side():
    wrong = []

    def work(seed):
        for size in range(300):
            raw = bytes([seed]) * size * 50
            if decompress(compress(raw), len(raw)) != raw:
                wrong.append(size)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_a_fetcher_can_pack_without_lmdb():
    script = (
        "import sys; sys.modules['lmdb'] = None\n"
        "from lookervault.store.codec import compress\n"
        "compress(b'')"
    )

    done = subprocess.run([sys.executable, "-c", script], check=False)

    assert done.returncode == 0
