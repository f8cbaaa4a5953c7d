"""What the minds of a run want done. The Coordinator does it."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from lookervault.messages import Expected, Gapped, KindDone, Retried
from lookervault.records import Census
from lookervault.units import Unit


class Assign(msgspec.Struct, frozen=True):
    """Give *unit* to *fetcher*."""

    fetcher: str
    unit: Unit
    attempt: int


class Delay(msgspec.Struct, frozen=True):
    """Say that *unit* is due again in *seconds*."""

    unit: int
    seconds: float


class Tell(msgspec.Struct, frozen=True):
    """Let those who watch know."""

    news: Expected | Gapped | KindDone | Retried


class Keep(msgspec.Struct, frozen=True):
    """Store this complete census."""

    kind: str
    census: Census


class Expand(msgspec.Struct, frozen=True):
    """Store which folders the scope comes to."""

    folders: tuple[str, ...]


class Recall(msgspec.Struct, frozen=True):
    """Look up what the vault has of *kind*, and say so to `Plan.known`."""

    kind: str


class Bury(msgspec.Struct, frozen=True):
    """Record that these items are gone."""

    kind: str
    ids: tuple[str, ...]


class Recede(msgspec.Struct, frozen=True):
    """Ask all fetchers to hand back what they have not asked Looker for yet."""


class Finish(msgspec.Struct, frozen=True):
    """Everything is stored or accounted for: seal the run."""


class Stop(msgspec.Struct, frozen=True):
    """Nothing is in flight any more: end, leaving the run to be continued."""

    reason: str
    exit_code: int


Effect: TypeAlias = (
    Assign | Delay | Tell | Keep | Expand | Recall | Bury | Recede | Finish | Stop
)
