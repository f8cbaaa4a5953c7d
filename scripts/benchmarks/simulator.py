"""What the simulator can serve: no benchmark may be bound by it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from benchmarks.figure import Figure, at_least

from lookervault.simulator.door import Running
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings

_PAGE = 100
_SECONDS = {False: 5.0, True: 2.0}
"""Of serving, usually and in a hurry."""


def simulator(*, quick: bool) -> Iterator[Figure]:
    """Items of 8 KB a second that the simulator serves to a bare socket."""
    seconds, pages = _SECONDS[quick], 0
    with running(Settings(sizes={"dashboards": 20_000})) as looker:
        request = _request(looker, f"limit={_PAGE}&offset=5000&sorts=id")
        host = urlsplit(looker.base_url)
        with socket.create_connection((host.hostname, host.port)) as way:
            size = _first(way, request)
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                way.sendall(request)
                _drain(way, size)
                pages += 1
    rate = pages * _PAGE / seconds
    name = "items that the simulator serves a second"
    each = size // _PAGE
    yield at_least(100_000, rate, "items/s", id_="SIM", name=name, bytes_an_item=each)


def _request(looker: Running, query: str) -> bytes:
    """Return a request for a page of dashboards, with a token that was granted."""
    login = f"client_id={looker.client_id}&client_secret={looker.client_secret}"
    host = urlsplit(looker.base_url)
    with socket.create_connection((host.hostname, host.port)) as way:
        head = f"POST /api/4.0/login HTTP/1.1\r\nHost: x\r\nContent-Length: {len(login)}\r\n\r\n"
        way.sendall((head + login).encode())
        answer = way.recv(65536)
    token = json.loads(answer.partition(b"\r\n\r\n")[2])["access_token"]
    path = f"/api/4.0/dashboards/search?{query}"
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: token {token}\r\n\r\n".encode()


def _first(way: socket.socket, request: bytes) -> int:
    """Read one answer; return how many bytes all answers to *request* have."""
    way.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += way.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    length = int(fields[b"content-length"])
    _drain(way, length - len(body))
    return len(head) + 4 + length


def _drain(way: socket.socket, size: int) -> None:
    buffer = bytearray(1 << 20)
    while size > 0:
        size -= way.recv_into(buffer, min(size, len(buffer)))
