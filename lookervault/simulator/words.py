"""Titles and texts such as people write, and such as nobody should."""

from __future__ import annotations

import json
import random

from lookervault.simulator.settings import Titles

USUAL = (
    "Quarterly revenue",
    "Sales overview",
    "Umsätze nach Region: Größe & Maß",
    "売上ダッシュボード",
    "用户留存分析",
    "لوحة المبيعات الشهرية",
    "דוח מכירות רבעוני",
    "Отчёт по продажам",
    "🚀 Growth 👩‍👩‍👧‍👦 by cohort 🏳️‍🌈",
)
"""Titles as people write them."""

HOSTILE = (
    'The "quoted" one \\ with a backslash',
    "Two\nlines\tand a tab",
    "NUL \u0000 inside",
    "Line\u2028separator\u2029and paragraph",
    "\u202eright to left override",
    "\u001b[31mred\u001b[0m and a bell \u0007",
    "<script>alert('title')</script>",
    "'; DROP TABLE dashboards; --",
    "../../etc/passwd",
    "C:\\CON\\aux.txt",
    "100 % of %s and {id} and ${HOME}",
    "{{ user.name }} {% if true %}",
    "null",
    "NaN",
    " leading and trailing ",
    "e\u0301 combining, Z\u0351\u036b\u0343\u036aa\u0342\u036bl\u034cg\u0352o",
    "\ufeffbyte order mark",
    "zero\u200bwidth\u200djoined",
    "a, b; c|d\te",
    "=HYPERLINK(1)",
    "\U0001d509\U0001d51e\U0001d52b\U0001d520\U0001d536 𐍈 \U0010ffff",
    "A title that goes on and on " * 8,
    "",
)
"""Titles that a printer, a table, a shell or a file name may stumble over."""

WORST = (
    "\u001b[2J\u001b[Hnothing above",
    "\u001b]0;another window title\u0007",
    "\u001b]8;;http://example.com\u001b\\a link\u001b]8;;\u001b\\",
    "\u001b]52;c;cm0gLXJmIH4=\u0007 in the clipboard",
    "\u009b31mred by one character",
    "\u2066isolated\u2067 and back to front",
    "\rover what stood there",
    "\b\b\b\b\bover what stood there",
    "one line\r\nX-Injected: another",
    "--vault=/elsewhere",
    "-rf",
    "$(touch pwned) `touch pwned`",
    "[bold red]markup[/bold red] [/] [link=file:///etc/passwd]",
    "\ufffe\uffff no characters",
    "long " * 5000,
)
"""Titles made for harm."""

BROKEN = ("\ud83d half of a pair", "the other half \ude80")
"""Titles that JSON can say and that are no text: half a character is missing."""


def titles(which: Titles) -> tuple[str, ...]:
    """Return the titles to choose from. No two items share one: the id follows."""
    match which:
        case Titles.USUAL:
            return USUAL
        case Titles.MIXED:
            return USUAL + HOSTILE
        case Titles.HOSTILE:
            return HOSTILE + WORST
        case Titles.BROKEN:
            return HOSTILE + WORST + BROKEN


WORDS = (
    "revenue",
    "orders",
    "margin",
    "churn",
    "cohort",
    "region",
    "channel",
    "retention",
    "forecast",
    "budget",
    "customers",
    "products",
    "sessions",
    "returns",
    "discount",
    "inventory",
    "pipeline",
    "quota",
    "target",
    "weekly",
    "daily",
    "fiscal",
    "gross",
    "net",
    "average",
    "median",
    "count",
    "share",
    "growth",
    "Größe",
    "売上",
    "продажи",
    "مبيعات",
    "naïve",
    "façade",
    "🚀",
    "œuvre",
)

NUMBERS = (0, 1, -1, 7, 42, 1000, 86_400, 2**31, 2**53 + 1, -(2**63))
"""Whole numbers that are or are not safe in everyone's arithmetic."""

ODD = (
    b'{"beyond_64_bits":123456789012345678901234567890,"below":-18446744073709551617}',
    b'{"floats":[1.0,1E+2,-0.0,5e-324,1.7976931348623157e308,0.30000000000000004]}',
    b'[null,{},[],"",{"":null},[[[]]],true,1e-7,0.1E1]',
    b'{"escaped":"\\u00e9\\u0000\\ud83d\\ude80\\/","same":"\xc3\xa9"}',
    b'{"spaced" : [ 1 , 2 ] }',
    b"null",
)
"""JSON that is valid and that a parser and printer would not give back as it was."""


def sentence(rng: random.Random, words: int) -> str:
    """Return *words* words."""
    return " ".join(rng.choices(WORDS, k=words))


def quoted(text: str, *, ascii_only: bool = False) -> bytes:
    """Return *text* as it stands between the quotes of a JSON string.

    What is no text, half of a pair, can only be escaped.
    """
    ascii_only = ascii_only or any("\ud800" <= each <= "\udfff" for each in text)
    return json.dumps(text, ensure_ascii=ascii_only)[1:-1].encode()
