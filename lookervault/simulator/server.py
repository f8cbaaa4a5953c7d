"""A server: takes requests in, has them worked on, and keeps the books."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any, TextIO

import msgspec

from lookervault.simulator.admin import Admin
from lookervault.simulator.connection import Connection
from lookervault.simulator.door import DOOR
from lookervault.simulator.journal import Journal
from lookervault.simulator.looker import Looker
from lookervault.simulator.pool import Place, Pool
from lookervault.simulator.settings import Settings
from lookervault.simulator.wire import Answer, Request, zipped


class Job(msgspec.Struct, frozen=True):
    """A request that needs a thread, and where its answer goes."""

    connection: Connection
    request: Request


class Server:
    """Answers the requests of all connections."""

    def __init__(
        self, settings: Settings, loop: asyncio.AbstractEventLoop, file: TextIO | None
    ) -> None:
        self.loop = loop
        self.connections: set[Connection] = set()
        self._started = time.monotonic()
        self.looker = Looker(settings, loop.call_later)
        self.journal = Journal(self._texts, file)
        self._admin = Admin(self.looker, self.journal, self._stats)
        self._size: tuple[int | None, int] = (None, 0)
        self._threads: Pool[Job] | None = None
        self._held: dict[Connection, Pool[Job]] = {}
        """Whose request has a thread, and of which pool."""

    @property
    def now(self) -> float:
        """Seconds since the start."""
        # uvloop's own clock stands still for as long as one turn of the loop takes.
        return time.monotonic() - self._started

    def begin(self, connection: Connection, request: Request) -> None:
        """Take *request* in; *connection* gets its answer, now or later."""
        request.arrived = self.now
        if request.path.startswith(DOOR):
            connection.answer(self._admin.answer(request))
            return
        self.journal.begun()
        answer = self.looker.admit(request, request.arrived)
        pool = self._pool()
        if answer is not None:
            connection.answer(answer)
        elif pool is None:
            connection.answer(self.looker.work(request))
        else:
            self._enter(pool, Job(connection, request))

    def ended(
        self, connection: Connection, request: Request, answer: Answer, size: int
    ) -> None:
        """The answer was sent, *size* bytes of it, or the client went away."""
        if request.path.startswith(DOOR):
            return
        self.journal.ended(request, answer, self.now, size)
        pool = self._held.pop(connection, None)
        job = pool.leave(self.now) if pool is not None else None
        if pool is not None and job is not None:
            # Not at once: many that cost no time would call each other too deeply.
            self.loop.call_soon(self._work, pool, job)

    def packed(self, request: Request, pieces: list[bytes]) -> tuple[str, list[bytes]]:
        """Return the content encoding and the body as it is sent."""
        asked = request.headers.get("accept-encoding", "")
        if self.looker.settings.gzip and "gzip" in asked:
            return "gzip", zipped(pieces)
        return "", pieces

    def _pool(self) -> Pool[Job] | None:
        """Return the pool of the size that is wanted now. Older ones run dry."""
        settings = self.looker.settings
        size = settings.server_threads, settings.queue
        if size != self._size:
            self._size = size
            threads, queue = size
            self._threads = Pool(threads, queue) if threads else None
        return self._threads

    def _enter(self, pool: Pool[Job], job: Job) -> None:
        place = pool.enter(job, self.now)
        if place is Place.THREAD:
            self._work(pool, job)
        elif place is Place.NOWHERE:
            job.connection.answer(self.looker.overloaded())

    def _work(self, pool: Pool[Job], job: Job) -> None:
        self._held[job.connection] = pool
        job.request.waited = self.now - job.request.arrived
        job.connection.answer(self.looker.work(job.request))

    def _stats(self) -> dict[str, Any]:
        pool = self._pool()
        threads = None if pool is None else pool.stats(self.now)
        return {**self.journal.stats(), "server_threads": threads}

    def _texts(self, kind: str, numbers: Iterable[int]) -> list[str]:
        return [self.looker.catalog[kind].bodies.text(number) for number in numbers]


@contextlib.asynccontextmanager
async def listening(
    settings: Settings, file: TextIO | None = None
) -> AsyncIterator[str]:
    """Serve for as long as the block lasts. Yield the base URL. *file* gets the log.

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
    try:
        yield server.looker.base
    finally:
        listener.close()
        for connection in list(server.connections):
            connection.abort()
        # Connections are told in the next turn that they are lost.
        await asyncio.sleep(0)


def runner() -> asyncio.Runner:
    """Return what runs the server: uvloop where it is installed, else asyncio."""
    if sys.platform != "win32":
        with contextlib.suppress(ImportError):
            import uvloop  # noqa: PLC0415 - it need not be there

            return asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return asyncio.Runner()
