"""Who starts whom, in what order, and who falls with whom.

::

    root            ONE_FOR_ONE     they fail apart
    ├─ progress
    ├─ throttle
    └─ pipeline     REST_FOR_ONE    each needs those above it
       ├─ writer
       ├─ coordinator
       └─ pool      ONE_FOR_ONE
          └─ fetcher-1 … fetcher-n

Children start from the top and stop from the bottom, so at the end the
fetchers go first. What the writer has gathered and not committed by then is
read again by whoever goes on with the run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count

from lookervault.actors.actor import Address, Slot, Tells
from lookervault.actors.clock import Clock
from lookervault.actors.coordinator import Coordinator
from lookervault.actors.fetcher import Fetcher
from lookervault.actors.orders import Orders
from lookervault.actors.progress import Progress
from lookervault.actors.purse import Purse
from lookervault.actors.supervisor import Child, Supervisor, nested
from lookervault.actors.threads import Spawn
from lookervault.actors.throttle import Budget, Throttle
from lookervault.actors.writer import Meter, Writer
from lookervault.core.learned import Learned, kept
from lookervault.core.limits import Limits
from lookervault.core.restart import Intensity, Strategy
from lookervault.looker.base import Source
from lookervault.memory import Scales
from lookervault.messages import (
    Enlist,
    Exited,
    Finished,
    Steer,
    Steered,
    Steering,
    ToCoordinator,
    ToFetcher,
    ToProgress,
    ToSupervisor,
    ToThrottle,
    ToWriter,
    Waive,
    WorkerFailed,
)
from lookervault.settings import MOST_WORKERS, Settings
from lookervault.store.base import Store

_SELDOM = Intensity(restarts=3, period=30.0)
"""For what should not fail at all: a burst of three, then it is a bug."""

_PERIOD = 60.0
_PER_FETCHER = 2
_AND = 10
"""Fetchers meet whatever Looker sends. A body that kills them does so five times
before it is set aside, so ten restarts a minute are two such bodies."""

_LEASE = 60.0
"""Seconds without a beat after which a fetcher hangs: twice the time-out of a read."""

_FETCHER_PATIENCE = 10.0
"""Seconds that a fetcher gets to stop; what it waits for is cut off at once."""

_STUCK = 120.0
"""Seconds that one commit may take. A writer that waits for its disk longer holds
LMDB's only write transaction, so that another writer would wait as well."""


class Tree:
    """One address for each actor, and a recipe for each one's next life."""

    def __init__(
        self,
        source: Source,
        store: Store,
        settings: Settings,
        *,
        show: Callable[[ToProgress], None],
        owner: Tells[Finished],
        spawn: Spawn,
        clock: Clock,
        scales: Scales,
        learned: Learned,
    ) -> None:
        self._source = source
        self._store = store
        self._settings = settings
        self._show = show
        self._owner = owner
        self._spawn = spawn
        self._clock = clock
        self._scales = scales
        self._purse = Purse(settings.credit, scales.tight)
        self._learned = Slot(learned)
        self._meter = Meter(lambda: source.calls)
        self._asks = count(1)
        self._tickets = count(1)

        self.budget = Budget(lambda: source.calls, settings.max_calls)
        self.orders = Orders(settings.steering, clock.now())
        self.root = Address[ToSupervisor]("root")
        self.progress = Address[ToProgress]("progress")
        self.throttle = Address[ToThrottle]("throttle")
        self.pipeline = Address[ToSupervisor]("pipeline")
        self.writer = Address[ToWriter]("writer")
        self.coordinator = Address[ToCoordinator]("coordinator")
        self.pool = Address[ToSupervisor]("pool")
        names = [f"fetcher-{n}" for n in range(1, MOST_WORKERS + 1)]
        self.fetchers = {name: Address[ToFetcher](name) for name in names}
        """As many as there may ever be; the pool starts those that are wanted."""

    def begin(self, run: int, began: float, credit: int) -> None:
        """Work on *run*, which *began* just now, with *credit* bytes in hand."""
        with self.orders.changing:
            self._purse.limit(credit)
            self.orders.began = began
            self.orders.run = run
            if self.orders.steering != self._settings.steering:  # of an earlier run
                self.steer(self._settings.steering)

    def steer(self, steering: Steering) -> None:
        """Go on with the run in this way."""
        self.orders.steering = steering
        self.coordinator.tell(Steer(steering))
        self.throttle.tell(Steer(steering))
        self.pool.tell(Enlist(steering.workers))
        self.progress.tell(Steered(steering))

    def make_root(self) -> Supervisor:
        """Make the actor that everything else hangs from."""
        return self._supervisor(
            self.root,
            Strategy.ONE_FOR_ONE,
            _SELDOM,
            Child(self.progress, lambda: Progress(self._show)),
            Child(self.throttle, self._make_throttle),
            nested(self.pipeline, self._make_pipeline),
        )

    def _make_pipeline(self) -> Supervisor:
        return self._supervisor(
            self.pipeline,
            Strategy.REST_FOR_ONE,
            _SELDOM,
            Child(self.writer, self._make_writer, lease=_STUCK, vital=True),
            Child(self.coordinator, self._make_coordinator),
            nested(self.pool, self._make_pool),
        )

    def _make_pool(self) -> Supervisor:
        return Supervisor(
            [
                Child(
                    address,
                    partial(self._make_fetcher, name),
                    patience=_FETCHER_PATIENCE,
                    lease=_LEASE,
                    cut=True,
                )
                for name, address in self.fetchers.items()
            ],
            Strategy.ONE_FOR_ONE,
            Intensity(_AND, _PERIOD, each=_PER_FETCHER),
            me=self.pool,
            spawn=self._spawn,
            clock=self._clock,
            failed=self._fetcher_failed,
            wanted=self._wanted_fetchers,
        )

    def _wanted_fetchers(self) -> int:
        """Return how many to start with the pool: the coordinator counts on who lived."""
        lived = sum(address.lives > 0 for address in self.fetchers.values())
        return max(self.orders.steering.workers, lived)

    def _fetcher_failed(self, news: Exited) -> None:
        self.throttle.tell(Waive(news.child, None))
        self.progress.tell(WorkerFailed(news.child, news.error or ""))

    def _make_throttle(self) -> Throttle:
        return Throttle(
            self._learned,
            orders=self.orders,
            budget=self.budget,
            me=self.throttle,
            fetchers=self.fetchers,
            coordinator=self.coordinator,
            progress=self.progress,
            clock=self._clock,
        )

    def _make_writer(self) -> Writer:
        return Writer(
            self._store,
            me=self.writer,
            coordinator=self.coordinator,
            progress=self.progress,
            clock=self._clock,
            credit=self._purse,
            meter=self._meter,
            tolerance=lambda: kept(self._learned.value, self._clock.wall()),
        )

    def _make_coordinator(self) -> Coordinator:
        settings = self._settings
        limits = Limits(
            batch=settings.batch_size,
            give_up_after=settings.give_up_after,
            max_duration=settings.max_duration,
            accept_deletions=settings.accept_deletions,
        )
        return Coordinator(
            self._store,
            limits,
            me=self.coordinator,
            fetchers=self.fetchers,
            writer=self.writer,
            progress=self.progress,
            owner=self._owner,
            clock=self._clock,
            credit=self._purse,
            tickets=self._tickets,
            orders=self.orders,
            weigh=self._scales.weighed,
        )

    def _make_fetcher(self, name: str) -> Fetcher:
        return Fetcher(
            name,
            self._source,
            me=self.fetchers[name],
            coordinator=self.coordinator,
            throttle=self.throttle,
            writer=self.writer,
            progress=self.progress,
            clock=self._clock,
            purse=self._purse,
            learned=self._learned,
            asks=self._asks,
        )

    def _supervisor(
        self,
        me: Address[ToSupervisor],
        strategy: Strategy,
        intensity: Intensity,
        *children: Child,
    ) -> Supervisor:
        return Supervisor(
            children, strategy, intensity, me=me, spawn=self._spawn, clock=self._clock
        )
