"""The only one who writes to the store, once a run is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from lookervault.actors.actor import Actor, Tells
from lookervault.actors.clock import Clock
from lookervault.core.credit import Credit
from lookervault.core.ledger import WAIT, Ledger
from lookervault.messages import (
    Committed,
    Counted,
    Fence,
    Flush,
    Gone,
    Lead,
    Led,
    Note,
    Seal,
    Sealed,
    Stored,
    ToCoordinator,
    ToProgress,
    ToWriter,
    Write,
)
from lookervault.records import Counts, Run, Tolerance
from lookervault.store.base import Landed, Store


class Meter:
    """How many requests a run has cost, over all processes that worked on it.

    It outlives the writer: what this process has sent is counted once.
    """

    def __init__(self, sent: Callable[[], int]) -> None:
        self._sent = sent
        self._run: int | None = None
        self._before = 0

    def lead(self, run: Run) -> None:
        """Count for *run* from now on; for the first one, also what was sent so far."""
        if run.number != self._run:
            already = 0 if self._run is None else self._sent()
            self._run, self._before = run.number, run.calls - already

    @property
    def calls(self) -> int:
        """Requests of the run."""
        return self._before + self._sent()


class Writer(Actor[ToWriter]):
    """Puts units and their markers on disk together, and then says so."""

    def __init__(
        self,
        store: Store,
        *,
        me: Tells[ToWriter],
        coordinator: Tells[ToCoordinator],
        progress: Tells[ToProgress],
        clock: Clock,
        credit: Credit,
        meter: Meter,
        tolerance: Callable[[], Tolerance | None],
    ) -> None:
        self._store = store
        self._me = me
        self._coordinator = coordinator
        self._progress = progress
        self._clock = clock
        self._credit = credit
        self._meter = meter
        self._tolerance = tolerance
        self._ledger = Ledger()

    def receive(self, message: ToWriter) -> None:
        match message:
            case Lead(ticket):
                self._lead(ticket)
            case Write():
                self._gather(message)
            case Flush():
                self._flush()
            case Note() | Counted() | Gone() | Seal():
                self._keep(message)
            case _:
                assert_never(message)

    def _lead(self, ticket: int) -> None:
        """What an earlier coordinator was told is stored; what comes later is void."""
        self._flush()
        run = self._store.open_run()
        if run is None:
            self._ledger.fence = None
        else:
            run = self._store.lead(run.number)
            self._ledger.fence = Fence(run.number, run.epoch)
            self._meter.lead(run)
        self._coordinator.tell(Led(ticket, run))

    def _gather(self, write: Write) -> None:
        was_empty = self._ledger.empty
        if not self._ledger.add(write):
            self._release(write)
        elif self._ledger.full:
            self._flush()
        elif was_empty:
            self._clock.after(WAIT, self._me, Flush())

    def _flush(self) -> None:
        writes, fence = self._ledger.take(), self._ledger.fence
        if not writes or fence is None:
            return
        landed = [Landed(write.lease.unit, write.items) for write in writes]
        calls = self._meter.calls
        counts = self._store.put(
            fence.run, fence.epoch, landed, calls=calls, tolerance=self._tolerance()
        )
        for write in writes:
            self._release(write)
        # Before the coordinator hears of it: that may be the end of the run, which has
        # the last word.
        self._progress.tell(Committed(_total(counts), calls))
        units = tuple((w.lease.unit.number, w.lease.attempt) for w in writes)
        self._coordinator.tell(Stored(fence, units))

    def _keep(self, message: Note | Counted | Gone | Seal) -> None:
        """Store one fact, after all that was told before it."""
        self._flush()
        if message.fence != self._ledger.fence:
            return
        run = message.fence.run
        match message:
            case Note(_, expansion, login, looker):
                self._store.note(run, expansion=expansion, login=login, looker=looker)
            case Counted(_, kind, census):
                self._store.put_census(run, kind, census)
            case Gone(_, kind, ids):
                counts = self._store.put_gone(run, kind, ids, now=self._clock.wall())
                self._progress.tell(Committed({kind: counts}, self._meter.calls))
            case Seal():
                self._seal(message)
            case _:
                assert_never(message)

    def _seal(self, message: Seal) -> None:
        run = self._store.seal(
            message.fence.run,
            now=self._clock.wall(),
            kinds=message.kinds,
            gaps=message.gaps,
            figures=message.figures,
            calls=self._meter.calls,
            tolerance=self._tolerance(),
        )
        self._ledger.fence = None
        self._coordinator.tell(Sealed(run))

    def _release(self, write: Write) -> None:
        lease = write.lease
        ticket = (lease.fence.epoch, lease.unit.number, lease.attempt)
        self._credit.release(ticket)


def _total(counts: Sequence[dict[str, Counts]]) -> dict[str, Counts]:
    """Add up what each unit came to."""
    total: dict[str, Counts] = {}
    for unit in counts:
        for kind, some in unit.items():
            total[kind] = total.get(kind, Counts()) + some
    return total
