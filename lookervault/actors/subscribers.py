"""Those who want to hear of each event while a run goes on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from lookervault.actors.threads import Subscriber, hearing
from lookervault.messages import ToProgress

log = logging.getLogger(__name__)


class Subscribers:
    """Tells each event to all of them, and drops whoever fails at it."""

    def __init__(self, subscribers: Iterable[Subscriber] = ()) -> None:
        self._lock = threading.Lock()
        self._all: dict[object, Callable[[ToProgress], object]] = {}
        for subscriber in subscribers:
            self.add(subscriber)

    def add(self, subscriber: Subscriber) -> Callable[[], None]:
        """Tell *subscriber* too. Return what ends that; twice is as good as once."""
        key = object()
        with self._lock:
            self._all[key] = hearing(subscriber)
        return lambda: self._drop(key)

    def tell(self, event: ToProgress) -> None:
        """Tell *event* to all. Whoever raises, or is dead, hears nothing more."""
        with self._lock:
            everyone = list(self._all.items())
        for key, hear in everyone:
            try:
                hear(event)
            except BaseException:  # whatever a guest raises must not end the run
                log.warning("A subscriber failed, and hears no more.", exc_info=True)
                self._drop(key)

    def _drop(self, key: object) -> None:
        with self._lock:
            self._all.pop(key, None)
