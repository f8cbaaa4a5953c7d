"""One client's connection, and the requests that come by it, one at a time."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from collections.abc import Iterator
from typing import Protocol, cast

from lookervault.simulator.faults import Fault
from lookervault.simulator.wire import (
    Answer,
    Malformed,
    Request,
    head,
    said,
    take,
)

_BUFFER = 4 << 20
"""Bytes that a socket may hold, so that a page is sent in one go."""

_ABORT = struct.pack("ii", 1, 0)
"""Linger for no time: closing the connection resets it."""

_DROP = 0.1
"""Seconds between two parts of an answer that drips in, if it is not over sooner."""


class Host(Protocol):
    """What a connection needs of its server."""

    loop: asyncio.AbstractEventLoop
    connections: set[Connection]

    def begin(self, connection: Connection, request: Request) -> None:
        """Take *request* in; an answer follows, now or later."""

    def packed(self, request: Request, pieces: list[bytes]) -> tuple[str, list[bytes]]:
        """Return the content encoding and the body as it is sent."""

    def ended(
        self, connection: Connection, request: Request, answer: Answer, size: int
    ) -> None:
        """The answer was sent, *size* bytes of it, or the client went away."""


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, server: Host) -> None:
        self._server = server
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._request: Request | None = None
        self._answer: Answer | None = None
        """What is being sent, once that has begun."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.connections.add(self)
        peer = transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None
        self._server.connections.discard(self)
        if self._answer is not None:
            self._left()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._next()

    def abort(self) -> None:
        """Cut it off, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def answer(self, answer: Answer) -> None:
        """Send *answer* once its time has come."""
        if answer.delay > 0:
            self._server.loop.call_later(answer.delay, self._send, answer)
        else:
            self._send(answer)

    def _next(self) -> None:
        """Begin with the next request, if it is whole and none is under way."""
        if self._request is not None or self._transport is None:
            return
        try:
            self._request = take(self._buffer)
        except Malformed:
            self._transport.write(head(said(400, "Bad request"), 0, keep=False))
            self._transport.close()
            return
        if self._request is not None:
            self._server.begin(self, self._request)

    def _send(self, answer: Answer) -> None:
        transport, request = self._transport, self._request
        if request is None:
            return
        self._answer = answer
        if transport is None or transport.is_closing():
            self._left()
        elif answer.fault is Fault.RESET:
            peer = transport.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            transport.abort()
            self._ended(0)
        elif answer.fault is not Fault.HANG:
            pieces = self._printed(request, answer)
            if answer.over:
                self._drip(transport, _parts(b"".join(pieces), answer.over))
            else:
                transport.writelines(pieces)
                self._sent(transport, sum(map(len, pieces)))

    def _printed(self, request: Request, answer: Answer) -> list[bytes]:
        """Return head and body."""
        pieces = answer.print() if answer.print else [answer.body]
        encoding, pieces = self._server.packed(request, pieces)
        length = sum(map(len, pieces))
        start = head(answer, length, keep=request.keep, encoding=encoding)
        if request.method == "HEAD":
            pieces = []
        if answer.fault is Fault.TRUNCATED:
            pieces = [b"".join(pieces)[: length // 2]]
        return [start, *pieces]

    def _drip(
        self,
        transport: asyncio.Transport,
        parts: Iterator[tuple[float, bytes]],
        size: int = 0,
    ) -> None:
        """Send the next of *parts*, unless the client left meanwhile."""
        if self._answer is None:
            return
        wait, part = next(parts)
        transport.write(part)
        size += len(part)
        if wait:
            self._server.loop.call_later(wait, self._drip, transport, parts, size)
        else:
            self._sent(transport, size)

    def _sent(self, transport: asyncio.Transport, size: int) -> None:
        request, answer = self._request, self._answer
        if request is not None and answer is not None:
            if not request.keep or answer.fault is Fault.TRUNCATED:
                transport.close()
            self._ended(size)

    def _left(self) -> None:
        """The client went away before it had the whole answer."""
        if self._answer is not None:
            self._answer.whole = False
            self._ended(0)

    def _ended(self, size: int) -> None:
        request, answer = self._request, self._answer
        self._request = self._answer = None
        if request is not None and answer is not None:
            self._server.ended(self, request, answer, size)
        if self._buffer:
            self._server.loop.call_soon(self._next)


def _parts(text: bytes, seconds: float) -> Iterator[tuple[float, bytes]]:
    """Yield *text* in parts, each with the seconds to wait after it; 0 after the last."""
    count = max(2, math.ceil(seconds / _DROP))
    size = max(1, math.ceil(len(text) / count))
    last = (len(text) - 1) // size
    for number in range(last + 1):
        wait = seconds / max(1, last) if number < last else 0.0
        yield wait, text[number * size : (number + 1) * size]
