"""Passes what happens on to whoever watches: a terminal, a log, an embedder."""

from __future__ import annotations

from collections.abc import Callable

from lookervault.actors.actor import Actor
from lookervault.messages import ToProgress


class Progress(Actor[ToProgress]):
    """Off to the side: it is told things, and tells no actor anything.

    *show* runs in this actor's thread, so it must neither block nor raise; what
    is counted of the events is counted by whoever they are passed to.
    """

    def __init__(self, show: Callable[[ToProgress], None]) -> None:
        self._show = show

    def receive(self, message: ToProgress) -> None:
        self._show(message)
