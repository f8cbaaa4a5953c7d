"""The status, the headers and the message of an answer that is an error."""

from __future__ import annotations

import math
from typing import Any

from fuzzing.engine import Wrong
from lookervault.core import answers
from lookervault.errors import LookerError

_SECRET = "canary-4711"  # noqa: S105 - is not to be found again
_NAMES = ("retry-after", "date", "x-total-count", "content-type", "location")
_DATE = b"Wed, 21 Oct 2026 07:28:00 GMT"


class Headers:
    """Two bytes of status, a line for each header, and the body."""

    tokens = (
        b"\n", _DATE, b"Wed, 21 Oct 2026 07:28:00 -0000", b"31 Feb 2026", b"-1", b"0",
        b"120", b"1.5", b"9" * 400, b"99999999999999999999 GMT", b"+9999999", b"nan", b"inf",
        b"application/json", b"application/problem+json; charset=utf-8", b"text/html",
        b'{"message": "x"}', _SECRET.encode(), b"https://", b"//", b"http://[::1", b"@",
        b"\x1b[31m", b"\xe2\x80\xae", b"\\ud800", b"client_secret=", b"Bearer ", b":" * 50,
    )  # fmt: skip

    def seeds(self) -> list[bytes]:
        """Return what servers send."""
        rest = b"\n7\napplication/json\nhttps://other.example/login\n"
        said = b'{"message": "Rate limit", "token": "' + _SECRET.encode() + b'"}'
        return [
            (429).to_bytes(2, "big") + b"120\n" + _DATE + rest + said,
            (503).to_bytes(2, "big") + _DATE + b"\n" + _DATE + rest + b"<html>Sorry",
            (302).to_bytes(2, "big") + b"\n\n\ntext/html\n//evil.example:1/x\n",
            (404).to_bytes(2, "big") + b"\n" * 5 + b"client_secret=" + _SECRET.encode(),
        ]

    def check(self, data: bytes) -> str:
        """Make an error of it."""
        status = 300 + int.from_bytes(data[:2], "big") % 300
        *lines, body = (data[2:] + b"\n" * 5).split(b"\n", 5)
        values = [line.decode("latin-1") for line in lines]
        error = answers.fault_of(
            status,
            dict(zip(_NAMES, values, strict=True)),
            body,
            base="https://looker.example",
            asked="GET /api/4.0/looks/7",
            secrets=[_SECRET],
        )
        total = answers.total_of(values[2])
        if total is not None and not 0 <= total < 10**18:
            raise Wrong("such a total makes no sense")
        wait = _wait(error.retry_after)
        date = _date(answers.server_time(values[1]))
        _shown(error)
        odd = answers.misfit(values[3], body) or ""
        told = len(error.reason) // 50, bool(error.excerpt)
        return f"{error.sort} {wait} {date} {total is None} {odd[:20]} {told}"


def _wait(seconds: Any) -> str:
    if seconds is None:
        return "no wait"
    if not 0 <= seconds <= 1e9:  # noqa: PLR2004 - thirty years
        raise Wrong(f"it would wait {seconds} s")
    return "for ever" if seconds == answers.FOREVER else f"{int(seconds > 1)} wait"


def _date(seconds: Any) -> str:
    if seconds is not None and not math.isfinite(seconds):
        raise Wrong("the date is not finite")
    return "no date" if seconds is None else "date"


def _shown(error: LookerError) -> None:
    for text in (error.reason, error.excerpt):
        if _SECRET in text:
            raise Wrong("the secret is shown")
        if answers.plain(text, limit=10_000) != text:
            raise Wrong("it is not fit to be shown")
    if len(error.reason) > 1_000 or len(error.excerpt) > 500:  # noqa: PLR2004 - the promise
        raise Wrong("it is too long")
