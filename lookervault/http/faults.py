"""What a failure of the network means, in words of ours: theirs may hold secrets."""

from __future__ import annotations

import ssl

from urllib3 import exceptions as trouble

from lookervault.core.answers import plain
from lookervault.errors import LookerError, Sort

_CAUSES: tuple[tuple[type[Exception], Sort, str], ...] = (
    (
        trouble.ProxyError,
        Sort.UNREACHABLE,
        "The proxy does not let us through to {base}{why}.",
    ),
    (
        trouble.SSLError,
        Sort.UNREACHABLE,
        "{base} cannot prove who it is{why}. Does it need a CA file of its own?",
    ),
    (trouble.NameResolutionError, Sort.UNREACHABLE, "The name in {base} is not known."),
    (trouble.NewConnectionError, Sort.UNREACHABLE, "{base} refuses the connection."),
    (
        trouble.ConnectTimeoutError,
        Sort.UNREACHABLE,
        "{base} cannot be reached in time.",
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


def _why(error: BaseException | None) -> str:
    """Return the short reason that lies at the bottom of *error*, if it is harmless."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            said = getattr(error, "verify_message", "") or error.reason or ""
            return f": {plain(said, limit=100)}" if said else ""
        if isinstance(error, OSError) and "407" in str(error):
            return ": it wants a name and a password (407)"
        inner = getattr(error, "original_error", None) or error.__cause__
        error = inner or next((a for a in error.args if isinstance(a, Exception)), None)
    return ""


def fault_of(
    error: Exception, *, base: str, asked: str, status: int | None, late: bool
) -> LookerError:
    """Return what *error* means.

    *status* of the answer, if it had begun; *late* if the deadline has passed.
    """
    if late and isinstance(error, (trouble.TimeoutError, TimeoutError)):
        reason = f"{base} took too long for {asked}: the deadline has passed."
        return LookerError(Sort.TIMED_OUT, reason, status=status)
    if status is not None and not isinstance(error, trouble.TimeoutError):
        reason = f"The answer to {asked} broke off, or cannot be decoded."
        return LookerError(Sort.MISSHAPEN, reason, status=status)
    _, sort, text = next(row for row in _CAUSES if isinstance(error, row[0]))
    reason = text.format(base=base, asked=asked, why=_why(error))
    return LookerError(sort, reason, status=status)
