"""Watches that nobody is told to fetch a unit while it has another one."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from lookervault.actors.coordinator import Coordinator
from lookervault.actors.fetcher import Fetcher
from lookervault.messages import Fetch, Lease, Ready


class Holdings:
    """Looks at each message when it is told and when it is received.

    There is one way to get two: a fetcher is told of its unit between its start
    and the news of that. By that news the coordinator takes the unit back, so
    the next one replaces it.
    """

    def __init__(self) -> None:
        self.broken: list[str] = []
        """Who got a second unit. Not raised: that would be the teller's death."""
        self._taken_back: defaultdict[str, set[Lease]] = defaultdict(set)
        """What each fetcher was told of and does not hold by the coordinator's books."""

    # What an actor holds is nobody else's business, but for a test of it all.

    def receives(self, actor: Any, message: object) -> None:
        """*actor* is about to receive *message*."""
        if isinstance(actor, Coordinator) and isinstance(message, Ready):
            plan, fence = actor._plan, actor._fence  # noqa: SLF001  # see above
            held = plan and plan._hands._flying.get(message.fetcher)  # noqa: SLF001  # see above
            if held and fence:
                self._taken_back[message.fetcher].add(Lease(fence, *held))

    def told(self, actor: Any, message: object) -> None:
        """Note it if *message* gives *actor* a second unit."""
        if isinstance(actor, Fetcher) and isinstance(message, Fetch):
            name, work = actor._name, actor._work  # noqa: SLF001  # see above
            if work is None or work.lease.fence != message.lease.fence:
                return
            if work.lease not in self._taken_back[name]:
                second, first = message.lease.unit, work.lease.unit
                self.broken.append(f"{name} gets {second} while it has {first}")
