"""What a failure of the network means, in words of ours: theirs may hold secrets."""

from __future__ import annotations

import os
import re
import socket
import ssl

from urllib3 import exceptions as trouble

from lookervault.core.answers import plain
from lookervault.errors import LookerError, Sort

_CAUSES: tuple[tuple[type[Exception], Sort, str], ...] = (
    (
        trouble.NameResolutionError,
        Sort.UNREACHABLE,
        "The name in {base} is not known: check the base URL, and the network.",
    ),
    (
        trouble.NewConnectionError,
        Sort.UNREACHABLE,
        "{base} cannot be reached{why}. Check the base URL, and the network.",
    ),
    (
        trouble.ConnectTimeoutError,
        Sort.UNREACHABLE,
        "{base} cannot be reached in time. Check the base URL, and the network.",
    ),
    (
        trouble.ReadTimeoutError,
        Sort.TIMED_OUT,
        "{base} sent nothing for too long after {asked}.",
    ),
    (trouble.EmptyPoolError, Sort.UNREACHABLE, "No connection to {base} became free."),
    (
        Exception,
        Sort.UNREACHABLE,
        "{base} closed the connection before it answered to {asked}.",
    ),
)
"""What a failure means, if no answer has begun; the first that fits is taken."""

_TUNNEL = re.compile(r"Tunnel connection failed: ([1-5][0-9]{2})\b", re.ASCII)
"""How Python tells of a proxy that answered to CONNECT."""

_NOT_NOW = {9, 10}
_OTHER_HOST = {62, 64}
"""Of OpenSSL's reasons for not trusting a certificate: its time, and its names."""


def fault_of(
    error: Exception,
    *,
    base: str,
    asked: str,
    status: int | None,
    late: bool,
    proxy: str | None = None,
) -> LookerError:
    """Return what *error* means.

    *status* of the answer, if it had begun; *late* if the deadline has passed.
    *proxy* is its address, without a name and a password.
    """
    if late and isinstance(error, (trouble.TimeoutError, TimeoutError)):
        reason = f"{base} took too long for {asked}: the deadline has passed."
        return LookerError(Sort.TIMED_OUT, reason, status=status)
    if status is not None and not isinstance(error, trouble.TimeoutError):
        reason = f"The answer to {asked} broke off, or cannot be decoded."
        return LookerError(Sort.MISSHAPEN, reason, status=status)
    bottom = _bottom(error)
    if isinstance(error, trouble.ProxyError):
        return _of_proxy(bottom, f"The proxy {proxy}" if proxy else "The proxy", base)
    if isinstance(bottom, ssl.SSLError) and not isinstance(bottom, ssl.SSLEOFError):
        return _of_tls(bottom, base)
    _, sort, text = next(row for row in _CAUSES if isinstance(error, row[0]))
    reason = text.format(base=base, asked=asked, why=_why(bottom))
    unknown = isinstance(bottom, socket.gaierror) and bottom.errno == socket.EAI_NONAME
    return LookerError(sort, reason, status=status, lasting=unknown)


def _bottom(error: BaseException) -> BaseException:
    """Return what lies below all wrappings of *error*."""
    while True:
        inner = getattr(error, "original_error", None) or error.__cause__
        inner = inner or next((a for a in error.args if isinstance(a, Exception)), None)
        if inner is None:
            return error
        error = inner


def _why(bottom: BaseException) -> str:
    """Return what the system says of *bottom*, if it is harmless."""
    match bottom:
        case ssl.SSLCertVerificationError():
            said = bottom.verify_message
        case ssl.SSLError():
            said = bottom.reason or ""
        case socket.gaierror():
            said = "its name is not known"
        case OSError(errno=int(number)) if number > 0:
            said = os.strerror(number)
        case _:
            said = ""
    return f": {plain(said, limit=150).rstrip('.')}" if said else ""


def _of_proxy(bottom: BaseException, proxy: str, base: str) -> LookerError:
    told = _TUNNEL.search(str(bottom))
    if told is None:
        reason = (
            f"{proxy} cannot be reached{_why(bottom)}. Check the variable"
            " https_proxy, and the network."
        )
        return LookerError(Sort.UNREACHABLE, reason)
    if told[1] == "407":
        reason = (
            f"{proxy} wants a name and a password (407): put them into the"
            " variable https_proxy."
        )
    else:
        reason = (
            f"{proxy} does not let us through to {base}: it answers"
            f" {told[1]}. Ask whoever runs it, or name {base} in no_proxy."
        )
    return LookerError(Sort.UNREACHABLE, reason, lasting=told[1].startswith("4"))


def _of_tls(bottom: ssl.SSLError, base: str) -> LookerError:
    why = _why(bottom)
    if isinstance(bottom, ssl.SSLCertVerificationError):
        reason = f"{base} cannot prove who it is{why}. {_advice(bottom.verify_code)}"
    else:
        reason = f"{base} does not speak TLS as it should{why}. Check address and port."
    return LookerError(Sort.UNREACHABLE, reason, lasting=True)


def _advice(code: int) -> str:
    if code in _NOT_NOW:
        return "Have its certificate renewed, unless this host's clock is wrong."
    if code in _OTHER_HOST:
        return "Check the base URL."
    return "If an authority of your own signed its certificate, name that by --ca-file."
