"""What of a run is logged, and how much it matters."""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from lookervault.core.figures import Summary
from lookervault.core.tally import Tally
from lookervault.messages import (
    Began,
    Called,
    Gapped,
    KindDone,
    Retried,
    Slowed,
    ToProgress,
    WorkerFailed,
)
from lookervault.output import verdict, words
from lookervault.output.events import record_of
from lookervault.output.safe import safe
from lookervault.units import described

_EVERY = 10.0
"""Seconds between two entries about how far the run is."""

log = logging.getLogger("lookervault.run")


class Request(msgspec.Struct, frozen=True, tag_field="message_type", tag="request"):
    """A request has ended. Logged with ``--debug``."""

    worker: str
    kind: str
    call: str
    """The SDK's name of it."""
    outcome: str
    """``ok``, ``refused``, ``overloaded`` or ``failed``."""
    seconds: float
    waited: float
    """Seconds before it started."""
    bytes: int
    """Of the body."""


class Retry(msgspec.Struct, frozen=True, tag_field="message_type", tag="retry"):
    """What could not be read will be tried again. Logged with ``--verbose``."""

    worker: str
    kind: str
    what: str
    status: int | None
    reason: str


class Entries:
    """A `Printer` that logs: everything that goes wrong, and now and then how far it is.

    With *verbose*, what will be tried again, too; with *debug*, every request.
    """

    def __init__(self, tally: Tally, *, verbose: bool, debug: bool) -> None:
        self._tally = tally
        self._verbose = verbose or debug
        self._debug = debug
        self._due: float | None = None
        self._began = False

    def event(self, event: ToProgress, now: float) -> None:
        match event:
            case Began() if self._began:
                # A coordinator that was restarted begins anew; the run does not.
                return
            case Called():
                if self._debug:
                    _request(event)
            case Retried():
                if self._verbose:
                    _retry(event)
            case _:
                self._began = self._began or isinstance(event, Began)
                text = words.notice(event, now)
                if text is not None:
                    level, worker = _importance(event)
                    _log(level, text, record_of(event, now), worker)

    def refresh(self, now: float) -> None:
        if self._due is None:
            self._due = now + _EVERY
        if now >= self._due:
            self._due = now + _EVERY
            status = self._tally.status(now)
            _log(logging.INFO, words.progress(status), status)

    def say(self, text: str) -> None:
        log.info("%s", text)

    def close(self, summary: Summary) -> None:
        level = logging.INFO if summary.status == "complete" else logging.WARNING
        reason = f" {safe(summary.reason)}" if summary.status == "failed" else ""
        figures = "; ".join(verdict.figures(summary))
        text = f"{verdict.headline(summary)}{reason} {figures}."
        _log(level, text, summary)


def _importance(event: ToProgress) -> tuple[int, str]:
    """Return the level of *event*, and the worker that it is about."""
    match event:
        case WorkerFailed(fetcher, _):
            return logging.ERROR, fetcher
        case Gapped() | Slowed():
            return logging.WARNING, ""
        case KindDone(_, report) if not report.complete:
            return logging.WARNING, ""
        case _:
            return logging.INFO, ""


def _request(event: Called) -> None:
    record = Request(
        event.fetcher,
        event.kind,
        event.call,
        event.outcome.value,
        round(event.seconds, 6),
        round(event.waited, 6),
        event.bytes,
    )
    text = (
        f"{event.call} for {event.kind}: {event.outcome.value} after"
        f" {event.seconds:.3f} s, {event.waited:.3f} s of waiting before,"
        f" {event.bytes} bytes"
    )
    _log(logging.DEBUG, text, record, event.fetcher)


def _retry(event: Retried) -> None:
    kind, fault = event.unit.part.kind, event.fault
    what = described(event.unit)
    record = Retry(event.fetcher, kind, what, fault.status, fault.reason)
    text = f"{kind} {what} will be tried again: {fault.reason}"
    _log(logging.INFO, text, record, event.fetcher)


def _log(level: int, text: str, record: object, worker: str = "") -> None:
    if log.isEnabledFor(level):
        fields: dict[str, Any] = msgspec.to_builtins(record) if record else {}
        log.log(level, "%s", text, extra={"fields": fields, "worker": worker})
