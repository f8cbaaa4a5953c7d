"""A run, as whoever asked for it sees it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator

from msgspec.structs import replace

from lookervault.errors import GaveUp
from lookervault.messages import Began, Exited, Finished, Halt, Steering, ToProgress
from lookervault.records import Phase, Run
from lookervault.settings import check_steering
from lookervault.store.base import Store
from lookervault.tree import Tree

_BLINK = 0.5
"""Seconds between two looks at the store, in case the news of the end got lost."""

_MOST_EVENTS = 100_000
"""Events that are kept for whoever reads them later, or never: some 40 MB."""


class Extraction:
    """One run, while it goes on. Every method may be called from any thread."""

    def __init__(self, run: Run, store: Store, tree: Tree) -> None:
        self.run = run
        """As it was opened."""
        self._store = store
        self._tree = tree
        self._events = queue.SimpleQueue[ToProgress]()
        self._begun = False
        """Whether what is heard of is of this run."""
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

    @property
    def steering(self) -> Steering:
        """How the run goes on just now."""
        return self._tree.orders.steering

    # What happens

    def events(self, every: float = _BLINK) -> Iterator[ToProgress | None]:
        """Yield what happens until the run is over; ``None`` when nothing did for *every* s.

        Events are for people to watch, and a crash may lose some, even the last
        one: `result` tells how the run ended. Each event is yielded once, whoever
        iterates; let one thread do it, and subscribe others to the system.
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

    # How it is to go on. Once the run is over, all of these do nothing.

    def cancel(self, reason: str, exit_code: int) -> None:
        """Commit what is in flight, and then end the run, to be continued."""
        if self.over:
            return
        self._halt = Halt(reason, exit_code, self.run.number)
        self._tree.coordinator.tell(self._halt)

    def pause(self) -> None:
        """Start nothing new. Requests under way are finished, and their items stored."""
        self._steer(paused=True)

    def resume(self) -> None:
        """Go on after `pause`."""
        self._steer(paused=False)

    def set_rate(self, rate: float | None) -> None:
        """Start at most *rate* requests a second; ``None``: as many as Looker takes.

        Raises:
            UsageError: *rate* makes no sense; nothing was changed.

        """
        self._steer(max_rate=rate)

    def set_workers(self, workers: int) -> None:
        """Read with so many fetchers. Surplus ones finish what they have, and idle.

        Raises:
            UsageError: there can be 1 to 50; nothing was changed.

        """
        self._steer(workers=workers)

    def _steer(self, **changes: object) -> None:
        with self._tree.orders.changing:
            steering = replace(self.steering, **changes)
            check_steering(steering)
            if steering == self.steering or self.over:
                return
            if self._tree.orders.run == self.run.number:  # and not the next one yet
                self._tree.steer(steering)

    # What the system tells

    def show(self, event: ToProgress) -> None:
        """Pass *event* on to whoever iterates over `events`, if it is of this run.

        One that an earlier run left behind may come while this one is being opened.
        """
        if isinstance(event, Began | Finished):
            self._begun = self._is_of(event.run)
        if not self._begun:
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
            self._error = gave_up(message)
        self._over.set()

    def _is_of(self, run: Run) -> bool:
        """Whether *run* is this one: news of what it continues may be late."""
        mine = self.run
        return run.number == mine.number and run.resumed >= mine.resumed


def gave_up(end: Exited) -> GaveUp:
    """Return what to raise when the root has come to this *end*."""
    reason = end.error or "The system was stopped."
    return GaveUp(reason, end.exit_code or GaveUp.exit_code)
