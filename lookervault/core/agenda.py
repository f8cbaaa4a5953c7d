"""The agenda of a run: which kinds it reads, and which unit is next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from lookervault.content import KINDS, Kind, Place, Reads, covered
from lookervault.core import atlas
from lookervault.core.course import Course
from lookervault.core.effects import Effect, Expand, Keep, Tell
from lookervault.core.past import Past
from lookervault.core.reading import Terms
from lookervault.core.roll import Roll
from lookervault.messages import Expected
from lookervault.records import Gap, KindReport, Row, Run
from lookervault.units import Count, Part, Unit

_FRESH = 3600.0
"""Seconds for which a census of an earlier life is as good as a new one."""

_COUNTED = 512 * 1024
"""Bytes of a page of a census, about: 5,000 rows of 100."""

_TAIL = 4
"""Spans shrink to a fourth of a page towards the end, so that all fetchers end
together; smaller ones would cost more requests than they save time."""


class Agenda:
    """The courses of a run. Under a folder scope, some wait for the map of folders."""

    def __init__(
        self, run: Run, past: Mapping[str, Past], terms: Terms, *, wall: float
    ) -> None:
        self._scope = run.scope
        self._past = past
        self._terms = terms
        self._wall = wall
        self._courses: dict[str, Course] = {}
        self.folders = run.expansion
        """What the scope comes to; ``None``: not known, or everywhere."""
        self.opening: list[Effect] = []
        """What is known of the kinds from earlier lives, to be told and kept."""
        self.map: Count | None = None
        """The unit that reads the map of folders, until it has come."""
        for kind in self._kinds:
            if not self._filtered(kind) or self.folders is not None:
                self._open(kind)
        if any(self._filtered(kind) for kind in self._kinds) and self.folders is None:
            self.map = Count(terms.number(), Part("folders"))

    @property
    def done(self) -> bool:
        """Whether every kind has come to its end."""
        return self.map is None and not self._open_courses

    @property
    def kinds(self) -> dict[str, KindReport]:
        """How complete each kind is."""
        return {name: course.roll.report() for name, course in self._courses.items()}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read."""
        return tuple(gap for c in self._courses.values() for gap in c.roll.gaps)

    @property
    def parts(self) -> list[Part]:
        """A part of each kind, the first kind last."""
        return [self._parts(course.kind)[0] for course in self._courses.values()][::-1]

    def course(self, kind: str) -> Course:
        """Return the course of *kind*."""
        return self._courses[kind]

    def expected(self, unit: Unit) -> int:
        """Return how many bytes *unit* is likely to need."""
        if isinstance(unit, Count):
            return _COUNTED
        return self.course(unit.part.kind).sizing.expected

    def unknown(self, rows: Iterable[Row]) -> tuple[str, ...]:
        """Return the roots of the scope that the map of folders lacks."""
        return atlas.unknown(rows, self._scope.folders)

    def mapped(self, rows: Iterable[Row]) -> list[Effect]:
        """The map of folders is there: open what waited for it."""
        self.map = None
        roots = self._scope.folders
        self.folders = atlas.expansion(rows, roots) if self._scope.recursive else roots
        for kind in self._kinds:
            if self._filtered(kind):
                self._open(kind)
        return [Expand(self.folders)]

    def offer(self) -> Unit | None:
        """Take a page of a census, or else a unit of the kind with most before it."""
        offering = [course for course in self._open_courses if course.offers]
        courses = sorted(offering, key=lambda c: c.reading.left, reverse=True)
        pages = (course.reading.count() for course in courses)
        return next(filter(None, pages), None) or self._next(courses)

    def _next(self, courses: Sequence[Course]) -> Unit | None:
        """Take a unit of the first of *courses* that has one, sure ones first."""
        exact = all(course.counted for course in courses)
        left = sum(course.reading.left for course in courses) if exact else None
        for guess in (False, True):
            for course in courses:
                unit = course.reading.offer(self._length(course, left), guess=guess)
                if unit is not None:
                    return unit
        return None

    def settle(self, now: float) -> list[Effect] | None:
        """Take a kind that has nothing out one step further, if there is one."""
        for course in self._open_courses:
            if course.settles:
                return course.settle(now)
        return None

    def _length(self, course: Course, left: int | None) -> int:
        """Items a span should have: full pages, shorter ones towards the end."""
        page = course.sizing.page
        if left is None:
            return page
        return max(1, -(-page // _TAIL), min(page, -(-left // self._terms.workers)))

    @property
    def _open_courses(self) -> list[Course]:
        return [course for course in self._courses.values() if not course.done]

    @property
    def _kinds(self) -> list[Kind]:
        return [KINDS[name] for name in covered(self._scope)]

    def _filtered(self, kind: Kind) -> bool:
        return bool(self._scope.folders) and kind.place is Place.FILTERED

    def _open(self, kind: Kind) -> None:
        past = self._past.get(kind.name, Past())
        roll = Roll(kind.name, past.rows)
        course = Course(kind, self._parts(kind), roll, self._terms)
        self._courses[kind.name] = course
        # Also a clock that was set back must not make it young.
        if past.census is not None and abs(self._wall - past.census.taken) < _FRESH:
            course.recounted(past.census)
            expected = Expected(kind.name, len(past.census.rows), exact=True)
            self.opening.append(Tell(expected))
            if kind.reads is Reads.WHOLE:  # It may have come from a marker alone.
                self.opening.append(Keep(kind.name, past.census))

    def _parts(self, kind: Kind) -> list[Part]:
        folders = (self.folders or ()) if self._filtered(kind) else (None,)
        return list(atlas.parts(kind, folders))
