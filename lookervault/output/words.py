"""How numbers and events read in English, on one line each."""

from __future__ import annotations

from datetime import UTC, datetime

from lookervault.core.figures import Status, Summary
from lookervault.messages import (
    Began,
    Gapped,
    KindDone,
    Retried,
    Slowed,
    ToProgress,
    WorkerFailed,
)
from lookervault.output.safe import safe
from lookervault.records import Gap

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_KIB = 1024


def number(value: float) -> str:
    """Return *value* as a whole number with separators, or with one digit if small."""
    return f"{value:,.1f}" if 0 < value < 10 and value % 1 else f"{value:,.0f}"  # noqa: PLR2004 - two digits say enough


def share(value: float) -> str:
    """Return a share of 1 in percent. Only all of it is 100 %."""
    percent = 100 * value
    return "100 %" if percent >= 100 else f"{min(percent, 99.9):.3g} %"  # noqa: PLR2004 - percent


def duration(seconds: float) -> str:
    """Return *seconds* as ``12s``, ``3m 10s``, ``2h 5m`` or ``3d 4h``."""
    whole = max(round(seconds), 0)
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE}m"
    return f"{whole // _DAY}d {whole % _DAY // _HOUR}h"


def size(count: float) -> str:
    """Return *count* bytes in the unit that fits."""
    for unit in ("B", "KiB", "MiB"):
        if count < _KIB:
            return f"{number(count)} {unit}"
        count /= _KIB
    return f"{number(count)} GiB"


def time(seconds: float | None) -> str:
    """Return *seconds* since 1970 as RFC 3339, in UTC; nothing for ``None``."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plural(count: int, noun: str) -> str:
    """Return *count* and *noun*, with an s where it belongs."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def progress(status: Status) -> str:
    """Say how far a run is."""
    return ", ".join(
        (
            _amount(status),
            f"{number(status.items_per_second)} items/s",
            plural(status.calls, "call"),
            f"{status.refused:,} refused",
            f"{status.active} of {status.workers} workers busy",
            size(status.memory),
            _left(status),
        )
    )


def _amount(status: Status) -> str:
    if status.items is None or status.percent is None:
        return f"{status.stored:,} items so far"
    percent = share(status.percent / 100)
    return f"{status.stored:,} of {status.items:,} items ({percent})"


def _left(status: Status) -> str:
    if status.slowdown is not None:
        pause = f" for {duration(status.paused)}" if status.paused else ""
        return f"held back{pause}: {safe(status.slowdown)}"
    if status.seconds_left is None:
        return "still counting"
    return f"{duration(status.seconds_left)} left"


def gap(it: Gap) -> str:
    """Say what could not be read, and why."""
    what = it.kind if it.id == "*" else f"{it.kind}/{safe(it.id)}"
    return f"{what}: {safe(it.reason)}"


def notice(event: ToProgress, now: float, *, verbose: bool = False) -> str | None:
    """Say what people want to hear of *event*; ``None``: nothing."""
    match event:
        case Began():
            return _began(event)
        case KindDone(kind, report):
            lost = f", {report.failed:,} failed" if report.failed else ""
            return f"{kind}: done, {report.stored:,} of {report.expected:,}{lost}"
        case Slowed(slowdown):
            pause = duration(slowdown.until - now)
            return (
                f"everyone slows down, next request in {pause}: {safe(slowdown.reason)}"
            )
        case _:
            return _trouble(event, verbose=verbose)


def _trouble(event: ToProgress, *, verbose: bool) -> str | None:
    match event:
        case Gapped(it):
            return f"could not be read: {gap(it)}"
        case WorkerFailed(fetcher, error):
            return f"{fetcher} failed and starts again: {safe(error)}"
        case Retried(fetcher, unit, fault) if verbose:
            return (
                f"{fetcher} could not read {unit.part.kind}, "
                f"which will be tried again: {safe(fault.reason)}"
            )
        case _:
            return None


def _began(event: Began) -> str:
    run = event.run
    stored = sum(event.stored.values())
    said = f"run {run.number} begins: {', '.join(event.kinds)}"
    if run.resumed or stored:
        said = f"run {run.number} goes on: {stored:,} items are stored already"
    if event.lost_roles:
        roles = ", ".join(safe(role) for role in event.lost_roles)
        said += (
            f". This login may see less than last time: it no longer has role {roles}"
        )
    return said


_HEADLINES = {
    "complete": "Complete: everything that is listed is stored.",
    "incomplete": "Incomplete: not everything that is listed could be stored.",
    "stopped": "Stopped: what was stored is kept.",
    "failed": "Failed: what was stored is kept.",
}


def headline(summary: Summary) -> str:
    """Say in one sentence how the run ended."""
    # An error is told by whoever ends the program, in a sentence of its own.
    told = summary.status == "failed" or not summary.reason
    reason = "" if told else f" {_sentence(safe(summary.reason))}"
    run = f"Run {summary.run}. " if summary.run else ""
    return f"{run}{_HEADLINES[summary.status]}{reason}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def figures(summary: Summary) -> list[str]:
    """Say how fast it was and what it took, a line for each matter."""
    speed = f"{number(summary.items_per_second)} items/s"
    busy = f"utilization {share(summary.utilization)}"
    held = f"throttled {share(summary.throttled)}"
    took = f"in {duration(summary.seconds)}, {speed}"
    memory = f"{size(summary.peak_memory)} of memory at most"
    return [
        f"{summary.stored:,} of {summary.items:,} items {took}",
        ", ".join((plural(summary.workers, "worker"), busy, held)),
        ", ".join(
            (
                plural(summary.calls, "call"),
                f"{summary.refused:,} refused",
                f"{summary.retries:,} tried again",
                plural(summary.restarts, "restart"),
            )
        ),
        f"{size(summary.bytes)} received, {memory}",
    ]


def advice(summary: Summary, vault: str = "") -> str:
    """Say what to do next. *vault* is the option that names it, if one is needed."""
    if summary.status == "complete":
        kind = max(summary.kinds, key=lambda k: summary.kinds[k].stored, default=None)
        return f"Have a look: lookervault ls {kind or 'dashboards'}{vault}"
    if summary.status == "incomplete":
        return (
            "The vault keeps what is missing in mind; the next extract asks for it "
            "again. Items that were read before keep their last version."
        )
    return "To go on where it stopped, run the same command again."


def missing(kind: str, count: int) -> str:
    """Say that Looker no longer lists *count* items of *kind*, and what that means."""
    return (
        f"{kind}: Looker no longer lists {plural(count, 'item')} of the vault, too many "
        "to believe. If that is right, run again, or use --accept-deletions."
    )


def left_out(kinds: tuple[str, ...]) -> str:
    """Say which kinds know no folder, and how to get them."""
    return f"left out, since they know no folder (name them to get them): {', '.join(kinds)}"
