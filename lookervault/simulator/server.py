"""The sockets: one `Connection` for each client, one request of it at a time."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from typing import TextIO, cast

from lookervault.simulator.admin import DOOR, Admin
from lookervault.simulator.faults import Fault
from lookervault.simulator.journal import Journal
from lookervault.simulator.looker import Looker
from lookervault.simulator.settings import Settings
from lookervault.simulator.wire import (
    Answer,
    Malformed,
    Request,
    head,
    said,
    take,
    zipped,
)

_BUFFER = 4 << 20
"""Bytes that a socket may hold, so that a page is sent in one go."""

_ABORT = struct.pack("ii", 1, 0)
"""Linger for no time: closing the connection resets it."""


class Server:
    """Answers the requests of all connections."""

    def __init__(
        self, settings: Settings, loop: asyncio.AbstractEventLoop, file: TextIO | None
    ) -> None:
        self.loop = loop
        self._started = time.monotonic()
        self.looker = Looker(settings, loop.call_later)
        self.journal = Journal(self._texts, file)
        self._admin = Admin(self.looker, self.journal)

    @property
    def now(self) -> float:
        """Seconds since the start."""
        # uvloop's own clock stands still for as long as one turn of the loop takes.
        return time.monotonic() - self._started

    def answer(self, request: Request) -> Answer:
        """Answer *request*."""
        return self.looker.answer(request, request.arrived)

    def administer(self, request: Request) -> Answer:
        """Answer a request that came by the other door."""
        return self._admin.answer(request)

    def packed(self, request: Request, pieces: list[bytes]) -> tuple[str, list[bytes]]:
        """Return the content encoding and the body as it is sent."""
        asked = request.headers.get("accept-encoding", "")
        if self.looker.settings.gzip and "gzip" in asked:
            return "gzip", zipped(pieces)
        return "", pieces

    def _texts(self, kind: str, numbers: Iterable[int]) -> list[str]:
        return [self.looker.catalog[kind].bodies.text(number) for number in numbers]


class Connection(asyncio.Protocol):
    """One client's connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._buffer = bytearray()
        self._busy = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, _error: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._next()

    def _next(self) -> None:
        """Begin with the next request, if it is whole and none is under way."""
        if self._busy or self._transport is None:
            return
        try:
            request = take(self._buffer)
        except Malformed:
            self._transport.write(head(said(400, "Bad request"), 0, keep=False))
            self._transport.close()
            return
        if request is not None:
            self._busy = True
            self._begin(request)

    def _begin(self, request: Request) -> None:
        server = self._server
        request.arrived = server.now
        if request.path.startswith(DOOR):
            self._send(request, server.administer(request))
            return
        server.journal.begun()
        answer = server.answer(request)
        if answer.delay > 0:
            server.loop.call_later(answer.delay, self._finish, request, answer)
        else:
            self._finish(request, answer)

    def _finish(self, request: Request, answer: Answer) -> None:
        size = self._send(request, answer)
        self._server.journal.ended(request, answer, self._server.now, size)

    def _send(self, request: Request, answer: Answer) -> int:
        """Send *answer* and go on. Return its size, 0 if the client has gone."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return 0
        if answer.fault is Fault.RESET:
            peer = transport.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            transport.abort()
            return 0
        size = self._write(transport, request, answer)
        if not request.keep or answer.fault is Fault.TRUNCATED:
            transport.close()
        self._busy = False
        if self._buffer:
            self._server.loop.call_soon(self._next)
        return size

    def _write(
        self, transport: asyncio.Transport, request: Request, answer: Answer
    ) -> int:
        pieces = answer.print() if answer.print else [answer.body]
        encoding, pieces = self._server.packed(request, pieces)
        length = sum(map(len, pieces))
        start = head(answer, length, keep=request.keep, encoding=encoding)
        if request.method == "HEAD":
            pieces = []
        if answer.fault is Fault.TRUNCATED:
            pieces = [b"".join(pieces)[: length // 2]]
        transport.writelines([start, *pieces])
        return len(start) + length


async def serve(
    settings: Settings,
    announce: Callable[[str], None],
    stopped: Callable[[asyncio.AbstractEventLoop], asyncio.Future[None]],
    file: TextIO | None = None,
) -> None:
    """Serve until the future that *stopped* returns is done.

    *announce* gets the base URL once requests are taken, *file* the log.

    Raises:
        UsageError: for content that cannot be read.
        OSError: if the port is taken.

    """
    loop = asyncio.get_running_loop()
    server = Server(settings, loop, file)
    server.looker.catalog.warm()
    listener = await loop.create_server(
        lambda: Connection(server), settings.host, settings.port, backlog=1024
    )
    port = listener.sockets[0].getsockname()[1]
    server.looker.base = f"http://{settings.host}:{port}"
    announce(server.looker.base)
    await stopped(loop)
    listener.close()


def runner() -> asyncio.Runner:
    """Return what runs the server: uvloop where it is installed, else asyncio."""
    if sys.platform != "win32":
        with contextlib.suppress(ImportError):
            import uvloop  # noqa: PLC0415 - it need not be there

            return asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return asyncio.Runner()
