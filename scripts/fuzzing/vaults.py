"""The data file of a vault, damaged in some places, and whoever looks at it or reads it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import resource
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fuzzing.engine import Wrong
from lookervault.core.audit import Finding
from lookervault.errors import LookervaultError
from lookervault.records import Census, Gap, Item, KindReport, Row, Scope
from lookervault.store import examiner, place
from lookervault.store.base import Landed
from lookervault.store.codec import compress, digest
from lookervault.store.lmdb import LmdbStore
from lookervault.store.reading import LmdbReader
from lookervault.store.share import Share
from lookervault.units import Part, Whole

_SHELF = Path("/dev/shm")  # noqa: S108 - memory, in a directory of our own
_SIZE = 2**24
_PAGE = 4096
_EDIT = 6
"""Bytes of the input for one damage: what, where (4 bytes), and with what."""
_MOST_EDITS = 12
_PATIENCE = 15
"""Seconds for a process that looks."""


class Vaults:
    """The input is a list of damages to a small vault."""

    tokens = tuple(
        bytes([what]) + (page * _PAGE + at).to_bytes(4, "big") + b"\xff"
        for what in range(6)
        for page, at in (
            (0, 0),
            (0, 24),
            (1, 48),
            (2, 10),
            (3, 16),
            (5, 12),
            (9, 2),
            (14, 0),
        )
    ) + tuple(
        bytes(1) + at.to_bytes(4, "big") + b"\x02" for at in range(40, 200_000, 97)
    )

    def __init__(self) -> None:
        shelf = _SHELF if _SHELF.is_dir() else None
        self._folder = tempfile.TemporaryDirectory(
            dir=shelf, prefix="lookervault-fuzz-"
        )
        self._vault = Path(self._folder.name) / "vault"
        self._ever = _fill(self._vault)
        self._file = self._vault / "data-1" / place.DATA
        self._sound = self._file.read_bytes()
        with contextlib.closing(LmdbReader.read(self._vault, size=_SIZE)) as reader:
            self._held = set(_held(reader))
        # Once here, so that the forks need not import what it takes.
        self._look(lambda _said: None)

    def seeds(self) -> list[bytes]:
        """Return a few damages."""
        return [b"", *self.tokens[:48], b"".join(self.tokens[:3])]

    def check(self, data: bytes) -> str:
        """Damage it, and have it looked at and read, by a process that may die of it."""
        damaged = _damaged(self._sound, data)
        shutil.rmtree(self._vault / "data-1")
        (self._vault / "data-1").mkdir(mode=0o700)
        self._file.write_bytes(damaged)
        told, status = _in_a_process(self._look)
        return _judged(told, status)

    def _look(self, say: Callable[[dict[str, Any]], object]) -> None:
        """Look at the vault as check does, then read it; *say* what came of each."""
        harm = _harm(self._vault)
        say({"harm": bool(harm), "first": harm[:1]})
        try:
            with contextlib.closing(LmdbReader.read(self._vault, size=_SIZE)) as reader:
                found = set(_held(reader))
        except LookervaultError as error:
            say({"refused": type(error).__name__})
        else:
            # An entry that cannot be reached lets an older one stand for it.
            invented = {text for _, text in found} - self._ever
            say({"invented": len(invented), "lost": len(self._held - found)})


def _fill(vault: Path) -> set[str]:
    """Make a small vault with some of everything; return all that it ever held."""
    ever: set[str] = set()
    store = LmdbStore.create_or_open(
        vault, "https://looker.example", now=0.0, size=_SIZE
    )
    with contextlib.closing(store):
        for operation in _OPERATIONS:
            operation(store)
            ever |= {text for _, text in _held(store)}
    return ever


def _item(number: int, run: int) -> Item:
    version = run if number % 3 == 0 else 1
    raw = hashlib.shake_128(f"{number} {version}".encode()).digest(
        100 + 300 * (number % 7)
    )
    row = Row(str(number), f"2026-01-{version:02d}")
    return Item(
        row=row, title=f"T{number}", call="c", fetched_at=float(run),
        digest=digest(raw), body=compress(raw), size=len(raw),
    )  # fmt: skip


_REPORT = {"looks": KindReport(expected=40, stored=40)}
_GAPS = [Gap("boards", "9", 500, "r")]
_LOOKS = {run: tuple(_item(number, run) for number in range(40)) for run in (1, 2)}
_USERS = tuple(_item(number, 3) for number in range(5))


def _landed(kind: str, items: tuple[Item, ...]) -> list[Landed]:
    return [Landed(Whole(1, Part(kind)), items)]


def _census(run: int) -> Census:
    return Census(1, 2.0, tuple(item.row for item in _LOOKS[run]))


_OPERATIONS: tuple[Callable[[LmdbStore], object], ...] = (
    lambda store: store.begin(Scope(), now=1.0),
    lambda store: store.put(1, 0, _landed("looks", _LOOKS[1]), calls=1),
    lambda store: store.put_census(1, "looks", _census(1)),
    lambda store: store.seal(
        1, now=3.0, kinds=_REPORT, gaps=_GAPS, figures={}, calls=1
    ),
    lambda store: store.begin(Scope(), now=4.0),
    lambda store: store.put(2, 0, _landed("looks", _LOOKS[2]), calls=1),
    lambda store: store.put_census(2, "looks", _census(2)),
    lambda store: store.seal(2, now=5.0, kinds=_REPORT, gaps=[], figures={}, calls=1),
    lambda store: store.begin(Scope(("users",)), now=6.0),
    lambda store: store.put(3, 0, _landed("users", _USERS), calls=1),
)


def _damaged(sound: bytes, data: bytes) -> bytes:
    file = bytearray(sound)
    for at in range(0, min(len(data), _EDIT * _MOST_EDITS), _EDIT):
        what, *where, value = data[at : at + _EDIT].ljust(_EDIT, b"\0")
        place_ = int.from_bytes(bytes(where), "big") % max(1, len(file))
        _damage(file, what % 8, place_, value)
    return bytes(file)


def _damage(file: bytearray, what: int, at: int, value: int) -> None:
    page = at - at % _PAGE
    match what:
        case 0 | 6 | 7 if file:
            file[at] ^= 1 << value % 8
        case 1 if file:
            file[at] = value
        case 2:
            file[page : page + _PAGE] = bytes(len(file[page : page + _PAGE]))
        case 3:
            del file[at:]
        case 4:
            other = value * _PAGE % max(_PAGE, len(file))
            file[page : page + _PAGE] = file[
                other : other + len(file[page : page + _PAGE])
            ]
        case 5:
            file[at : at + 8] = bytes([value]) * len(file[at : at + 8])


class _Mouth:
    """Keeps what the examiner says."""

    def __init__(self) -> None:
        self.harm: list[str] = []

    def say(self, message: object) -> None:
        """Keep it, if it is harm."""
        if isinstance(message, Finding) and message.harm:
            self.harm.append(message.told)

    @contextlib.contextmanager
    def alive(self, _what: str) -> Iterator[None]:
        """Nobody waits for signs of life here."""
        yield


def _harm(vault: Path) -> list[str]:
    """Return what check would find wrong."""
    mouth: Any = _Mouth()
    try:
        data = place.current(vault) or vault
        place.check_size(data)
        examiner._examine(data, Share(1, 1), mouth)  # noqa: SLF001 - all but the process
    except LookervaultError as error:
        mouth.harm.append(str(error))
    return list(mouth.harm)


def _held(reader: LmdbReader) -> Iterator[tuple[int, str]]:
    """Yield all that it says, as text, of each run."""
    for run in reader.runs():
        yield run.number, repr(run)
        yield from ((run.number, repr(gap)) for gap in reader.gaps(run.number))
        yield from ((run.number, repr(it)) for it in reader.markers(run.number))
        for kind in ("looks", "users"):
            yield run.number, repr(reader.census(run.number, kind))
            for head in reader.heads(kind, at=run.number):
                yield run.number, f"{head} {reader.body(head).hex()}"


def _in_a_process(work: Any) -> tuple[dict[str, Any], int]:
    """Do *work* in a fork; return what it said, and how it ended."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        _be_the_child(work, theirs)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        lines = pipe.read().splitlines()
    _, status = os.waitpid(child, 0)
    told: dict[str, Any] = {}
    for line in lines:
        with contextlib.suppress(ValueError):  # a line may be cut off
            told |= json.loads(line)
    return told, os.waitstatus_to_exitcode(status)


def _be_the_child(work: Any, pipe: int) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(_PATIENCE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        work(lambda said: os.write(pipe, json.dumps(said).encode() + b"\n"))
    except BaseException as error:  # noqa: BLE001 - the parent tells of it
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = {"raised": f"{type(error).__name__} in {where.name}"}
        os.write(pipe, json.dumps(said).encode() + b"\n")
    finally:
        os._exit(0)


def _judged(told: dict[str, Any], status: int) -> str:
    if -status == signal.SIGALRM:
        raise Wrong("it hangs")
    if "raised" in told:
        raise Wrong(f"it raises {told['raised']}")
    if "harm" not in told:
        return f"whoever looks dies of {status}"
    if told.get("invented"):
        raise Wrong("something is read that was never stored")
    if told["harm"]:
        rest = [f"{name}={told.get(name)}" for name in ("refused", "lost")]
        return f"{told['first'][0]} {rest} {status}"
    if "refused" in told or told.get("lost") or status:
        raise Wrong(f"nobody sees what is wrong: {told}, {status}")
    return "no harm"
