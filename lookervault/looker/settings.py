"""Where Looker is, and as whom to ask."""

from __future__ import annotations

import hmac

import msgspec

from lookervault.core.base_url import BaseUrl
from lookervault.http.client import Limits

_HIDDEN = "***"


class Secret:
    """Text that does not show: not printed, not formatted, not pickled."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return _HIDDEN

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return _HIDDEN

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        return Secret, (_HIDDEN,)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """Where Looker is, and as whom to ask."""

    base_url: BaseUrl
    client_id: str
    client_secret: Secret
    verify: bool = True
    """Whether the server must prove who it is."""
    ca_file: str | None = None
    """The authorities to trust instead of the system's."""
    proxy: Secret | None = None
    """URL of a proxy: it may hold a name and a password."""
    limits: Limits = Limits()
