"""Who is logged in."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs

from lookervault.simulator.settings import Settings
from lookervault.simulator.wire import Answer, Request, answered, said

CALLER = "1"
"""The user whom everyone logs in as."""


class Tokens:
    """Hands out access tokens, and takes them back."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._ends: dict[str, float] = {}
        self._made = 0

    def login(self, request: Request, now: float) -> Answer:
        """Return a token for the right credentials; for others 404, as Looker does."""
        form = parse_qs(request.body.decode("latin-1"))
        settings = self.settings
        right = {
            "client_id": [settings.client_id],
            "client_secret": [settings.client_secret],
        }
        if any(form.get(name) != value for name, value in right.items()):
            return said(404, "Not found", "/login")
        self._made += 1
        text = f"{settings.seed} {self._made} {settings.client_id}"
        token = hashlib.blake2b(text.encode(), digest_size=20).hexdigest()
        self._ends[token] = now + settings.token_ttl
        kept = {"access_token": token, "token_type": "Bearer", "refresh_token": None}
        return answered({**kept, "expires_in": int(settings.token_ttl)})

    def logout(self, request: Request) -> Answer:
        """Forget the token."""
        self._ends.pop(_token(request), None)
        return Answer(status=204)

    def revoke(self) -> None:
        """Forget all tokens."""
        self._ends.clear()

    def valid(self, request: Request, now: float) -> bool:
        """Whether *request* carries a token that holds at *now*."""
        return self._ends.get(_token(request), now) > now


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() in {"token", "bearer"} else ""
