"""Looks at every entry of a vault, and at what they say of each other.

Done where the end of the process does no harm (`examiner`): a page that is broken may
end it. Transactions are short, so that a run that goes on meanwhile is not hindered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from lookervault.core import audit
from lookervault.core.audit import Finding, Gaps
from lookervault.errors import Damaged
from lookervault.records import Head, Phase, Run
from lookervault.store import entries, keys, values
from lookervault.store.bodies import Bodies
from lookervault.store.environment import Environment
from lookervault.store.share import Beat, Seen, Share
from lookervault.store.view import View

_CHUNK = 500
"""Entries that one transaction looks at."""


class Examination:
    """Everything that can be said of what is in *environment*."""

    def __init__(self, environment: Environment, share: Share) -> None:
        self._environment = environment
        self._bodies = Bodies(share.has)
        self._others = 0
        """Entries that were looked at, but for items and bodies."""
        self._all = 0
        self._snapshots = 0
        self._versions = 0

    def messages(self) -> Iterator[Finding | Beat | Seen]:
        """Yield what is wrong, how far it is, and in the end what was seen.

        If a broken page keeps something from being seen, nothing is said in the end.
        """
        whole = True
        with self._environment.viewing() as view:
            self._all = sum(view.count(name) for name in keys.DATABASES)
        for what, step in (
            ("runs", self._runs),
            ("items", self._items),
            ("snapshots", self._censuses),
            ("censuses", lambda: self._walk(keys.CENSUS, entries.census)),
            ("gaps", lambda: self._walk(keys.GAPS, entries.gap)),
            ("markers", lambda: self._walk(keys.MARKERS, entries.marker)),
            ("identity", lambda: self._walk(keys.ABOUT, entries.other)),
        ):
            try:
                for found in step():
                    yield from found
                    yield self._beat(what)
            except Damaged as error:  # LMDB met a broken page in the middle of a walk.
                why, whole = error.__cause__ or error, False
                yield audit.of_file(f"Not all of the {what} could be read: {why}.")
        if whole:
            yield self._seen()

    def _seen(self) -> Seen:
        return Seen(
            snapshots=self._snapshots,
            versions=self._versions,
            bodies=self._bodies.named,
            read=self._bodies.read,
            bytes=self._bodies.bytes,
        )

    def _beat(self, what: str) -> Beat:
        done = self._others + self._versions + self._bodies.named
        return Beat(min(done, self._all), self._all, what)

    def _walk(
        self,
        database: str,
        look: Callable[[View, bytes, memoryview], Iterable[Finding]],
    ) -> Iterator[list[Finding]]:
        """Let *look* see each entry of *database*; yield what some of them came to."""
        start, number = b"", _CHUNK
        while number == _CHUNK:
            found: list[Finding] = []
            number = 0
            with self._environment.viewing() as view:
                for key, value in islice(view.entries(database, start), _CHUNK):
                    found += look(view, key, value)
                    start, number = key + b"\0", number + 1
            self._others += number
            yield found

    def _runs(self) -> Iterator[list[Finding]]:
        with self._environment.viewing() as view:
            read = [entries.run(*entry) for entry in view.entries(keys.RUNS)]
        runs = [run for run, _ in read if run is not None]
        self._snapshots = sum(run.phase is Phase.SEALED for run in runs)
        self._others += len(read)
        wrong = [finding for _, finding in read if finding is not None]
        yield wrong or list(audit.of_runs(runs))

    # Items with their bodies

    def _items(self) -> Iterator[list[Finding]]:
        with self._environment.viewing() as view:
            before = view.count(keys.BODIES)
        start: bytes | None = b""
        while start is not None:
            with self._environment.viewing() as view:
                found, start = self._some_items(view, start)
            yield found
        with self._environment.viewing() as view:
            after = view.count(keys.BODIES)
        nameless = after - self._bodies.named
        # Some that came meanwhile may belong to items that were looked at before.
        yield [audit.left_over(nameless)] if before == after and nameless > 0 else []

    def _some_items(
        self, view: View, start: bytes
    ) -> tuple[list[Finding], bytes | None]:
        """Look at some items from the key *start* on; return where to go on."""
        found: list[Finding] = []
        heads: list[Head] = []
        item = b""
        for number, (key, value) in enumerate(view.entries(keys.ITEMS, start)):
            if key[: -keys.RUN_BYTES] != item:
                found += self._bodies.of_item(view, item, heads)
                if number >= _CHUNK or self._bodies.enough():
                    return found, key
                item, heads = key[: -keys.RUN_BYTES], []
            self._versions += 1
            head, said = entries.head(view, key, value)
            found += said
            heads += [] if head is None else [head]
        found += self._bodies.of_item(view, item, heads)
        return found, None

    # Snapshots

    def _censuses(self) -> Iterator[list[Finding]]:
        with self._environment.viewing() as view:
            runs = [entries.run(*entry)[0] for entry in view.entries(keys.RUNS)]
        for run in runs:
            if run is not None and run.phase is Phase.SEALED:
                for kind in run.kinds:
                    yield from self._snapshot(run, kind)

    def _snapshot(self, run: Run, kind: str) -> Iterator[list[Finding]]:
        """Hold the census of *kind* and its gaps against what *run* shows."""
        rows: int | None = None
        unshown: list[str] = []
        try:
            gaps = self._gaps_of(run, kind)
            for part in range(2**32):
                with self._environment.viewing() as view:
                    key = keys.of_census(run.number, kind, part)
                    value = view.get(keys.CENSUS, key)
                    if value is None:
                        break
                    ids = [row.id for row in values.read_part(key, bytes(value))]
                    unshown += entries.unshown(view, run, kind, ids)
                rows = (rows or 0) + len(ids)
                yield []
        except Damaged:
            return  # The entry is told of by itself.
        report = run.kinds[kind]
        yield [
            *audit.of_unshown(run, kind, report, unshown),
            *audit.of_kind(run, kind, report, rows, gaps),
        ]

    def _gaps_of(self, run: Run, kind: str) -> Gaps:
        gaps, prefix = Gaps(), keys.of_run(run.number) + keys.of_kind(kind)
        with self._environment.viewing() as view:
            for key, value in view.entries(keys.GAPS, prefix):
                if not key.startswith(prefix):
                    break
                gaps.add(values.read_gap(key, bytes(value)))
        return gaps
