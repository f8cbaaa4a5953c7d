"""Values: what stands behind the keys. `docs/format.md` has them byte by byte.

Each value is 4 bytes of CRC-32 over its key and its payload, then the payload,
so that a flipped bit and a value under a wrong key are both noticed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, TypeVar

import msgspec

from lookervault.errors import Damaged
from lookervault.records import About, Census, Gap, Head, Row, Run, State
from lookervault.store import keys
from lookervault.store.codec import DIGEST_BYTES, compress, decompress
from lookervault.units import Marker, Unit

VERSION = 1
"""Of the layouts below; the first element of each that is an array."""

SUM_BYTES = 4
"""Of the check sum, at the beginning of each value."""

_PART = 5_000
"""Rows in a part of a census: some 100 KB before packing."""

_STATES = (State.PRESENT, State.TRASHED, State.GONE, State.UNREAD)
_STATE_CODES = {state: code for code, state in enumerate(_STATES)}

_T = TypeVar("_T")


class _Columns(msgspec.Struct, frozen=True, array_like=True):
    """Rows, column by column: alike beside alike packs well."""

    ids: Sequence[str]
    updated: Sequence[str | None]
    deleted: Sequence[bool]
    folders: Sequence[str | None]

    def __post_init__(self) -> None:
        lengths = map(len, (self.ids, self.updated, self.deleted, self.folders))
        if len(set(lengths)) != 1:
            message = "the columns are not of one length"
            raise ValueError(message)

    @classmethod
    def of(cls, rows: Sequence[Row]) -> _Columns:
        """Turn *rows* by a quarter."""
        return cls(
            [row.id for row in rows],
            [row.updated_at for row in rows],
            [row.deleted for row in rows],
            [row.folder for row in rows],
        )

    def rows(self) -> Iterator[Row]:
        """Turn them back."""
        columns = (self.ids, self.updated, self.deleted, self.folders)
        for id_, updated, deleted, folder in zip(*columns, strict=True):
            yield Row(id_, updated, deleted, folder)


class _Head(msgspec.Struct, frozen=True, array_like=True, gc=False):
    version: int
    id: str
    state: Annotated[int, msgspec.Meta(ge=0)]
    title: str
    folder: str | None
    updated_at: str | None
    fetched_at: float
    call: str
    digest: bytes
    size: int
    redacted: bool
    lost: bool = False


class _Gap(msgspec.Struct, frozen=True, array_like=True):
    version: int
    id: str
    status: int | None
    reason: str
    excerpt: str
    missing: bool


class _Packed(msgspec.Struct, frozen=True, array_like=True):
    version: int
    size: int
    blob: bytes


class _Marker(msgspec.Struct, frozen=True, array_like=True):
    unit: Unit
    at: float
    columns: _Columns


class _Part(msgspec.Struct, frozen=True, array_like=True):
    round: int
    taken: float
    parts: int
    columns: _Columns


_encode = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(_Head).decode


def seal(key: bytes, payload: bytes) -> bytes:
    """Put the check sum of *key* and *payload* before *payload*."""
    return zlib.crc32(payload, zlib.crc32(key)).to_bytes(SUM_BYTES, "big") + payload


def unseal(key: bytes, value: bytes) -> bytes:
    """Return the payload of *value*.

    Raises:
        Damaged: the check sum does not match.

    """
    payload = value[SUM_BYTES:]
    if value[:SUM_BYTES] != zlib.crc32(payload, zlib.crc32(key)).to_bytes(4, "big"):
        raise _damaged(key)
    return payload


def _damaged(key: bytes) -> Damaged:
    return Damaged(
        f"The vault is damaged: the entry {key!r} does not match its check sum or its "
        "layout. lookervault check says what else is; then see lookervault repair."
    )


def _decode(key: bytes, payload: bytes, type_: type[_T]) -> _T:
    try:
        return msgspec.msgpack.decode(payload, type=type_)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(key) from error


def head(key: bytes, head_: Head) -> bytes:
    """Return the value of a version. Its kind and run are in *key*."""
    return seal(
        key,
        _encode(
            _Head(
                VERSION,
                head_.id,
                _STATE_CODES[head_.state],
                head_.title,
                head_.folder,
                head_.updated_at,
                head_.fetched_at,
                head_.call,
                head_.digest,
                head_.size,
                head_.redacted,
                head_.lost,
            )
        ),
    )


def read_head(key: bytes, value: bytes) -> Head:
    """Return the version that is stored under *key*."""
    payload = unseal(key, value)
    try:
        record = _decode_head(payload)
        state = _STATES[record.state]
    except (msgspec.MsgspecError, UnicodeDecodeError, IndexError) as error:
        raise _damaged(key) from error
    return Head(
        kind=keys.kind_of(key),
        id=record.id,
        run=keys.run_of(key),
        state=state,
        title=record.title,
        folder=record.folder,
        updated_at=record.updated_at,
        fetched_at=record.fetched_at,
        call=record.call,
        digest=record.digest,
        size=record.size,
        redacted=record.redacted,
        lost=record.lost,
    )


def body(key: bytes, digest: bytes, blob: bytes) -> bytes:
    """Return the value of a body: the full *digest*, then zstd of the raw bytes."""
    return seal(key, digest + blob)


def read_body(key: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return the digest and the zstd frame of the body that is stored under *key*."""
    payload = unseal(key, value)
    return payload[:DIGEST_BYTES], payload[DIGEST_BYTES:]


def record(key: bytes, value: About | Run) -> bytes:
    """Return *value* as a map by field names."""
    return seal(key, _encode(value))


def read_run(key: bytes, value: bytes) -> Run:
    """Return the run that is stored under *key*."""
    return _decode(key, unseal(key, value), Run)


def read_about(key: bytes, value: bytes) -> About:
    """Return what the vault says it is."""
    return _decode(key, unseal(key, value), About)


def gap(key: bytes, gap_: Gap) -> bytes:
    """Return the value of a gap. Its kind is in *key*."""
    it = gap_
    packed = _Gap(VERSION, it.id, it.status, it.reason, it.excerpt, it.missing)
    return seal(key, _encode(packed))


def read_gap(key: bytes, value: bytes) -> Gap:
    """Return the gap that is stored under *key*."""
    it = _decode(key, unseal(key, value), _Gap)
    kind = keys.kind_of_gap(key)
    return Gap(kind, it.id, it.status, it.reason, it.excerpt, it.missing)


def marker(key: bytes, unit: Unit, rows: Sequence[Row], at: float) -> bytes:
    """Return the value of a marker. Its epoch is in *key*."""
    return _pack(key, _Marker(unit, at, _Columns.of(rows)))


def read_marker(key: bytes, value: bytes) -> Marker:
    """Return the marker that is stored under *key*."""
    it = _unpack(key, value, _Marker)
    return Marker(keys.epoch_of(key), it.unit, tuple(it.columns.rows()), it.at)


def census(run: int, kind: str, whole: Census) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of the parts of a census: one at least."""
    parts = max(1, -(-len(whole.rows) // _PART))
    for part in range(parts):
        key = keys.of_census(run, kind, part)
        columns = _Columns.of(whole.rows[part * _PART : (part + 1) * _PART])
        yield key, _pack(key, _Part(whole.round, whole.taken, parts, columns))


def read_census(entries: Iterable[tuple[bytes, bytes]]) -> Census | None:
    """Put a census together from its parts, which come in their order.

    Raises:
        Damaged: a part is missing.

    """
    parts = [(key, _unpack(key, value, _Part)) for key, value in entries]
    if not parts:
        return None
    key, first = parts[0]
    if len(parts) != first.parts:
        raise _damaged(key)
    rows = tuple(row for _, part in parts for row in part.columns.rows())
    return Census(first.round, first.taken, rows)


def read_part(key: bytes, value: bytes) -> tuple[Row, ...]:
    """Return the rows of the part of a census that is stored under *key*."""
    return tuple(_unpack(key, value, _Part).columns.rows())


def _pack(key: bytes, value: _Marker | _Part) -> bytes:
    raw = _encode(value)
    return seal(key, _encode(_Packed(VERSION, len(raw), compress(raw))))


def _unpack(key: bytes, value: bytes, type_: type[_T]) -> _T:
    packed = _decode(key, unseal(key, value), _Packed)
    return _decode(key, decompress(packed.blob, packed.size), type_)
