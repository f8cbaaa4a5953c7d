"""A simulated Looker in a process of its own, for tests and demonstrations."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from lookervault.errors import LookervaultError
from lookervault.simulator.admin import DOOR
from lookervault.simulator.settings import Settings, check

_PATIENCE = 30.0
"""Seconds that one request to the other door may take, or the end of the process."""


class Running:
    """A simulated Looker that runs, and its other door."""

    def __init__(self, base_url: str, settings: Settings) -> None:
        self.base_url = base_url
        self.client_id = settings.client_id
        self.client_secret = settings.client_secret

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


@contextlib.contextmanager
def running(settings: Settings | None = None) -> Iterator[Running]:
    """Start a Looker in a process of its own; it ends with the block.

    Raises:
        UsageError: for settings that make no sense.
        LookervaultError: if the process does not come up; it says why on
            standard error.

    """
    settings = settings or Settings()
    check(settings)
    command = [sys.executable, "-m", "lookervault.simulator.serve"]
    # The command is our own module.
    with subprocess.Popen(  # noqa: S603
        command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            # Through a pipe, so that credentials are in no list of processes.
            base = _told(process, settings)
            yield Running(base, settings)
        finally:
            _end(process)


def _told(process: subprocess.Popen[str], settings: Settings) -> str:
    if process.stdin is None or process.stdout is None:
        raise LookervaultError("The simulator has no pipes.")
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(msgspec.json.encode(settings).decode() + "\n")
        process.stdin.flush()
    base = process.stdout.readline().strip()
    if not base:
        raise LookervaultError("The simulator did not start; standard error says why.")
    return base


def _end(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
