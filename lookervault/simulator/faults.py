"""Which requests fail, and how."""

from __future__ import annotations

import enum

from lookervault.simulator.dice import Dice, share


class Fault(enum.Enum):
    """What goes wrong with an answer."""

    ERROR = "500 as JSON"
    GATEWAY = "502 as HTML"
    UNAVAILABLE = "503 with an empty body"
    RESET = "the connection is reset"
    TRUNCATED = "half of the body, then the end"
    STATUS = "any other status"
    HTML = "200 with a page for people"
    EMPTY = "200 with nothing"
    NULL = "200 with null"
    HANG = "no answer until the client gives up"


DRAWN = (
    Fault.ERROR,
    Fault.GATEWAY,
    Fault.UNAVAILABLE,
    Fault.RESET,
    Fault.TRUNCATED,
)
"""What happens by chance; the others only when a script says so."""


class Faults:
    """Draws faults by seed."""

    def __init__(self, seed: int, rate: float) -> None:
        self._dice = Dice(seed)
        self._rate = rate

    def draw(self, target: str) -> Fault | None:
        """Return what happens to this request for *target*, if anything."""
        if not self._rate:
            return None
        roll = self._dice.roll(target)
        return DRAWN[roll[8] % len(DRAWN)] if share(roll) < self._rate else None
