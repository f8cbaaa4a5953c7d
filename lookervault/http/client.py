"""A client that asks one host, once, and takes no answer for more than it is."""

from __future__ import annotations

import contextlib
import http.client
import io
import threading
from collections.abc import Callable, Iterator, Mapping

import msgspec
import urllib3
from urllib3 import exceptions as trouble

from lookervault.core import answers
from lookervault.core.base_url import BaseUrl
from lookervault.errors import LookerError, Sort
from lookervault.http import faults, tls
from lookervault.http.connection import CALL, Call, Watch, pool

_CHUNK = 2**20
"""Bytes of a body that are read before somebody is told of them. Most pages have fewer,
and are read in one piece, which is six times as fast as in pieces that are put together.
"""

_ERROR_SIZE = 64 * 1024
"""Bytes that are read of an error's body."""

_ERROR_PATIENCE = 5.0
"""Seconds for an error's body: its status is known, the rest is a courtesy."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a request may take, and how large its answer may be."""

    connect: float = 10.0
    """Seconds to reach the host."""
    progress: float = 30.0
    """Seconds without a single byte."""
    whole: float = 120.0
    """Seconds from the first byte sent to the last received."""
    size: int = 256 * 1024 * 1024
    """Bytes of the decoded body."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask for."""

    method: str
    path: str
    """From the root on, encoded, with its query."""
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    secrets: tuple[str, ...] = ()
    """What must not be shown, should the answer repeat it."""
    wants_json: bool = True
    """Whether a success that is no JSON object or list is none."""
    whole: float | None = None
    """Seconds that it may take, if fewer than usual."""

    @property
    def asked(self) -> str:
        """What is asked for, without the query."""
        return f"{self.method} {self.path.partition('?')[0]}"

    def __repr__(self) -> str:
        return f"Request({self.asked!r})"


class Reply(msgspec.Struct, frozen=True):
    """A success."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes
    seconds: float
    """From the start to the last byte, without the time that `Watch.more` took."""


class Client:
    """A pool of connections to *base*. Safe to use from many threads.

    Args:
        base: where to.
        connections: how many at most; a thread that finds none free waits.
        monotonic: seconds, as `time.monotonic`.
        ca_file: the authorities to trust instead of the system's.
        verify: whether to check who answers; only for those who know why not.
        proxy: URL of a proxy, which may hold a name and a password.

    Raises:
        UsageError: for a *ca_file* or a *proxy* that cannot be used.

    """

    def __init__(
        self,
        base: BaseUrl,
        *,
        connections: int,
        monotonic: Callable[[], float],
        limits: Limits = Limits(),  # noqa: B008 - frozen
        ca_file: str | None = None,
        verify: bool = True,
        proxy: str | None = None,
    ) -> None:
        self.base = base
        self.limits = limits
        self._monotonic = monotonic
        self._pool = pool(connections, tls.context(ca_file, verify=verify), proxy)
        self._proxy = str(self._pool.proxy) if self._pool.proxy else None
        self._lock = threading.Lock()
        self._sent = 0

    @property
    def sent(self) -> int:
        """How many requests were sent, or tried to."""
        return self._sent

    def send(self, request: Request, watch: Watch) -> Reply:
        """Send *request*, and return its success. Blocks; nothing is retried.

        Raises:
            LookerError: for any other answer, or if there was none.

        """
        with self._lock:
            self._sent += 1
        whole = self.limits.whole if request.whole is None else request.whole
        call = Call(watch, self.limits.progress, whole, self._monotonic)
        token = CALL.set(call)
        try:
            return self._exchange(request, call)
        except (trouble.HTTPError, http.client.HTTPException, OSError) as error:
            fault = faults.fault_of(
                error,
                base=str(self.base),
                asked=answers.plain(request.asked, limit=200),
                status=call.status,
                late=call.left <= 0,
                proxy=self._proxy,
            )
        finally:
            CALL.reset(token)
            watch.cuttable(None)
        # Raised out here, it carries no trace of an error that may hold secrets.
        raise fault

    def close(self) -> None:
        """Close the connections that are idle."""
        self._pool.clear()

    def _exchange(self, request: Request, call: Call) -> Reply:
        with _opened(self._open(request, call)) as response:
            call.status = response.status
            headers = {name.lower(): value for name, value in response.headers.items()}
            if not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP's own numbers
                raise answers.fault_of(
                    response.status,
                    headers,
                    _courtesy(response, call),
                    base=str(self.base),
                    asked=request.asked,
                    secrets=request.secrets,
                )
            body = self._body(response, request, call)
        if request.wants_json:
            _check(request, headers, body)
        return Reply(response.status, headers, body, call.seconds)

    def _open(self, request: Request, call: Call) -> urllib3.BaseHTTPResponse:
        return self._pool.urlopen(
            request.method,
            f"{self.base}{request.path}",
            body=request.body,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                **request.headers,
            },
            redirect=False,
            retries=False,
            preload_content=False,
            timeout=urllib3.Timeout(
                connect=min(self.limits.connect, call.left), read=call.patience()
            ),
            pool_timeout=call.left,
        )

    def _body(
        self, response: urllib3.BaseHTTPResponse, request: Request, call: Call
    ) -> bytes:
        # A single piece is handed out as it is; else it grows in place, since a list
        # would be copied.
        body, size = io.BytesIO(), 0
        for piece in _pieces(response):
            if size:
                body.write(piece)
            else:
                body = io.BytesIO(piece)
                body.seek(0, io.SEEK_END)
            size += len(piece)
            if size > self.limits.size:
                raise LookerError(
                    Sort.TOO_LARGE,
                    f"The answer to {answers.plain(request.asked, limit=200)} is larger"
                    f" than {self.limits.size} bytes.",
                    status=response.status,
                )
            call.more(len(piece))
        return body.getvalue()


def _check(request: Request, headers: Mapping[str, str], body: bytes) -> None:
    wrong = answers.misfit(headers.get("content-type"), body)
    if wrong is not None:
        raise answers.misshapen(
            wrong, asked=request.asked, body=body, secrets=request.secrets
        )


@contextlib.contextmanager
def _opened(
    response: urllib3.BaseHTTPResponse,
) -> Iterator[urllib3.BaseHTTPResponse]:
    """Give the connection back in the end; a response that was not read closes it."""
    try:
        yield response
    finally:
        response.close()
        response.release_conn()


def _pieces(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """Yield the decoded body in large pieces; nothing is copied that need not be."""
    encoded = _encoded(response)
    read = response.read1 if encoded else response.read
    while piece := read(_CHUNK, decode_content=encoded):
        yield piece


def _encoded(response: urllib3.BaseHTTPResponse) -> bool:
    return "content-encoding" in response.headers


def _courtesy(response: urllib3.BaseHTTPResponse, call: Call) -> bytes:
    """Return the beginning of an error's body, or what came of it in time."""
    call.hurry(_ERROR_PATIENCE)
    body = b""
    with contextlib.suppress(trouble.HTTPError, http.client.HTTPException, OSError):
        while len(body) < _ERROR_SIZE and (
            piece := response.read1(_ERROR_SIZE, decode_content=_encoded(response))
        ):
            body += piece
    return body[:_ERROR_SIZE]
