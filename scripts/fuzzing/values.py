"""What stands behind the keys of a vault: heads, markers, censuses, gaps, runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from fuzzing.engine import Wrong
from lookervault.errors import Damaged
from lookervault.records import (
    About,
    Census,
    Counts,
    Gap,
    Head,
    KindReport,
    Login,
    Phase,
    Row,
    Run,
    Scope,
    State,
)
from lookervault.store import keys, values
from lookervault.store.codec import compress, decompress
from lookervault.units import Ids, Part, Span

_ITEM = keys.of_item("looks", "7") + keys.backwards(3)
_MARKER = keys.of_marker(3, 2, 1)
_CENSUS = keys.of_census(3, "looks", 0)
_ROWS = (Row("7", "2026-01-01", deleted=True, folder="f"), Row("é"))

_HEAD = Head(
    kind="looks", id="7", run=3, state=State.TRASHED, title="T", folder=None,
    updated_at="2026", fetched_at=1.5, call="c", digest=bytes(16), size=9,
)  # fmt: skip
_RUN = Run(
    number=3, scope=Scope(("looks",), ("1",), recursive=True), phase=Phase.SEALED,
    started=1.0, ended=2.0, expansion=("1",), login=Login("1", ("2",), "A"),
    counts={"looks": Counts(new=1)}, kinds={"looks": KindReport(expected=1, stored=1)},
    figures={"seconds": 1.0},
)  # fmt: skip


def _census(key: bytes, value: bytes) -> Any:
    return values.read_census([(key, value)])


def _census_again(key: bytes, it: Any) -> bytes:
    run, kind = int.from_bytes(key[:8], "big"), keys.kind_of_gap(key)
    return next(values.census(run, kind, it))[1]


Read = Callable[[bytes, bytes], Any]
Write = Callable[[bytes, Any], bytes]

_SORTS: tuple[tuple[bytes, Read, Write, Any], ...] = (
    (_ITEM, values.read_head, values.head, _HEAD),
    (
        _MARKER,
        values.read_marker,
        lambda key, it: values.marker(key, it.unit, it.rows, it.at),
        values.read_marker(
            _MARKER,
            values.marker(_MARKER, Span(1, Part("looks"), 0, None, 5), _ROWS, 2.5),
        ),
    ),
    (_CENSUS, _census, _census_again, Census(1, 2.0, _ROWS)),
    (
        keys.of_gap(3, "looks", "7"),
        values.read_gap,
        values.gap,
        Gap("looks", "7", 500, "r", "e", missing=True),
    ),
    (keys.of_run(3), values.read_run, values.record, _RUN),
    (
        keys.THE_ABOUT,
        values.read_about,
        values.record,
        About(1, "0" * 32, "https://looker.example", 1.0),
    ),
    (
        _MARKER,
        values.read_marker,
        lambda key, it: values.marker(key, it.unit, it.rows, it.at),
        values.read_marker(
            _MARKER,
            values.marker(_MARKER, Ids(1, Part("looks"), ("7",), ("8",)), (), 0.0),
        ),
    ),
)
"""A key, how to read and to write what stands behind it, and one such thing."""

_DAMAGED, _SEALED, _PACKED = range(3)


class Values:
    """A byte for the sort, one for how the rest gets into the vault, and the rest.

    As it is; with a check sum that fits; or packed, with a check sum that fits.
    """

    tokens = (
        b"\xc0", b"\xc2", b"\xc3", b"\x90", b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", b"\xd3" + b"\x80" + bytes(7),
        b"\xff", b"\xe0", b"\xcb\x7f\xf0\0\0\0\0\0\0", b"\xcb\x7f\xf8\0\0\0\0\0\0", b"\xa1\xff",
        b"\x91" * 3000, b"\x81\xa1a" * 1000, b"\xa4type\xa3Ids", b"\xa4type\xa5Count", b"\xa5Whole",
        b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x7f",
    )  # fmt: skip

    def seeds(self) -> list[bytes]:
        """Return one of each sort, in each way."""
        found = []
        for number, (key, _, write, it) in enumerate(_SORTS):
            payload = values.unseal(key, write(key, it))
            found += [bytes([number, how]) + payload for how in (_DAMAGED, _SEALED)]
            if read_packed(payload) is not None:
                found.append(bytes([number, _PACKED]) + (read_packed(payload) or b""))
        return found

    def check(self, data: bytes) -> str:
        """Read it; what can be read can be written, and is the same then."""
        number, how = (data + b"\0\0")[:2]
        key, read, write, _ = _SORTS[number % len(_SORTS)]
        value = _into(how % 3, key, data[2:])
        try:
            it = read(key, value)
        except Damaged as error:
            return f"{_SORTS[number % len(_SORTS)][1].__name__} {error.__cause__}"
        if how % 3 == _DAMAGED:
            raise Wrong("a check sum that does not fit was taken for one that does")
        again = write(key, it)
        if read(key, again) != it and "nan" not in repr(it):
            raise Wrong("written and read again it is another")
        if _fields(key, again) != _fields(key, value)[: len(_fields(key, again))]:
            raise Wrong("it says something else than was read")
        return f"{number % len(_SORTS)} {how % 3} {type(it).__name__} {_shape(it)}"


def read_packed(payload: bytes) -> bytes | None:
    """Return what is packed in *payload*, if that is what it is."""
    try:
        version, size, blob = msgspec.msgpack.decode(
            payload, type=tuple[int, int, bytes]
        )
    except msgspec.MsgspecError:
        return None
    return decompress(blob, size) if version == values.VERSION else None


def _fields(key: bytes, value: bytes) -> list[Any]:
    """Return the elements of an array; what is packed may be so in many ways."""
    payload = values.unseal(key, value)
    try:
        told = msgspec.msgpack.decode(payload, type=list)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return []
    if read_packed(payload) is not None:
        return []
    # A field that is left out has its default; the version is that of the writer.
    return [each for each in told[1:11] if each == each]  # noqa: PLR0124 - nan is not


def _into(how: int, key: bytes, rest: bytes) -> bytes:
    if how == _DAMAGED:
        return b"\0\0\0\0" + rest
    if how == _PACKED:
        rest = msgspec.msgpack.encode((values.VERSION, len(rest), compress(rest)))
    return values.seal(key, rest)


def _shape(it: Any) -> str:
    """Say what is there and what is not."""
    return str([getattr(it, name) in (None, "", ()) for name in it.__struct_fields__])
