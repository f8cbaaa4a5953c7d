"""Calls Looker, one unit at a time, when the throttle says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from lookervault.actors.actor import Actor, Pulse, Slot, Tells
from lookervault.actors.clock import Clock
from lookervault.actors.purse import Purse
from lookervault.actors.watch import Watch
from lookervault.actors.work import Work
from lookervault.content import KINDS
from lookervault.core.errand import Request
from lookervault.core.learned import Learned
from lookervault.errors import LookerError, Sort
from lookervault.looker.base import Answer, Source
from lookervault.messages import (
    Answered,
    Ask,
    Called,
    Failed,
    Fault,
    Fetch,
    Fetched,
    Go,
    Lease,
    Nudge,
    Outcome,
    Ready,
    Recede,
    Returned,
    ToCoordinator,
    ToFetcher,
    ToProgress,
    ToThrottle,
    ToWriter,
    Waive,
    Write,
)
from lookervault.store.packing import packed
from lookervault.store.turn import turn

_PATIENCE = 1.0
"""Seconds after which the throttle is asked again: it may have died meanwhile."""

_OUTCOMES = {
    Sort.LIMITED: Outcome.REFUSED,
    Sort.OVERLOADED: Outcome.OVERLOADED,
    Sort.TIMED_OUT: Outcome.FAILED,
    Sort.UNREACHABLE: Outcome.FAILED,
}
"""What trouble means for the pace; all else is an answer like any other."""


class Fetcher(Actor[ToFetcher]):
    """Holds at most one unit.

    What Looker may well answer is a message (`Failed`). Anything else is a bug:
    it is not caught, and the supervisor starts a new fetcher.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        *,
        me: Tells[ToFetcher],
        coordinator: Tells[ToCoordinator],
        throttle: Tells[ToThrottle],
        writer: Tells[ToWriter],
        progress: Tells[ToProgress],
        clock: Clock,
        purse: Purse,
        learned: Slot[Learned],
        asks: Iterator[int],
    ) -> None:
        self._name = name
        self._source = source
        self._me = me
        self._coordinator = coordinator
        self._throttle = throttle
        self._writer = writer
        self._progress = progress
        self._clock = clock
        self._purse = purse
        self._learned = learned
        self._asks = asks
        self._work: Work | None = None
        self._ask: int | None = None
        """The ask that the throttle has not answered yet."""
        self._asked_at = 0.0
        self._idle_since: float | None = None
        """Since when it has had no unit; ``None``: it has one."""
        self._idle = 0.0
        """Seconds without a unit that nobody has been told of."""
        self._pulse: Pulse | None = None

    def lives(self, pulse: Pulse) -> None:
        self._pulse = pulse

    def started(self) -> None:
        self._idle_since = self._clock.now()
        self._coordinator.tell(Ready(self._name))

    def receive(self, message: ToFetcher) -> None:
        match message:
            case Fetch(lease):
                self._begin(lease)
            case Go(ask, serial):
                self._granted(ask, serial)
            case Nudge(ask):
                self._nudged(ask)
            case Recede():
                self._hand_back()
            case _:
                assert_never(message)

    def _begin(self, lease: Lease) -> None:
        if self._idle_since is not None:
            self._idle += self._clock.now() - self._idle_since
            self._idle_since = None
        self._work = work = Work(lease)
        self._go_on(work)

    def _rest(self) -> None:
        """The unit is out of its hands."""
        self._work = None
        self._idle_since = self._clock.now()

    def _go_on(self, work: Work) -> None:
        """Ask for leave to make the next request, or deliver what has come."""
        if work.errand.request() is None:
            self._deliver(work)
            return
        self._ask = next(self._asks)
        self._asked_at = self._clock.now()
        self._throttle.tell(Ask(self._name, self._ask))
        self._clock.after(_PATIENCE, self._me, Nudge(self._ask))

    def _nudged(self, ask: int) -> None:
        if ask == self._ask:
            self._throttle.tell(Ask(self._name, ask))
            self._clock.after(_PATIENCE, self._me, Nudge(ask))

    def _granted(self, ask: int, serial: int) -> None:
        """Make the request, unless the token is an old one or a void one."""
        work = self._work
        if ask != self._ask or work is None:
            # Of an earlier life, or asked for twice: others may need it.
            self._throttle.tell(Waive(self._name, ask))
            return
        if serial != self._learned.value.serial:
            self._throttle.tell(Ask(self._name, ask))
            return
        self._ask = None
        request = work.errand.request()
        if request is not None:
            self._call(work, request, ask)

    def _call(self, work: Work, request: Request, ask: int) -> None:
        started = self._clock.now()
        watch = Watch(self._purse, work.ticket, self._pulse, divisible=work.divisible)
        try:
            answer = self._source.call(request.call, request.parameters, watch)
        except LookerError as error:
            self._ended(work, request, ask, started=started, error=error)
            self._troubled(work, error)
        else:
            self._ended(work, request, ask, started=started, size=len(answer.body))
            self._take(work, request, answer)

    def _take(self, work: Work, request: Request, answer: Answer) -> None:
        try:
            with turn():
                found = work.errand.take(answer.body)
        except LookerError as error:
            self._fail(work, error)
            return
        at = self._clock.wall() if answer.date is None else answer.date
        # Here, so that the one writer need not hash and compress.
        kind, beat = KINDS[work.lease.unit.part.kind], self._beat
        work.items += packed(kind, request.call, found, at, beat=beat)
        work.total = answer.total if answer.total is not None else work.total
        work.pages += 1
        work.bytes += len(answer.body)
        self._go_on(work)

    def _beat(self) -> None:
        if self._pulse is not None:
            self._pulse.beat()

    def _troubled(self, work: Work, error: LookerError) -> None:
        if error.sort is Sort.LIMITED:
            self._go_on(work)
            return
        if error.sort is Sort.NOT_FOUND:
            try:
                work.errand.missed(error)
            except LookerError as final:
                self._fail(work, final)
            else:
                self._go_on(work)
            return
        self._fail(work, error)

    def _fail(self, work: Work, error: LookerError) -> None:
        self._rest()
        fault = Fault(error.sort, error.reason, error.status, error.excerpt)
        self._coordinator.tell(Failed(self._name, work.lease, fault))

    def _deliver(self, work: Work) -> None:
        self._rest()
        if work.brings_items:
            self._writer.tell(Write(work.lease, tuple(work.items)))
        self._coordinator.tell(
            Fetched(
                self._name,
                work.lease,
                rows=tuple(work.errand.rows),
                absent=tuple(work.errand.absent),
                total=work.total,
                pages=work.pages,
                bytes=work.bytes,
                seconds=work.seconds,
                left=work.errand.left(),
            )
        )

    def _hand_back(self) -> None:
        """Go no further with the unit, if it waits for leave to make a request.

        The items that it has brought so far are stored: its marker vouches for
        those, and what is left of it is for whoever goes on.
        """
        work = self._work
        if work is None or self._ask is None:
            return
        self._throttle.tell(Waive(self._name, self._ask))
        self._ask = None
        if work.items:
            self._deliver(work)
        else:
            self._rest()
            self._coordinator.tell(Returned(self._name, work.lease))

    def _ended(
        self,
        work: Work,
        request: Request,
        ask: int,
        *,
        started: float,
        error: LookerError | None = None,
        size: int = 0,
    ) -> None:
        """Tell the throttle and those who watch how a request went."""
        seconds = self._clock.now() - started
        work.seconds += seconds
        outcome = Outcome.OK if error is None else _OUTCOMES.get(error.sort, Outcome.OK)
        retry_after = None if error is None else error.retry_after
        answered = Answered(self._name, ask, outcome, seconds, retry_after)
        self._throttle.tell(answered)
        self._progress.tell(
            Called(
                self._name,
                work.lease.unit.part.kind,
                request.call,
                started,
                seconds,
                started - self._asked_at,
                size,
                outcome,
                None if error is None else error.sort,
                self._idle,
            )
        )
        self._idle = 0.0
