"""What an examination of a vault is asked for, and what it says of itself.

Without LMDB, so that whoever asks need not load it.
"""

from __future__ import annotations

import zlib

import msgspec


class Beat(msgspec.Struct, frozen=True, tag=True):
    """How far it is."""

    done: int
    of: int
    what: str
    """What is being looked at."""


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What was looked at, in the end."""

    snapshots: int
    versions: int
    bodies: int
    read: int
    """Bodies that were unpacked and held against their digests."""
    bytes: int
    """Of these, as they are kept."""


class Share(msgspec.Struct, frozen=True):
    """Which bodies are read whole: part *number* of *of*, the same ones each time."""

    number: int = 0
    of: int = 0
    """0: none of them is."""

    def has(self, key: bytes) -> bool:
        """Whether the body with this *key* is one of them."""
        return bool(self.of) and zlib.crc32(key) % self.of == self.number - 1
