"""A Looker that a seed makes up: what it has, what goes wrong there, what changes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from lookervault.content import KINDS, Kind
from lookervault.errors import LookerError, Sort
from lookervault.testing.looker import FakeLooker, Thing

_SIZES = {
    "dashboards": 60,
    "looks": 30,
    "users": 25,
    "roles": 4,
    "lookml_models": 3,
    "explores": 12,
}
"""The most items of a kind; small, because what matters happens at the seams."""

_FOLDERS = ("1", "2", "3", "4")

_CHANGING = ("dashboards", "looks", "users")

_TROUBLE = (
    Sort.LIMITED,
    Sort.OVERLOADED,
    Sort.UNREACHABLE,
    Sort.TIMED_OUT,
    Sort.MISSHAPEN,
)

_OUTAGES = (5.0, 40.0, 120.0)
"""Seconds that Looker may be away."""

_POISON = (Sort.OVERLOADED, Sort.MISSHAPEN, Sort.TOO_LARGE, Sort.TIMED_OUT)
"""How Looker fails where it cannot send an item."""

Named = tuple[str, str]
"""Kind and id."""


class MadeUpLooker(FakeLooker):
    """Serves what *chance* makes up. *now* is the time of the process that asks."""

    def __init__(self, chance: random.Random, now: Callable[[], float]) -> None:
        self._chance = chance
        self._now = now
        super().__init__(
            dict(self._content()),
            cap=chance.choice([2, 3, 7, 37, 10_000]),
            trouble=self._mishap,
        )
        self._troubles = chance.choice([0, 0, 3, 8])
        self._outages = chance.choice([0, 0, 0, 1, 2])
        self._outage: tuple[float, Sort] | None = None
        """Until when, and how, it is away."""
        self._changes = 0
        self._restless = chance.choice([0.1, 0.5])
        """Chance that something has changed by the next request."""
        self._next_id = 1000
        self.touched: set[Named] = set()
        """What has changed since `settle`."""
        self.poisoned: dict[Named, Sort] = {}
        """What it cannot send, and how it fails where it should."""

    @property
    def present(self) -> set[Named]:
        """What it has now."""
        return {(kind, id_) for kind, some in self.things.items() for id_ in some}

    def settle(self, *, changes: int) -> None:
        """Forget what has changed; *changes* more may come, one by one, with requests."""
        self.touched.clear()
        self._changes = changes

    def poison(self, number: int) -> None:
        """Be unable to send *number* of the items, and only of those."""
        there = sorted(n for n in self.present if n[0] != "folders")
        chosen = self._chance.sample(there, min(number, len(there)))
        self.poisoned = {name: self._chance.choice(_POISON) for name in chosen}

    def change(self) -> None:
        """Create, update, delete or trash something."""
        chance = self._chance
        kind = chance.choice(_CHANGING)
        things = self.things[kind]
        if not things or chance.random() < 0.2:
            self._next_id += 1
            thing = self._thing(kind, self._next_id)
            self.put(kind, thing)
            self.touched.add((kind, thing.id))
            return
        id_ = chance.choice(list(things))
        self.touched.add((kind, id_))
        match chance.choice(["delete", "delete", "update", "trash"]):
            case "trash" if KINDS[kind].listing.trash is not None:
                self.trash(kind, id_)
            case "update":
                self.update(kind, id_)
            case _:
                self.delete(kind, id_)

    # What it has

    def _content(self) -> Iterator[tuple[str, list[Thing]]]:
        for kind, most in _SIZES.items():
            size = self._chance.randrange(most + 1)
            yield kind, [self._thing(kind, n) for n in range(1, size + 1)]
        tree = [Thing("1"), Thing("2"), Thing("3", folder="2"), Thing("4", folder="3")]
        yield "folders", tree

    def _thing(self, kind: str, number: int) -> Thing:
        if kind == "explores":
            return Thing(f"model{number % 3}::explore{number}")
        if KINDS[kind].folder is None:
            return Thing(str(number))
        folder = self._chance.choice(_FOLDERS)
        return Thing(str(number), folder, deleted=self._chance.random() < 0.1)

    # What goes wrong

    def _mishap(self, _call: str) -> LookerError | None:
        if self._changes and self._chance.random() < self._restless:
            self._changes -= 1
            self.change()
        sort = self._away()
        if sort is not None:
            return LookerError(sort, f"made up: {sort.value}, as for everybody")
        if not self._troubles or self._chance.random() > 0.05:
            return None
        self._troubles -= 1
        sort = self._chance.choice(_TROUBLE)
        wait = self._chance.choice([None, 2.0, 30.0])
        return LookerError(sort, f"made up: {sort.value}", retry_after=wait)

    def _away(self) -> Sort | None:
        """Return what everybody meets at this time, if anything."""
        now = self._now()
        if self._outages and self._outage is None and self._chance.random() < 0.03:
            self._outages -= 1
            until = now + self._chance.choice(_OUTAGES)
            self._outage = until, self._chance.choice(_TROUBLE[1:])
        if self._outage is None:
            return None
        until, sort = self._outage
        if now < until:
            return sort
        self._outage = None
        return None

    def _send(self, kind: Kind, thing: Thing) -> bytes:
        sort = self.poisoned.get((kind.name, thing.id))
        if sort is not None:
            message = f"made up: {kind.name}/{thing.id} is {sort.value}"
            raise LookerError(sort, message)
        return super()._send(kind, thing)
