"""What the n-th item of a kind is called, and the way back. Numbers start at 1."""

from __future__ import annotations

import re
from typing import Protocol

from lookervault.simulator.settings import Settings, Titles

_LONGEST = 18
"""Digits of the largest number that an id may stand for."""

LOOKML_FOLDER = 3
"""The folder whose id is a word, as on a real Looker."""


class Names(Protocol):
    """Ids of one kind."""

    def text(self, number: int) -> str:
        """Return the id of item *number*."""

    def number(self, text: str) -> int | None:
        """Return which item *text* is the id of, if it can be one."""


class Digits:
    """Ids that are numbers, as those of most kinds are."""

    def text(self, number: int) -> str:
        """Return *number* in digits."""
        return str(number)

    def number(self, text: str) -> int | None:
        """Read the digits that end *text*."""
        match = re.search(r"[0-9]+$", text)
        if match is None or len(match[0]) > _LONGEST:
            return None
        number = int(match[0])
        return number if self.text(number) == text else None


class Folders(Digits):
    """Numbers, but for the folder of LookML dashboards."""

    def text(self, number: int) -> str:
        """Return *number* in digits, or ``lookml``."""
        return "lookml" if number == LOOKML_FOLDER else str(number)

    def number(self, text: str) -> int | None:
        """Read digits or ``lookml``."""
        return LOOKML_FOLDER if text == "lookml" else super().number(text)


class Models(Digits):
    """Names of LookML models; some have characters that a path may stumble over."""

    def text(self, number: int) -> str:
        """Return a name; every fifth is of the other sort."""
        return f"block-{number}.v{number}" if number % 5 == 0 else f"model_{number}"


class Traps(Digits):
    """Names that nobody would give a model, but which no path may stumble over."""

    def text(self, number: int) -> str:
        """Return a name; it ends with its number."""
        return _TRAPS[number % len(_TRAPS)].replace("N", str(number))


_TRAPS = (
    "../modelN",
    "--help-N",
    "a b/c?d=e&f#N",
    "%2e%2e%2fN",
    "模型_N",
    "null,N",
    "-N",
    "/etc/N",
)


class Explores:
    """Explores spread over all models in turn, named ``model::explore``."""

    def __init__(self, settings: Settings) -> None:
        self._count = max(1, settings.size("lookml_models"))
        self._models = _models(settings)
        self._names = _Explores()

    def parts(self, number: int) -> tuple[str, str]:
        """Return the names of the model and of the explore."""
        turn, model = divmod(number - 1, self._count)
        return self._models.text(model + 1), self._names.text(turn + 1)

    def text(self, number: int) -> str:
        """Return both names."""
        return "::".join(self.parts(number))

    def number(self, text: str) -> int | None:
        """Read both names."""
        model, _, explore = text.partition("::")
        first, turn = self._models.number(model), self._names.number(explore)
        if first is None or turn is None or not 1 <= first <= self._count:
            return None
        return (turn - 1) * self._count + first

    def of(self, model: int, top: int) -> range:
        """Return the numbers up to *top* of the explores of *model*."""
        return range(model, top + 1, self._count)


class _Explores(Digits):
    def text(self, number: int) -> str:
        return f"explore_{number}"


def _models(settings: Settings) -> Names:
    harmless = settings.titles in {Titles.USUAL, Titles.MIXED}
    return Models() if harmless else Traps()


def names(kind: str, settings: Settings) -> Names:
    """Return what the items of *kind* are called."""
    match kind:
        case "explores":
            return Explores(settings)
        case "folders":
            return Folders()
        case "lookml_models":
            return _models(settings)
        case _:
            return Digits()
