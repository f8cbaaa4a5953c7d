"""What travels with a call on its way through the SDK, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from looker_sdk.rtl.transport import TransportOptions

from lookervault.http.client import Reply
from lookervault.looker.base import Watch
from lookervault.looker.settings import Secret


class Unwatched:
    """A `Watch` for calls that nobody waits for in particular."""

    def beat(self) -> None:
        pass

    def more(self, size: int) -> None:
        pass

    def cuttable(self, cut: Callable[[], None] | None) -> None:
        pass


class Token(msgspec.Struct, frozen=True, eq=False):
    """What a login gave us."""

    secret: Secret
    number: int
    """Of the login that gave it, counting from 1."""
    until: float
    """Monotonic time from which on a new one is better."""


class Exchange:
    """A call through the SDK: carries its `Watch` down, and the reply up."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.begun = 0
        """How many logins there had been when it asked for a token."""
        self.token: Token | None = None
        """Which token it was sent with."""
        self.reply: Reply | None = None


class Options(TransportOptions, total=False):
    """The SDK hands these down to the transport untouched."""

    exchange: Exchange


def exchange_of(options: TransportOptions | None) -> Exchange:
    """Return the exchange that *options* carry; a new one for the SDK's own calls."""
    found: Any = (options or {}).get("exchange")
    return found if isinstance(found, Exchange) else Exchange(Unwatched())
