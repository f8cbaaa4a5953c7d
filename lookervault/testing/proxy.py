"""A TCP proxy on loopback that spoils what a server answers.

Toxiproxy's troubles, for the way from the server to its clients: latency,
bandwidth, slicing, slow close, silence, cut-off, reset, and nobody there.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import urllib.parse
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

import msgspec

_CHUNK = 64 * 1024
"""Bytes that are passed on at once, if nothing says less."""

_ABORT = struct.pack("ii", 1, 0)
"""Linger for no time: closing the connection resets it."""

_PATIENCE = 30.0
"""Seconds that the end of a thread may take."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What befalls the answers on a connection. Without arguments: nothing."""

    latency: float = 0.0
    """Seconds that each piece waits."""
    bandwidth: float | None = None
    """Bytes a second."""
    piece: int = _CHUNK
    """Bytes that are sent at once."""
    slow_close: float = 0.0
    """Seconds between the end of the server's side and that of the client's."""
    cut_after: int | None = None
    """Bytes after which the connection is closed, whatever is still to come."""
    reset: bool = False
    """Whether a connection that is cut off is reset instead of closed."""
    silent: bool = False
    """Whether nothing is passed on, and nothing is closed."""

    def wait(self, size: int) -> float:
        """Return the seconds that a piece of *size* bytes takes."""
        return self.latency + (size / self.bandwidth if self.bandwidth else 0.0)


NONE = Trouble()


class Proxy:
    """Stands between clients and the server at *base_url*, from its `with` on.

    `trouble` may be set at any time, and holds for what is passed on from then on.
    """

    def __init__(self, base_url: str) -> None:
        there = urllib.parse.urlsplit(base_url)
        self._there = there.hostname or "", there.port or 80
        self.trouble = NONE
        """What befalls connections that no `script` is for."""
        self.script: deque[Trouble] = deque()
        """Each connection that is made takes one from the left."""
        self.connections = 0
        """How many were made."""
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._port = 0
        self._listener = self._listen()
        self._port = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._start(self._accept, self._listener)
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self.down()
        for thread in self._threads:
            thread.join(_PATIENCE)

    def down(self) -> None:
        """Let nobody in, and reset whoever is."""
        _wake(self._listener, socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for sock in self._open:
                _abort(sock)
                _wake(sock)

    def up(self) -> None:
        """Let clients in again, at the same port."""
        self._listener = self._listen()
        self._start(self._accept, self._listener)

    def _listen(self) -> socket.socket:
        return socket.create_server(("127.0.0.1", self._port), backlog=128)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, name="proxy", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # it is down
            self.connections += 1
            script = self.script.popleft() if self.script else None
            server = socket.socket()
            with self._lock:
                self._open |= {client, server}
            if server.connect_ex(self._there):
                _abort(client)
                self._close(client, server)
                continue
            self._start(self._ask, client, server)
            self._start(self._answer, server, client, script)

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what *client* sends."""
        with contextlib.suppress(OSError):
            while data := client.recv(_CHUNK):
                server.sendall(data)
        _wake(server)

    def _answer(
        self, server: socket.socket, client: socket.socket, script: Trouble | None
    ) -> None:
        """Pass on what *server* sends, with the *script* for it or what befalls all."""
        passed = 0
        with contextlib.suppress(OSError):
            while data := server.recv(_CHUNK):
                passed = self._pass(client, data, script or self.trouble, passed)
            self._over.wait((script or self.trouble).slow_close)
        self._close(client, server)

    def _pass(
        self, client: socket.socket, data: bytes, trouble: Trouble, passed: int
    ) -> int:
        """Send *data* as *trouble* has it; return how much *client* has got of it all."""
        while data:
            if trouble.silent:
                self._over.wait()
            size = min(trouble.piece, len(data))
            if trouble.cut_after is not None:
                size = min(size, trouble.cut_after - passed)
            if size <= 0 or self._over.is_set():
                if trouble.reset:
                    _abort(client)
                raise ConnectionAbortedError
            self._over.wait(trouble.wait(size))
            client.sendall(data[:size])
            data, passed = data[size:], passed + size
        return passed

    def _close(self, *ends: socket.socket) -> None:
        for sock in ends:
            _wake(sock)
            sock.close()
        with self._lock:
            self._open -= set(ends)


def _abort(sock: socket.socket) -> None:
    """Let the end of *sock* be a reset."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)


def _wake(sock: socket.socket, how: int = socket.SHUT_RD) -> None:
    """End the wait of a thread that reads from *sock*: to close it would not."""
    with contextlib.suppress(OSError):
        sock.shutdown(how)
