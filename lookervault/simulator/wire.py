"""Requests and answers, as HTTP/1.1 has them."""

from __future__ import annotations

import email.utils
import json
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from lookervault.simulator.faults import Fault

JSON = "application/json; charset=utf-8"
LARGEST_HEAD = 65_536
LARGEST_BODY = 64 << 20


class Malformed(Exception):
    """That is no request that we understand."""


class Request(msgspec.Struct, kw_only=True):
    """What a client asked for."""

    method: str
    target: str
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes = b""
    keep: bool = True
    """Whether the connection stays open for the next one."""
    arrived: float = 0.0
    waited: float = 0.0
    """Seconds in line for a thread of the server."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def parameters(self) -> dict[str, str]:
        """Return the query's parameters; of repeated ones, the last."""
        return dict(parse_qsl(self.query, keep_blank_values=True))


class Answer(msgspec.Struct, kw_only=True):
    """What a client gets."""

    status: int = 200
    body: bytes = b""
    print: Callable[[], list[bytes]] | None = None
    """Prints the body when it is time to send it, instead of `body`."""
    type: str = JSON
    headers: Mapping[str, str] = {}
    ahead: int | None = None
    """Seconds from its date to the date that it says in ``Retry-After``."""
    delay: float = 0.0
    """Seconds to wait before it is sent."""
    over: float = 0.0
    """Seconds over which it drips in, once it is sent."""
    fault: Fault | None = None
    kind: str = ""
    numbers: Sequence[int] = ()
    """The items that it holds."""
    whole: bool = False
    """Whether it holds them whole, not cut down by ``fields``."""


def said(status: int, message: str, path: str = "") -> Answer:
    """Return an error as Looker words it."""
    # This host is none of those for which the SDK asks a CDN what the error means.
    url = f"https://docs.cloud.google.com/looker/docs/r/err/4.0/{status}/get{path}"
    body = {"message": message, "documentation_url": url}
    return Answer(status=status, body=json.dumps(body).encode())


def answered(value: Any, *, status: int = 200) -> Answer:
    """Return *value* as JSON."""
    return Answer(status=status, body=msgspec.json.encode(value))


def phrase(status: int) -> str:
    """Return what HTTP calls *status*, also one that it does not know."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def take(buffer: bytearray) -> Request | None:
    """Take one request off *buffer*; ``None`` if it is not whole yet.

    Raises:
        Malformed: if it never will be one.

    """
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > LARGEST_HEAD:
            raise Malformed
        return None
    request = _head(bytes(buffer[:end]))
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST_BODY:
        raise Malformed
    stop = end + 4 + int(length)
    if len(buffer) < stop:
        return None
    request.body = bytes(buffer[end + 4 : stop])
    del buffer[:stop]
    return request


def _head(text: bytes) -> Request:
    first, *lines = text.decode("latin-1").split("\r\n")
    try:
        method, target, version = first.split(" ")
        pairs = (line.split(":", 1) for line in lines)
        headers = {name.lower(): value.strip() for name, value in pairs}
    except ValueError as error:
        raise Malformed from error
    if "transfer-encoding" in headers:
        raise Malformed
    keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    return Request(method=method, target=target, headers=headers, keep=keep)


def head(answer: Answer, length: int, *, keep: bool, encoding: str = "") -> bytes:
    """Return the status line and the headers."""
    now = time.time()
    lines = [
        f"HTTP/1.1 {answer.status} {phrase(answer.status)}",
        f"Date: {email.utils.formatdate(now, usegmt=True)}",
        f"Content-Type: {answer.type}",
        *(f"{name}: {value}" for name, value in answer.headers.items()),
    ]
    if answer.ahead is not None:
        until = email.utils.formatdate(now + answer.ahead, usegmt=True)
        lines.append(f"Retry-After: {until}")
    if answer.status != HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Length: {length}")
    if encoding:
        lines.append(f"Content-Encoding: {encoding}")
    if not keep:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def zipped(pieces: list[bytes]) -> list[bytes]:
    """Return *pieces* as one gzip member."""
    packer = zlib.compressobj(1, wbits=31)
    return [b"".join([*map(packer.compress, pieces), packer.flush()])]
