"""A few lines at the bottom of a terminal that are drawn over and over again.

Rich's own live display wipes its lines before it draws them, which flickers, and
loses count of them when the window gets narrower or a terminal joins characters
in another way than rich thinks. Here each line that changed is drawn over the old
one and wiped behind its end, and whatever belongs together is written at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

_HIDE = "\x1b[?25l"
_SHOW = "\x1b[?25h"
"""The cursor."""

_CROP = "\x1b[?7l"
_WRAP = "\x1b[?7h"
"""What becomes of a line that is too long: while the frame is drawn, it ends."""

_WHOLE_EVERY = 6
"""Pictures until one is drawn whole again, in case others wrote on the terminal."""

_REST_OF_LINE = "\x1b[K"
_REST_OF_SCREEN = "\x1b[J"


class Frame:
    """The lines that were drawn last. *write* takes text for the terminal."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._lines: list[str] = []
        self._widths: list[int] = []
        """Columns of each line that stands there."""
        self._window = (0, 0)
        """Columns and rows of the window in which they were drawn."""
        self._drawn = 0
        """How often."""
        self._hidden = False
        """Whether the cursor is."""

    def draw(
        self,
        lines: Sequence[str],
        widths: Sequence[int],
        window: tuple[int, int],
        *,
        above: str = "",
    ) -> None:
        """Draw *lines*, of *widths*, over those before, in a window of columns and rows.

        The text *above* them stays.
        """
        # A terminal that has another width now remembers which lines it broke, and
        # would join what is drawn over them when it gets wider. Wiped, it forgets.
        fresh = bool(above) or window != self._window
        known = [] if fresh or not self._drawn % _WHOLE_EVERY else self._lines
        wiped = _REST_OF_SCREEN if fresh else ""
        notice = f"{above}\n" if above else ""
        picture = _changed(known, lines)
        drawn = f"{_CROP}{picture}{_REST_OF_SCREEN}{_WRAP}" if lines else ""
        hide = _HIDE if lines and not self._hidden else ""
        self._write(f"{hide}{self._top(window[0])}{wiped}{notice}{drawn}")
        self._lines, self._widths, self._window = list(lines), list(widths), window
        self._drawn += 1
        self._hidden = self._hidden or bool(hide)

    def wipe(self, columns: int) -> None:
        """Leave nothing behind."""
        if self._hidden:
            self._write(f"{self._top(columns)}{_REST_OF_SCREEN}{_SHOW}")
        self._lines, self._widths, self._hidden = [], [], False

    def _top(self, columns: int) -> str:
        """Return what moves the cursor to where the frame begins.

        A terminal that got narrower has broken lines that were longer than it is now.
        """
        rows = sum(max(-(-width // max(columns, 1)), 1) for width in self._widths)
        back = "\r" if self._widths else ""
        return f"{back}\x1b[{rows - 1}A" if rows > 1 else back


def _changed(before: Sequence[str], lines: Sequence[str]) -> str:
    """Return what makes *lines* of what stands there; the last one is written anyway.

    It is what is wiped behind that leads to the end of the picture.
    """
    last = len(lines) - 1
    return "\n".join(
        line + _REST_OF_LINE
        if number == last or number >= len(before) or before[number] != line
        else ""
        for number, line in enumerate(lines)
    )
