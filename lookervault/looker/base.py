"""What we need of Looker, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from lookervault.records import Login


class Watch(Protocol):
    """Whoever waits for an answer: hears of each step while the call runs."""

    def beat(self) -> None:
        """Something came in: the connection, a header, a chunk."""

    def more(self, size: int) -> None:
        """*size* decoded bytes came in. May block until there is room to read on."""

    def cuttable(self, cut: Callable[[], None] | None) -> None:
        """Take *cut*, which ends the call from another thread; ``None``: it is over."""


class Answer(msgspec.Struct, frozen=True):
    """A success of Looker's, untouched."""

    body: bytes
    """Decoded from its transfer and content encoding only."""
    seconds: float
    """From the start of the request to the last byte, without what `Watch.more` took."""
    date: float | None = None
    """The server's clock (``Date``), seconds since 1970."""
    total: int | None = None
    """``X-Total-Count``, where it was sent."""


class Source(Protocol):
    """Somewhere that content comes from. Safe to use from many threads."""

    def call(self, name: str, parameters: Mapping[str, object], watch: Watch) -> Answer:
        """Call the SDK's method *name*. Blocks while the request runs.

        Raises:
            LookerError: for anything that Looker or the network did. Its
                `sort` says what; nothing else is raised but by a bug.

        """

    def login(self) -> Login:
        """Log in if need be, and say as whom."""

    def version(self) -> str:
        """Return the version of the server, such as ``26.12.34``."""

    @property
    def instance(self) -> str:
        """The base URL, normalised: scheme, host and port in lower case, no user info."""

    @property
    def calls(self) -> int:
        """How many requests were sent, logins and failures included."""

    def close(self) -> None:
        """Log out (best effort, 2 s) and close the connections."""
