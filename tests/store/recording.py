"""A disk as strace saw it written to, and what a power cut may leave of it.

A program's calls are replayed on a disk in memory that keeps apart what is *safe* and
what is not yet. A file's bytes are safe once the file is synced, or when they were
written through a handle that syncs each write; a name in a directory, once that
directory is synced. Of what is not safe yet a power cut may leave anything: for
writes, any of their sectors; for each directory, as many of its changes as had time,
in their order, as a file system with a journal keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TypeAlias

SECTOR = 512
"""Bytes that a disk writes whole or not at all. LMDB asks for that: its meta pages, of
which only 120 bytes in one sector are written, would else be torn."""

CALLS = (
    "openat,close,mkdir,rename,unlink,rmdir,ftruncate,lseek,write,writev,pwrite64"
    ",pwritev,fsync,fdatasync"
)
"""What strace has to tell of."""

RULES = ("-f", "-xx", "-s", "10000000", f"--trace={CALLS}")

_LINE = re.compile(r"(\d+)\s+(\w+)\((.*)\)\s+= (-?\d+)")
_BEGUN = re.compile(r"(\d+\s+\w+\(.*) <unfinished \.\.\.>$")
_ENDED = re.compile(r"(\d+)\s+<\.\.\. \w+ resumed>(.*)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Write:
    """Bytes of a file from *at* on."""

    at: int
    data: bytes

    def sectors(self) -> Iterator[Write]:
        """Yield it cut at the edges of sectors."""
        start = 0
        while start < len(self.data):
            edge = SECTOR - (self.at + start) % SECTOR
            yield Write(self.at + start, self.data[start : start + edge])
            start += edge


@dataclass(frozen=True)
class Cut:
    """The file ends at *size*."""

    size: int


@dataclass(eq=False)
class File:
    """What is safe of a file, and what is not."""

    safe: bytes = b""
    loose: list[Write | Cut] = field(default_factory=list)

    def look(self) -> bytes:
        """Return what a program reads."""
        return content(self.safe, self.loose)

    def sync(self) -> None:
        self.safe = self.look()
        self.loose.clear()


@dataclass(eq=False)
class Folder:
    """What is safe of a directory, and what is not: maps from names to nodes."""

    safe: dict[str, File | Folder] = field(default_factory=dict)
    loose: list[dict[str, File | Folder | None]] = field(default_factory=list)

    def look(self) -> dict[str, File | Folder]:
        """Return what a program sees."""
        return names(self.safe, self.loose)

    def sync(self) -> None:
        self.safe = self.look()
        self.loose.clear()


def content(safe: bytes, changes: list[Write | Cut]) -> bytes:
    """Return what a file with *safe* in it has after *changes*."""
    data = bytearray(safe)
    for change in changes:
        match change:
            case Cut(size):
                del data[size:]
                data.extend(bytes(size - len(data)))
            case Write(at, new):
                data.extend(bytes(max(0, at - len(data))))
                data[at : at + len(new)] = new
    return bytes(data)


def names(
    safe: dict[str, File | Folder], changes: list[dict[str, File | Folder | None]]
) -> dict[str, File | Folder]:
    """Return what a directory with *safe* in it has after *changes*."""
    there = dict(safe)
    for change in changes:
        for name, node in change.items():
            if node is None:
                there.pop(name, None)
            else:
                there[name] = node
    return there


@dataclass
class Handle:
    node: File | Folder
    syncs: bool
    at: int = 0
    appends: bool = False


class Disk:
    """The directory *root*, empty and safe at first, while the calls are replayed."""

    def __init__(self, root: Path) -> None:
        self._root = PurePosixPath(root)
        self.top = Folder()
        self._handles: dict[int, Handle] = {}
        """Of the process that makes the call at hand."""
        self._all: dict[str, dict[int, Handle]] = {}
        """By process or thread; each begins with those of whoever started it."""

    def replay(self, log: str) -> Iterator[str]:
        """Do what *log* tells, and yield the name of each call that changed something.

        A change is there, and not yet safe, when its name is yielded; what the
        call itself makes safe is so afterwards.
        """
        for line in whole_lines(log):
            call = _LINE.match(line)
            if call is None or call[4].startswith("-"):
                continue
            self._handles = self._all.setdefault(call[1], dict(self._handles))
            act = getattr(self, f"_{call[2]}")
            after = act(call[3], int(call[4]))
            if after is not None:
                yield call[2]
                after()

    # Paths

    def _find(self, path: str) -> tuple[Folder, str] | None:
        """Return where *path* has its last name; ``None`` if it is elsewhere."""
        try:
            *parents, last = PurePosixPath(path).relative_to(self._root).parts
        except ValueError:
            return None
        folder = self.top
        for name in parents:
            inner = folder.look().get(name)
            assert isinstance(inner, Folder), f"{path} has no folder {name}"
            folder = inner
        return folder, last

    def _node(self, path: str) -> File | Folder | None:
        if PurePosixPath(path) == self._root:
            return self.top
        found = self._find(path)
        return found[0].look().get(found[1]) if found else None

    # Calls: each returns what to do once it is over, or ``None`` if nothing changed

    def _openat(self, told: str, result: int) -> Callable[[], None] | None:
        path, flags = _path(told), told.rpartition('"')[2]
        node, made = self._node(path), False
        if node is None and "O_CREAT" in flags:
            found = self._find(path)
            if found is not None:
                node, made = File(), True
                found[0].loose.append({found[1]: node})
        if node is None:
            self._handles.pop(result, None)
            return None
        syncs = "O_DSYNC" in flags or "O_SYNC" in flags
        self._handles[result] = Handle(node, syncs, appends="O_APPEND" in flags)
        if "O_TRUNC" in flags and isinstance(node, File) and not made:
            node.loose.append(Cut(0))
            made = True
        return _nothing if made else None

    def _close(self, told: str, _result: int) -> None:
        self._handles.pop(int(told), None)

    def _mkdir(self, told: str, _result: int) -> Callable[[], None] | None:
        found = self._find(_path(told))
        if found is None:
            return None
        found[0].loose.append({found[1]: Folder()})
        return _nothing

    def _rename(self, told: str, _result: int) -> Callable[[], None] | None:
        old, new = (_text(text) for text in _TEXT.findall(told))
        source, goal = self._find(old.decode()), self._find(new.decode())
        if source is None or goal is None:
            return None
        node = self._node(old.decode())
        assert source[0] is goal[0], "renamed across directories"
        source[0].loose.append({source[1]: None, goal[1]: node})
        return _nothing

    def _unlink(self, told: str, _result: int) -> Callable[[], None] | None:
        found = self._find(_path(told))
        if found is None:
            return None
        found[0].loose.append({found[1]: None})
        return _nothing

    _rmdir = _unlink

    def _lseek(self, told: str, result: int) -> None:
        handle = self._handles.get(int(told.partition(",")[0]))
        if handle is not None:
            handle.at = result

    def _ftruncate(self, told: str, _result: int) -> Callable[[], None] | None:
        number, size = map(int, told.split(","))
        return self._change(number, Cut(size))

    def _write(self, told: str, result: int) -> Callable[[], None] | None:
        handle = self._handles.get(int(told.partition(",")[0]))
        if handle is None:
            return None
        assert isinstance(handle.node, File)
        if handle.appends:
            handle.at = len(handle.node.look())
        data = b"".join(_text(text) for text in _TEXT.findall(told))[:result]
        handle.at += len(data)
        return self._put(handle, Write(handle.at - len(data), data))

    _writev = _write

    def _pwrite64(self, told: str, result: int) -> Callable[[], None] | None:
        data = b"".join(_text(text) for text in _TEXT.findall(told))[:result]
        at = int(told.rpartition(",")[2])
        return self._change(int(told.partition(",")[0]), Write(at, data))

    _pwritev = _pwrite64

    def _fsync(self, told: str, _result: int) -> Callable[[], None] | None:
        handle = self._handles.get(int(told))
        return handle.node.sync if handle else None

    _fdatasync = _fsync

    def _change(self, number: int, change: Write | Cut) -> Callable[[], None] | None:
        handle = self._handles.get(number)
        return self._put(handle, change) if handle else None

    def _put(self, handle: Handle, change: Write | Cut) -> Callable[[], None]:
        file = handle.node
        assert isinstance(file, File)
        file.loose.append(change)
        if not handle.syncs:
            return _nothing

        def make_safe() -> None:
            # Only this write is: what else is loose stays so.
            file.loose.remove(change)
            file.safe = content(file.safe, [change])

        return make_safe


def whole_lines(log: str) -> Iterator[str]:
    """Yield the lines of *log*; one that others came into is put together at its end."""
    begun: dict[str, str] = {}
    for line in log.splitlines():
        if start := _BEGUN.match(line):
            begun[start[1].split()[0]] = start[1]
        elif end := _ENDED.match(line):
            yield begun.pop(end[1], "") + end[2]
        else:
            yield line


def _nothing() -> None:
    """Nothing of the call is safe when it is over."""


def _text(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _path(told: str) -> str:
    found = _TEXT.search(told)
    assert found is not None, told
    return _text(found[1]).decode()


Left: TypeAlias = "bytes | dict[str, Left]"
"""A file's content, or a directory's."""

Keep = Callable[[list], list]
"""Of the changes that are not safe, those that a power cut leaves."""


def everything(loose: list) -> list:
    return loose


def nothing(_loose: list) -> list:
    return []


def some(dice) -> Keep:
    """Return what keeps any whole writes; of a directory's changes, the first ones."""

    def keep(loose: list) -> list:
        if loose and isinstance(loose[0], dict):
            return loose[: dice.randrange(len(loose) + 1)]
        return [change for change in loose if dice.random() < 0.5]

    return keep


def torn(dice) -> Keep:
    """Return what keeps any sectors of writes; of a directory's changes, the first ones."""

    def keep(loose: list) -> list:
        if loose and isinstance(loose[0], dict):
            return loose[: dice.randrange(len(loose) + 1)]
        pieces = [
            piece
            for change in loose
            for piece in (change.sectors() if isinstance(change, Write) else [change])
        ]
        return [piece for piece in pieces if dice.random() < 0.7]

    return keep


def left(node: File | Folder, keep: Keep) -> Left:
    """Return what there is of *node* after a power cut that leaves what *keep* says."""
    if isinstance(node, File):
        return content(node.safe, keep(node.loose))
    there = names(node.safe, keep(node.loose))
    return {name: left(inner, keep) for name, inner in there.items()}


def digest(it: Left) -> int:
    """Return a number that equal ones have in common."""
    if isinstance(it, bytes):
        return hash(it)
    return hash(frozenset((name, digest(inner)) for name, inner in it.items()))


def lay_down(it: Left, at: Path) -> None:
    """Put it on a real disk, at *at*."""
    if isinstance(it, bytes):
        at.write_bytes(it)
        return
    at.mkdir()
    for name, inner in it.items():
        lay_down(inner, at / name)
