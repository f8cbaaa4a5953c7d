"""What an answer looks like after a fault."""

from __future__ import annotations

from http import HTTPStatus

from lookervault.simulator.faults import Fault
from lookervault.simulator.script import Word
from lookervault.simulator.wire import Answer, phrase, said

_HTML = "text/html"
_MESSAGES = {
    401: "Requires authentication.",
    404: "Not found",
    422: "Validation Failed",
    429: "Too many requests",
    500: "An error has occurred.",
}
"""Where Looker does not just name the status."""

_BY_PROXY = {502, 504}
"""What the proxy in front of Looker says in HTML."""

BY_CHANCE = {
    Fault.ERROR: Word(fault=Fault.ERROR, status=500),
    Fault.GATEWAY: Word(fault=Fault.GATEWAY, status=502),
    Fault.UNAVAILABLE: Word(fault=Fault.UNAVAILABLE, status=503),
    Fault.RESET: Word(fault=Fault.RESET),
    Fault.TRUNCATED: Word(fault=Fault.TRUNCATED),
}
"""What becomes of a request when the dice say so."""


def damaged(answer: Answer, word: Word) -> Answer:
    """Return what is sent instead of *answer*, after the same delay."""
    if word.over:
        answer.over = word.over
    if word.fault is None:
        return answer
    match word.fault:
        case Fault.RESET | Fault.TRUNCATED | Fault.HANG:
            sent = answer
        case Fault.HTML:
            sent = Answer(body=_page("Looker", "Please log in."), type=_HTML)
        case Fault.EMPTY:
            sent = Answer()
        case Fault.NULL:
            sent = Answer(body=b"null")
        case _:
            sent = refused(word.status, word.retry_after)
            sent.ahead = word.ahead
    sent.delay, sent.fault = answer.delay, word.fault
    return sent


def refused(status: int, retry_after: int | str | None = None) -> Answer:
    """Return how Looker, or what stands before it, says *status*."""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer = Answer(status=status, type=_HTML)
    elif status in _BY_PROXY:
        page = _page(f"{status} {phrase(status)}")
        answer = Answer(status=status, body=page, type=_HTML)
    else:
        answer = said(status, _MESSAGES.get(status) or phrase(status))
    if retry_after is not None:
        answer.headers = {"Retry-After": str(retry_after)}
    return answer


def _page(title: str, text: str = "") -> bytes:
    head = f"<html><head><title>{title}</title></head>"
    return f"{head}<body>{text}</body></html>".encode()
