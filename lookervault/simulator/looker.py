"""The simulated Looker: from a request to an answer, without sockets."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from lookervault.simulator.calls import Call, match
from lookervault.simulator.catalog import Catalog
from lookervault.simulator.changes import Changes, Verb, timetable
from lookervault.simulator.content import State
from lookervault.simulator.faults import Fault, Faults
from lookervault.simulator.limits import limiter
from lookervault.simulator.query import read, select
from lookervault.simulator.settings import Settings
from lookervault.simulator.tokens import CALLER, Tokens
from lookervault.simulator.wire import Answer, Request, answered, said

API = "/api/4.0"
_VERSION = "26.12.34"
_LIGHT = 0.05
"""What an item that ``fields`` cut down costs of a whole one."""

Later = Callable[[float, Callable[[], None]], object]
"""Calls back after so many seconds."""


class Looker:
    """Answers requests. *later* lets content change while it is read."""

    def __init__(self, settings: Settings, later: Later) -> None:
        self.settings = settings
        self.catalog = Catalog(settings)
        self.changes = Changes(self.catalog, settings.seed)
        self.tokens = Tokens(settings)
        self.forbidden: set[str] = set()
        self.base = ""
        self._later = later
        self._limiter = limiter(settings)
        self._faults = Faults(settings.seed, settings.fail_rate)
        self._caller = self.catalog.made("users", State())
        self._changing = settings.mutation is None

    def tune(self, settings: Settings) -> None:
        """Go on with other *settings*; content stays as it is."""
        self.settings = self.tokens.settings = settings
        self._limiter = limiter(settings)
        self._faults = Faults(settings.seed, settings.fail_rate)

    def answer(self, request: Request, now: float) -> Answer:
        """Answer *request* at *now*. Login and versions are free of limits and faults."""
        open_ = self._open(request, now)
        if open_ is not None:
            return open_
        if not self.tokens.valid(request, now):
            return said(401, "Requires authentication.")
        refusal = self._refusal(now)
        if refusal is not None:
            return refusal
        return self._spoiled(self._routed(request), request)

    def _open(self, request: Request, now: float) -> Answer | None:
        match request.method, request.path:
            case "POST", "/api/4.0/login":
                return self.tokens.login(request, now)
            case "DELETE", "/api/4.0/logout" | "/api/logout":
                return self.tokens.logout(request)
            case "GET", "/versions" | "/api/4.0/versions":
                return self._versions()
            case _:
                return None

    def _versions(self) -> Answer:
        current = {
            "version": "4.0",
            "full_version": "4.0.26.12",
            "status": "current",
            "swagger_url": f"{self.base}{API}/swagger.json",
        }
        return answered(
            {
                "looker_release_version": _VERSION,
                "current_version": current,
                "supported_versions": [current],
                "api_server_url": self.base,
                "web_server_url": self.base,
            }
        )

    def _refusal(self, now: float) -> Answer | None:
        wait = self._limiter.admit(now) if self._limiter else 0.0
        if not wait:
            return None
        answer = said(429, "Too many requests")
        answer.delay = self.settings.refusal_delay
        if self.settings.retry_after:
            answer.headers = {"Retry-After": str(max(1, math.ceil(wait)))}
        return answer

    def _spoiled(self, answer: Answer, request: Request) -> Answer:
        """Return *answer* with what the dice say done to it."""
        match self._faults.draw(request.target):
            case None:
                return answer
            case Fault.ERROR as fault:
                spoiled = said(500, "An error has occurred.")
            case Fault.GATEWAY as fault:
                page = b"<html><head><title>502 Bad Gateway</title></head></html>"
                spoiled = Answer(status=502, body=page, type="text/html")
            case Fault.UNAVAILABLE as fault:
                spoiled = Answer(status=503, type="text/html")
            case Fault.RESET | Fault.TRUNCATED as fault:
                spoiled = answer
        spoiled.delay, spoiled.fault = answer.delay, fault
        return spoiled

    def _routed(self, request: Request) -> Answer:
        path = request.path.removeprefix(API)
        if request.method == "GET" and request.path == f"{API}/user":
            return self._timed(self._me())
        found = (
            match(path) if request.method == "GET" and path != request.path else None
        )
        if found is None:
            return said(404, "Not found", path)
        call, identity = found
        if call.kind in self.forbidden:
            return said(403, "Forbidden", path)
        if call.kind == "dashboards":
            self._begin_changing()
        return self._timed(self.call(call, identity, request.parameters()))

    def call(self, call: Call, identity: str, parameters: dict[str, str]) -> Answer:
        """Answer *call*; *identity* is the id in its path."""
        try:
            query = read(call, identity, parameters, CALLER)
        except ValueError as error:
            return said(422, f"Validation Failed: {error}", call.path)
        shelf = self.catalog[call.kind]
        if call.one:
            number = shelf.find(identity)
            if number is None:
                return said(404, "Not found", call.path)
            return self.printed(call.kind, number, fields=query.fields)
        selection = select(shelf, query, self.settings.page_cap if call.paged else None)
        total = {"X-Total-Count": str(selection.total)}
        return Answer(
            print=lambda: _listed(
                shelf.bodies.print(selection.numbers, row=call.row, fields=query.fields)
            ),
            headers=total if call.paged and self.settings.total_count else {},
            kind=call.kind,
            numbers=selection.numbers,
            whole=not query.fields,
        )

    def printed(self, kind: str, number: int, *, fields: str = "") -> Answer:
        """Return one item."""
        bodies = self.catalog[kind].bodies
        return Answer(
            print=lambda: _single(bodies.print([number], row=False, fields=fields)),
            kind=kind,
            numbers=[number],
            whole=not fields,
        )

    def _me(self) -> Answer:
        """Return the user who asks, whether users are listed or not."""
        number = self._caller.number(CALLER) or 1
        return Answer(
            body=_single(self._caller.print([number], row=False, fields=""))[0]
        )

    def _timed(self, answer: Answer) -> Answer:
        settings = self.settings
        each = settings.per_item * (1.0 if answer.whole else _LIGHT)
        answer.delay = settings.latency + each * len(answer.numbers)
        return answer

    def _begin_changing(self) -> None:
        if self._changing or self.settings.mutation is None:
            return
        self._changing = True
        for seconds, verb in timetable(self.settings.mutation):
            self._later(seconds, _Change(self.changes, verb))


class _Change(msgspec.Struct, frozen=True):
    changes: Changes
    verb: Verb

    def __call__(self) -> None:
        self.changes.any(self.verb)


def _listed(pieces: list[bytes]) -> list[bytes]:
    """Return *pieces*, each item of which begins with a comma, as a JSON list."""
    if not pieces:
        return [b"[]"]
    return [b"[", pieces[0][1:], *pieces[1:], b"]"]


def _single(pieces: list[bytes]) -> list[bytes]:
    """Return *pieces* of one item without the comma that they begin with."""
    return [b"".join(pieces)[1:]]
