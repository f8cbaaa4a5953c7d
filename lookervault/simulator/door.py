"""The other door of a simulated Looker, as those see it who knock."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from lookervault.errors import LookervaultError
from lookervault.simulator.settings import Settings

DOOR = "/_simulator/"
"""What the paths begin with."""

_PATIENCE = 30.0
"""Seconds that one request may take."""


class Running:
    """A simulated Looker that runs, and its other door."""

    def __init__(self, base_url: str, settings: Settings) -> None:
        self.base_url = base_url
        self.client_id = settings.client_id
        self.client_secret = settings.client_secret

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables by which `lookervault` finds it and logs in."""
        return {
            "LOOKERSDK_BASE_URL": self.base_url,
            "LOOKERSDK_CLIENT_ID": self.client_id,
            "LOOKERSDK_CLIENT_SECRET": self.client_secret,
        }

    def get(self, word: str, **parameters: str) -> bytes:
        """Return what `admin` answers to a GET of *word*."""
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self._ask("GET", word + query, None)

    def post(self, word: str, **body: Any) -> Any:
        """Have `admin` do *word*, such as ``delete``, and return what it says."""
        return json.loads(self._ask("POST", word, json.dumps(body)))

    def ids(self, kind: str, *, trashed: bool = False) -> list[str]:
        """Return the ids of what lives just now, or of what lies in the trash."""
        rows = json.loads(self.get("ids", kind=kind))
        return [row["id"] for row in rows if row["trashed"] is trashed]

    def body(self, kind: str, identity: str, call: str = "") -> bytes:
        """Return the bytes of an item as the SDK's method *call* gets them, by id if empty."""
        return self.get("body", kind=kind, id=identity, call=call)

    def log(self) -> list[dict[str, Any]]:
        """Return what was asked for, an entry for each request."""
        return [json.loads(line) for line in self.get("log").splitlines()]

    def stats(self) -> dict[str, Any]:
        """Return the counts since the start."""
        found: dict[str, Any] = json.loads(self.get("stats"))
        return found

    def changes(self) -> list[dict[str, Any]]:
        """Return what has changed since the start, each with verb, kind and ids."""
        found: list[dict[str, Any]] = json.loads(self.get("changes"))
        return found

    def _ask(self, method: str, path: str, body: str | None) -> bytes:
        host = urlsplit(self.base_url).netloc
        with contextlib.closing(
            http.client.HTTPConnection(host, timeout=_PATIENCE)
        ) as way:
            way.request(method, DOOR + path, body)
            answer = way.getresponse()
            text = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise LookervaultError(
                f"The simulator does not do {path!r}: {text.decode()}"
            )
        return text
