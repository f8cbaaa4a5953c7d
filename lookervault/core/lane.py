"""A lane: one part of a listing, read from front to back in spans."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice, takewhile
from operator import not_

from lookervault.core.strides import Strides
from lookervault.core.walk import Walk
from lookervault.records import Row
from lookervault.units import Part

COUNT_PAGE = 5000
"""Rows that a page of a census has: they are small, 5,000 take some 500 KB."""

_SMALLEST = 2

_SHRINK = 4
"""Times smaller at once: it is seldom their size that is at fault, and five tries of
each take half a minute."""


class Lane:
    """Where the next span of *part* starts, and how much is left.

    Spans may be handed out before the census of the part is there: those are
    *guesses* beyond what the census has shown so far.
    """

    def __init__(self, part: Part, *, guess: bool) -> None:
        self.part = part
        self.walk = Walk()
        self.strides = Strides(self.walk)
        self.count_page = COUNT_PAGE
        """Rows that the next page of its census should have."""
        self.total: int | None = None
        """How many rows it has by Looker's word, if that was given."""
        self.closed = False
        """Whether the server refuses it."""
        self._guess = guess
        self._at = 0
        self._ended = False

    @property
    def counted(self) -> bool:
        """Whether its census is there, or will never be."""
        return self.walk.done or self.closed

    @property
    def over(self) -> bool:
        """Whether no span will come of it, unless it is rewound."""
        return self._ended or self.closed

    @property
    def left(self) -> int:
        """Rows that are known to lie ahead."""
        return 0 if self.over else max(0, len(self.walk.rows) - self._at)

    def next_span(
        self, length: int, done: Callable[[Row], bool], *, guess: bool
    ) -> tuple[int, int | None] | None:
        """Take up to *length* rows that are not *done*: from, to (``None``: the end).

        With *guess* it may reach beyond what the census has shown so far.
        """
        if self.over:
            return None
        if self.walk.done:
            return self._wanted(length, done)
        if not self._guess or (not guess and self.left < length):
            return None
        first, self._at = self._at, self._at + length
        return first, self._at

    def came_short(self) -> None:
        """A span met the end of the listing: do not guess further."""
        self._guess = False

    def count_less(self) -> bool:
        """Ask for smaller pages of the census, if they can be smaller."""
        self.count_page //= _SHRINK
        # A page needs room for its seam and one row more.
        return self.count_page >= _SMALLEST

    def hold(self) -> None:
        """Read nothing before the census is there."""
        self._at = 0
        self._guess = False

    def recount(self) -> None:
        """Take the census again, from the start."""
        self.walk = Walk()
        self.strides = Strides(self.walk)
        self.total = None
        self._guess = False

    def rewind(self) -> None:
        """Read again from the start what is not done."""
        self._at = 0
        self._ended = False

    def _wanted(
        self, length: int, done: Callable[[Row], bool]
    ) -> tuple[int, int | None] | None:
        rows = self.walk.rows
        states = map(done, rows.since(self._at))
        first = self._at + sum(takewhile(bool, states))
        # The row at `first` is looked at already, if there is one.
        more = sum(1 for _ in takewhile(not_, islice(states, length - 1)))
        self._at = min(first + 1 + more, len(rows))
        self._ended = self._at == len(rows)
        if first == len(rows):
            return None
        return first, None if self._ended else self._at
