"""Keys: the order of things in the store. `docs/format.md` has them byte by byte.

Numbers are big-endian, so that keys sort as they do. Names carry their length,
so that no key is the beginning of another one. Runs count backwards in the keys
of items: the newest version of an item comes first.
"""

from __future__ import annotations

import hashlib

ABOUT = "about"
RUNS = "runs"
CENSUS = "census"
MARKERS = "markers"
GAPS = "gaps"
ITEMS = "items"
BODIES = "bodies"

DATABASES = (ABOUT, RUNS, CENSUS, MARKERS, GAPS, ITEMS, BODIES)

THE_ABOUT = b"about"
"""The only key of `ABOUT`. Every format has it, so that any version finds it."""

_LONGEST = 200
"""Bytes of an id that stand in a key as they are. LMDB allows 511 in all."""

_HASHED = b"\xff"
_HASH_BYTES = 32
_LENGTHS = tuple(bytes([length]) for length in range(256))
_LAST_RUN = 2**64 - 1

RUN_BYTES = 8
PREFIX_BYTES = 8
"""Of the digest, in the key of a body."""


def of_run(number: int) -> bytes:
    """Return the key of run *number*, and the beginning of all that hangs on it."""
    return number.to_bytes(RUN_BYTES, "big")


def of_kind(kind: str) -> bytes:
    """Return the beginning of all keys of *kind*."""
    name = kind.encode()
    return _LENGTHS[len(name)] + name


def of_id(id_: str) -> bytes:
    """Return *id_* as a part of a key: itself, or its hash if it is long.

    The hash is blake2b of 32 bytes. Short ids sort by length, then by bytes:
    decimal numbers sort as numbers.
    """
    raw = id_.encode()
    if len(raw) <= _LONGEST:
        return _LENGTHS[len(raw)] + raw
    return _HASHED + hashlib.blake2b(raw, digest_size=_HASH_BYTES).digest()


def of_item(kind: str, id_: str) -> bytes:
    """Return the beginning of the keys of one item's versions and bodies."""
    return of_kind(kind) + of_id(id_)


def backwards(run: int | None) -> bytes:
    """Return the end of the key of a version that *run* found; ``None``: the last run."""
    if run is None:
        return bytes(RUN_BYTES)
    return (_LAST_RUN - min(max(run, 0), _LAST_RUN)).to_bytes(RUN_BYTES, "big")


def run_of(key: bytes) -> int:
    """Return the run that found the version with this *key*."""
    return _LAST_RUN - int.from_bytes(key[-RUN_BYTES:], "big")


def of_marker(run: int, epoch: int, number: int) -> bytes:
    """Return the key of the marker of unit *number*."""
    return of_run(run) + epoch.to_bytes(4, "big") + number.to_bytes(4, "big")


def epoch_of(key: bytes) -> int:
    """Return the epoch of a marker's *key*."""
    return int.from_bytes(key[RUN_BYTES : RUN_BYTES + 4], "big")


def of_census(run: int, kind: str, part: int | None = None) -> bytes:
    """Return the key of a part of a census, or the beginning of all of them."""
    end = b"" if part is None else part.to_bytes(4, "big")
    return of_run(run) + of_kind(kind) + end


def of_gap(run: int, kind: str, id_: str) -> bytes:
    """Return the key of a gap."""
    return of_run(run) + of_item(kind, id_)


def item_of(key: bytes) -> bytes | None:
    """Return the beginning of *key* that names an item; ``None``: it names none."""
    start = 1 + key[0] if key else 0
    if not 0 < start < len(key):
        return None
    length = 1 + key[start]
    end = start + (1 + _HASH_BYTES if length > 1 + _LONGEST else length)
    return key[:end] if end <= len(key) else None


def number_of(key: bytes) -> int:
    """Return the run at the beginning of a *key*."""
    return int.from_bytes(key[:RUN_BYTES], "big")


def names_of(key: bytes) -> tuple[str, str | None]:
    """Return the kind and the id at the beginning of *key*, as far as they can be read.

    The id is ``None`` if only its hash is there.
    """
    item = item_of(key)
    kind = key[1 : 1 + key[0]].decode(errors="replace") if key else ""
    if item is None or item[1 + key[0]] > _LONGEST:
        return kind, None
    return kind, item[2 + key[0] :].decode(errors="replace")


def id_of(item: bytes) -> str | None:
    """Return the id in *item*, the beginning of a key; ``None``: only its hash is there."""
    start = 1 + item[0]
    if item[start] > _LONGEST:
        return None
    return item[start + 1 :].decode()


def kind_of(key: bytes) -> str:
    """Return the kind in the *key* of an item or a body."""
    return key[1 : 1 + key[0]].decode()


def kind_of_gap(key: bytes) -> str:
    """Return the kind in the *key* of a gap."""
    return kind_of(key[RUN_BYTES:])
