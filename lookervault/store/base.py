"""Store: where runs, items and their checkpoints are kept. The contract.

One thread writes (the Writer's; only `begin` is called by the owner of the
`System`, before the Writer hears of the run). Any thread may read, also while
another writes. Every method that writes is one transaction: when it returns,
its effect is durable; when it raises, nothing of it is there.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from lookervault.records import (
    About,
    Census,
    Counts,
    Gap,
    Head,
    Item,
    KindReport,
    Login,
    Run,
    Scope,
    Tolerance,
)
from lookervault.units import Marker as Marker  # noqa: PLC0414  # part of the contract
from lookervault.units import Unit


class Landed(msgspec.Struct, frozen=True):
    """A unit with what it brought: stored with its marker, or not at all."""

    unit: Unit
    items: tuple[Item, ...]


class Store(Protocol):
    """Where content is kept.

    Raises, wherever the disk is touched:
        DiskFailed: no space, or the disk refused; the store stays readable.
        Damaged: what was read does not match its check sum.
        VaultError: the store has been closed.

    A write for a run that is not open raises `ValueError`: whoever asks for that
    has lost track, and nothing is written.
    """

    @property
    def about(self) -> About:
        """What this vault is."""

    def close(self) -> None:
        """Let go of everything. Later calls are errors."""

    # Runs

    def begin(self, scope: Scope, *, now: float, fresh: bool = False) -> Run:
        """Continue the open run if it has this *scope*, else open a new one.

        An open run of another scope (or any, if *fresh*) becomes abandoned.
        What it stored stays as observed. Run numbers count up from 1.
        """

    def lead(self, run: int) -> Run:
        """Give the lead of the open *run* to a new coordinator: its epoch goes up."""

    def note(
        self,
        run: int,
        *,
        expansion: tuple[str, ...] | None = None,
        login: Login | None = None,
        looker: str | None = None,
    ) -> None:
        """Record what became known of the open *run*; ``None`` changes nothing."""

    def run(self, number: int) -> Run | None:
        """Return run *number*."""

    def runs(self) -> Iterator[Run]:
        """Yield all runs, the newest first."""

    def open_run(self) -> Run | None:
        """Return the run that is open. There is at most one, and it is the newest."""

    def seal(
        self,
        run: int,
        *,
        now: float,
        kinds: Mapping[str, KindReport],
        gaps: Sequence[Gap],
        figures: Mapping[str, float],
        calls: int,
        tolerance: Tolerance | None = None,
    ) -> Run:
        """Close *run* as a snapshot; its markers go. *tolerance* as in `put`.

        An item behind a gap that has an earlier version gets an entry of state
        `State.UNREAD`, unless it is just missing from the census. The entry shows that version's body. What this very run has of
        it stays; a gap that stands for a whole kind (``*``) marks no item.
        """

    # What a run writes

    def put(
        self,
        run: int,
        epoch: int,
        landed: Sequence[Landed],
        *,
        calls: int,
        tolerance: Tolerance | None = None,
    ) -> list[dict[str, Counts]]:
        """Store items and one marker for each unit; return each unit's counts by kind.

        A unit may come twice, with other items: its marker then vouches for both,
        and what it vouched for before counts as **repeated**. For each item, its
        newest entry in the store decides:

        - one of this very run that was fetched later: **repeated**;
        - none, or its state was gone: **new**;
        - one of this very run: **repeated**, and replaced if it differs;
        - another state, folder or title: **changed**;
        - the same digest: **unchanged**;
        - another call, and the same `updated_at` that is not null: **unchanged**;
          the two calls show the same item, each in its way;
        - another `updated_at`: **changed**;
        - the bodies differ only in the kind's volatile paths: **unchanged**;
        - else **changed**.

        What is new or changed gets an entry of this run, and its body is written if
        the item has none of that digest. What is unchanged costs nothing. The counts
        of the run grow by what was not repeated, and by its bytes. *calls* replaces
        the run's number of calls, *tolerance* its tolerance, unless it is ``None``.
        """

    def put_census(self, run: int, kind: str, census: Census) -> None:
        """Store a complete census; it replaces the earlier rounds of the run."""

    def put_gone(
        self, run: int, kind: str, ids: Iterable[str], *, now: float
    ) -> Counts:
        """Give each of *ids* that has an entry and is not gone an entry of state gone.

        It keeps the last body; its `fetched_at` is *now*.
        """

    # Reading a run that is open

    def markers(self, run: int) -> Iterator[Marker]:
        """Yield the markers of the open *run*, in the order of epoch and unit number."""

    def census(self, run: int, kind: str) -> Census | None:
        """Return the newest complete census of *kind* in *run*."""

    def gaps(self, run: int) -> Iterator[Gap]:
        """Yield the gaps of a sealed *run*: kinds and ids by length, then bytes."""

    # Reading items

    def heads(
        self, kind: str, *, at: int | None = None, but: Container[str] | None = None
    ) -> Iterator[Head]:
        """Yield for each item of *kind* its newest entry with run <= *at*.

        Items with an id in *but* are left out, which takes a third of the time.
        Ids come by length, then bytes; those above 200 bytes last, in any order.

        *at* of ``None``: the newest of all. Gone items are among them.
        Reads are renewed now and then, so that a long walk does not pin old pages.
        """

    def versions(self, kind: str, id_: str) -> Iterator[Head]:
        """Yield the entries of one item, the newest first."""

    def body(self, head: Head) -> bytes:
        """Return the raw bytes behind *head*, verified against its digest."""
