"""The login: one for all threads, renewed before it ends or when it is refused."""

from __future__ import annotations

import contextlib
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from looker_sdk.rtl.api_settings import PApiSettings, SettingsConfig
from looker_sdk.rtl.auth_session import AuthSession
from looker_sdk.rtl.transport import Transport, TransportOptions
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from lookervault.errors import LookerError, Sort
from lookervault.http.client import Client, Request
from lookervault.looker import grant
from lookervault.looker.base import Watch
from lookervault.looker.exchange import Exchange, Token, Unwatched, exchange_of
from lookervault.looker.settings import Credentials

API_VERSION = "4.0"

_T = TypeVar("_T")

_TRIES = 4
_LONGEST = 10.0
"""Seconds. Whoever is asked to wait longer hands that on instead of waiting here."""

_LOGIN_WHOLE = 30.0
_LOGOUT_WHOLE = 2.0
"""Seconds that these requests may take."""

_PASSING = {
    Sort.LIMITED,
    Sort.OVERLOADED,
    Sort.TIMED_OUT,
    Sort.UNREACHABLE,
    Sort.MISSHAPEN,
}
"""Of these, what is `lasting` does not pass: an answer that broke off may, a page of
somebody else's will not."""

_BEAT = 1.0
"""Seconds between signs of life of a thread that waits for another's login."""


class Session(AuthSession):
    """The SDK's idea of a login, safe for many threads.

    However many threads need a token, one of them logs in; those that waited
    for it share what came of it, success or failure.
    """

    def __init__(
        self,
        credentials: Credentials,
        client: Client,
        transport: Transport,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        super().__init__(_Address(client), transport, _nothing, API_VERSION)
        self._credentials = credentials
        self._client = client
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._current: Token | None = None
        self._logins = 0
        """How many have ended, one way or the other."""
        self._failure: LookerError | None = None

    @property
    def logins(self) -> int:
        """How often we have logged in."""
        return self._logins

    def authenticate(self, transport_options: TransportOptions) -> dict[str, str]:
        """Return the header that says who asks; log in if need be.

        Raises:
            LoginRefused: Looker does not accept the credentials.
            LookerError: it could not be asked.

        """
        exchange = exchange_of(transport_options)
        exchange.begun = self._logins
        exchange.token = None
        exchange.token = self._token(exchange.watch)
        return _bearer(exchange.token)

    def log_in(self, watch: Watch) -> None:
        """Log in, if there is no token that is good for a while.

        Raises:
            LoginRefused: Looker does not accept the credentials.
            LookerError: it could not be asked.

        """
        self._token(watch)

    def refused(self, exchange: Exchange) -> bool:
        """Forget the token of *exchange*, which got a 401; return whether to try again.

        Not if the token is younger than the call: a new one will fare no better.
        """
        token = exchange.token
        if token is None:
            return False
        with self._turn(exchange.watch):
            if self._current is token:
                self._current = None
        return token.number <= exchange.begun

    def patiently(self, work: Callable[[], _T]) -> _T:
        """Do *work*, again if the trouble may pass. For calls that are no units."""
        retrying = Retrying(
            stop=stop_after_attempt(_TRIES),
            wait=_wait,
            retry=retry_if_exception(_passes),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(work)

    def end(self) -> None:
        """Log out, best effort."""
        if not self._lock.acquire(timeout=_LOGOUT_WHOLE):
            return  # someone is stuck in a login
        token, self._current = self._current, None
        self._lock.release()
        if token is None:
            return
        request = Request(
            method="DELETE",
            path=f"/api/{API_VERSION}/logout",
            headers=_bearer(token),
            secrets=(token.secret.reveal(),),
            wants_json=False,
            whole=_LOGOUT_WHOLE,
        )
        with contextlib.suppress(LookerError):
            self._client.send(request, Unwatched())

    def _token(self, watch: Watch) -> Token:
        current = self._current
        if current is not None and self._monotonic() < current.until:
            return current
        seen = self._logins
        with self._turn(watch):
            current = self._current
            if current is not None and self._monotonic() < current.until:
                return current
            if self._logins != seen and self._failure is not None:
                raise self._failure.with_traceback(None)
            return self._renew(watch)

    @contextlib.contextmanager
    def _turn(self, watch: Watch) -> Iterator[None]:
        """Hold the lock; show signs of life while another thread has it."""
        while not self._lock.acquire(timeout=_BEAT):
            watch.beat()
        try:
            yield
        finally:
            self._lock.release()

    def _renew(self, watch: Watch) -> Token:
        self._failure = None
        try:
            self._current = self.patiently(lambda: self._ask(watch))
        except LookerError as failure:
            self._failure = failure
            raise
        finally:
            self._logins += 1
        return self._current

    def _ask(self, watch: Watch) -> Token:
        watch.beat()
        born = self._monotonic()
        try:
            reply = self._client.send(self._login_request(), watch)
        except LookerError as error:
            refusal = grant.refusal(error, str(self._client.base))
            if refusal is None:
                raise
        else:
            token = grant.token_of(reply.body, self._logins + 1, born)
            if token is not None:
                return token
            refusal = grant.stranger(reply.status, str(self._client.base))
        raise refusal

    def _login_request(self) -> Request:
        secret = self._credentials.client_secret.reveal()
        form = {"client_id": self._credentials.client_id, "client_secret": secret}
        return Request(
            method="POST",
            path=f"/api/{API_VERSION}/login",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urllib.parse.urlencode(form).encode(),
            secrets=(secret,),
            # A body that holds a token must not become an excerpt.
            wants_json=False,
            whole=_LOGIN_WHOLE,
        )


class _Address(PApiSettings):
    """All that the SDK needs to know of our settings. It reads no files."""

    verify_ssl = True
    timeout = 0
    agent_tag = ""
    headers = None

    def __init__(self, client: Client) -> None:
        self.base_url = str(client.base)

    def is_configured(self) -> None:
        """Ours are checked where they are read."""

    def read_config(self) -> SettingsConfig:
        raise NotImplementedError("the credentials are the session's")


def _bearer(token: Token) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.secret.reveal()}"}


def _passes(error: BaseException) -> bool:
    return (
        isinstance(error, LookerError)
        and error.sort in _PASSING
        and not error.lasting
        and (error.retry_after or 0.0) <= _LONGEST
    )


_backoff = wait_exponential_jitter(initial=1, max=8)


def _wait(state: RetryCallState) -> float:
    """Return how long to wait: what Looker asked for, at least."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, LookerError) else None
    return max(_backoff(state), asked or 0.0)


def _nothing(*_: Any, **__: Any) -> Any:
    """Stand in for the SDK's deserialiser, which this session never needs."""
    raise NotImplementedError("models are never built")
