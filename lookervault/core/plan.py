"""What is left to fetch, and who is fetching it: the coordinator's mind.

A unit is always in exactly one place::

    course ──assign──▶ flying ──fetched──▶ landing ──stored──▶ (done)
      ▲                  │ ▲
      │                  ▼ └── again ◀── due ── delayed
      └── cut up ◀── failed ─────────────────▶ delayed

Every method takes a fact and returns the effects that it calls for. The
coordinator carries them out; nothing here has a clock or knows an actor. A fact
may come from a fetcher that has died since, or be late. So each is checked
against the books, and struck off at most once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import count

import msgspec

from lookervault.content import KINDS, Kind, Place, covered
from lookervault.core import atlas
from lookervault.core.course import Course, Terms
from lookervault.core.credit import Credit, Ticket
from lookervault.core.effects import (
    Assign,
    Delay,
    Effect,
    Expand,
    Finish,
    Recede,
    Stop,
    Tell,
)
from lookervault.core.past import Past
from lookervault.core.record import Record
from lookervault.core.roll import Roll
from lookervault.errors import LoginRefused, LookerError, Sort, UsageError
from lookervault.messages import Failed, Fault, Fetched, Lease, Retried
from lookervault.records import Gap, KindReport, Row, Run
from lookervault.units import Count, Part, Unit

_FRESH = 3600.0
"""Seconds for which a census of an earlier life is as good as a new one."""

_TAIL = 4
"""Spans shrink to a fourth of a page towards the end, so that all fetchers end
together; smaller ones would cost more requests than they save time."""

_FINAL = frozenset({401, 402, 403, 404, 405, 410, 451})
"""Statuses that say no to a whole listing, not to a page of it."""

_COUNTED = 512 * 1024
"""Bytes of a page of a census, about: 5,000 rows of 100."""

_DIED = Fault(Sort.MISSHAPEN, "The fetcher that read it died or hung.")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What bounds a plan."""

    workers: int
    batch: int = 100
    """Items a page, at most."""
    tries: int = 5
    """Failures of its own after which a unit is cut up or given up."""
    give_up_after: float = 600.0
    """Seconds without any answer after which the run stops."""
    accept_deletions: bool = False


class Plan:
    """The state of one run."""

    def __init__(
        self,
        run: Run,
        past: Mapping[str, Past],
        limits: Limits,
        *,
        credit: Credit,
        now: float,
        wall: float,
    ) -> None:
        self._scope = run.scope
        self._epoch = run.epoch
        self._past = past
        self._limits = limits
        self._credit = credit
        self._to_wall = wall - now
        self._number = count(1).__next__
        self._terms = Terms(
            limits.workers, limits.batch, limits.accept_deletions, self._number
        )
        self._courses: dict[str, Course] = {}
        self._idle: dict[str, None] = {}
        self._again: deque[Unit] = deque()
        self._flying: dict[str, tuple[Unit, int]] = {}
        self._landing: dict[int, tuple[Unit, int]] = {}
        self._delayed: dict[int, Unit] = {}
        self._early: set[tuple[int, int]] = set()
        """Stored, but we have not heard yet that they were fetched."""
        self._record = Record(tries=limits.tries)
        self._folders = run.expansion
        self._atlas: Unit | None = None
        self._probe: Unit | None = None
        self._heard = self._began = now
        self._busy = 0.0
        self._stop: Stop | None = None
        self._over = False
        self._open_courses()

    # Facts

    def ready(self, fetcher: str, now: float) -> list[Effect]:
        """*fetcher* has started. A unit that it held before it died is tried again."""
        effects: list[Effect] = []
        if fetcher in self._flying:
            unit = self._strike(fetcher)
            self._record.failed(unit, _DIED, now)
            effects = self._retry_or_cut(fetcher, unit, _DIED, own=True)
        return effects + self._rest(fetcher, now)

    def fetched(self, news: Fetched, now: float) -> list[Effect]:
        """A unit came in, and what it brought is on its way to the store."""
        if not self._holds(news.fetcher, news.lease):
            return []
        held = unit, attempt = self._flying.pop(news.fetcher)
        self._heard = now
        self._busy += news.seconds
        self._record.succeeded(unit, now)
        effects = self._arrived(unit, news, now)
        if isinstance(unit, Count):
            self._credit.release(self.ticket(news.lease))
        elif (unit.number, attempt) in self._early:
            self._early.discard((unit.number, attempt))
            effects += self._course(unit).stored(unit, self._wall(now))
        else:
            self._landing[unit.number] = held
        return effects + self._rest(news.fetcher, now)

    def failed(self, news: Failed, now: float) -> list[Effect]:
        """A unit could not be had."""
        if not self._holds(news.fetcher, news.lease):
            return []
        unit = self._strike(news.fetcher)
        if news.fault.sort is Sort.UNAUTHORIZED:
            return self.halt(news.fault.reason, LoginRefused.exit_code)
        own = self._record.failed(unit, news.fault, now)
        effects = self._retry_or_cut(news.fetcher, unit, news.fault, own=own)
        return effects + self._rest(news.fetcher, now)

    def returned(self, fetcher: str, lease: Lease, now: float) -> list[Effect]:
        """*fetcher* hands back what it has not asked Looker for."""
        if not self._holds(fetcher, lease):
            return []
        self._again.append(self._strike(fetcher))
        return self._rest(fetcher, now)

    def stored(self, readings: Iterable[tuple[int, int]], now: float) -> list[Effect]:
        """These attempts at units are on disk; what a ghost stored does not count."""
        effects: list[Effect] = []
        for number, attempt in readings:
            unit, latest = self._landing.get(number, (None, 0))
            if unit is not None and latest == attempt:
                del self._landing[number]
                effects += self._course(unit).stored(unit, self._wall(now))
            elif any(
                (u.number, a) == (number, attempt) for u, a in self._flying.values()
            ):
                self._early.add((number, attempt))
        return effects + self._assign(now)

    def due(self, number: int, now: float) -> list[Effect]:
        """The wait before another try at a unit is over."""
        unit = self._delayed.pop(number, None)
        if unit is not None:
            self._again.append(unit)
        return self._assign(now)

    def known(
        self, kind: str, ids: Iterable[str], missing_before: frozenset[str], now: float
    ) -> list[Effect]:
        """The vault has these items of the scope; the last run missed *missing_before*."""
        effects = self._courses[kind].known(ids, missing_before)
        return effects + self._assign(now)

    def tick(self, now: float) -> list[Effect]:
        """Some time has passed."""
        busy = self._flying or self._again or self._delayed
        if busy and now - self._heard > self._limits.give_up_after:
            minutes = self._limits.give_up_after / 60
            reason = f"Looker has not answered for {minutes:.0f} minutes"
            return self.halt(f"{reason}: {self._record.last}", LookerError.exit_code)
        return self._assign(now)

    def halt(self, reason: str, exit_code: int) -> list[Effect]:
        """Hand out nothing more; stop when nothing is in flight."""
        if self._stop is None:
            self._stop = Stop(reason, exit_code)
        return [Recede(), *self._conclude()]

    def figures(self, now: float) -> dict[str, float]:
        """Return how the time went: seconds, and the share spent on requests."""
        seconds = self._heard - self._began
        spent = self._limits.workers * seconds
        utilization = min(1.0, self._busy / spent) if spent > 0 else 0.0
        return {"seconds": now - self._began, "utilization": utilization}

    # Results

    @property
    def kinds(self) -> dict[str, KindReport]:
        """How complete each kind is."""
        return {name: course.roll.report() for name, course in self._courses.items()}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read."""
        return tuple(gap for c in self._courses.values() for gap in c.roll.gaps)

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that the scope comes to; empty: everywhere."""
        return self._folders or ()

    def ticket(self, lease: Lease) -> Ticket:
        """Return what a reading of a unit is called in the books of the credit."""
        return (self._epoch, lease.unit.number, lease.attempt)

    # Courses

    def _open_courses(self) -> None:
        kinds = [KINDS[name] for name in covered(self._scope)]
        for kind in kinds:
            if not self._by_folder(kind) or self._folders is not None:
                self._open_course(kind)
        if any(self._by_folder(kind) for kind in kinds) and self._folders is None:
            self._atlas = Count(self._number(), Part("folders"))
            self._again.append(self._atlas)

    def _open_course(self, kind: Kind) -> None:
        past = self._past.get(kind.name, Past())
        course = Course(
            kind, self._parts(kind), Roll(kind.name, past.rows), self._terms
        )
        self._courses[kind.name] = course
        census = past.census
        if census is not None and self._wall(self._heard) - census.taken < _FRESH:
            course.recounted(census)

    def _by_folder(self, kind: Kind) -> bool:
        return bool(self._scope.folders) and kind.place is Place.FILTERED

    def _parts(self, kind: Kind) -> list[Part]:
        folders: Iterable[str | None] = (None,)
        if self._by_folder(kind):
            folders = self._folders or ()
        trash = (False, True) if kind.listing.trash is not None else (False,)
        return [Part(kind.name, folder, bin_) for folder in folders for bin_ in trash]

    def _arrived(self, unit: Unit, news: Fetched, now: float) -> list[Effect]:
        if unit is self._atlas:
            return self._mapped(news.rows)
        if unit is self._probe:
            self._probe = None
            return []
        return self._course(unit).fetched(unit, news, self._wall(now))

    def _mapped(self, rows: tuple[Row, ...]) -> list[Effect]:
        """The tree of folders is known: those below the roots can be read."""
        self._atlas = None
        roots = self._scope.folders
        if lost := atlas.unknown(rows, roots):
            names = ", ".join(lost)
            reason = f"Looker has no folder {names}, or this login may not see it."
            return self.halt(reason, UsageError.exit_code)
        below = atlas.expansion(rows, roots) if self._scope.recursive else roots
        self._folders = below
        for kind in (KINDS[name] for name in covered(self._scope)):
            if self._by_folder(kind):
                self._open_course(kind)
        return [Expand(below)]

    def _course(self, unit: Unit) -> Course:
        return self._courses[unit.part.kind]

    # Failures

    def _retry_or_cut(
        self, fetcher: str, unit: Unit, fault: Fault, *, own: bool
    ) -> list[Effect]:
        if unit is self._probe:
            self._probe = None
            return []
        if own and self._record.spent(unit, fault) and unit is not self._atlas:
            final = fault.status in _FINAL
            return self._course(unit).give_up(unit, fault, final=final)
        if not own:
            self._send_probe(unit)
        self._delayed[unit.number] = unit
        delay = Delay(unit.number, self._record.wait(unit))
        return [Tell(Retried(fetcher, unit, fault)), delay]

    def _send_probe(self, unit: Unit) -> None:
        """Find out whether Looker answers anybody, when nothing else would tell."""
        if self._probe is None and not self._flying and not self._again:
            part = self._record.good or unit.part
            limit = 2 if KINDS[part.kind].listing.sorts else None
            self._probe = Count(self._number(), part, 0, limit)
            self._again.append(self._probe)

    # Handing out

    def _holds(self, fetcher: str, lease: Lease) -> bool:
        held = self._flying.get(fetcher)
        return held is not None and held == (lease.unit, lease.attempt)

    def _strike(self, fetcher: str) -> Unit:
        """Take the unit that *fetcher* holds off the books."""
        unit, attempt = self._flying.pop(fetcher)
        self._credit.release((self._epoch, unit.number, attempt))
        return unit

    def _rest(self, fetcher: str, now: float) -> list[Effect]:
        self._idle[fetcher] = None
        return self._assign(now)

    def _assign(self, now: float) -> list[Effect]:
        """Pair idle fetchers with units, as far as both and the credit go."""
        effects: list[Effect] = []
        while self._idle and self._stop is None and not self._over:
            unit = self._pick(effects, now)
            if unit is None:
                break
            attempt = self._record.attempt(unit)
            ticket = (self._epoch, unit.number, attempt)
            if not self._credit.reserve(ticket, self._expected(unit)):
                self._again.appendleft(unit)
                break
            self._record.assigned(unit)
            fetcher = next(iter(self._idle))
            del self._idle[fetcher]
            self._flying[fetcher] = (unit, attempt)
            effects.append(Assign(fetcher, unit, attempt))
        return effects + self._conclude()

    def _pick(self, effects: list[Effect], now: float) -> Unit | None:
        if self._again:
            return self._again.popleft()
        unit = self._offered()
        while unit is None and self._settled(effects, now):
            unit = self._offered()
        return unit

    def _offered(self) -> Unit | None:
        """Take a unit from the course with most before it, sure ones first."""
        courses = sorted(self._open, key=lambda course: course.left, reverse=True)
        total = sum(course.left for course in courses)
        exact = all(course.counted for course in courses)
        for guess in (False, True):
            for course in courses:
                length = self._length(course, total if exact else None)
                unit = course.offer(length, guess=guess)
                if unit is not None:
                    return unit
        return None

    def _length(self, course: Course, left: int | None) -> int:
        """Items a span should have: full pages, shorter ones towards the end."""
        page = course.sizing.page
        if left is None:
            return page
        return max(1, -(-page // _TAIL), min(page, -(-left // self._limits.workers)))

    def _settled(self, effects: list[Effect], now: float) -> bool:
        """Take an idle course one step further. Return whether there was one."""
        for course in self._open:
            if course.idle and not course.waits:
                effects += course.settle(self._wall(now))
                return True
        return False

    @property
    def _open(self) -> list[Course]:
        return [course for course in self._courses.values() if not course.done]

    def _expected(self, unit: Unit) -> int:
        if isinstance(unit, Count):
            return _COUNTED
        return self._course(unit).sizing.expected

    def _conclude(self) -> list[Effect]:
        """Say that it is over, once, when it is."""
        if self._over or self._flying or self._landing:
            return []
        if self._stop is not None:
            self._over = True
            return [self._stop]
        if self._atlas or self._again or self._delayed or self._open:
            return []
        self._over = True
        return [Finish()]

    def _wall(self, now: float) -> float:
        return now + self._to_wall
