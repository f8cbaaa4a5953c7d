"""The one handle that the CLI, the daemon and embedders hold."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from lookervault.actors.clock import Clock, SystemClock
from lookervault.actors.subscribers import Subscribers
from lookervault.actors.threads import Life, Spawn, Subscriber, Threads
from lookervault.content import named
from lookervault.core.learned import Learned, recalled
from lookervault.errors import LeftBehind, UsageError
from lookervault.extraction import Extraction, gave_up
from lookervault.looker.base import Source
from lookervault.looker.settings import Credentials
from lookervault.memory import Scales
from lookervault.messages import Began, Exited, Finished, ToProgress, Wake
from lookervault.records import Scope
from lookervault.settings import Settings, check
from lookervault.store import recall
from lookervault.store.base import Store
from lookervault.tree import Tree

__all__ = ["Extraction", "Settings", "System"]

log = logging.getLogger(__name__)

_PATIENCE = 60.0
"""Seconds that all actors together get to stop."""

_GRACE = 2.0
"""Seconds for what was cut off on the way to come to its end."""

_IN_THE_STORE = frozenset({"root", "pipeline", "writer", "coordinator"})
"""Those who may be in the middle of a transaction."""


class System:
    """The actors of one vault. Use it as a context manager; embed as many as you like.

    *subscribers*, and those that `subscribe` later, are told every event of the current
    run in its order: functions, from a thread of ours that they must not hold up, or
    Pykka actors. *memory* returns the bytes that count against `Settings.max_memory`,
    once a second, instead of those that the process has for itself. *learned* is what
    is known of Looker's limits, instead of what earlier runs left in *store*.

    Raises:
        UsageError: *settings* make no sense; nothing was started.

    """

    _under_way = False
    """Whether a run has begun and not ended, as far as those who watch have heard."""

    def __init__(
        self,
        source: Source,
        store: Store,
        settings: Settings | None = None,
        *,
        subscribers: Iterable[Subscriber] = (),
        spawn: Spawn | None = None,
        clock: Clock | None = None,
        memory: Callable[[], int] | None = None,
        learned: Learned | None = None,
    ) -> None:
        self._settings = settings or Settings()
        check(self._settings)
        self._subscribers = Subscribers(subscribers)
        self._own_clock = SystemClock() if clock is None else None
        self._clock: Clock = clock or self._own_clock or SystemClock()
        most = self._settings.max_memory
        self._scales = Scales(most, now=self._clock.now, weigh=memory)
        self._source = source
        self._store = store
        self._threads = Threads(self._clock)
        self._spawn = spawn or self._threads
        self._extraction: Extraction | None = None
        self._tree = Tree(
            source,
            store,
            self._settings,
            show=self._show,
            owner=self,
            spawn=self._spawn,
            clock=self._clock,
            scales=self._scales,
            learned=learned or recalled(recall.tolerance(store), self._clock.wall()),
        )
        self._life: Life | None = None
        self._ended: Exited | None = None
        """How the root ended."""
        self.left_behind: tuple[str, ...] = ()
        """The threads that hang and could not be ended, once the system was left."""

    @classmethod
    @contextlib.contextmanager
    def at(
        cls,
        path: Path,
        credentials: Credentials,
        settings: Settings | None = None,
        *,
        subscribers: Iterable[Subscriber] = (),
    ) -> Iterator[Self]:
        """Enter a system that copies the Looker of *credentials* into the vault at *path*.

        What can be told from the vault comes before the login, and a refused login
        makes no vault. Vault and connections are closed in the end.

        Raises:
            LookerError: Looker cannot be reached, or refuses the login.
            Locked: someone else writes to the vault.
            VaultError: it is another instance's, too new, or no vault.
            LeftBehind: in the end, if a thread hangs and cannot be ended.

        """
        from lookervault.looker.sdk import SdkSource  # noqa: PLC0415 - takes a while
        from lookervault.store.lmdb import LmdbStore  # noqa: PLC0415 - idem

        clock = SystemClock()
        looker = SdkSource(credentials, monotonic=clock.now, sleep=clock.sleep)
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.closing(looker))
            store = LmdbStore.create_or_open(
                path, looker.instance, now=clock.wall(), admit=looker.login
            )
            closing = stack.enter_context(contextlib.ExitStack())
            closing.callback(store.close)
            system = cls(looker, store, settings, subscribers=subscribers)
            try:
                with system:
                    yield system
            finally:
                if _IN_THE_STORE.intersection(system.left_behind):
                    closing.pop_all()  # To close it would wait for who hangs in it.

    def __enter__(self) -> Self:
        try:
            self._life = self._spawn(self._tree.root, self._tree.make_root(), self)
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Stop everything.

        Raises:
            LeftBehind: threads hang and cannot be ended. If something else is on its
                way, that gets a note of it instead.

        """
        if self._life is not None:
            self._life.ask_to_stop()
            self._life.wait(patience=_PATIENCE)
        self._close()
        self.left_behind = self._threads.left(_GRACE)
        if not self.left_behind:
            return
        left = LeftBehind(
            f"Threads hang and were left behind: {', '.join(self.left_behind)}. They "
            "last until the process ends; until then, use its vault in no other."
        )
        if error is None:
            raise left
        log.warning("%s", left)
        error.add_note(str(left))

    def _close(self) -> None:
        if self._own_clock is not None:
            self._own_clock.close()

    def tell(self, message: Exited | Finished) -> None:
        """Hear of the end of the root, as its supervisor would, or of a run."""
        if isinstance(message, Exited):
            self._ended = message
        if self._extraction is not None:
            self._extraction.ended(message)

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Tell *subscriber* each event from now on. Return what ends that.

        One that raises, or a Pykka actor that is dead, is dropped with a warning.
        """
        return self._subscribers.add(subscriber)

    def extract(self, scope: Scope, *, fresh: bool = False) -> Extraction:
        """Start to copy *scope*, or go on with an unfinished run of the same scope.

        The run is in the store before anyone is told of it, so that no crash
        from here on can lose it.

        Raises:
            LookerError: Looker cannot be reached, or refuses the login; nothing
                was written.
            UsageError: a run goes on already, the system was not entered, or
                *scope* names a kind that does not exist.
            GaveUp: the system has failed, or was left.

        """
        self._check_free()
        named(scope.kinds)
        began = self._clock.now()
        self._tree.budget.begin()
        login, version = self._source.login(), self._source.version()
        now = self._clock.wall()
        run = self._store.begin(scope, now=now, fresh=fresh)
        self._store.note(run.number, login=login, looker=version)
        self._extraction = Extraction(run, self._store, self._tree)
        credit = self._scales.afford(self._settings.credit)
        self._tree.begin(run.number, began, credit)
        self._tree.coordinator.tell(Wake())
        if self._ended is not None:  # while nobody could be told of it
            self._extraction.ended(self._ended)
        return self._extraction

    def _check_free(self) -> None:
        if self._life is None:
            message = "A system must be entered first: with System(...) as system."
            raise UsageError(message)
        if self._ended is not None:
            raise gave_up(self._ended)
        if self._extraction is not None and not self._extraction.over:
            message = "A run goes on in this system: wait for its end, or cancel it."
            raise UsageError(message)

    def _show(self, event: ToProgress) -> None:
        """Pass *event* on; what comes after the end of a run is of no run."""
        if isinstance(event, Began):
            self._under_way = True
        if not (self._under_way or isinstance(event, Finished)):
            return
        if self._extraction is not None:
            self._extraction.show(event)
        self._subscribers.tell(event)
        if isinstance(event, Finished):
            self._under_way = False
