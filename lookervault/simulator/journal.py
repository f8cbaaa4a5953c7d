"""What was asked for and what was sent: the log and the counts."""

from __future__ import annotations

import collections
from array import array
from collections.abc import Callable, Iterable
from typing import Any, TextIO

import msgspec

from lookervault.simulator.wire import Answer, Request

_KEPT = 200_000
"""Entries in memory; a file gets them all."""

Texts = Callable[[str, Iterable[int]], list[str]]
"""Turns the numbers of a kind into ids."""


class Entry(msgspec.Struct, frozen=True):
    """One request and its answer."""

    t: float
    """When it arrived, seconds since the server started."""
    seconds: float
    waited: float
    """Of them, in line for a thread of the server."""
    method: str
    path: str
    query: str
    status: int
    fault: str | None
    rows: int
    kind: str
    served: array[int] | None
    """The items that were sent whole."""


class Journal:
    """Remembers requests, and counts them."""

    def __init__(self, texts: Texts, file: TextIO | None = None) -> None:
        self._texts = texts
        self._file = file
        self._entries: collections.deque[Entry] = collections.deque(maxlen=_KEPT)
        self._flying = 0
        self._most = 0
        self._counts: collections.Counter[str] = collections.Counter()
        self._statuses: collections.Counter[int] = collections.Counter()
        self._served: collections.Counter[str] = collections.Counter()

    def begun(self) -> None:
        """A request came in."""
        self._flying += 1
        self._most = max(self._most, self._flying)

    def ended(self, request: Request, answer: Answer, now: float, size: int) -> None:
        """Its answer of *size* bytes was sent, or the client went away."""
        self._flying -= 1
        whole = (
            array("q", answer.numbers) if answer.whole and not answer.fault else None
        )
        entry = Entry(
            t=round(request.arrived, 6),
            seconds=round(now - request.arrived, 6),
            waited=round(request.waited, 6),
            method=request.method,
            path=request.path,
            query=request.query,
            status=answer.status,
            fault=answer.fault.name.lower() if answer.fault else None,
            rows=len(answer.numbers),
            kind=answer.kind,
            served=whole,
        )
        self._entries.append(entry)
        self._count(entry, size)
        if self._file is not None:
            self._file.write(self._line(entry).decode() + "\n")

    def _count(self, entry: Entry, size: int) -> None:
        self._counts["requests"] += 1
        self._counts["bytes"] += size
        self._counts["logins"] += entry.path.endswith("/login") and entry.status == 200  # noqa: PLR2004 - OK
        self._counts["faults"] += entry.fault is not None
        self._statuses[entry.status] += 1
        self._served[entry.kind] += len(entry.served or ())

    def stats(self) -> dict[str, Any]:
        """Return the counts since the start."""
        names = ("requests", "bytes", "logins", "faults")
        return {
            **{name: self._counts[name] for name in names},
            "refused": self._statuses[429],
            "statuses": {
                str(status): n for status, n in sorted(self._statuses.items())
            },
            "served": {kind: n for kind, n in sorted(self._served.items()) if n},
            "in_flight": self._flying,
            "max_in_flight": self._most,
            "forgotten": max(0, self._counts["requests"] - _KEPT),
        }

    def lines(self) -> bytes:
        """Return the entries as JSON lines, in the order in which answers ended."""
        return b"".join(self._line(entry) + b"\n" for entry in self._entries)

    def _line(self, entry: Entry) -> bytes:
        found = msgspec.structs.asdict(entry)
        served = found.pop("served")
        found["ids"] = None if served is None else self._texts(entry.kind, served)
        return msgspec.json.encode(found)
