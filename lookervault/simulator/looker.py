"""The simulated Looker: from a request to an answer, without sockets."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import msgspec

from lookervault.simulator.calls import ME, Call, match
from lookervault.simulator.catalog import Catalog
from lookervault.simulator.changes import Changes, Verb, timetable
from lookervault.simulator.content import State
from lookervault.simulator.damage import BY_CHANCE, damaged, refused
from lookervault.simulator.dice import Dice
from lookervault.simulator.faults import Faults
from lookervault.simulator.latency import parse_latency
from lookervault.simulator.limits import limiter
from lookervault.simulator.query import read, select
from lookervault.simulator.script import Scripts, parse_scripts
from lookervault.simulator.settings import Settings, Titles
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
        self.catalog = Catalog(settings)
        self.changes = Changes(self.catalog, settings.seed)
        self.tokens = Tokens(settings)
        self.base = ""
        self._later = later
        self.tune(settings)
        # Who asks has a name that is text, whatever others are called.
        plain = Titles.HOSTILE if settings.titles is Titles.BROKEN else None
        self._caller = self.catalog.made("users", State(), plain)
        self._changing = settings.mutation is None

    def tune(self, settings: Settings) -> None:
        """Go on with other *settings*; content stays as it is.

        Limits, scripts and dice begin anew.
        """
        self.permit(settings)
        self._limiter = limiter(settings)
        self._scripts = Scripts(parse_scripts(settings.script))
        self._faults = Faults(settings.seed, settings.fail_rate)
        self._latency = parse_latency(settings.latency)
        self._pace = Dice(settings.seed, "latency")

    def permit(self, settings: Settings) -> None:
        """Go on with other permissions; limits, scripts and dice go on as well."""
        self.settings = self.tokens.settings = settings

    def admit(self, request: Request, now: float) -> Answer | None:
        """Answer what costs no work: login, versions and refusals.

        ``None``: the request is one to `work` on.
        """
        open_ = self._open(request, now)
        if open_ is not None:
            return open_
        if not self.tokens.valid(request, now):
            return refused(401)
        return self._refusal(now)

    def work(self, request: Request) -> Answer:
        """Answer a request that was admitted, with all that may go wrong."""
        found = _found(request)
        name, kind = (found[0].name, found[0].kind) if found else ("", "")
        word = self._scripts.take(name, kind)
        fault = self._faults.draw(request.target)
        if word.fault is None and fault is not None:
            word = BY_CHANCE[fault]
        return damaged(self._routed(request, found), word)

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
        asked = max(1, math.ceil(wait)) if self.settings.retry_after else None
        return self._refused(429, asked)

    def overloaded(self) -> Answer:
        """Return what those hear for whom there is no place in line."""
        return self._refused(503, None)

    def _refused(self, status: int, retry_after: int | None) -> Answer:
        answer = refused(status, retry_after)
        answer.delay = self.settings.refusal_delay
        return answer

    def _routed(self, request: Request, found: tuple[Call, str] | None) -> Answer:
        path = request.path.removeprefix(API)
        if found is None:
            return said(404, "Not found", path)
        call, identity = found
        if call is ME:
            return self._timed(self._me(), request)
        if call.kind in self.settings.hide:
            return said(404, "Not found", path)
        if call.kind in self.settings.forbid:
            return said(403, "Forbidden", path)
        if call.kind == "dashboards":
            self._begin_changing()
        return self._timed(self.call(call, identity, request.parameters()), request)

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
        """Return the user who asks, whether users are listed or not.

        The roles are those that there are; where kinds are hidden, one is lost.
        """
        number = self._caller.number(CALLER) or 1
        text = _single(self._caller.print([number], row=False, fields=""))[0]
        me = json.loads(text)
        find = self.catalog["roles"].find
        me["role_ids"] = [role for role in me["role_ids"] if find(role) is not None]
        if self.settings.hide:
            del me["role_ids"][-1:]
        return Answer(body=json.dumps(me).encode())

    def _timed(self, answer: Answer, request: Request) -> Answer:
        each = self.settings.per_item * (1.0 if answer.whole else _LIGHT)
        latency = self._latency.seconds(self._pace, request.target)
        answer.delay = latency + each * len(answer.numbers)
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


def _found(request: Request) -> tuple[Call, str] | None:
    """Return the call that is asked for, and the id in its path, if it is simulated."""
    path = request.path.removeprefix(API)
    simulated = request.method == "GET" and path != request.path
    return match(path) if simulated else None


def _listed(pieces: list[bytes]) -> list[bytes]:
    """Return *pieces*, each item of which begins with a comma, as a JSON list."""
    if not pieces:
        return [b"[]"]
    return [b"[", pieces[0][1:], *pieces[1:], b"]"]


def _single(pieces: list[bytes]) -> list[bytes]:
    """Return *pieces* of one item without the comma that they begin with."""
    return [b"".join(pieces)[1:]]
