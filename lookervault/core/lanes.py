"""The lanes of a kind: which is counted next, and which is read next.

A folder scope has thousands of them, so nothing here looks at all of them for
each unit: what they add up to is kept in step.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from lookervault.core.lane import Lane
from lookervault.core.rows import Rows
from lookervault.messages import Fetched
from lookervault.records import Row
from lookervault.units import Count, Part


class Lanes:
    """All parts of one listing."""

    def __init__(self, parts: Iterable[Part] = (), *, guess: bool = False) -> None:
        self._all = {part: Lane(part, guess=guess) for part in parts}
        self._to_count = deque(self._all.values())
        """Those whose next page of the census may be asked for."""
        self._turn = deque(self._all.values())
        """Those that may have something to read."""
        self.left = 0
        """Rows that are known to lie ahead."""
        self.seen = 0
        """Rows of the census so far."""
        self._uncounted = len(self._all)

    @property
    def any_open(self) -> bool:
        """Whether there is a part that Looker does not refuse."""
        return any(not lane.closed for lane in self._all.values())

    @property
    def counted(self) -> bool:
        """Whether each part is counted, or refused."""
        return not self._uncounted

    @property
    def short(self) -> bool:
        """Whether the census has fewer rows than Looker says there are."""
        return any(
            lane.total is not None and lane.total > len(lane.walk.rows)
            for lane in self._all.values()
        )

    @property
    def walked(self) -> Rows:
        """The rows of the census so far."""
        return Rows.joined(lane.walk.rows for lane in self._all.values())

    def open(self, rows: Iterable[Row]) -> list[Row]:
        """Return those of *rows* that lie in no part that Looker refuses."""
        closed = [lane.part for lane in self._all.values() if lane.closed]
        return [r for r in rows if not any(_lies_in(r, part) for part in closed)]

    # What comes next

    def to_count(self, abreast: int = 1) -> tuple[Lane, int] | None:
        """Return of which lane a page of the census is to be asked for, and its start.

        So many of one lane may be asked for *abreast*.
        """
        while self._to_count:
            lane = self._to_count[0]
            first = None if lane.counted else lane.strides.next(abreast)
            if first is not None:
                return lane, first
            self._to_count.popleft()  # until a page of it comes in
        return None

    def span(
        self, length: int, done: Callable[[Row], bool], *, guess: bool
    ) -> tuple[Part, int, int | None] | None:
        """Take a span of the next part that has one, so that no folder waits."""
        if not self.left and (self.counted or not guess):
            return None
        for _ in range(len(self._turn)):
            lane = self._turn.popleft()
            with self._changing(lane):
                span = lane.next_span(length, done, guess=guess)
            if not lane.over:
                self._turn.append(lane)
            if span is not None:
                return lane.part, *span
        return None

    # What has happened

    def took(self, unit: Count, news: Fetched) -> None:
        """A page of the census came in."""
        lane = self._all[unit.part]
        with self._changing(lane):
            lane.total = lane.total if news.total is None else news.total
            if unit.limit is None:
                lane.walk.took_all(news.rows)
            else:
                lane.strides.took(unit.first, news.rows, unit.limit)
        # One part after the other, so that some can be read soon.
        self._to_count.appendleft(lane)

    def count_less(self, unit: Count) -> bool:
        """Ask for smaller pages of a census than *unit*, if they can be smaller."""
        lane = self._all[unit.part]
        lane.strides.lost(unit.first)
        self._to_count.appendleft(lane)
        # Of several that were asked for abreast, the first has seen to that.
        return unit.limit != lane.count_page or lane.count_less()

    def came_short(self, part: Part) -> None:
        """A span met the end of *part*."""
        self._all[part].came_short()

    def hold(self) -> None:
        """Read nothing of a part before its census is there."""
        for lane in self._all.values():
            lane.hold()
        self._add_up()

    def close_all(self) -> None:
        """Ask for no more of any part."""
        for part in self._all:
            self.close(part)

    def close(self, part: Part) -> None:
        """Looker refuses *part*: ask for no more of it."""
        lane = self._all.get(part)
        if lane is not None:
            with self._changing(lane):
                lane.closed = True

    def recounted(self, rows: Iterable[Row]) -> None:
        """The census is known from an earlier life."""
        filtered = any(part.folder is not None for part in self._all)
        inside: defaultdict[tuple[str | None, bool], list[Row]] = defaultdict(list)
        for row in rows:
            inside[row.folder if filtered else None, row.deleted].append(row)
        for part, lane in self._all.items():
            lane.walk.took_all(inside[part.folder, part.trash])
        self._add_up()

    # From the start again

    def rewind(self) -> None:
        """Read again what is not done."""
        for lane in self._all.values():
            lane.rewind()
        self._add_up()

    def recount(self) -> None:
        """Take the census again."""
        for lane in self._all.values():
            lane.recount()
        self._add_up()

    @contextmanager
    def _changing(self, lane: Lane) -> Iterator[None]:
        """Keep what the lanes add up to in step with a change of one."""
        self._add([lane], -1)
        yield
        self._add([lane], 1)

    def _add_up(self) -> None:
        self._to_count = deque(self._all.values())
        self._turn = deque(self._all.values())
        self.left = self.seen = self._uncounted = 0
        self._add(list(self._all.values()), 1)

    def _add(self, lanes: Sequence[Lane], sign: int) -> None:
        for lane in lanes:
            self.left += sign * lane.left
            self.seen += sign * len(lane.walk.rows)
            self._uncounted += sign * (not lane.counted)


def _lies_in(row: Row, part: Part) -> bool:
    return row.deleted == part.trash and part.folder in {None, row.folder}
