"""What an answer to a login means: a token, a refusal, or that Looker is not there."""

from __future__ import annotations

import re

import msgspec

from lookervault.errors import LoginRefused, LookerError, Sort
from lookervault.looker.exchange import Token
from lookervault.looker.settings import Secret

_REFUSALS = {400, 401, 403, 404}
"""Statuses by which Looker turns a login down."""

_OF_THE_REQUEST = {Sort.REFUSED, Sort.NOT_FOUND, Sort.UNAUTHORIZED}
"""Troubles that speak of what was asked, and not of the state of the server."""

_ERROR = 400
"""Statuses below are no errors."""

_TOKEN = re.compile(r"[\x21-\x7e]+", re.ASCII)
"""What may stand in a header."""


class _Grant(msgspec.Struct):
    """What Looker answers to a login."""

    access_token: str
    expires_in: float = 3600.0


def token_of(body: bytes, number: int, born: float) -> Token | None:
    """Return the token in the *body* of a success, if there is one.

    *number* of the login, which began at *born*, in monotonic seconds.
    """
    try:
        grant = msgspec.json.decode(body, type=_Grant)
        fits = bool(_TOKEN.fullmatch(grant.access_token))
    except (ValueError, RecursionError):
        fits = False
    if not fits:
        return None
    lifetime = max(grant.expires_in, 1.0)
    early = min(60.0, lifetime / 10)
    return Token(Secret(grant.access_token), number, born + lifetime - early)


def refusal(error: LookerError, base: str) -> LookerError | None:
    """Return what *error* means for a login at *base*; ``None``: just what it says."""
    status = error.status
    if status is None or status < _ERROR or error.sort not in _OF_THE_REQUEST:
        return None
    if error.excerpt:  # a page, where Looker would send JSON
        return stranger(status, base)
    if status not in _REFUSALS:
        return None
    return LoginRefused(
        f"Looker at {base} does not accept the client id and secret: it answers"
        f" {status} to the login. Check them, or have a new API key made for the user.",
        status=status,
    )


def stranger(status: int, base: str) -> LookerError:
    """Return the error that somebody else than Looker answers at *base*."""
    return LookerError(
        Sort.MISSHAPEN,
        f"What answers at {base} is not Looker's API: the login brings status {status}"
        " and no JSON of Looker's. Check the base URL, and what stands before Looker.",
        status=status,
        lasting=True,
    )
