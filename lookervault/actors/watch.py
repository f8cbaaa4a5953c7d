"""How a fetcher watches its own request: it shows that it moves, and minds the memory."""

from __future__ import annotations

from collections.abc import Callable

from lookervault.actors.actor import Pulse
from lookervault.actors.purse import Purse
from lookervault.core.credit import Ticket
from lookervault.errors import LookerError, Sort


class Watch:
    """Lets the source show that it moves, and makes it wait for credit.

    *divisible*: the unit could be read in pieces, so that it need not pass its share.
    """

    def __init__(
        self, purse: Purse, ticket: Ticket, pulse: Pulse | None, *, divisible: bool
    ) -> None:
        self._purse = purse
        self._ticket = ticket
        self._pulse = pulse
        self._divisible = divisible

    def beat(self) -> None:
        """Something came in."""
        if self._pulse is not None:
            self._pulse.beat()

    def more(self, size: int) -> None:
        """Wait until there is room for *size* bytes.

        Raises:
            LookerError: it was cut off meanwhile, or is to be read in pieces.

        """
        share = self._purse.share
        if self._divisible and self._purse.used(self._ticket) + size > share:
            reason = f"A page has more than the {share} bytes that memory has for it."
            raise LookerError(Sort.TOO_LARGE, reason)
        self._purse.wait_for(self._ticket, size, self._wanted)

    def cuttable(self, cut: Callable[[], None] | None) -> None:
        """Take what ends the call."""
        if self._pulse is not None:
            self._pulse.cuttable(cut)

    def _wanted(self) -> None:
        self.beat()
        if self._pulse is not None and self._pulse.severed:
            raise LookerError(Sort.UNREACHABLE, "It was cut off, waiting for memory.")
