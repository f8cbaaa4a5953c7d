"""Connections that keep deadlines, tell of each step, and can be cut off.

urllib3 makes and pools the connections. It hands nothing of ours down to them, so
that a `ContextVar` tells a connection which call it serves.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import ssl
import urllib.parse
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from lookervault.errors import UsageError


class Watch(Protocol):
    """Whoever waits for an answer; `lookervault.looker.base.Watch` is one."""

    def beat(self) -> None:
        """Something came in."""

    def more(self, size: int) -> None:
        """*size* decoded bytes came in. May block until there is room for more."""

    def cuttable(self, cut: Callable[[], None] | None) -> None:
        """Take *cut*, which ends the request from another thread; ``None``: it is over."""


class Call:
    """A request under way: how long it may still take, and who watches it."""

    def __init__(
        self,
        watch: Watch,
        progress: float,
        whole: float,
        monotonic: Callable[[], float],
    ) -> None:
        self.watch = watch
        self.status: int | None = None
        """Of the answer, as soon as it has begun."""
        self._progress = progress
        self._monotonic = monotonic
        self._start = monotonic()
        self._end = self._start + whole

    @property
    def seconds(self) -> float:
        return self._monotonic() - self._start

    @property
    def left(self) -> float:
        """Seconds until the deadline, 0 if it has passed."""
        return max(self._end - self._monotonic(), 0.0)

    def patience(self) -> float:
        """Return how many seconds the next byte may take."""
        left = self.left
        if left <= 0:
            raise TimeoutError
        return min(self._progress, left)

    def hurry(self, seconds: float) -> None:
        """Bring the deadline forward."""
        self._end = min(self._end, self._monotonic() + seconds)

    def more(self, size: int) -> None:
        """Tell of *size* bytes. The time that this takes is not Looker's."""
        before = self._monotonic()
        self.watch.more(size)
        held = self._monotonic() - before
        self._start += held
        self._end += held


CALL: ContextVar[Call] = ContextVar("CALL")
"""The call that this thread is making."""


class _Patient(io.RawIOBase):
    """What comes in of one answer; beats, and keeps the deadline at every step."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, call: Call) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._call = call

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._call.patience())
        count: int | None = self._raw.readinto(buffer)
        self._call.watch.beat()
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer that is read through `_Patient`, its header too."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_Patient(raw, sock, CALL.get()))


class _Cuttable(HTTPConnection):
    """A connection that can be cut off from another thread, from the first step on."""

    response_class = _Answer

    def connect(self) -> None:
        CALL.get().watch.cuttable(self._cut)
        super().connect()
        CALL.get().watch.beat()

    def request(self, *args: Any, **options: Any) -> None:
        CALL.get().watch.cuttable(self._cut)
        super().request(*args, **options)

    def _cut(self) -> None:
        sock = self.sock
        if sock is not None:
            with contextlib.suppress(OSError):  # it is closed already
                sock.shutdown(socket.SHUT_RDWR)


class _CuttableTls(_Cuttable, HTTPSConnection):
    """Idem, over TLS."""


class _Plain(urllib3.HTTPConnectionPool):
    ConnectionCls = _Cuttable


class _Secured(urllib3.HTTPSConnectionPool):
    ConnectionCls = _CuttableTls


def pool(
    connections: int, tls: ssl.SSLContext, proxy: str | None
) -> urllib3.PoolManager:
    """Return a pool of *connections* to one host, perhaps by way of a *proxy*.

    Raises:
        UsageError: if *proxy* is no address.

    """
    options: dict[str, Any] = {
        "num_pools": 1,
        "maxsize": connections,
        "block": True,
        "ssl_context": tls,
    }
    if proxy is None:
        pool = urllib3.PoolManager(**options)
    else:
        url, headers = _proxy(proxy)
        pool = urllib3.ProxyManager(
            url, proxy_headers=headers, proxy_ssl_context=tls, **options
        )
    pool.pool_classes_by_scheme = {"http": _Plain, "https": _Secured}
    return pool


def _proxy(text: str) -> tuple[str, dict[str, str]]:
    """Return the address in the proxy's URL *text*, and the headers to log in with."""
    try:
        parts = urllib.parse.urlsplit(text if "://" in text else f"http://{text}")
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname)
        port = parts.port
    except ValueError:
        fits = False
    if not fits:
        raise UsageError("The proxy should be given as http://host:port.")
    name, password = (
        urllib.parse.unquote(p or "") for p in (parts.username, parts.password)
    )
    headers = (
        urllib3.make_headers(proxy_basic_auth=f"{name}:{password}") if name else {}
    )
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port else ""), dict(headers)
