"""What fits into a window fits there on every terminal."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from rich.cells import cell_len

from lookervault.core.width import cut, packed, width
from lookervault.output.safe import safe

SHOWN = st.text(max_size=60).map(safe)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("", 0),
        ("looks/17", 8),
        ("Überblick", 9),
        ("売上", 4),
        ("e\u0301", 1),
        ("━━──", 4),
        ("…", 1),
        ("🎉", 2),
        ("☁\ufe0f", 3),
    ],
)
def test_wide_characters_count_twice_and_marks_not_at_all(text, columns):
    assert width(text) == columns


@given(SHOWN)
def test_no_text_is_wider_than_it_is_counted(text):
    assert cell_len(text) <= width(text)


@given(SHOWN, st.integers(0, 50), st.sampled_from(["…", "..."]))
def test_what_is_cut_fits_and_says_that_it_was_cut(text, columns, mark):
    short = cut(text, columns, mark=mark)

    assert width(short) <= columns
    assert len(short) <= 4 * columns
    if short != text and columns >= len(mark):
        assert short.endswith(mark)
        assert text.startswith(short.removesuffix(mark))


def test_marks_that_are_stacked_without_end_are_cut_too():
    assert len(cut("e" + "\u0301" * 10_000, 10)) <= 40


@given(st.lists(st.text("abc", min_size=1, max_size=12)), st.integers(12, 60))
def test_words_are_packed_in_their_order_and_no_line_is_too_long(words, columns):
    lines = packed(words, columns)

    assert ", ".join(lines) == ", ".join(words)
    assert all(len(line) <= columns for line in lines)


def test_a_word_that_is_longer_than_a_line_has_one_for_itself():
    assert packed(["one", "a very long word", "two", "3"], 8) == [
        "one",
        "a very long word",
        "two, 3",
    ]
