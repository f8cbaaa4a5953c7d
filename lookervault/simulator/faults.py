"""Which requests fail, and how."""

from __future__ import annotations

import enum
import hashlib


class Fault(enum.Enum):
    """What goes wrong with an answer."""

    ERROR = "500 as JSON"
    GATEWAY = "502 as HTML"
    UNAVAILABLE = "503 with an empty body"
    RESET = "the connection is reset"
    TRUNCATED = "half of the body, then the end"


class Faults:
    """Draws faults by seed: of a target and the number of times it was asked for.

    So a run meets the same faults in whatever order its requests arrive.
    """

    def __init__(self, seed: int, rate: float) -> None:
        self._seed = seed
        self._rate = rate
        self._asked: dict[str, int] = {}

    def draw(self, target: str) -> Fault | None:
        """Return what happens to this request for *target*, if anything."""
        if not self._rate:
            return None
        attempt = self._asked[target] = self._asked.get(target, 0) + 1
        text = f"{self._seed} {attempt} {target}".encode("utf-8", "surrogateescape")
        digest = hashlib.blake2b(text, digest_size=9).digest()
        if int.from_bytes(digest[:8], "big") >= self._rate * 2**64:
            return None
        return list(Fault)[digest[8] % len(Fault)]
