"""A Looker on loopback that answers by script, to the byte."""

import contextlib
import itertools
import socket
import struct
import threading
import time

import pytest

from lookervault.core import base_url
from lookervault.http.client import Client, Limits

TOKEN = "canary-token-4711"
SECRET = "canary-secret-0815"


def answer(status=200, body=b"[]", *, kind="application/json", headers=(), length=None):
    """The bytes of an answer; *length* other than the body's is a lie."""
    lines = [f"HTTP/1.1 {status} Whatever", *headers]
    if kind:
        lines.append(f"Content-Type: {kind}")
    size = len(body) if length is None else length
    lines.append(f"Content-Length: {size}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def grant(number=1, lifetime=3600):
    body = b'{"access_token":"%s-%d","token_type":"Bearer","expires_in":%d}'
    return answer(body=body % (TOKEN.encode(), number, lifetime))


class Asked:
    """A request that came in."""

    def __init__(self, head, body):
        first, *lines = head.decode().split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.path = self.target.partition("?")[0]
        self.headers = {
            name.lower(): value for name, value in (x.split(": ", 1) for x in lines)
        }
        self.body = body


class Server:
    """Answers each request with what *script* returns for it.

    Bytes are sent as they are. ``RST`` resets the connection, ``HANG`` says
    nothing until the server is closed, a list is sent part by part, and may
    hold the words too. ``CLOSE`` ends the connection.
    """

    def __init__(self, script, *, tls=None):
        self.script = script
        self.asked = []
        self.connections = 0
        self._tls = tls
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def paths(self):
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def logins(self):
        return sum(path == "POST /api/4.0/login" for path in self.paths)

    def close(self):
        self._over.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with self._lock:
                self.connections += 1
            threading.Thread(
                target=self._serve, args=(connection,), daemon=True
            ).start()

    def _serve(self, connection):
        connection.settimeout(20)
        with contextlib.suppress(OSError, ValueError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while (asked := self._read(connection)) is not None:
                with self._lock:
                    self.asked.append(asked)
                    reply = self.script(asked)
                parts = reply if isinstance(reply, list) else [reply]
                if not all(self._give(connection, part) for part in parts):
                    break
        with contextlib.suppress(OSError):
            connection.close()

    def _read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return None
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        asked = Asked(head, body)
        while len(asked.body) < int(asked.headers.get("content-length", 0)):
            asked.body += connection.recv(65536)
        return asked

    def _give(self, connection, part):
        if part == "RST":
            connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            connection.close()
        elif part == "CLOSE":
            connection.close()
        elif part == "HANG":
            self._over.wait(20)
        elif isinstance(part, float):
            self._over.wait(part)
            return not self._over.is_set()
        else:
            connection.sendall(part)
            return True
        return False


class Watcher:
    """A watch that takes down what it hears."""

    def __init__(self):
        self.beats = 0
        self.sizes = []
        self.cuts = []
        self.cut = threading.Event()
        self.beating = threading.Event()

    def beat(self):
        self.beats += 1
        self.beating.set()

    def more(self, size):
        self.sizes.append(size)

    def cuttable(self, cut):
        self.cuts.append(cut)
        if cut is not None:
            self.cut.set()


def in_turn(*replies):
    """A script: these replies, the last one for ever."""
    replies = itertools.chain(replies, itertools.repeat(replies[-1]))
    return lambda _: next(replies)


def as_looker(*replies, logins=None):
    """A script that grants logins, and gives *replies* to the other calls."""
    give = in_turn(*replies)
    numbers = itertools.count(1)
    grants = in_turn(*logins) if logins else lambda _: grant(next(numbers))

    def script(asked):
        return grants(asked) if asked.path == "/api/4.0/login" else give(asked)

    return script


@pytest.fixture
def serve():
    """Start a server that answers by a script; all are closed in the end."""
    with contextlib.ExitStack() as stack:

        def start(script, **options):
            server = Server(script, **options)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def client_of():
    """Make a client for a server, with limits of one's own."""
    with contextlib.ExitStack() as stack:

        def make(server, *, url=None, options=None, **limits):
            client = Client(
                base_url.parse(url or server.url),
                limits=Limits(**limits),
                **{"connections": 4, "monotonic": time.monotonic, **(options or {})},
            )
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def scripts():
    """The words that scripts are made of."""
    return Words


class Words:
    answer = staticmethod(answer)
    grant = staticmethod(grant)
    in_turn = staticmethod(in_turn)
    as_looker = staticmethod(as_looker)
    watcher = Watcher
    token = TOKEN
    secret = SECRET
