"""The mind of Progress: what happened so far, as counts, rates and time left.

Times are monotonic seconds and come in as arguments. Hearing of an event costs
a few dictionary look-ups; all arithmetic waits until somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, assert_never

from lookervault import content
from lookervault.core.books import KindBook, Rate, Slowness
from lookervault.core.figures import Status, Summary
from lookervault.core.staff import Scales, Staff
from lookervault.errors import LoginRefused
from lookervault.messages import (
    Assigned,
    Began,
    Called,
    Committed,
    Expected,
    Finished,
    Gapped,
    KindDone,
    Outcome,
    Paced,
    Retried,
    Slowed,
    Steered,
    Steering,
    ToProgress,
    Weighed,
    WorkerFailed,
)
from lookervault.records import Counts, Gap, Phase, Run

_GAPS_LISTED = 1000
"""A summary lists no more gaps than this; the vault keeps them all."""

_FORBIDDEN = 403

_WANTED = frozenset({4, 130, 143})
"""Exit statuses of a run that stopped because somebody wanted it to."""


class Tally:
    """Everything that is counted of the part of a run that this process does.

    *began* is when it started, *max_memory* the bytes that it may have. What earlier
    processes of the same run stored counts as stored, but not for the rates.
    """

    def __init__(
        self,
        *,
        workers: int,
        began: float,
        max_rate: float | None = None,
        max_memory: int | None = None,
    ) -> None:
        self._steering = Steering(workers, max_rate)
        self._staff = Staff(workers)
        self._scales = Scales(max_memory)
        self._pace = Paced(max_rate, None, None)
        self._began = began
        self._run: Run | None = None
        self._kinds: dict[str, KindBook] = {}
        self._gaps: dict[tuple[str, str], Gap] = {}
        self._base = 0
        self._rate = Rate()
        self._calls = self._calls_before = self._calls_told = 0
        self._refused = self._retries = self._restarts = self._bytes = 0
        self._repeated = 0
        self._slowness = Slowness()
        self._finished: Finished | None = None
        self._failure: tuple[str, int] | None = None

    def hear(self, event: ToProgress, now: float) -> None:  # noqa: C901, PLR0912 - one arm each
        """*event* was heard of at *now*."""
        match event:
            case Called():
                self._called(event, now)
            case Assigned(fetcher, unit, attempt):
                self._staff[fetcher].assigned(unit, attempt, now)
            case Committed(counts, calls):
                self._committed(counts, calls, now)
            case Retried(fetcher, _, fault):
                self._retries += 1
                self._staff[fetcher].retried(fault.reason)
            case Expected(kind, items, exact):
                self._kind(kind).expect(items, exact=exact)
            case Gapped(gap):
                self._gapped(gap)
            case KindDone(kind, report):
                self._kind(kind).report = report
            case Slowed(slowdown):
                self._slowness.told(slowdown, now)
            case Paced():
                self._pace = event
            case Weighed():
                self._scales.weighed(event, now)
            case Steered(steering):
                self._steering = steering
                self._staff.resized(steering.workers, now)
            case WorkerFailed(fetcher, error):
                self._restarts += 1
                self._staff[fetcher].failed(error)
            case Began():
                self._begun(event, now)
            case Finished():
                self._over(event)
            case _:
                assert_never(event)

    def failed(self, reason: str, exit_code: int) -> None:
        """The run ended by an error, and nothing more will be heard of it."""
        self._failure = (reason, exit_code)

    def status(self, now: float) -> Status:
        """Return how far the run is."""
        done, expected = self._progress()
        recent = self._rate.a_second(now, self._stored)
        known = all(book.known for book in self._kinds.values()) and bool(self._kinds)
        return Status(
            **self._figures(now),
            items=expected if known else None,
            percent=self._percent(done, expected) if known else None,
            items_per_second=recent,
            seconds_left=(
                self._seconds_left(expected - done, recent, now) if known else None
            ),
            memory=self._scales.memory,
            max_memory=self._scales.most,
            cramped=self._scales.over,
            rate=self._pace.rate,
            max_rate=self._steering.max_rate,
            most_in_flight=self._pace.most,
            calls_left=self._pace.left,
            active=self._staff.active(now),
            slowdown=self._slowness.why(now),
            paused=self._slowness.left(now),
            slowed_by=self._slowness.last,
            slowed_for=self._slowness.age(now),
            on_hold=self._steering.paused,
            fetchers=self._staff.figures(now, waiting=frozenset(self._pace.waiting)),
        )

    def summary(self, now: float) -> Summary:
        """Return what the run came to."""
        outcome, reason, exit_code = self._outcome()
        return Summary(
            **self._figures(now),
            status=outcome,
            items=self._progress()[1],
            items_per_second=self._overall(now),
            peak_memory=self._scales.peak,
            reason=reason,
            exit_code=exit_code,
            gaps=tuple(self._gaps.values()),
            left_out=content.left_out(self._run.scope) if self._run else (),
        )

    # What was heard

    def _kind(self, name: str) -> KindBook:
        return self._kinds.setdefault(name, KindBook())

    def _begun(self, event: Began, now: float) -> None:
        # Also a coordinator that was restarted begins: what its predecessor
        # told may have been lost on the way, and the store's word has not.
        first, self._run = self._run is None, event.run
        self._gaps.clear()
        for kind in event.kinds:
            counts = event.run.counts.get(kind, Counts())
            self._kind(kind).restart(counts, event.stored.get(kind, counts.stored))
        if first:
            self._base = self._stored
            self._calls_before = event.run.calls
            self._rate.sample(now, self._stored)

    def _called(self, event: Called, now: float) -> None:
        self._calls += 1
        self._bytes += event.bytes
        self._refused += event.outcome is Outcome.REFUSED
        self._staff.called(event, now)

    def _committed(self, counts: Mapping[str, Counts], calls: int, now: float) -> None:
        for kind, count in counts.items():
            book = self._kind(kind)
            book.counts += count
            self._repeated += count.repeated
        self._calls_told = max(self._calls_told, calls)
        self._rate.sample(now, self._stored)

    def _gapped(self, gap: Gap) -> None:
        if (gap.kind, gap.id) not in self._gaps:
            self._kind(gap.kind).gaps += 1
            if len(self._gaps) < _GAPS_LISTED:
                self._gaps[gap.kind, gap.id] = gap

    def _over(self, event: Finished) -> None:
        self._finished, self._run = event, event.run
        self._calls_told = max(self._calls_told, event.run.calls)
        for kind, report in event.run.kinds.items():
            self._kind(kind).report = report
        for kind, counts in event.run.counts.items():
            self._kind(kind).counts = counts

    # What it comes to

    @property
    def _stored(self) -> int:
        return sum(book.durable for book in self._kinds.values())

    def _progress(self) -> tuple[int, int]:
        """Return how many items are done, and how many there are, as far as known."""
        books = self._kinds.values()
        return sum(b.handled for b in books), sum(b.expected for b in books)

    def _percent(self, done: int, expected: int) -> float:
        if all(book.report for book in self._kinds.values()):
            return 100.0
        # What is read may still have to be reconciled: 100 is for the end.
        return min(round(100.0 * done / expected, 2), 99.9) if expected else 0.0

    def _overall(self, now: float) -> float:
        fetched = max(self._stored - self._base, 0)
        return round(fetched / max(now - self._began, 0.001), 3)

    def _seconds_left(self, left: int, recent: float, now: float) -> float | None:
        rate = recent or self._overall(now)
        return round(left / rate, 1) if rate > 0 else None

    def _figures(self, now: float) -> dict[str, Any]:
        """Return what a status and a summary have in common."""
        kinds = {name: book.figures() for name, book in self._kinds.items()}
        utilization, throttled, starved = self._staff.shares()
        return {
            "run": str(self._run.number) if self._run else "",
            "seconds": round(max(now - self._began, 0.0), 3),
            **{
                field: sum(getattr(kind, field) for kind in kinds.values())
                for field in ("stored", "failed", "new", "changed", "unchanged", "gone")
            },
            "utilization": utilization,
            "throttled": throttled,
            "starved": starved,
            "over_memory": self._scales.seconds_over(now),
            "workers": self._steering.workers,
            "calls": max(self._calls_told, self._calls_before + self._calls),
            "refused": self._refused,
            "retries": self._retries,
            "restarts": self._restarts,
            "bytes": self._bytes,
            "resumed": bool(self._run and self._run.resumed) or self._base > 0,
            "refetched": self._repeated,
            "kinds": kinds,
        }

    def _outcome(self) -> tuple[str, str, int]:
        """Return how it ended, why, and the exit status."""
        if self._failure is not None:
            return "failed", *self._failure
        if self._finished is None:
            return "failed", "it ended before it was over", 1
        run, code = self._finished.run, self._finished.exit_code
        if run.phase is not Phase.SEALED:
            outcome = "stopped" if code in _WANTED else "failed"
            return outcome, self._finished.reason, code or 1
        whole = run.complete and not any(r.failed for r in run.kinds.values())
        if self._denied():
            return "failed", self._denied(), LoginRefused.exit_code
        if not whole or self._gaps:
            return "incomplete", self._finished.reason, code or 3
        return "complete", self._finished.reason, code

    def _denied(self) -> str:
        """Say that this login may see nothing of what was asked for, if that is so."""
        gaps = [self._gaps.get((kind, "*")) for kind in self._kinds]
        if not gaps or any(gap is None or gap.status != _FORBIDDEN for gap in gaps):
            return ""
        return (
            f"This login may see nothing of what was asked for ({', '.join(self._kinds)}):"
            " give its user in Looker a role that may."
        )
