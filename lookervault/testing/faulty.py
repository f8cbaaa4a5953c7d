"""A store that fails when it is told to."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lookervault.store.base import Store

POLLED = frozenset({"run", "close"})
"""Operations that do not count: a program asks again and again whether a run is over."""


class FaultyStore:
    """Passes everything on to *store*; operation number *n* raises *error* instead.

    Nothing of that operation is done, as the contract of a store demands.
    """

    def __init__(
        self, store: Store, n: int | None, error: Callable[[], Exception]
    ) -> None:
        self._store = store
        self._n = n
        self._error = error
        self.operations = 0
        """How many there were."""
        self.failed: Exception | None = None
        """What was raised."""

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._store, name)
        if name in POLLED or not callable(value):
            return value
        return functools.partial(self._operate, value)

    def _operate(self, operation: Callable[..., Any], *args: Any, **more: Any) -> Any:
        self.operations += 1
        if self.operations == self._n:
            self.failed = self._error()
            raise self.failed
        return operation(*args, **more)
