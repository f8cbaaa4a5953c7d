"""What is drawn over and over leaves nothing behind, and nothing of it is lost."""

import re

import hypothesis.strategies as st
from hypothesis import given

from lookervault.output.frame import Frame

LINES = st.lists(st.text("ab", min_size=1, max_size=30), min_size=1, max_size=8)


class Screen:
    """As much of a terminal as a frame needs, with all its lines in sight."""

    def __init__(self):
        self.rows = [""]
        self.row = self.column = 0
        self.cursor = True
        self.written = 0

    def write(self, text):
        self.written += 1
        for found in re.finditer(r"\x1b\[\??(\d*)([a-zA-Z])|[^\x1b]", text):
            if found[2]:
                self._control(found[0], int(found[1] or 1), found[2])
            else:
                self._letter(found[0])

    def _control(self, whole, number, letter):
        if letter == "A":
            self.row -= number
            assert self.row >= 0
        elif letter == "K":
            self.rows[self.row] = self.rows[self.row][: self.column]
        elif letter == "J":
            self.rows[self.row] = self.rows[self.row][: self.column]
            del self.rows[self.row + 1 :]
        elif number == 25:
            self.cursor = letter == "h"
        else:
            assert whole in ("\x1b[?7l", "\x1b[?7h")

    def _letter(self, letter):
        if letter == "\r":
            self.column = 0
        elif letter == "\n":
            self.row, self.column = self.row + 1, 0
            self.rows += [""] * (self.row + 1 - len(self.rows))
        else:
            line = self.rows[self.row].ljust(self.column)
            self.rows[self.row] = line[: self.column] + letter + line[self.column + 1 :]
            self.column += 1

    def narrow(self, columns):
        """Break lines that are longer, as terminals do."""
        rows = []
        for number, line in enumerate(self.rows):
            pieces = [line[n : n + columns] for n in range(0, len(line), columns)]
            rows += pieces or [""]
            if number == self.row:
                self.row, self.column = len(rows) - 1, len(rows[-1])
        self.rows = rows


def draw(frame, lines, columns=80, above=""):
    frame.draw(lines, [len(line) for line in lines], (columns, 24), above=above)


@given(st.lists(LINES, min_size=1))
def test_the_last_picture_is_all_that_is_there(pictures):
    screen = Screen()
    frame = Frame(screen.write)

    for lines in pictures:
        draw(frame, lines)

    assert screen.rows == pictures[-1]
    assert screen.written == len(pictures)
    assert not screen.cursor


@given(st.lists(st.tuples(LINES, st.text("xyz", max_size=20)), min_size=1))
def test_what_is_said_stays_above(pictures):
    screen = Screen()
    frame = Frame(screen.write)

    for lines, above in pictures:
        draw(frame, lines, above=above)

    said = [above for _, above in pictures if above]
    assert screen.rows == said + pictures[-1][0]


@given(LINES, LINES, st.integers(5, 29))
def test_a_window_that_gets_narrower_leaves_no_pieces(before, after, columns):
    screen = Screen()
    frame = Frame(screen.write)
    after = [line[:columns] for line in after]
    draw(frame, before, above="said")

    screen.narrow(columns)
    draw(frame, after, columns)

    assert screen.rows == ["said", *after]


def test_what_is_said_before_the_first_picture_is_just_written():
    screen = Screen()
    frame = Frame(screen.write)

    draw(frame, [], above="hello")

    assert screen.rows == ["hello", ""]
    assert screen.cursor


def test_a_line_that_did_not_change_is_not_written_again():
    written = []
    frame = Frame(written.append)

    draw(frame, ["one", "two", "three"])
    draw(frame, ["one", "2", "three"])

    assert "one" not in written[1]
    assert "2" in written[1]


@given(LINES)
def test_what_others_wrote_in_between_is_drawn_over_soon(lines):
    screen = Screen()
    frame = Frame(screen.write)

    draw(frame, lines)
    screen.rows = [("x" * 30) for _ in screen.rows]
    for _ in range(6):
        draw(frame, lines)

    assert screen.rows == lines


@given(LINES)
def test_in_the_end_nothing_is_left_and_the_cursor_is_back(lines):
    screen = Screen()
    frame = Frame(screen.write)
    draw(frame, lines, above="said")

    frame.wipe(80)
    frame.wipe(80)

    assert screen.rows == ["said", ""]
    assert screen.cursor
