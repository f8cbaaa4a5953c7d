"""Turns a run into units, and hands the units out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import assert_never

from lookervault.actors.actor import Actor, Tells
from lookervault.actors.archive import Archive
from lookervault.actors.clock import Clock
from lookervault.actors.orders import Orders
from lookervault.content import covered
from lookervault.core import effects
from lookervault.core.credit import Credit
from lookervault.core.effects import (
    Assign,
    Bury,
    Delay,
    Effect,
    Expand,
    Finish,
    Keep,
    Recall,
    Stop,
    Tell,
)
from lookervault.core.limits import Limits
from lookervault.core.past import Past
from lookervault.core.plan import Plan
from lookervault.messages import (
    Assigned,
    Began,
    Counted,
    Due,
    Failed,
    Fence,
    Fetch,
    Fetched,
    Finished,
    Gone,
    Halt,
    Lead,
    Lease,
    Led,
    Note,
    Ready,
    Recede,
    Returned,
    Seal,
    Sealed,
    Steer,
    Stored,
    Tick,
    ToCoordinator,
    ToFetcher,
    ToProgress,
    ToWriter,
    Wake,
    Weighed,
)
from lookervault.records import Run
from lookervault.store.base import Store

_TICK = 1.0
"""Seconds between two looks at what has been waiting too long."""


class Coordinator(Actor[ToCoordinator]):
    """Carries out what the `Plan` decides.

    It keeps nothing that the store does not. When it starts it asks the writer
    for the lead: the answer comes when all that was told under an earlier
    coordinator is stored or void, so that what it reads then holds.
    """

    def __init__(
        self,
        store: Store,
        limits: Limits,
        *,
        me: Tells[ToCoordinator],
        fetchers: Mapping[str, Tells[ToFetcher]],
        writer: Tells[ToWriter],
        progress: Tells[ToProgress],
        owner: Tells[Finished],
        clock: Clock,
        credit: Credit,
        tickets: Iterator[int],
        orders: Orders,
        weigh: Callable[[], Weighed],
    ) -> None:
        self._archive = Archive(store)
        self._limits = limits
        self._me = me
        self._fetchers = fetchers
        self._writer = writer
        self._progress = progress
        self._owner = owner
        self._clock = clock
        self._credit = credit
        self._tickets = tickets
        self._orders = orders
        self._weigh = weigh
        self._ticket = 0
        self._run: Run | None = None
        self._fence: Fence | None = None
        self._plan: Plan | None = None
        self._ready: dict[str, None] = {}
        """The fetchers that have started."""
        self._halts: dict[int, Halt] = {}
        """Which runs are to stop, and why."""

    def started(self) -> None:
        self._ask_for_the_lead()

    def receive(self, message: ToCoordinator) -> None:  # noqa: C901  # one arm a message
        match message:
            case Wake():
                if self._plan is None:
                    self._ask_for_the_lead()
            case Led(ticket, run):
                if ticket == self._ticket:
                    self._led(run)
            case Ready(fetcher):
                self._ready[fetcher] = None
                if self._plan is not None:
                    self._do(self._plan.ready(fetcher, self._clock.now()))
            case Halt():
                self._halted(message)
            case Steer(steering):
                if self._plan is not None:
                    self._do(self._plan.steer(steering, self._clock.now()))
            case Sealed(run):
                self._finish(run)
                # The next run may have been opened before this news came.
                self._ask_for_the_lead()
            case _:
                self._hear(message)

    def _hear(self, message: Fetched | Failed | Returned | Stored | Due | Tick) -> None:
        """Tell the plan a fact, if it was told under this lead."""
        plan, now = self._plan, self._clock.now()
        if plan is None or _fence(message) != self._fence:
            return
        match message:
            case Fetched():
                self._do(plan.fetched(message, now))
            case Failed():
                self._do(plan.failed(message, now))
            case Returned(fetcher, lease):
                self._do(plan.returned(fetcher, lease, now))
            case Stored(_, units):
                self._do(plan.stored(units, now))
            case Due(_, unit):
                self._do(plan.due(unit, now))
            case Tick():
                self._clock.after(_TICK, self._me, message)
                self._ticked(plan, now)
            case _:
                assert_never(message)

    def _ticked(self, plan: Plan, now: float) -> None:
        weighed = self._weigh()
        self._progress.tell(weighed)
        self._do(plan.weighed(now, over=weighed.over))
        self._do(plan.tick(now))

    def _halted(self, halt: Halt) -> None:
        """Stop the run that is wanted; too late for it, the word is for none."""
        if halt.run is not None and halt.run != self._orders.run:
            return
        if self._orders.run is not None:
            self._halts[self._orders.run] = halt
        if self._plan is not None:
            self._do(self._plan.halt(halt.reason, halt.exit_code))

    def _ask_for_the_lead(self) -> None:
        self._plan = None
        self._ticket = next(self._tickets)
        self._writer.tell(Lead(self._ticket))

    def _led(self, run: Run | None) -> None:
        self._run = run
        if run is None or run.number != self._orders.run:
            return
        self._fence = Fence(run.number, run.epoch)
        self._credit.reset()
        past = self._archive.past(run)
        self._plan = plan = Plan(
            run,
            past,
            self._limits,
            self._orders.steering,
            credit=self._credit,
            began=self._orders.began,
            now=self._clock.now(),
            wall=self._clock.wall(),
        )
        self._announce(run, past)
        self._do(plan.opening)
        self._clock.after(_TICK, self._me, Tick(self._fence))
        halt = self._halts.get(run.number)
        if halt is not None:
            self._do(plan.halt(halt.reason, halt.exit_code))
        # One that still reads for an earlier lead drops that for what it gets now.
        for fetcher in self._ready:
            self._do(plan.ready(fetcher, self._clock.now()))

    def _announce(self, run: Run, past: Mapping[str, Past]) -> None:
        stored = {kind: len(it.rows) for kind, it in past.items() if it.rows}
        lost = self._archive.lost_roles(run)
        before = self._archive.looker_before(run)
        self._progress.tell(Began(run, covered(run.scope), stored, lost, before))
        self._progress.tell(self._weigh())

    def _do(self, wanted: list[Effect]) -> None:
        """Do all that is *wanted* in its order; what that leads to comes after it."""
        todo = deque(wanted)
        while todo:
            todo += self._do_one(todo.popleft())

    def _do_one(self, effect: Effect) -> list[Effect]:  # noqa: C901, PLR0912  # one arm an effect
        plan, run, fence = self._plan, self._run, self._fence
        if plan is None or run is None or fence is None:
            return []
        match effect:
            case Assign(fetcher, unit, attempt):
                self._fetchers[fetcher].tell(Fetch(Lease(fence, unit, attempt)))
                self._progress.tell(Assigned(fetcher, unit, attempt))
            case Delay(unit, seconds):
                self._clock.after(seconds, self._me, Due(fence, unit))
            case Tell(news):
                self._progress.tell(news)
            case Keep(kind, census):
                self._writer.tell(Counted(fence, kind, census))
            case Expand(folders):
                self._writer.tell(Note(fence, expansion=folders))
            case Bury(kind, ids):
                self._writer.tell(Gone(fence, kind, ids))
            case Recall(kind):
                return self._recall(plan, run, kind)
            case effects.Recede():
                for address in self._fetchers.values():
                    address.tell(Recede())
            case Finish():
                self._progress.tell(self._weigh())
                figures = plan.figures(self._clock.now())
                self._writer.tell(Seal(fence, plan.kinds, plan.gaps, figures))
            case Stop(reason, exit_code):
                self._finish(self._archive.latest(run), reason, exit_code)
            case _:
                assert_never(effect)
        return []

    def _recall(self, plan: Plan, run: Run, kind: str) -> list[Effect]:
        """Tell the plan what the vault has of *kind* within the scope."""
        archive, listed = self._archive, plan.listed(kind)
        ids, missing = archive.known(run, kind, plan.folders, listed)
        return plan.known(kind, ids, missing, self._clock.now())

    def _finish(self, run: Run, reason: str = "", exit_code: int = 0) -> None:
        """The run is over, for this process at least."""
        self._plan = None
        self._halts.pop(run.number, None)
        if self._orders.run == run.number:
            self._orders.run = None
        finished = Finished(run, reason, exit_code)
        self._progress.tell(finished)
        self._owner.tell(finished)


def _fence(
    message: Fetched | Failed | Returned | Stored | Due | Tick,
) -> Fence:
    """Return under which lead *message* was told."""
    match message:
        case Fetched() | Failed() | Returned():
            return message.lease.fence
        case _:
            return message.fence
