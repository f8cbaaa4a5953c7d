"""Text that others wrote cannot steer a terminal, nor forge a line."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lookervault.output.safe import safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Überblick: 売上 🎉", "Überblick: 売上 🎉"),
        ("two\nlines\r\n\tand more", "two\\nlines\\r\\n\\tand more"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31m", "\\x9b31m"),
        ("exe.\u202egpj", "exe.\\u202egpj"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("\x00\x7f", "\\x00\\x7f"),
    ],
)
def test_what_is_not_plainly_visible_is_shown_as_what_it_is(text, shown):
    assert safe(text) == shown


@given(st.text(st.characters()))
def test_whatever_comes_in_one_line_that_can_be_written_comes_out(text):
    shown = safe(text)

    assert len(shown.splitlines()) <= 1
    shown.encode("utf-8")  # or raises
    assert safe(shown) == shown
