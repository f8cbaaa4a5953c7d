"""What an answer of Looker's means: its trouble, its shape, how long to wait.

All that comes in was written by others. What goes out is fit to be shown:
one line, no control characters, no secrets.
"""

from __future__ import annotations

import email.utils
import re
import unicodedata
import urllib.parse
from collections.abc import Iterable, Mapping
from datetime import UTC

import msgspec

from lookervault.core import base_url
from lookervault.core.redaction import redacted, without
from lookervault.errors import LookerError, Sort, UsageError

FOREVER = 1e9
"""Seconds, thirty years: whoever asks for more means just that."""

_SORTS = {
    401: Sort.UNAUTHORIZED,
    404: Sort.NOT_FOUND,
    407: Sort.UNREACHABLE,
    408: Sort.OVERLOADED,
    429: Sort.LIMITED,
}

_LONGEST_ORIGIN = 100
"""Characters of an address that is shown; a longer one is nobody's Looker."""

_OWN_FAULT = 500
"""From here on, the server says that the fault is its own."""

_SECONDS = re.compile(r"\s*\d+(\.\d+)?\s*", re.ASCII)
_DIGITS = re.compile(r"\d{1,18}", re.ASCII)
_OPENING = re.compile(rb"[ \t\r\n]*[\[{]")
_JSON = re.compile(r"[\w.-]+/([\w.-]+\+)?json\s*(;|$)", re.ASCII | re.IGNORECASE)


def sort_of(status: int) -> Sort:
    """Return what kind of trouble the HTTP *status* is."""
    if _points(status):
        return Sort.MISSHAPEN
    return _SORTS.get(status, Sort.OVERLOADED if status >= _OWN_FAULT else Sort.REFUSED)


def server_time(date: str | None) -> float | None:
    """Return the seconds since 1970 that an HTTP *date* stands for, if it is one."""
    try:
        moment = email.utils.parsedate_to_datetime(date or "")
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def retry_after(value: str | None, date: str | None = None) -> float | None:
    """Return how many seconds ``Retry-After: value`` asks us to wait.

    A date is taken against the answer's own *date*, since our clocks may
    differ; one that has passed is a second. ``None`` if it cannot be read. How much
    of it is obeyed is not decided here.
    """
    if value is None:
        return None
    if _SECONDS.fullmatch(value):
        return min(float(value), FOREVER)
    until, now = server_time(value), server_time(date)
    if until is None or now is None:
        return None
    return min(max(until - now, 1.0), FOREVER)


def total_of(value: str | None) -> int | None:
    """Return the number that ``X-Total-Count: value`` says, if it says one."""
    return int(value) if value and _DIGITS.fullmatch(value) else None


def fault_of(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    base: str,
    asked: str,
    secrets: Iterable[str] = (),
) -> LookerError:
    """Return the error that an answer other than 2xx is.

    *headers* by their names in lower case. *asked* says what was asked for, as
    ``GET /api/4.0/looks/7``. *secrets* will not be part of the sentence.
    """
    sort = sort_of(status)
    said = scrubbed(_message(body), secrets, limit=200)
    reason = _sentence(status, sort, base, plain(asked, limit=200), said)
    if _points(status):
        reason = without(_pointed(status, base, headers.get("location", "")), secrets)
    strange = misfit(headers.get("content-type"), body) is not None
    return LookerError(
        sort,
        reason,
        status=status,
        retry_after=retry_after(headers.get("retry-after"), headers.get("date")),
        excerpt=excerpt(body, secrets) if strange else "",
        lasting=sort is Sort.UNREACHABLE or _points(status),
    )


def misfit(content_type: str | None, body: bytes) -> str | None:
    """Return what is wrong with a success that should be JSON: an object or a list."""
    if not body.strip():
        return "the answer is empty"
    if content_type and not _JSON.match(content_type.strip()):
        return f"the answer is {plain(content_type, limit=60)} instead of JSON"
    if not _OPENING.match(body):
        return "the answer is neither a JSON object nor a list"
    return None


def misshapen(
    wrong: str, *, asked: str, body: bytes, secrets: Iterable[str] = ()
) -> LookerError:
    """Return the error of a success whose *body* is not what was *asked* for."""
    reason = f"Looker's answer to {plain(asked, limit=200)} makes no sense: {wrong}."
    shown = excerpt(body, secrets)
    return LookerError(Sort.MISSHAPEN, reason, excerpt=shown, lasting=True)


def excerpt(body: bytes, secrets: Iterable[str] = ()) -> str:
    """Return the first 500 characters of *body*, fit to be shown."""
    # Secrets are looked for in more than is shown: one may be cut in two at the end.
    return scrubbed(body[:4096].decode("utf-8", "replace"), secrets, limit=500)


def scrubbed(text: str, secrets: Iterable[str] = (), *, limit: int) -> str:
    """Return *text* without *secrets* and what looks like one, fit to be shown."""
    return plain(redacted(text, secrets), limit=limit)


def plain(text: str, *, limit: int) -> str:
    """Return at most *limit* characters of *text*, on one line.

    Control characters, escape sequences, marks that turn the direction of
    writing and lone surrogates become a space or a question mark.
    """
    shown = "".join(map(_harmless, text[: limit * 4]))
    words = " ".join(shown.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _harmless(character: str) -> str:
    if character.isspace():
        return " "
    return "?" if unicodedata.category(character)[0] == "C" else character


def _message(body: bytes) -> str:
    """Return what Looker says of its error, which is JSON with a ``message``."""
    try:
        said = msgspec.json.decode(body, type=dict[str, msgspec.Raw])["message"]
        return msgspec.json.decode(said, type=str)
    except (ValueError, KeyError, RecursionError):
        return ""


def _sentence(status: int, sort: Sort, base: str, asked: str, said: str) -> str:
    told = f": {said}" if said else "."
    match sort:
        case Sort.UNREACHABLE:
            return (
                "The proxy wants a name and a password (407): put them into the variable"
                " http_proxy."
            )
        case Sort.NOT_FOUND:
            return f"{base} answers 404 to {asked}: gone, or hidden from this login."
        case _:
            return f"{base} answers {status} to {asked}{told}"


def _points(status: int) -> bool:
    """Whether *status* points elsewhere, as maintenance and single sign-on do."""
    return 300 <= status < 400  # noqa: PLR2004 - HTTP's own numbers


def _pointed(status: int, base: str, location: str) -> str:
    where = _origin(base, location)
    if where is None or where == base:
        return (
            f"{base} answers {status} and points to another page of its own, as"
            " Looker's API never does: check the base URL."
        )
    return (
        f"{base} answers {status} and points to {where}: if that is your Looker, use"
        " it as the base URL."
    )


def _origin(base: str, location: str) -> str | None:
    """Return scheme, host and port of where others at *base* point to, if that can be."""
    try:
        parts = urllib.parse.urlsplit(urllib.parse.urljoin(base, location))
        host = parts.netloc.rpartition("@")[2]
        place = str(base_url.parse(f"{parts.scheme}://{host}", insecure_http=True))
    except (ValueError, UsageError):
        return None
    return place if len(place) <= _LONGEST_ORIGIN else None
