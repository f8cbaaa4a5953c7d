"""How many columns text takes on a terminal, at most, and how it is made to fit.

Terminals disagree on what joins and what is wide. What is counted here is what
the most generous of them makes of it, so that a line that fits here fits everywhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_BLANK = {"Mn", "Me"}
"""Categories that are drawn on or into the character before."""

_UNKNOWN = {"Cn", "Co", "No", "So"}
"""Categories that a terminal with newer tables, or with pictures, may draw wide."""

_DENSE = 4
"""Characters that are kept for each column: marks may be stacked without end."""

_PICTURES = 0x2600
"""No symbol before this one is drawn wide without being told to: ``━`` never is."""

_EMOJI = "\ufe0f"
"""Asks for the character before it to be drawn as a picture: two columns."""


def width(text: str) -> int:
    """Return how many columns *text* takes, at most. It has no control characters."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if character.isascii():
        return 1
    if character == _EMOJI:
        return 1
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    category = unicodedata.category(character)
    if category in _BLANK:
        return 0
    return 2 if category in _UNKNOWN and ord(character) >= _PICTURES else 1


def cut(text: str, columns: int, *, mark: str = "…") -> str:
    """Return *text*, or as much of it as fits into *columns* together with *mark*."""
    if width(text) <= columns and len(text) <= _DENSE * columns:
        return text
    kept, room = [], columns - width(mark)
    if room < 0:
        return mark[: max(columns, 0)]
    for character in text[: _DENSE * room]:
        room -= _width(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + mark


def packed(words: Iterable[str], columns: int, *, between: str = ", ") -> list[str]:
    """Return *words* in as few lines of *columns* as they take in their order.

    A word that is longer than a line has one for itself, uncut.
    """
    lines: list[str] = []
    for word in words:
        joined = f"{lines[-1]}{between}{word}" if lines else word
        if lines and width(joined) <= columns:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
