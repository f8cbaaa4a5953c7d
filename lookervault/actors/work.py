"""A unit in a fetcher's hands, and what it has brought so far."""

from __future__ import annotations

from lookervault.content import KINDS
from lookervault.core.credit import Ticket
from lookervault.core.errand import Errand, errand
from lookervault.messages import Lease
from lookervault.records import Item
from lookervault.units import Span, brings_items


class Work:
    """A unit on its way."""

    def __init__(self, lease: Lease) -> None:
        unit = lease.unit
        self.lease = lease
        self.ticket: Ticket = (lease.fence.epoch, unit.number, lease.attempt)
        self.errand: Errand = errand(KINDS[unit.part.kind], unit)
        self.brings_items = brings_items(unit)
        self.divisible = isinstance(unit, Span) and unit.length > 1
        """Whether it could be read in pieces as well."""
        self.items: list[Item] = []
        self.total: int | None = None
        self.pages = 0
        self.bytes = 0
        self.seconds = 0.0
