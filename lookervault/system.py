"""The one handle that the CLI, the daemon and embedders hold."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from lookervault.actors.clock import Clock, SystemClock
from lookervault.actors.threads import Life, Spawn, Threads
from lookervault.content import named
from lookervault.errors import GaveUp, UsageError
from lookervault.looker.base import Source
from lookervault.looker.settings import Credentials
from lookervault.messages import Began, Exited, Finished, Halt, ToProgress, Wake
from lookervault.records import Phase, Run, Scope
from lookervault.store.base import Store
from lookervault.tree import Settings, Tree

__all__ = ["Extraction", "Settings", "System"]

_BLINK = 0.5
"""Seconds between two looks at the store, in case the news of the end got lost."""

_MOST_WORKERS = 50

_MOST_EVENTS = 100_000
"""Events that are kept for whoever reads them later, or never: some 40 MB."""


class System:
    """The actors of one vault. Use it as a context manager; embed as many as you like.

    Raises:
        UsageError: *settings* make no sense; nothing was started.

    """

    def __init__(
        self,
        source: Source,
        store: Store,
        settings: Settings | None = None,
        *,
        spawn: Spawn | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings or Settings()
        _check(self._settings)
        self._own_clock = SystemClock() if clock is None else None
        self._clock: Clock = clock or self._own_clock or SystemClock()
        self._source = source
        self._store = store
        self._spawn = spawn or Threads(self._clock)
        self._extraction: Extraction | None = None
        self._tree = Tree(
            source,
            store,
            self._settings,
            show=self._show,
            owner=self,
            spawn=self._spawn,
            clock=self._clock,
        )
        self._life: Life | None = None
        self._ended: Exited | None = None
        """How the root ended."""

    @classmethod
    @contextlib.contextmanager
    def at(
        cls, path: Path, credentials: Credentials, settings: Settings | None = None
    ) -> Iterator[Self]:
        """Enter a system that copies the Looker of *credentials* into the vault at *path*.

        The login comes first, so that a refused one makes no vault. Vault and
        connections are closed in the end.

        Raises:
            LookerError: Looker cannot be reached, or refuses the login.
            Locked: someone else writes to the vault.
            VaultError: it is another instance's, too new, or no vault.

        """
        from lookervault.looker.sdk import SdkSource  # noqa: PLC0415 - takes a while
        from lookervault.store.lmdb import LmdbStore  # noqa: PLC0415 - idem

        settings, clock = settings or Settings(), SystemClock()
        looker = SdkSource(
            credentials,
            workers=settings.workers,
            monotonic=clock.now,
            sleep=clock.sleep,
        )
        with contextlib.closing(looker):
            looker.login()
            now = clock.wall()
            store = LmdbStore.create_or_open(path, looker.instance, now=now)
            with contextlib.closing(store), cls(looker, store, settings) as system:
                yield system

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
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._life is not None:
            self._life.ask_to_stop()
            self._life.wait(patience=60.0)
        self._close()

    def _close(self) -> None:
        if self._own_clock is not None:
            self._own_clock.close()

    def tell(self, message: Exited | Finished) -> None:
        """Hear of the end of the root, as its supervisor would, or of a run."""
        if isinstance(message, Exited):
            self._ended = message
        if self._extraction is not None:
            self._extraction.ended(message)

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
        self._tree.budget.begin()
        login, version = self._source.login(), self._source.version()
        now = self._clock.wall()
        run = self._store.begin(scope, now=now, fresh=fresh)
        self._store.note(run.number, login=login, looker=version)
        self._extraction = Extraction(run, self._store, self._tree)
        self._tree.wanted.value = run.number
        self._tree.coordinator.tell(Wake())
        if self._ended is not None:  # while nobody could be told of it
            self._extraction.ended(self._ended)
        return self._extraction

    def _check_free(self) -> None:
        if self._life is None:
            message = "A system must be entered first: with System(...) as system."
            raise UsageError(message)
        if self._ended is not None:
            raise _gave_up(self._ended)
        if self._extraction is not None and not self._extraction.over:
            message = "A run goes on in this system: wait for its end, or cancel it."
            raise UsageError(message)

    def _show(self, event: ToProgress) -> None:
        if self._extraction is not None:
            self._extraction.show(event)


class Extraction:
    """One run, while it goes on."""

    def __init__(self, run: Run, store: Store, tree: Tree) -> None:
        self.run = run
        """As it was opened."""
        self._store = store
        self._tree = tree
        self._events = queue.SimpleQueue[ToProgress]()
        self._over = threading.Event()
        self._finished: Finished | None = None
        self._error: GaveUp | None = None
        self._halt: Halt | None = None

    @property
    def over(self) -> bool:
        """Whether the run has ended, by the news or by the store."""
        if not self._over.is_set():
            run = self._store.run(self.run.number)
            if run is not None and run.phase is not Phase.OPEN:
                self._over.set()
        return self._over.is_set()

    def events(self, every: float = _BLINK) -> Iterator[ToProgress | None]:
        """Yield what happens until the run is over; ``None`` when nothing did for *every* s.

        Events are for people to watch, and a crash may lose some, even the last
        one: `result` tells how the run ended.
        """
        while True:
            try:
                event = self._events.get(timeout=every)
            except queue.Empty:
                if self.over:
                    return
                yield None
            else:
                yield event
                if isinstance(event, Finished):
                    return

    def result(self, timeout: float | None = None) -> Finished:
        """Wait until the run is over, and say how it ended.

        Raises:
            GaveUp: the system failed; what was stored is kept.
            TimeoutError: the run goes on.

        """
        waited = 0.0
        while not self.over:
            if timeout is not None and waited >= timeout:
                message = f"The run goes on after {timeout:.0f} s."
                raise TimeoutError(message)
            self._over.wait(_BLINK)
            waited += _BLINK
        if self._error is not None:
            raise self._error
        if self._finished is None:
            self._finished = Finished(self._store.run(self.run.number) or self.run)
        return self._finished

    def cancel(self, reason: str, exit_code: int) -> None:
        """Commit what is in flight, and then end the run, to be continued."""
        self._halt = Halt(reason, exit_code)
        self._tree.coordinator.tell(self._halt)

    def show(self, event: ToProgress) -> None:
        """Pass *event* on to whoever iterates over `events`."""
        if isinstance(event, Finished) and not self._is_of(event.run):
            return
        if isinstance(event, Began) and self._halt is not None:
            # This coordinator's life began after the halt was told.
            self._tree.coordinator.tell(self._halt)
        if self._events.qsize() >= _MOST_EVENTS:
            with contextlib.suppress(queue.Empty):  # somebody reads after all
                self._events.get_nowait()
        self._events.put(event)

    def ended(self, message: Exited | Finished) -> None:
        """Hear how it ended: the run, or the system below it."""
        if self._over.is_set():
            return
        if isinstance(message, Finished):
            if not self._is_of(message.run):
                return
            self._finished = message
        else:
            self._error = _gave_up(message)
        self._over.set()

    def _is_of(self, run: Run) -> bool:
        """Whether *run* is this one: news of what it continues may be late."""
        mine = self.run
        return run.number == mine.number and run.resumed >= mine.resumed


def _gave_up(end: Exited) -> GaveUp:
    reason = end.error or "The system was stopped."
    return GaveUp(reason, end.exit_code or GaveUp.exit_code)


def _check(settings: Settings) -> None:
    if not 1 <= settings.workers <= _MOST_WORKERS:
        message = f"The number of workers must be from 1 to {_MOST_WORKERS}, not {settings.workers}."
        raise UsageError(message)
    if settings.batch_size < 1:
        message = f"A page needs at least one item, not {settings.batch_size}."
        raise UsageError(message)
    if settings.max_rate is not None and not settings.max_rate > 0:
        message = f"Requests a second must be more than 0, not {settings.max_rate}."
        raise UsageError(message)
