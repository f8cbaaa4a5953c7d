"""The course of one kind: from its census to the proof that all is there.

::

    counting ──▶ reading ──▶ settling ──▶ searching ──▶ done
       ▲            ▲            │
       │            └── missing ─┤
       └── a census grown old ◀──┘

*Counting* and *reading* go side by side where pages can be guessed. *Settling*
fetches what the census has and the run has not, and counts again. *Searching*
asks for what the vault has and the census lacks. Who fetches what, how often
and when is not known here: `Plan` decides that. Times are wall clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lookervault.content import Kind, Reads
from lookervault.core.effects import Bury, Effect, Keep, Recall, Tell
from lookervault.core.health import Health
from lookervault.core.reading import Reading, Terms
from lookervault.core.roll import Roll
from lookervault.core.sizing import Sizing
from lookervault.errors import Sort
from lookervault.messages import Expected, Fault, Fetched, Gapped, KindDone
from lookervault.records import Census, Gap, Row
from lookervault.units import Count, Ids, Part, Span, Unit, Whole

_OLD = 600.0
"""Seconds after which a census no longer proves that nothing is missing."""

_ROUNDS = 3
"""How often missing items are fetched and counted before they are given up."""

_SHARE = 0.05
"""If more than this share of a kind is missing, pages are cheaper than single
items; if more would go at once, it is not believed."""

_FEW = 20
"""Up to so many, single items it is; and so many may go at once."""

_NOT_FOUND = 404

_MISSING = (
    "The vault has it, Looker does not list it, and nothing proves that it is gone."
)

_CHANGING = Fault(
    Sort.NOT_FOUND, "Looker listed it and did not show it: it kept changing."
)

_HIDDEN = Fault(
    Sort.MISSHAPEN, "Looker says that there are more than it lists (X-Total-Count)."
)


class Course:
    """The way of one kind through a run."""

    def __init__(
        self, kind: Kind, parts: Sequence[Part], roll: Roll, terms: Terms
    ) -> None:
        self.kind = kind
        self.roll = roll
        self.reading = Reading(kind, parts, roll, terms)
        self.sizing = Sizing(terms.batch)
        self.done = False
        self._brought: dict[int, tuple[Row, ...]] = {}
        self._round = 0
        self._rounds_left = _ROUNDS
        self._counted_at: float | None = None
        self._stale = False
        """Whether something was missing, so that the census must be taken again."""
        self._asked: set[str] = set()
        """Ids that were missing and asked for one by one."""
        self.health = Health()
        self._recalled = False
        self._strangers: list[str] | None = None
        """What the vault has and the census lacks, once that is known."""
        self._believed = terms.accept_deletions

    @property
    def counted(self) -> bool:
        """Whether its census is complete."""
        return self._counted_at is not None

    @property
    def settles(self) -> bool:
        """Whether nothing is queued or out, so that `settle` tells what comes next."""
        waits = self._recalled and self._strangers is None
        return not self.done and self.reading.idle and not waits

    @property
    def offers(self) -> bool:
        """Whether something new of it should be handed out now."""
        return not self.health.doubtful or not self.reading.out

    # What has happened

    def recounted(self, census: Census) -> None:
        """The run has this census from an earlier life; it is young enough."""
        self._round, self._counted_at = census.round, census.taken
        self.health.came()
        self.roll.counted(census.rows)
        self.reading.recounted(census.rows)
        self.reading.begin()

    def fetched(self, unit: Unit, news: Fetched, now: float) -> list[Effect]:
        """*unit* came in; but for a page of the census it is not stored yet."""
        self.health.came()
        if isinstance(unit, Count):
            self.reading.back(unit)  # One that was asked for early may not be needed.
            return [] if self.reading.counted else self._took(unit, news, now)
        rows = news.rows
        self.sizing.read(rows=len(rows), bytes_=news.bytes, seconds=news.seconds)
        if news.left is None:
            self.reading.ended(unit, len(rows))
        else:
            self.reading.rest(news.left)
        self._brought[unit.number] = rows
        if isinstance(unit, Ids) and (unit.witnesses or self._believed):
            self.roll.absent(news.absent)
        return []

    def stored(self, unit: Unit, now: float) -> list[Effect]:
        """*unit* is on disk."""
        self.reading.back(unit)
        rows = self._brought.pop(unit.number, ())
        self.roll.store(rows)
        if isinstance(unit, Whole) and self.kind.reads is Reads.WHOLE:
            return self._close(rows, now)
        return []

    def give_up(self, unit: Unit, fault: Fault, *, final: bool) -> list[Effect]:
        """*unit* cannot be had as it is: cut it up, or let it go.

        *final*: Looker refuses it, so that smaller pieces would not help.
        """
        self.reading.back(unit)
        if isinstance(unit, Span) and fault.sort is Sort.TOO_LARGE:
            self.sizing.too_large(unit.length)
        if isinstance(unit, Ids) and fault.status == _NOT_FOUND:
            self._ask_others(unit)
            return []
        despair = None if self.roll.any_stored else self._despair(unit, fault)
        if despair is not None:
            return despair
        if self.reading.cut(unit, final=final):
            return []
        if isinstance(unit, Ids):
            return self._gap(unit.ids[0], fault)
        self.reading.close(unit.part)  # One gap for all of it, not hundreds.
        return self._gap("*", fault)

    def known(self, ids: Iterable[str], missing_before: frozenset[str]) -> list[Effect]:
        """The vault has these items of the scope; the last run missed *missing_before*.

        What the census lacks may be gone. One by one it is asked for, unless it
        is too much to believe and no earlier run says the same.
        """
        self._strangers = strangers = self.roll.strangers(ids)
        news = [id_ for id_ in strangers if id_ not in missing_before]
        self._believed |= bool(strangers) and not news
        many = max(_FEW, _SHARE * (len(strangers) + len(self.roll.rows)))
        if len(news) > many and not self._believed:
            return self._end()
        self.reading.singly([Row(id_) for id_ in strangers])
        return []

    # What comes next

    def settle(self, now: float) -> list[Effect]:
        """Nothing is queued or out: go on to what comes next."""
        if self.health.denial is not None:
            return self._after_denial(self.health.denial)
        if self._strangers is not None:
            return self._end()
        if self._counted_at is None:
            return self._close_or_end(now)
        if self.reading.counts and (self._stale or now - self._counted_at > _OLD):
            self.reading.recount()
            return []
        missing = self.reading.open(self.roll.missing())
        return self._seek(missing) if missing else self._search()

    def _search(self) -> list[Effect]:
        """All that is listed is there: ask what else the vault knows."""
        if self.reading.short:
            return [*self._gap("*", _HIDDEN), *self._end()]
        if self.roll.refused:
            return self._end()
        self._recalled = True
        return [Recall(self.kind.name)]

    def _close_or_end(self, now: float) -> list[Effect]:
        """All parts are counted or refused; the census is of the counted ones."""
        rows = self.reading.walked
        return self._close(rows, now) if rows else self._end()

    def _took(self, unit: Count, news: Fetched, now: float) -> list[Effect]:
        self.reading.took(unit, news)
        if self.reading.counted:
            effects = self._close(self.reading.walked, now)
            self._stale = self._count_again()
            return effects
        so_far = max(self.reading.seen, news.total or 0)
        return [Tell(Expected(self.kind.name, so_far, exact=False))]

    def _count_again(self) -> bool:
        """Whether Looker lists less than it says there is, for the first few times."""
        if not self.reading.short or not self._rounds_left:
            return False
        self._rounds_left -= 1
        return True

    def _close(self, rows: Sequence[Row], now: float) -> list[Effect]:
        """The census is complete."""
        self._round += 1
        self.roll.counted(rows)
        if self._counted_at is None:
            self.reading.begin()
        self._counted_at = now
        self._stale = False
        name, census = self.kind.name, Census(self._round, now, self.roll.rows)
        news = Tell(Expected(name, len(census.rows), exact=True))
        # A later life must not take for all there is what is known to lack some.
        lacking = self.roll.refused or self.reading.short
        return [news] if lacking else [Keep(name, census), news]

    def _seek(self, missing: list[Row]) -> list[Effect]:
        """Fetch what is missing, as often as is worth it."""
        if not self._rounds_left:
            return self._last_call(missing)
        self._rounds_left -= 1
        self._stale = True
        many = len(missing) > max(_FEW, _SHARE * len(self.roll.rows))
        if not (many and self._rounds_left and self.reading.rewind()):
            self._ask(missing)
        return []

    def _last_call(self, missing: list[Row]) -> list[Effect]:
        """Let go of what was asked for by id; ask once for what came up since."""
        late = [row for row in missing if row.id not in self._asked]
        if late:
            self._ask(late)
            return []
        return [effect for row in missing for effect in self._gap(row.id, _CHANGING)]

    def _ask(self, rows: Sequence[Row]) -> None:
        self._asked.update(row.id for row in rows)
        self.reading.singly(rows)

    def _ask_others(self, unit: Ids) -> None:
        """The witnesses of *unit* are gone too: ask others, or leave it to a census."""
        self.roll.doubt(unit.witnesses)
        witnesses = self.roll.witnesses()
        if witnesses or self._believed:
            self.reading.again(unit, witnesses)
        else:
            self._stale = True

    def _despair(self, unit: Unit, fault: Fault) -> list[Effect] | None:
        """Let *unit* go, if that nothing of the kind could be read so far tells why."""
        if isinstance(unit, Ids) and self.health.denied(unit, fault):
            if self.health.all_denied:
                self.reading.drop()
            return []
        if isinstance(unit, Span) and not self.health.any_came:
            self.reading.hold()  # Where nothing is known, nothing more is guessed.
            return []
        if self.health.hopeless(unit, fault):
            self.reading.close_all()
            return self._gap("*", fault)
        return None

    def _after_denial(self, denial: Fault) -> list[Effect]:
        """All of the kind was denied, or some could be read meanwhile: ask again."""
        self.health.forgive()
        if self.roll.any_stored:
            self.reading.singly(self.roll.missing())
            return []
        return [*self._gap("*", denial), *self._end()]

    def _gap(self, id_: str, fault: Fault) -> list[Effect]:
        gap = Gap(self.kind.name, id_, fault.status, fault.reason, fault.excerpt)
        return [Tell(Gapped(gap))] if self.roll.gap(gap) else []

    def _end(self) -> list[Effect]:
        """Say how it went, also of what nothing is proven."""
        self.done = True
        name, gone = self.kind.name, self.roll.gone
        strangers = self.roll.strangers(self._strangers or ())
        missing = [Gap(name, id_, None, _MISSING, missing=True) for id_ in strangers]
        self.roll.lacks(missing)
        bury = [Bury(name, gone)] if gone else []
        news = [Tell(Gapped(gap)) for gap in missing]
        return [*bury, *news, Tell(KindDone(name, self.roll.report()))]
