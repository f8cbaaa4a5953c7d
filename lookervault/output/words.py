"""How numbers, events and the state of a run read in English, on one line each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from lookervault.content import KINDS
from lookervault.core.figures import Status
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
    """Say how far a run is, on one line."""
    return ", ".join((*facts(status), *alerts(status)))


def facts(status: Status) -> list[str]:
    """Say how far a run is, what it takes and what went wrong; the first matters most."""
    calls = plural(status.calls, "call")
    if status.calls_left is not None:
        calls += f" ({status.calls_left:,} left)"
    return [
        _amount(status),
        _left(status),
        f"{number(status.items_per_second)} items/s",
        calls,
        f"{status.refused:,} refused",
        *_pace(status),
        *_crowd(status),
        *_slowed(status),
        f"{status.active} of {status.workers} workers busy",
        _memory(status),
        *_troubles(status),
        f"running for {duration(status.seconds)}",
    ]


def alerts(status: Status) -> list[str]:
    """Say why a run is slower than it might be just now, a sentence for each reason."""
    said = []
    if status.on_hold:
        said.append("on hold: nothing is asked for until it is told to go on")
    if status.slowdown is not None:
        pause = f" for {duration(status.paused)}" if status.paused else ""
        said.append(f"held back{pause}: {safe(status.slowdown)}")
    if status.cramped:
        said.append("memory is short: one unit at a time until there is more")
    return said


def _amount(status: Status) -> str:
    if status.items is None or status.percent is None:
        return f"{status.stored:,} items so far"
    percent = share(status.percent / 100)
    return f"{status.stored:,} of {status.items:,} items ({percent})"


def _left(status: Status) -> str:
    if status.items is None:
        return "still counting"
    if status.seconds_left is None:
        return "time left not known"
    return f"{duration(status.seconds_left)} left"


def _pace(status: Status) -> list[str]:
    """Say how many requests may start, if that is bounded at all."""
    if status.rate is None:
        return []
    most = "" if status.max_rate is None else f" (--max-rate {status.max_rate:,g})"
    return [f"at most {number(status.rate)} calls/s{most}"]


def _crowd(status: Status) -> list[str]:
    """Say how many requests may be under way, if some workers have to wait for that."""
    most = status.most_in_flight
    if most is None or most >= status.workers:
        return []
    return [f"at most {plural(most, 'request')} at once"]


def _slowed(status: Status) -> list[str]:
    """Say since when and why there are such bounds, if it is Looker who sets them."""
    ours = status.rate is None or status.rate == status.max_rate
    if status.slowed_for is None or (ours and not _crowd(status)):
        return []
    since = f"slowed down {duration(status.slowed_for)} ago"
    if status.slowdown is not None:  # which says why
        return [since]
    return [f"{since}: {safe(status.slowed_by or '')}"]


def _memory(status: Status) -> str:
    most = "" if status.max_memory is None else f" of {size(status.max_memory)}"
    return f"{size(status.memory)}{most} memory"


def _troubles(status: Status) -> Iterator[str]:
    if status.failed:
        yield plural(status.failed, "gap")
    if status.retries:
        yield f"{status.retries:,} tried again"
    if status.restarts:
        yield plural(status.restarts, "restart")


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
            pause = slowdown.until - now
            after = f", next request in {duration(pause)}" if pause >= 1 else ""
            return f"everyone slows down{after}: {safe(slowdown.reason)}"
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
    kinds = "all kinds" if len(event.kinds) == len(KINDS) else ", ".join(event.kinds)
    said = f"run {run.number} begins: {kinds}"
    if run.resumed or stored:
        said = f"run {run.number} goes on: {stored:,} items are stored already"
    if event.lost_roles:
        roles = ", ".join(safe(role) for role in event.lost_roles)
        said += (
            f". This login may see less than last time: it no longer has role {roles}"
        )
    if event.looker_before:
        said += (
            f". Looker is {safe(run.looker)} now, and was {safe(event.looker_before)} "
            "in the last snapshot: items may have changed by that alone"
        )
    return said
