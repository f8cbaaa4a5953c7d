"""Vault: reading what runs have stored. For users, the CLI and other programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from lookervault.content import named
from lookervault.core.past import Past
from lookervault.errors import VaultError
from lookervault.records import About, Census, Gap, Head, Phase, Run, State
from lookervault.store.reading import LmdbReader
from lookervault.store.recall import past
from lookervault.units import Marker

_LATEST = re.compile(r"latest(?:~([0-9]{1,9}))?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


class Stored(Protocol):
    """What a vault needs of a store: `Store` has it, and `LmdbReader`."""

    @property
    def about(self) -> About: ...
    def close(self) -> None: ...
    def run(self, number: int) -> Run | None: ...
    def runs(self) -> Iterator[Run]: ...
    def gaps(self, run: int) -> Iterator[Gap]: ...
    def markers(self, run: int) -> Iterator[Marker]: ...
    def census(self, run: int, kind: str) -> Census | None: ...
    def heads(self, kind: str, *, at: int | None = None) -> Iterator[Head]: ...
    def versions(self, kind: str, id_: str) -> Iterator[Head]: ...
    def body(self, head: Head) -> bytes: ...


class Vault:
    """What a vault holds. Reads only, and from any thread.

    *at* is the number of a run; without it, `default` is shown. A snapshot shows
    of each item the newest version that its run or an earlier one found.

    Raises, from any method:
        VaultError: what was asked for is not there, or the vault is closed.
        UsageError: there is no such kind of content.
        Damaged: what was read is not what was stored.

    """

    def __init__(self, store: Stored) -> None:
        self._store = store

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open the vault at *path*, also while a run of any process writes to it.

        Raises:
            VaultError: there is no vault, or it was made by a newer lookervault.
            Damaged: it is broken.

        """
        return cls(LmdbReader.read(Path(path)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the vault."""
        self._store.close()

    @property
    def about(self) -> About:
        """What this vault is."""
        return self._store.about

    # Snapshots

    def snapshots(self) -> Iterator[Run]:
        """Yield the runs, the newest first; also those that are not sealed."""
        return self._store.runs()

    @property
    def default(self) -> Run:
        """The run that is shown: the newest sealed one, else the newest of all."""
        newest = None
        for run in self._store.runs():
            if run.phase is Phase.SEALED:
                return run
            newest = newest or run
        if newest is None:
            message = "The vault is empty: nothing has been extracted into it yet."
            raise VaultError(message)
        return newest

    def snapshot(self, name: str | int) -> Run:
        """Return the run that *name* means: its number, ``latest`` or ``latest~1``.

        ``latest`` is the newest sealed run, ``latest~1`` the one before it.
        """
        text = str(name).strip()
        if latest := _LATEST.fullmatch(text):
            return self._latest(int(latest[1] or 0))
        run = self._store.run(int(text)) if _NUMBER.fullmatch(text) else None
        if run is None:
            message = (
                f"There is no snapshot {text!r}: name one by its number, or by latest "
                "or latest~1. There are " + (self._numbers() or "none yet") + "."
            )
            raise VaultError(message)
        return run

    def _latest(self, back: int) -> Run:
        sealed = [run for run in self._store.runs() if run.phase is Phase.SEALED]
        if back >= len(sealed):
            message = (
                "There is no snapshot that far back: the vault has "
                f"{len(sealed) or 'none'} that reached the end."
            )
            raise VaultError(message)
        return sealed[back]

    def _numbers(self) -> str:
        return ", ".join(str(run.number) for run in islice(self._store.runs(), 10))

    def gaps(self, at: int | None = None) -> Iterator[Gap]:
        """Yield what the run could not read."""
        return self._store.gaps(self._at(at))

    def past(self, run: Run) -> dict[str, Past]:
        """Return what the open *run* has of each kind, as whoever continues it finds it."""
        return past(self._store, run)

    # Items

    def items(
        self, kind: str, at: int | None = None, *, gone: bool = False
    ) -> Iterator[Head]:
        """Yield the items of *kind*, by length and bytes of their ids.

        With *gone*, those that were gone by then are among them.
        """
        heads = self._store.heads(_known(kind), at=self._at(at))
        return (head for head in heads if gone or head.state is not State.GONE)

    def head(self, kind: str, id_: str, at: int | None = None) -> Head:
        """Return what the snapshot says of one item."""
        number = self._at(at)
        versions = (it for it in self.versions(kind, id_) if it.run <= number)
        head = next(versions, None)
        if head is None:
            message = (
                f"There is no {kind}/{id_} in snapshot {number}: the items are listed "
                f"by lookervault ls {kind}"
            )
            raise VaultError(message)
        if head.state is State.GONE:
            message = f"{kind}/{id_} is gone from Looker since snapshot {head.run}"
            if last := next(
                (it for it in versions if it.state is not State.GONE), None
            ):
                message += f": its last version is that of snapshot {last.run} (--at {last.run})"
            raise VaultError(f"{message}.")
        return head

    def versions(self, kind: str, id_: str) -> Iterator[Head]:
        """Yield the versions of one item, the newest first; also that it was gone."""
        return self._store.versions(_known(kind), id_)

    def body(self, kind: str, id_: str, at: int | None = None) -> bytes:
        """Return the bytes that Looker sent, as the snapshot has them."""
        return self.read(self.head(kind, id_, at))

    def read(self, head: Head) -> bytes:
        """Return the bytes behind *head*; of an item that is gone, the last ones."""
        return self._store.body(head)

    def _at(self, at: int | None) -> int:
        return self.default.number if at is None else self.snapshot(at).number


def _known(kind: str) -> str:
    (name,) = named([kind])
    return name
