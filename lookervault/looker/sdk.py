"""Looker by way of its official SDK, which hands us raw bytes.

The SDK knows the calls: their names, paths and parameters. What it does with
answers would lose data and time, so that its transport is ours: it raises our
errors, and says of each body that it is binary, which the SDK returns untouched.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping, MutableMapping
from importlib import metadata
from typing import Any, TypeVar

import msgspec
from looker_sdk.rtl.model import DelimSequence
from looker_sdk.rtl.transport import (
    LOOKER_API_ID,
    HttpMethod,
    PTransportSettings,
    Response,
    ResponseMode,
    TAuthenticator,
    Transport,
    TransportOptions,
)
from looker_sdk.sdk.api40.methods import Looker40SDK

from lookervault.core import answers
from lookervault.core.halves import readable
from lookervault.errors import LookerError, Sort
from lookervault.http.client import Client, Reply, Request
from lookervault.looker.base import Answer, Watch
from lookervault.looker.exchange import Exchange, Options, Unwatched, exchange_of
from lookervault.looker.session import API_VERSION, Session
from lookervault.looker.settings import Credentials
from lookervault.records import Login

_T = TypeVar("_T")

_AGENT = f"lookervault/{metadata.version('lookervault')}"
_CONNECTIONS = 52
"""One for each of the 50 workers that there may ever be, and two for the login. They
are made when they are needed, and none waits for another.
"""


class SdkSource:
    """A `Source` over looker_sdk. Safe to use from many threads.

    Args:
        credentials: where to, and as whom.
        monotonic: seconds, as `time.monotonic`.
        sleep: waits that many seconds, as `time.sleep`.

    Raises:
        UsageError: for a CA file or a proxy that cannot be used.

    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._client = Client(
            credentials.base_url,
            connections=_CONNECTIONS,
            monotonic=monotonic,
            limits=credentials.limits,
            ca_file=credentials.ca_file,
            verify=credentials.verify,
            proxy=credentials.proxy.reveal() if credentials.proxy else None,
        )
        transport = _Wire(self._client)
        self._session = Session(
            credentials, self._client, transport, monotonic=monotonic, sleep=sleep
        )
        self._known: tuple[int, Login | None] = (0, None)
        """As whom we logged in, and at which login we asked."""
        self._sdk = _Sdk(self._session, _never, _never, transport, API_VERSION)

    def call(self, name: str, parameters: Mapping[str, object], watch: Watch) -> Answer:
        reply = self._reply(name, parameters, watch)
        return Answer(
            body=reply.body,
            seconds=reply.seconds,
            date=answers.server_time(reply.headers.get("date")),
            total=answers.total_of(reply.headers.get("x-total-count")),
        )

    def login(self) -> Login:
        """Log in if need be, and say as whom; asked for once for each login."""
        self._session.log_in(Unwatched())
        logins, known = self._known
        if known is None or logins != self._session.logins:
            asked = {"fields": "id,display_name,role_ids"}
            me = self._ask("me", asked, _Me)
            roles = sorted(str(role) for role in me.role_ids or ())
            known = Login(str(me.id), tuple(roles), me.display_name or "")
            self._known = self._session.logins, known
        return known

    def version(self) -> str:
        return self._ask("versions", {}, _Versions).looker_release_version or ""

    @property
    def instance(self) -> str:
        return str(self._client.base)

    @property
    def calls(self) -> int:
        return self._client.sent

    def close(self) -> None:
        self._session.end()
        self._client.close()

    def _ask(self, name: str, parameters: Mapping[str, object], shape: type[_T]) -> _T:
        """Call *name*, patiently, and read its answer as *shape*."""
        # By itself, so that the patience of the login is not multiplied by ours.
        self._session.log_in(Unwatched())
        reply = self._session.patiently(
            lambda: self._reply(name, parameters, Unwatched())
        )
        try:
            return msgspec.json.decode(readable(reply.body), type=shape)
        except (ValueError, RecursionError) as error:
            wrong = answers.plain(str(error), limit=150)
        raise answers.misshapen(wrong, asked=name, body=reply.body)

    def _reply(
        self, name: str, parameters: Mapping[str, object], watch: Watch
    ) -> Reply:
        """Call *name*; if its token is refused, once more with a new one."""
        exchange = Exchange(watch)
        try:
            return self._once(name, parameters, exchange)
        except LookerError as error:
            if error.sort is not Sort.UNAUTHORIZED:
                raise
            if not self._session.refused(exchange):
                raise
        return self._once(name, parameters, exchange)

    def _once(
        self, name: str, parameters: Mapping[str, object], exchange: Exchange
    ) -> Reply:
        method = getattr(self._sdk, name)
        given = {key: _as_the_sdk_wants(value) for key, value in parameters.items()}
        method(**given, transport_options=Options(exchange=exchange))
        reply = exchange.reply
        if reply is None:
            raise TypeError(f"{name} is no call of the SDK's that sends a request")
        return reply


class _Me(msgspec.Struct):
    id: int | str
    display_name: str | None = None
    role_ids: list[int | str] | None = None


class _Versions(msgspec.Struct):
    looker_release_version: str | None = None


class _Wire(Transport):
    """The SDK's way to the network, over our client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    def configure(cls, settings: PTransportSettings) -> Transport:
        raise NotImplementedError("it is made with a client")

    def request(  # noqa: PLR0917 - the SDK's
        self,
        method: HttpMethod,
        path: str,
        query_params: MutableMapping[str, str] | None = None,
        body: bytes | None = None,
        authenticator: TAuthenticator = None,
        transport_options: TransportOptions | None = None,
    ) -> Response:
        """Send the request. *path* is a whole URL, and begins with our address."""
        exchange = exchange_of(transport_options)
        who = authenticator(Options(exchange=exchange)) if authenticator else {}
        query = f"?{urllib.parse.urlencode(query_params)}" if query_params else ""
        request = Request(
            method=method.name,
            path=path.removeprefix(str(self._client.base)) + query,
            headers={"User-Agent": _AGENT, LOOKER_API_ID: _AGENT, **who},
            body=body,
            secrets=tuple(value.removeprefix("Bearer ") for value in who.values()),
        )
        exchange.reply = self._client.send(request, exchange.watch)
        return Response(
            ok=True, value=exchange.reply.body, response_mode=ResponseMode.BINARY
        )


class _Sdk(Looker40SDK):
    """The SDK's calls, with ids that arrive as they are."""

    @staticmethod
    def encode_path_param(value: str) -> str:
        """Encode *value* for a path. The SDK's own would first decode it.

        Raises:
            LookerError: for what no path can hold; `Sort.REFUSED`.

        """
        if value in {"", ".", ".."}:
            reason = f"An item with the id {value!r} cannot be asked for."
            raise LookerError(Sort.REFUSED, reason)
        return urllib.parse.quote(value, safe="")


def _as_the_sdk_wants(value: object) -> object:
    """Return *value*, a list as the SDK's own kind of list."""
    if isinstance(value, (list, tuple)):
        return DelimSequence([str(element) for element in value])
    return value


def _never(*_: Any, **__: Any) -> Any:
    """Stand in for the SDK's serialisers: models are never built."""
    raise NotImplementedError("bodies are handed on as they are")
