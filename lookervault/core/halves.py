r"""JSON in which half a character is missing, such as ``"\ud83d"``.

Ruby, Python and JavaScript write and read that; msgspec refuses the whole text,
as no string of its own could hold it. So each half is put aside for a character
that the text does not have, and put back in what is kept. A text without halves
never comes here: to look for them costs a pass over all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lookervault.records import Row

_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|u(?P<other>[0-9a-fA-F]{4})|.)"
    rb"|(?P<plain>[\xee\xef][\x80-\xbf]{2})",
    re.DOTALL,
)
"""An escape: two halves in their order, half a pair, any other one; or what may be a
character for private use, as it is."""

_PRIVATE = range(0xE000, 0xF900)
"""Characters that nobody has given a meaning; few texts have any."""

_UNKNOWN = "\ufffd"
"""What stands for what cannot be shown."""


def readable(body: bytes) -> bytes:
    """Return *body* with U+FFFD for each half, for what is only shown."""
    return _ESCAPE.sub(lambda m: rb"\ufffd" if m["half"] else m[0], body)


class Halves:
    """The halves of *bodies*, and a character to stand in for each way to write one.

    Raises:
        ValueError: there are none, or too many to find a character for each.

    """

    def __init__(self, *bodies: bytes) -> None:
        taken: set[int] = set()
        halves: dict[bytes, None] = {}
        for body in bodies:
            for match in _ESCAPE.finditer(body):
                if match["half"]:
                    halves[match[0]] = None
                else:
                    taken.add(_code(match))
        if not halves:
            raise ValueError("no half of a character is in it")
        free: Iterator[int] = (code for code in _PRIVATE if code not in taken)
        self._stand_ins = dict(zip(halves, free, strict=False))
        self._halves = {code: half for half, code in self._stand_ins.items()}
        if len(self._stand_ins) < len(halves):
            raise ValueError("too many halves of characters are in it")

    def aside(self, body: bytes) -> bytes:
        """Return *body* with its halves put aside: as long as it was, and msgspec's."""
        return _ESCAPE.sub(
            lambda m: b"\\u%04x" % self._stand_ins[m[0]] if m["half"] else m[0], body
        )

    def back(self, body: bytes) -> bytes:
        """Return JSON with the halves where they were, as they were written."""
        return _ESCAPE.sub(lambda m: self._halves.get(_code(m), m[0]), body)

    def shown(self, text: str) -> str:
        """Return *text* with U+FFFD for each half."""
        return text.translate(dict.fromkeys(self._halves, _UNKNOWN))

    def row(self, row: Row) -> Row:
        """Return *row* as it can be shown.

        Raises:
            ValueError: a half is in its id, so that no request could ask for it.

        """
        if self.shown(row.id) != row.id:
            raise ValueError("an item has half a character in its id")
        dated, folder = row.updated_at, row.folder
        return Row(
            row.id,
            None if dated is None else self.shown(dated),
            row.deleted,
            None if folder is None else self.shown(folder),
        )


def _code(match: re.Match[bytes]) -> int:
    """Return which character it is, if it is one for private use; else -1 or another."""
    if match["other"]:
        return int(match["other"], 16)
    return ord(match["plain"].decode(errors="replace")) if match["plain"] else -1
