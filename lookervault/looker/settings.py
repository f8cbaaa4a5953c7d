"""Where Looker is, and as whom to ask."""

from __future__ import annotations

import msgspec

from lookervault.core.base_url import BaseUrl
from lookervault.http.client import Limits
from lookervault.looker.secret import Secret

__all__ = ["Credentials", "Secret"]


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
