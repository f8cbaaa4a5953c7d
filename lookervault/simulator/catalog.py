"""Which items there are just now, and how that changes."""

from __future__ import annotations

import bisect
import random
from array import array
from collections.abc import Iterable, Sequence

import msgspec

from lookervault.content import KINDS
from lookervault.errors import UsageError
from lookervault.simulator.content import Bodies, Made, State
from lookervault.simulator.given import Given, given
from lookervault.simulator.names import Explores, names
from lookervault.simulator.settings import Settings, Titles
from lookervault.simulator.words import quoted

_NOTHING: Sequence[int] = ()


class Stack:
    """Numbers in ascending order, eight bytes each."""

    def __init__(self) -> None:
        self.numbers = array("q")

    def add(self, number: int) -> None:
        """Put *number* in its place."""
        bisect.insort(self.numbers, number)

    def drop(self, number: int) -> None:
        """Take *number* out, if it is there."""
        if number in self:
            del self.numbers[bisect.bisect_left(self.numbers, number)]

    def __contains__(self, number: int) -> bool:
        place = bisect.bisect_left(self.numbers, number)
        return place < len(self.numbers) and self.numbers[place] == number


class Shelf:
    """The items of one kind: those that live, those in the trash, by folder too."""

    def __init__(self, bodies: Bodies, state: State, size: int) -> None:
        self.bodies = bodies
        self.top = size
        self._state = state
        self._stacks: dict[tuple[bool, str | None], Stack] = {}
        for number in range(1, size + 1):
            self._put(number, trashed=bodies.trashed(number))

    def numbers(
        self, *, trash: bool = False, folder: str | None = None
    ) -> Sequence[int]:
        """Return the numbers of what lives, or lies in the trash, in ascending order."""
        stack = self._stacks.get((trash, folder))
        return _NOTHING if stack is None else stack.numbers

    def find(self, text: str) -> int | None:
        """Return the number of the item *text*, in the trash or not, if there is one."""
        number = self.bodies.number(text)
        return number if number is not None and number in self else None

    def __contains__(self, number: int) -> bool:
        stacks = (self._stacks.get((trash, None)) for trash in (False, True))
        return any(number in stack for stack in stacks if stack is not None)

    def trashed(self, number: int) -> bool:
        """Whether item *number* lies in the trash."""
        return number in self._state.trashed

    def purge(self, number: int) -> None:
        """Delete for good."""
        for trash in (False, True):
            for folder in (None, self.bodies.folder(number)):
                if stack := self._stacks.get((trash, folder)):
                    stack.drop(number)

    def trash(self, number: int, *, trashed: bool = True) -> None:
        """Put into the trash, or back."""
        self.purge(number)
        self._state.trashed.discard(number)
        self._put(number, trashed=trashed)

    def create(self, count: int) -> list[int]:
        """Make *count* new items, with ids above all others, ever."""
        if isinstance(self.bodies, Given):
            raise UsageError("Content that was given as files cannot be added to.")
        made = list(range(self.top + 1, self.top + count + 1))
        self.top += count
        for number in made:
            self._put(number, trashed=False)
        return made

    def change(self, number: int, *, versions: int = 0, views: int = 0) -> None:
        """Make *versions* new versions, and look at it *views* times."""
        if isinstance(self.bodies, Given):
            raise UsageError("Content that was given as files cannot be changed.")
        version, seen = self._state.changed.get(number, (1, 0))
        self._state.changed[number] = version + versions, seen + views

    def draw(self, rng: random.Random) -> int | None:
        """Return any item that lives."""
        numbers = self.numbers()
        return rng.choice(numbers) if numbers else None

    def _put(self, number: int, *, trashed: bool) -> None:
        if trashed:
            self._state.trashed.add(number)
        for folder in {None, self.bodies.folder(number)}:
            self._stacks.setdefault((trashed, folder), Stack()).add(number)


class Catalog:
    """All shelves."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._spread = Explores(settings)
        self.shelves: dict[str, Shelf] = {}
        for kind in KINDS:
            self.shelves[kind] = self._shelf(kind)

    def __getitem__(self, kind: str) -> Shelf:
        return self.shelves[kind]

    def warm(self) -> None:
        """Print one item of each kind, so that the first request waits for nothing."""
        for shelf in self.shelves.values():
            shelf.bodies.print(shelf.numbers()[:1], row=False, fields="")

    def _shelf(self, kind: str) -> Shelf:
        state = State()
        if self._settings.content:
            found = given(self._settings.content, kind, state)
            if found is not None:
                return Shelf(found, state, len(found))
        size = self._settings.size(kind)
        if kind == "explores" and not self._settings.size("lookml_models"):
            size = 0
        return Shelf(self.made(kind, state), state, size)

    def made(self, kind: str, state: State, titles: Titles | None = None) -> Made:
        """Return the made-up bodies of *kind*, called as the settings or *titles* say."""
        settings = self._settings
        if titles is not None:
            settings = msgspec.structs.replace(settings, titles=titles)
        return Made(
            kind,
            names(kind, settings),
            state,
            settings=settings,
            besides={
                "folders": _roots,
                "lookml_models": self._explores,
                "explores": self._parts,
            }.get(kind, _nothing),
        )

    def _explores(self, number: int) -> tuple[bytes, bytes]:
        """Return the list of explores of model *number*, as the model shows it."""
        shelf = self.shelves.get("explores")
        found: Iterable[int] = ()
        if shelf is not None and number <= self._settings.size("lookml_models"):
            turns = self._spread.of(number, shelf.top)
            found = (explore for explore in turns if explore in shelf)
        rows = (_ROW % ((self._parts(explore)[1],) * 2) for explore in found)
        return b"[" + b",".join(rows) + b"]", b""

    def _parts(self, number: int) -> tuple[bytes, bytes]:
        model, explore = self._spread.parts(number)
        return quoted(model), quoted(explore)


_ROW = b'{"name":"%b","description":null,"label":"Explore %b","hidden":false}'


def _roots(number: int) -> tuple[bytes, bytes]:
    """Return whether a folder is the shared root, and whether it is the users' root."""
    answers = (b"false", b"true")
    return answers[number == 1], answers[number == 2]  # noqa: PLR2004 - the second folder


def _nothing(_number: int) -> tuple[bytes, bytes]:
    return b"", b""
