"""What is left to fetch, and who is fetching it: the coordinator's mind.

A unit is always in exactly one place::

    agenda ──▶ flying ──fetched──▶ landing ──stored──▶ (done)
      ▲         │  ▲
      │       failed └── again ◀── due ── delayed
      │         ▼                            ▲
      └── cut ◀─┴────────── try again ───────┘

Every method takes a fact and returns the effects that it calls for. The
coordinator carries them out; nothing here has a clock or knows an actor. A fact
may come from a fetcher that has died since, or be late: `Hands` knows.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from itertools import count

from lookervault.core.agenda import Agenda
from lookervault.core.course import Course
from lookervault.core.credit import Credit
from lookervault.core.effects import (
    Assign,
    Delay,
    Effect,
    Finish,
    Recede,
    Stop,
    Tell,
)
from lookervault.core.hands import Hands
from lookervault.core.helm import Helm
from lookervault.core.limits import Limits
from lookervault.core.past import Past
from lookervault.core.probe import Probe
from lookervault.core.reading import Terms
from lookervault.core.trials import REFUSALS, Trials
from lookervault.errors import LoginRefused, LookerError, NoFolder, Sort
from lookervault.messages import Failed, Fault, Fetched, Lease, Retried, Steering
from lookervault.records import Gap, KindReport, Run
from lookervault.units import Count, Unit

_FINAL = frozenset({401, 402, 403, 404, 405, 410, 451})
"""Statuses that say no to a whole listing, not to a page of it."""

_DIED = Fault(Sort.MISSHAPEN, "The fetcher that read it died or hung.")


class Plan:
    """The state of one run. Times are monotonic; *wall* tells what *now* is by date.

    *began* is when this process began with the run; a plan before may have died.
    """

    def __init__(
        self,
        run: Run,
        past: Mapping[str, Past],
        limits: Limits,
        steering: Steering,
        *,
        credit: Credit,
        began: float,
        now: float,
        wall: float,
    ) -> None:
        self._to_wall = wall - now
        self._number = count(1).__next__
        self._terms = Terms(
            steering.workers, limits.batch, limits.accept_deletions, self._number
        )
        self._agenda = Agenda(run, past, self._terms, wall=wall)
        self._helm = Helm(limits, steering, began=began, now=now)
        self._hands = Hands(run.epoch, credit)
        self._hands.most = self._helm.most
        self._trials = Trials(limits.tries, self._agenda.parts)
        self._probe = Probe(self._hands, self._trials, self._number)
        self._stop: Stop | None = None
        self._over = False
        if self._agenda.map is not None:
            self._hands.again(self._agenda.map)

    @property
    def opening(self) -> list[Effect]:
        """What those who watch should know before anything happens."""
        return self._agenda.opening

    # Facts

    def ready(self, fetcher: str, now: float) -> list[Effect]:
        """*fetcher* has started. A unit that it held before it died is tried again."""
        effects: list[Effect] = []
        unit = self._hands.strike(fetcher)
        if unit is not None:
            self._trials.died(unit, _DIED)
            effects = self._try_again(fetcher, unit, _DIED, own=True)
        self._hands.rest(fetcher)
        return effects + self._assign(now)

    def fetched(self, news: Fetched, now: float) -> list[Effect]:
        """A unit came in, and what it brought is on its way to the store."""
        unit = news.lease.unit
        if not self._hands.holds(news.fetcher, news.lease):
            return []
        self._helm.heard(now, news.seconds)
        self._probe.heard()
        self._trials.succeeded(unit, now)
        effects = self._arrived(unit, news, now)
        if isinstance(unit, Count):
            self._hands.strike(news.fetcher)
        elif self._hands.lands(news.fetcher) is not None:
            effects += self._course(unit).stored(unit, self._wall(now))
        self._hands.rest(news.fetcher)
        return effects + self._assign(now)

    def failed(self, news: Failed, now: float) -> list[Effect]:
        """A unit could not be had."""
        unit, fault = news.lease.unit, news.fault
        if not self._hands.holds(news.fetcher, news.lease):
            return []
        self._hands.strike(news.fetcher)
        self._hands.rest(news.fetcher)
        own = self._trials.failed(unit, fault, now)
        if fault.sort in REFUSALS:
            self._helm.heard(now)
            self._probe.heard()
        effects = self._try_again(news.fetcher, unit, fault, own=own)
        if fault.sort is Sort.UNAUTHORIZED:
            effects += self.halt(fault.reason, LoginRefused.exit_code)
        return effects + self._assign(now)

    def returned(self, fetcher: str, lease: Lease, now: float) -> list[Effect]:
        """*fetcher* hands back what it has not asked Looker for."""
        if not self._hands.holds(fetcher, lease):
            return []
        self._hands.strike(fetcher)
        self._hands.rest(fetcher)
        self._hands.again(lease.unit)
        return self._assign(now)

    def stored(self, readings: Iterable[tuple[int, int]], now: float) -> list[Effect]:
        """These units, each by number and attempt, are on disk."""
        effects: list[Effect] = []
        for unit in self._hands.stored(readings):
            effects += self._course(unit).stored(unit, self._wall(now))
        return effects + self._assign(now)

    def due(self, number: int, now: float) -> list[Effect]:
        """The wait before another try at a unit is over."""
        self._hands.due(number)
        return self._assign(now)

    def listed(self, kind: str) -> Container[str]:
        """Return the ids of the census of *kind*: `known` need not have them."""
        return self._agenda.course(kind).roll.listed

    def known(
        self, kind: str, ids: Iterable[str], missing_before: frozenset[str], now: float
    ) -> list[Effect]:
        """The vault has these items; the last run of the scope missed *missing_before*."""
        effects = self._agenda.course(kind).known(ids, missing_before)
        return effects + self._assign(now)

    def tick(self, now: float) -> list[Effect]:
        """Some time has passed."""
        end = self._helm.end(now, self._trials.last, landing=self._hands.landing)
        if end is not None and self._stop is None:
            return self.halt(end.reason, end.exit_code)
        if self._stop is not None:  # One may have come to another request since.
            return [Recede(), *self._conclude()]
        return self._rein(now, recede=self._hands.most == 0)

    def steer(self, steering: Steering, now: float) -> list[Effect]:
        """The owner of the run has set how it is to go on."""
        recede = self._helm.steer(steering, now)
        self._terms.workers = steering.workers
        return self._rein(now, recede=recede)

    def weighed(self, now: float, *, over: bool) -> list[Effect]:
        """The process has more memory than it may, or has not."""
        return self._rein(now, recede=self._helm.weighed(over=over))

    def halt(self, reason: str, exit_code: int) -> list[Effect]:
        """Hand out nothing more; stop when nothing is in flight."""
        if self._stop is None:
            self._stop = Stop(reason, exit_code)
        return [Recede(), *self._conclude()]

    # Results

    @property
    def kinds(self) -> dict[str, KindReport]:
        """How complete each kind is."""
        return self._agenda.kinds

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What could not be read."""
        return self._agenda.gaps

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that the scope comes to; empty: everywhere."""
        return self._agenda.folders or ()

    def figures(self, now: float) -> dict[str, float]:
        """Return how the time went: seconds, and the share spent on requests."""
        return self._helm.figures(now)

    # What comes in

    def _arrived(self, unit: Unit, news: Fetched, now: float) -> list[Effect]:
        if self._probe.answered(unit):
            return []
        if unit != self._agenda.map:
            return self._course(unit).fetched(unit, news, self._wall(now))
        lost = self._agenda.unknown(news.rows)
        if lost:
            return self.halt(str(NoFolder(lost)), NoFolder.exit_code)
        return self._agenda.mapped(news.rows)

    def _try_again(
        self, fetcher: str, unit: Unit, fault: Fault, *, own: bool
    ) -> list[Effect]:
        """Try *unit* again, if that makes sense; else cut it up."""
        if self._probe.missed(unit):
            return []
        if unit != self._agenda.map:
            self._course(unit).health.failed()
        retried = Tell(Retried(fetcher, unit, fault))
        # Nothing goes on without the map, and fetchers that die say nothing about it.
        vital = unit == self._agenda.map and fault == _DIED
        if own and self._trials.spent(unit, fault) and not vital:
            return self._give_up(unit, fault) or [retried]
        if fault != _DIED:
            self._probe.send(unit, away=not own)
        self._hands.delay(unit)
        return [retried, Delay(unit.number, self._trials.wait(unit))]

    def _give_up(self, unit: Unit, fault: Fault) -> list[Effect]:
        """Return how *unit* is let go of; nothing if its pieces are tried instead."""
        self._trials.gave_up(unit, fault)
        final = fault.status in _FINAL
        if unit != self._agenda.map:
            return self._course(unit).give_up(unit, fault, final=final)
        error = LoginRefused if final else LookerError
        reason = f"The folders cannot be listed: {fault.reason}"
        return self.halt(reason, error.exit_code)

    def _course(self, unit: Unit) -> Course:
        return self._agenda.course(unit.part.kind)

    # What goes out

    def _assign(self, now: float) -> list[Effect]:
        """Pair idle fetchers with units, as far as both and the credit go."""
        effects: list[Effect] = []
        while self._hands.any_free and self._stop is None and not self._over:
            unit = self._pick(effects, now)
            if unit is None:
                break
            attempt = self._trials.attempt(unit)
            fetcher = self._hands.give(unit, attempt, self._agenda.expected(unit))
            if fetcher is None:
                break
            self._trials.assigned(unit)
            effects.append(Assign(fetcher, unit, attempt))
        return effects + self._conclude()

    def _rein(self, now: float, *, recede: bool) -> list[Effect]:
        """Have no more out than the helm allows, and ask back what waits for its turn."""
        self._hands.most = self._helm.most
        back: list[Effect] = [Recede()] if recede and self._hands.flying else []
        return back + self._assign(now)

    def _pick(self, effects: list[Effect], now: float) -> Unit | None:
        """Take the next unit; if there is none, a kind may have come to its next step."""
        unit = self._hands.next_again()
        while unit is None and not self._probe.holds_back:
            unit = self._agenda.offer()
            step = [] if unit else self._agenda.settle(self._wall(now))
            if step is None:
                return None
            effects += step
        return unit

    def _conclude(self) -> list[Effect]:
        """Say that it is over, once, when it is."""
        if self._over or self._hands.in_flight:
            return []
        if self._stop is None and (self._hands.waiting or not self._agenda.done):
            return []
        self._over = True
        return [Finish() if self._stop is None else self._stop]

    def _wall(self, now: float) -> float:
        return now + self._to_wall
