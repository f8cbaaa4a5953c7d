"""Bodies: hashed, packed and unpacked. The home of zstandard.

Fetchers pack and the store unpacks, so that the one Writer has little to do.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading

import zstandard

from lookervault.errors import Damaged

_LEVEL = 3
"""zstd's default: four fifths off a dashboard at 300 MB a second."""

DIGEST_BYTES = 16


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


def decompress(blob: bytes, size: int) -> bytes:
    """Return the *size* bytes that *blob* holds. Never allocates more than that.

    Raises:
        Damaged: *blob* is no whole zstd frame, or one of another size.

    """
    try:
        if zstandard.frame_content_size(blob) != size:
            message = f"A stored body does not say that it holds {size} bytes."
            raise Damaged(message)
        return _contexts.decompressor.decompress(blob, allow_extra_data=False)
    except zstandard.ZstdError as error:
        message = f"A stored body cannot be unpacked: {error}."
        raise Damaged(message) from error
