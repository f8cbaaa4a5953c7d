"""Chance by seed: the same run meets the same luck in whatever order it asks."""

from __future__ import annotations

import hashlib


class Dice:
    """Rolls for a target and the number of times it was asked for, not for the moment.

    *name* keeps dice of one seed apart.
    """

    def __init__(self, seed: int, name: str = "") -> None:
        self._start = f"{seed} {name}" if name else f"{seed}"
        self._asked: dict[str, int] = {}

    def roll(self, target: str) -> bytes:
        """Return nine bytes for the next request for *target*."""
        attempt = self._asked[target] = self._asked.get(target, 0) + 1
        text = f"{self._start} {attempt} {target}".encode("utf-8", "surrogateescape")
        return hashlib.blake2b(text, digest_size=9).digest()


def share(roll: bytes) -> float:
    """Return what *roll* comes to, from 0 up to, but not including, 1."""
    # Of 64 bits, the highest would round to 1.
    return (int.from_bytes(roll[:8], "big") >> 11) * 2.0**-53
