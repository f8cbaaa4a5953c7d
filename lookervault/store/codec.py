"""Bodies: hashed, packed and unpacked. The home of zstandard.

Fetchers pack and the store unpacks, so that the one Writer has little to do.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections.abc import Sequence

import zstandard

from lookervault.errors import Damaged

_LEVEL = 1
"""Of zstd. Two thirds off a dashboard; level 3, its default, takes a fifth more of the
time for three hundredths of the space, and that is most of what an item costs."""

DIGEST_BYTES = 16

FRAME_HEAD = 18
"""Bytes that the head of a zstd frame has at most."""

_CHUNK = 2**20

_BLOCK = 2**17
"""Bytes that a block of zstd holds at most. A frame that promises more than so many for
each of its own would only have us allocate them."""


# zstandard's contexts must not be shared by threads at the same time. One that packs
# takes a megabyte, so that there is one for each core, not one for each thread.
_compressors: queue.SimpleQueue[zstandard.ZstdCompressor] = queue.SimpleQueue()
for _ in range(os.cpu_count() or 1):
    _compressors.put(zstandard.ZstdCompressor(level=_LEVEL))


class _Contexts(threading.local):
    """What unpacks, for each thread that does."""

    def __init__(self) -> None:
        self.decompressor = zstandard.ZstdDecompressor()


_contexts = _Contexts()


def digest(raw: bytes | memoryview) -> bytes:
    """Return 16 bytes of blake2b of *raw*."""
    return hashlib.blake2b(raw, digest_size=DIGEST_BYTES).digest()


def compress(raw: bytes | memoryview) -> bytes:
    """Return *raw* as one zstd frame, which tells its size."""
    compressor = _compressors.get()
    try:
        return compressor.compress(raw)
    finally:
        _compressors.put(compressor)


def compress_all(raws: Sequence[bytes | memoryview]) -> list[bytes]:
    """Return what `compress` makes of each of *raws*, none of which is empty.

    By one call, during which other threads can go on: to get the interpreter back after
    each of a hundred items takes them longer than to pack it.
    """
    if not raws:
        return []
    compressor = _compressors.get()
    try:
        frames = compressor.multi_compress_to_buffer([*raws])
        return [frames[number].tobytes() for number in range(len(raws))]
    finally:
        _compressors.put(compressor)


def trouble(blob: bytes | memoryview, size: int, wanted: bytes) -> str | None:
    """Say why *blob* does not hold the *size* bytes with the digest *wanted*.

    In little memory, however large it is.
    """
    told = size_told(blob)
    if told != size:
        return f"it does not say that it holds {size:,} bytes"
    found = hashlib.blake2b(digest_size=DIGEST_BYTES)
    try:
        with _contexts.decompressor.stream_reader(blob) as reader:
            while chunk := reader.read(_CHUNK):
                found.update(chunk)
    except zstandard.ZstdError as error:
        return f"it cannot be unpacked ({error})"
    return None if found.digest() == wanted else "it is not what Looker sent"


def size_told(blob: bytes | memoryview) -> int | None:
    """Return how many bytes the frame says that it holds, by its first few bytes."""
    try:
        return zstandard.frame_content_size(blob[:FRAME_HEAD])
    except zstandard.ZstdError:
        return None


def decompress(blob: bytes, size: int) -> bytes:
    """Return the *size* bytes that *blob* holds. Never allocates more than that.

    Raises:
        Damaged: *blob* is no whole zstd frame, or one of another size.

    """
    try:
        told = zstandard.frame_content_size(blob)
        if told != size or size > len(blob) * _BLOCK:
            message = f"A stored body does not say that it holds {size} bytes."
            raise Damaged(message)
        return _contexts.decompressor.decompress(blob, allow_extra_data=False)
    except zstandard.ZstdError as error:
        message = f"A stored body cannot be unpacked: {error}."
        raise Damaged(message) from error
