"""Changes inputs at random, keeps those that lead somewhere new, and catches what breaks."""

from __future__ import annotations

import contextlib
import random
import re
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

_LONGEST = 2**16
"""Bytes of an input."""

_SLOW = 2.0
"""Seconds of processor time that one input may take."""

_HANGS = 20.0
"""Seconds of any time after which an input is taken for one that hangs."""

_MOST_OUTCOMES = 3_000
"""Inputs that are kept because they led somewhere new."""

_TRIMS = 400
"""Tries to make a finding smaller."""

_TRIMMING = 30.0
"""Seconds that this may take."""

_FACTS = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")
"""What of a sentence depends on the input, not on the way that was taken."""


_BACK = 0.3
"""Chance that one of the first inputs is changed, not one that came of them."""


class Wrong(Exception):
    """A promise was broken."""


class Hung(BaseException):
    """It took too long. Not an Exception, so that nothing on the way handles it."""


class Target(Protocol):
    """What is fed."""

    @property
    def tokens(self) -> Sequence[bytes]:
        """Return pieces that mean something to it."""

    def seeds(self) -> list[bytes]:
        """Return inputs to begin with."""

    def check(self, data: bytes) -> str:
        """Feed *data*; say in a few words what came of it, or raise if a promise broke."""


@dataclass
class Found:
    """An input that broke a promise, and how."""

    data: bytes
    how: str

    def __str__(self) -> str:
        return self.how


class Run:
    """Feeds *target*, in an order that *seed* decides."""

    def __init__(self, target: Target, seed: int) -> None:
        self.executions = 0
        self.outcomes: set[str] = set()
        self.found: set[str] = set()
        self._target = target
        self._dice = random.Random(seed)  # noqa: S311 - chance, not secrecy
        self._seeds = target.seeds()
        self._corpus = list(self._seeds)
        self._changes: list[Callable[[bytearray], None]] = [
            self._flip,
            self._set,
            self._delete,
            self._insert,
            self._say,
            self._replace,
            self._copy,
            self._repeat,
            self._splice,
        ]

    def findings(self, seconds: float) -> Iterator[Found]:
        """Yield each different finding, until *seconds* have passed."""
        until = time.monotonic() + seconds
        waiting = list(self._corpus)
        while time.monotonic() < until:
            data = waiting.pop() if waiting else self._mutated()
            how = self._try(data)
            if how is not None and how not in self.found:
                self.found.add(how)
                yield Found(self._trimmed(data, how), how)

    def _try(self, data: bytes) -> str | None:
        """Feed *data*; return which promise it broke."""
        self.executions += 1
        started = time.process_time()
        try:
            with _alarm():
                outcome = self._target.check(data)
        except (Exception, Hung) as error:  # noqa: BLE001 - whatever it is, it was found
            return _told(error)
        if time.process_time() - started > _SLOW:
            return f"it takes more than {_SLOW} s"
        outcome = _FACTS.sub("#", outcome)
        if outcome not in self.outcomes and len(self.outcomes) < _MOST_OUTCOMES:
            self.outcomes.add(outcome)
            self._corpus.append(data)
        return None

    def _trimmed(self, data: bytes, how: str) -> bytes:
        """Return less of *data* that breaks the same promise."""
        size, tries = len(data) // 2, 0
        until = time.monotonic() + _TRIMMING
        while size and tries < _TRIMS and time.monotonic() < until:
            for at in range(0, len(data), size):
                shorter = data[:at] + data[at + size :]
                tries += 1
                if tries > _TRIMS or time.monotonic() > until:
                    return data
                if self._try(shorter) == how:
                    data = shorter
                    break
            else:
                size //= 2
        return data

    def _mutated(self) -> bytes:
        dice = self._dice
        # What is valid is worth more than the many ways to be invalid.
        some = self._seeds if dice.random() < _BACK else self._corpus
        data = bytearray(dice.choice(some))
        for _ in range(1 + int(dice.expovariate(0.5))):
            dice.choice(self._changes)(data)
        return bytes(data[:_LONGEST])

    # Ways to change it

    def _place(self, data: bytearray) -> int:
        return self._dice.randrange(len(data) + 1)

    def _piece(self, data: bytearray) -> slice:
        start = self._place(data)
        return slice(start, start + 1 + int(self._dice.expovariate(0.1)))

    def _flip(self, data: bytearray) -> None:
        if data:
            data[self._dice.randrange(len(data))] ^= 1 << self._dice.randrange(8)

    def _set(self, data: bytearray) -> None:
        if data:
            value = self._dice.choice([0, 1, 0x7F, 0x80, 0xC1, 0xFF, 0x22, 0x5C])
            data[self._dice.randrange(len(data))] = value

    def _delete(self, data: bytearray) -> None:
        del data[self._piece(data)]

    def _insert(self, data: bytearray) -> None:
        at = self._place(data)
        data[at:at] = self._dice.randbytes(1 + int(self._dice.expovariate(0.2)))

    def _say(self, data: bytearray) -> None:
        at = self._place(data)
        data[at:at] = self._dice.choice(self._target.tokens)

    def _replace(self, data: bytearray) -> None:
        data[self._piece(data)] = self._dice.choice(self._target.tokens)

    def _copy(self, data: bytearray) -> None:
        at = self._place(data)
        data[at:at] = bytes(data[self._piece(data)])

    def _repeat(self, data: bytearray) -> None:
        piece = self._piece(data)
        times = self._dice.choice([2, 10, 100, 3000])
        data[piece] = (bytes(data[piece]) * times)[:_LONGEST]

    def _splice(self, data: bytearray) -> None:
        other = self._dice.choice(self._corpus)
        data[self._place(data) :] = other[self._dice.randrange(len(other) + 1) :]


def _told(error: BaseException) -> str:
    """Return what to call a finding: the error, and where it came from."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    said = f": {error}" if isinstance(error, Wrong) else ""
    name = last.filename.rpartition("/")[2]
    return f"{type(error).__name__}{said} ({name}, {last.name})"


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    """Raise `Hung` if it takes too long."""

    def ring(_number: int, _frame: object) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, _HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
