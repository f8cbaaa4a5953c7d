"""Makes text that others wrote safe to show: titles, ids, reasons.

A title may hold escape sequences that move the cursor or set the window's
title, line breaks that forge lines of a log, or marks that turn the direction
of what follows. All of them are shown as what they are.
"""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0, DEL and C1: ESC and CSI are among them
    "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069"  # direction, invisible
    "\u2028\u2029"  # line and paragraph separator
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # marks and tags nobody sees
    "\ud800-\udfff"  # halves of a pair, which no encoding takes
    "]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: str) -> str:
    """Return *text* on one line, with whatever is not plainly visible escaped."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    code = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    if code <= 0xFF:  # noqa: PLR2004 - what two hex digits can say
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - idem
