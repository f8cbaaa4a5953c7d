"""How a kind fares: whether it is worth asking for more of it."""

from __future__ import annotations

from lookervault.core.trials import REFUSALS
from lookervault.messages import Fault
from lookervault.units import Ids, Span, Unit

_ENOUGH = 10
"""Items that cannot be had, each alone and none else, before the rest of the kind is
not asked for: a permission is missing, or its call is broken, and that is one gap."""

_DOUBT = 5
"""Failures in a row after which nothing new of the kind is handed out, until what is
out has come in or was given up: a broken call must not be asked for every page."""

_FORBIDDEN = 403


class Health:
    """What came in of one kind, and what did not."""

    def __init__(self) -> None:
        self.any_came = False
        """Whether anything of it has come, be it a row of its census."""
        self.denial: Fault | None = None
        """How Looker denied everything of the kind so far, if it did."""
        self._denied = 0
        self._failures = 0
        """Of its units, since one came in."""
        self._lost = 0
        """Items that could not be had alone."""

    def came(self) -> None:
        """A unit came in."""
        self.any_came, self._failures = True, 0

    def failed(self) -> None:
        """A unit could not be had; it may be tried again."""
        self._failures += 1

    @property
    def doubtful(self) -> bool:
        """Whether to wait for what is out, before anything new is handed out."""
        return self._failures >= _DOUBT

    # While nothing of the kind could be read

    def denied(self, unit: Ids, fault: Fault) -> bool:
        """Whether *fault* denies *unit* by its kind, not by its ids."""
        if fault.status != _FORBIDDEN:
            return False
        self.denial = fault
        self._denied += len(unit.ids)
        return True

    @property
    def all_denied(self) -> bool:
        """Whether enough was denied not to ask for the rest."""
        return self._denied >= _ENOUGH

    def forgive(self) -> None:
        """Something of the kind can be read: what was denied is to be asked for again."""
        self.denial, self._denied = None, 0

    def hopeless(self, unit: Unit, fault: Fault) -> bool:
        """Whether *unit*, which is given up, is the last straw.

        A refusal of a single item costs one request, and says nothing of the others.
        """
        single = isinstance(unit, Ids) and len(unit.ids) == 1
        alone = single or (isinstance(unit, Span) and unit.length <= 1)
        if not alone or (single and fault.sort in REFUSALS):
            return False
        self._lost += 1
        return self._lost >= _ENOUGH
