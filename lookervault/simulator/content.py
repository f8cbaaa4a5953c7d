"""Made-up bodies: a pure function of the seed, the kind, the number and the version."""

from __future__ import annotations

import functools
import random
import zlib
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from lookervault.simulator.fields import narrow, parse_fields
from lookervault.simulator.forms import Form, chosen, printed
from lookervault.simulator.names import LOOKML_FOLDER, Digits, Names
from lookervault.simulator.recipes import RECIPES, tails
from lookervault.simulator.settings import Settings
from lookervault.simulator.walk import SPAN, fields_of, stamp
from lookervault.simulator.words import ODD, quoted, titles

_WORD = 0xFFFFFFFF
_MOMENTS = 4096
_LITTER = 32
"""Of so many neighbours, one lies in the trash at the start, if the kind has one."""

_OWN = 10
"""One schedule out of so many belongs to the caller."""

_USERS_ROOT = 2
_CHAIN = 6
"""Folders up to this one lie in each other, so that every tree is deep."""


class State(msgspec.Struct):
    """What has happened to the items of one kind."""

    trashed: set[int] = msgspec.field(default_factory=set)
    changed: dict[int, tuple[int, int]] = msgspec.field(default_factory=dict)
    """Version (1 at first), and views since the start."""


class Bodies(Protocol):
    """The items of one kind, by number."""

    def text(self, number: int) -> str:
        """Return the id of item *number*."""

    def number(self, text: str) -> int | None:
        """Return which item *text* is the id of, if it can be one."""

    def folder(self, number: int) -> str | None:
        """Return the id of the folder that it lies in, if any."""

    def owner(self, number: int) -> str | None:
        """Return the id of the user whom it belongs to, if any."""

    def trashed(self, number: int) -> bool:
        """Whether it lies in the trash at the start."""

    def print(self, numbers: Sequence[int], *, row: bool, fields: str) -> list[bytes]:
        """Return the pieces of these items, each item preceded by a comma.

        *row*: as the listing has it, where that is poorer.

        Raises:
            ValueError: if *fields* cannot be read.

        """


def mixed(number: int, salt: int) -> int:
    """Return 32 bits that look random, the same ones each time."""
    x = (number * 2654435761 + salt) & _WORD
    x = ((x ^ x >> 16) * 0x45D9F3B) & _WORD
    x = ((x ^ x >> 15) * 0x2C1B3C6D) & _WORD
    return x ^ x >> 16


class Made:
    """The made-up items of one kind.

    *besides* returns the two facts of a number that only its kind has.
    """

    def __init__(
        self,
        kind: str,
        names: Names,
        state: State,
        *,
        settings: Settings,
        besides: Callable[[int], tuple[bytes, bytes]],
    ) -> None:
        self._recipe = RECIPES[kind]
        self._kind = kind
        self._names = names
        self._state = state
        self._seed = f"{settings.seed} {kind}"
        self._salt = zlib.crc32(self._seed.encode())
        self._folders = folders = settings.size("folders")
        inside = "folder_id" in self._recipe.head
        self._homes = (
            [b'"%d"' % n for n in range(folders + 1)] if inside and folders else []
        )
        self._id: Callable[[int], bytes] = (
            b"%d".__mod__ if type(names) is Digits else lambda n: quoted(names.text(n))
        )
        self._users = max(1, settings.size("users"))
        self._besides = besides
        self._forms: dict[tuple[bool, str], Form | None] = {}
        rng = random.Random(self._seed)
        moments = (stamp(rng.randrange(SPAN)) for _ in range(_MOMENTS))
        self._moments = sorted(moment.encode() for moment in moments)
        self._stems = [
            quoted(title, ascii_only=number % 3 == 2)  # noqa: PLR2004 - a third
            for number, title in enumerate(titles(settings.titles))
        ]

    def text(self, number: int) -> str:
        return self._names.text(number)

    def number(self, text: str) -> int | None:
        return self._names.number(text)

    def trashed(self, number: int) -> bool:
        block, place = divmod(number - 1, _LITTER)
        return self._recipe.trash and place == mixed(block, self._salt ^ 1) % _LITTER

    def owner(self, number: int) -> str | None:
        return self._user(mixed(number, self._salt)).decode()

    def folder(self, number: int) -> str | None:
        if self._kind == "folders":
            return self._parent(number)
        return str(self._home(number)) if self._homes else None

    def _home(self, number: int) -> int:
        """Return the number of the folder that item *number* lies in."""
        x = mixed(number, self._salt ^ 2)
        # The smaller of two, so that some folders are much fuller than others.
        home = 1 + min(x % self._folders, (x >> 16) % self._folders)
        return 1 if home in (_USERS_ROOT, LOOKML_FOLDER) else home

    def _lies(self, number: int) -> bytes:
        """Return the id of the folder as JSON."""
        if self._homes:
            return self._homes[self._home(number)]
        folder = self.folder(number)
        return b"null" if folder is None else b'"%b"' % folder.encode()

    def print(self, numbers: Sequence[int], *, row: bool, fields: str) -> list[bytes]:
        row = row and self._recipe.row is not None
        form = self._form(row, fields)
        if form is None:
            return self._slowly(numbers, row=row, fields=fields)
        head, pick, tails, count = form.head, form.pick, form.tails, len(form.tails)
        pieces = []
        for number in numbers:
            facts = self._facts(number)
            pieces.append(head % pick(facts))
            pieces.append(facts[0].join(tails[number % count]))
        return pieces

    def _slowly(self, numbers: Sequence[int], *, row: bool, fields: str) -> list[bytes]:
        tree = parse_fields(fields)
        whole = self.print(numbers, row=row, fields="")
        bodies = (a[1:] + b for a, b in zip(whole[::2], whole[1::2], strict=True))
        return [b"," + narrow(body, tree) for body in bodies]

    def _form(self, row: bool, fields: str) -> Form | None:  # noqa: FBT001 - private
        """Return how to print; ``None`` if heads have to be taken apart."""
        key = row, fields
        if key not in self._forms:
            if len(self._forms) > 100:  # noqa: PLR2004 - callers may make up any number
                self._forms.clear()
            self._forms[key] = self._cut(row, fields)
        return self._forms[key]

    def _cut(self, row: bool, fields: str) -> Form | None:  # noqa: FBT001 - private
        head, tails = self._recipe.head, self._tails
        if row and self._recipe.row:
            known = fields_of(self._recipe.row)
            head = {name: value for name, value in head.items() if name in known}
            tails = [
                {n: v for n, v in t.items() if n in known or n == "beta"} for t in tails
            ]
        if not fields:
            return Form(head, tails)
        tree = parse_fields(fields)
        head = {name: value for name, value in head.items() if name in tree}
        if not head or any(tree[name] is not None for name in head):
            return None
        return Form(head, [chosen(tail, tree) for tail in tails])

    @functools.cached_property
    def _tails(self) -> list[dict[str, bytes]]:
        return [
            {**printed(tail, ascii_only=i % 4 == 3), "beta": ODD[i % len(ODD)]}  # noqa: PLR2004 - a quarter
            for i, tail in enumerate(tails(self._recipe, self._seed))
        ]

    def _facts(self, number: int) -> tuple[bytes, ...]:
        """Return `FACTS` of item *number*. It is the inner loop of every page."""
        x = mixed(number, self._salt)
        version, views = self._state.changed.get(number, (1, 0))
        trashed = number in self._state.trashed
        return (
            self._id(number),
            self._stems[x % len(self._stems)],
            b"" if version == 1 else b" (edition %d)" % version,
            self._lies(number),
            self._moments[(x >> 8) % _MOMENTS // 2],
            self._updated(x, version),
            b"true" if trashed else b"false",
            b'"%b"' % self._moments[-1] if trashed else b"null",
            b'"1"' if trashed else b"null",
            b"%d" % ((x >> 12) % 5000 + views),
            self._user(x),
            *self._besides(number),
        )

    def _updated(self, x: int, version: int) -> bytes:
        if version == 1:
            return self._moments[_MOMENTS // 2 + (x >> 8) % _MOMENTS // 2]
        return stamp(SPAN + 3600 * version + x % 3600).encode()

    def _user(self, x: int) -> bytes:
        return b"1" if x % _OWN == 0 else b"%d" % (1 + (x >> 4) % self._users)

    def _parent(self, number: int) -> str | None:
        if number <= LOOKML_FOLDER:
            return None
        if number <= _CHAIN:
            return self.text(1 if number == LOOKML_FOLDER + 1 else number - 1)
        chosen = 1 + mixed(number, self._salt ^ 2) % (number - 1)
        return self.text(1 if chosen == LOOKML_FOLDER else chosen)
