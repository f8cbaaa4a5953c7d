"""Content that changes while it is read."""

from __future__ import annotations

import enum
import random
from typing import Any

from lookervault.errors import UsageError
from lookervault.simulator.catalog import Catalog
from lookervault.simulator.settings import Mutation


class Verb(enum.Enum):
    """What can happen to an item."""

    DELETE = "delete"
    """For good."""
    TRASH = "trash"
    RESTORE = "restore"
    CREATE = "create"
    UPDATE = "update"
    """A new version: title, description and ``updated_at``."""
    VIEW = "view"
    """Only ``view_count`` grows."""


def timetable(mutation: Mutation) -> list[tuple[float, Verb]]:
    """Return what happens when, evenly over the time: seconds and verbs."""
    counts = {
        Verb.DELETE: mutation.delete,
        Verb.TRASH: mutation.trash,
        Verb.CREATE: mutation.create,
        Verb.UPDATE: mutation.update,
    }
    found = [
        ((turn + 0.5) / count * mutation.over, verb)
        for verb, count in counts.items()
        for turn in range(count)
    ]
    return sorted(found, key=lambda entry: entry[0])


class Changes:
    """Changes the catalogue, and remembers what it did."""

    def __init__(self, catalog: Catalog, seed: int) -> None:
        self._catalog = catalog
        self._rng = random.Random(seed)
        self.made: list[dict[str, Any]] = []
        """Each with ``verb``, ``kind`` and ``ids``."""

    def any(self, verb: Verb, kind: str = "dashboards") -> None:
        """Do *verb* to any item of *kind*."""
        shelf = self._catalog[kind]
        number = None if verb is Verb.CREATE else shelf.draw(self._rng)
        if verb is Verb.CREATE:
            self.create(kind, 1)
        elif number is not None:
            self.change(verb, kind, [shelf.bodies.text(number)])

    def create(self, kind: str, count: int) -> list[str]:
        """Make *count* new items and return their ids."""
        shelf = self._catalog[kind]
        ids = [shelf.bodies.text(number) for number in shelf.create(count)]
        self.made.append({"verb": "create", "kind": kind, "ids": ids})
        return ids

    def change(self, verb: Verb, kind: str, ids: list[str]) -> list[str]:
        """Do *verb* to the items *ids* and return them.

        Raises:
            UsageError: if there is no such item, or it cannot be done to it.

        """
        numbers = [(text, self._catalog[kind].find(text)) for text in ids]
        missing = [text for text, number in numbers if number is None]
        if missing:
            raise UsageError(f"There are no {kind} with the ids {', '.join(missing)}.")
        for _, number in numbers:
            if number is not None:
                self._change(verb, kind, number)
        self.made.append({"verb": verb.value, "kind": kind, "ids": ids})
        return ids

    def _change(self, verb: Verb, kind: str, number: int) -> None:
        shelf = self._catalog[kind]
        match verb:
            case Verb.DELETE:
                shelf.purge(number)
            case Verb.TRASH | Verb.RESTORE:
                shelf.trash(number, trashed=verb is Verb.TRASH)
            case Verb.UPDATE:
                shelf.change(number, versions=1)
            case Verb.VIEW:
                shelf.change(number, views=1)
            case Verb.CREATE:
                raise UsageError("New items are made by their number, not by ids.")
