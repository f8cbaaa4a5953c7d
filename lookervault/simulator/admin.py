"""The other door: ``/_simulator/...``, by which tests change and watch a Looker.

No login, no limits, no faults, and nothing of it is logged::

    POST delete, trash, restore, update, view   {"kind": ..., "ids": [...]}
    POST create                                 {"kind": ..., "count": n}
    POST forbid, hide, allow                    {"kind": ...}: 403, 404, as usual
    POST revoke                                 {}: all tokens end
    POST tune                                   {"latency": 0.2, ...}: any of `Settings`
    GET  ids?kind=  body?kind=&id=&call=  log  stats  changes
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from lookervault.content import KINDS, named
from lookervault.errors import LookervaultError, UsageError
from lookervault.simulator.calls import BY_NAME
from lookervault.simulator.changes import Verb
from lookervault.simulator.door import DOOR
from lookervault.simulator.journal import Journal
from lookervault.simulator.looker import Looker
from lookervault.simulator.settings import Settings, check
from lookervault.simulator.wire import Answer, Request, answered

_Body = Mapping[str, Any]


class Admin:
    """Does to *looker* what tests ask for."""

    def __init__(
        self, looker: Looker, journal: Journal, stats: Callable[[], dict[str, Any]]
    ) -> None:
        self._looker = looker
        self._posts: Mapping[str, Callable[[_Body], Any]] = {
            **{verb.value: self._changer(verb) for verb in Verb},
            "create": self._create,
            "forbid": lambda body: self._permit(body, forbid=True),
            "hide": lambda body: self._permit(body, hide=True),
            "allow": self._permit,
            "revoke": lambda _: looker.tokens.revoke(),
            "tune": self._tune,
        }
        self._gets: Mapping[str, Callable[[_Body], Answer]] = {
            "ids": self._ids,
            "body": self._body,
            "log": lambda _: Answer(body=journal.lines(), type="application/x-ndjson"),
            "stats": lambda _: answered(stats()),
            "changes": lambda _: answered(looker.changes.made),
        }

    def answer(self, request: Request) -> Answer:
        """Answer a request whose path begins with `DOOR`."""
        word = request.path.removeprefix(DOOR)
        try:
            if request.method == "GET" and word in self._gets:
                return self._gets[word](request.parameters())
            if request.method == "POST" and word in self._posts:
                return answered(self._posts[word](json.loads(request.body or b"{}")))
        except (LookervaultError, ValueError, KeyError, TypeError) as error:
            return answered({"message": f"{type(error).__name__}: {error}"}, status=400)
        return answered(
            {"message": f"There is no {request.method} {word}."}, status=404
        )

    def _changer(self, verb: Verb) -> Callable[[_Body], list[str]]:
        def change(body: _Body) -> list[str]:
            return self._looker.changes.change(verb, _kind(body), list(body["ids"]))

        return change

    def _create(self, body: _Body) -> list[str]:
        return self._looker.changes.create(_kind(body), int(body["count"]))

    def _permit(self, body: _Body, *, forbid: bool = False, hide: bool = False) -> None:
        kind, old = _kind(body), self._looker.settings
        changed = {
            name: tuple(sorted({*getattr(old, name)} - {kind}) + [kind] * wanted)
            for name, wanted in (("forbid", forbid), ("hide", hide))
        }
        self._looker.permit(msgspec.structs.replace(old, **changed))

    def _tune(self, body: _Body) -> None:
        old = msgspec.to_builtins(self._looker.settings)
        settings = msgspec.convert({**old, **body}, Settings)
        check(settings)
        self._looker.tune(settings)

    def _ids(self, body: _Body) -> Answer:
        shelf = self._looker.catalog[_kind(body)]
        text = shelf.bodies.text
        live = [{"id": text(n), "trashed": False} for n in shelf.numbers()]
        return answered(
            live + [{"id": text(n), "trashed": True} for n in shelf.numbers(trash=True)]
        )

    def _body(self, body: _Body) -> Answer:
        """Return an item as *call* would send it, also one that was deleted."""
        kind = _kind(body)
        bodies = self._looker.catalog[kind].bodies
        number = bodies.number(body["id"])
        if number is None:
            raise UsageError(f"There can be no {kind} with the id {body['id']!r}.")
        name = body.get("call") or KINDS[kind].single.call
        pieces = bodies.print(
            [number], row=BY_NAME[name].row, fields=body.get("fields", "")
        )
        return Answer(body=b"".join(pieces)[1:])


def _kind(body: _Body) -> str:
    return named([body["kind"]])[0]
