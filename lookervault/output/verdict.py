"""What a run came to, in sentences: how it ended, what it took, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lookervault.core.figures import Summary
from lookervault.core.gathering import Gathered, gathered
from lookervault.output.safe import safe
from lookervault.output.words import duration, number, plural, share, size

_IDS = 5
"""Ids that are shown of gaps that have one reason."""

_FORBIDDEN = {401, 403}
"""Statuses by which Looker says that a login may not see something."""

_HEADLINES = {
    "complete": "Complete: everything that is listed is stored.",
    "incomplete": "Incomplete: not everything that is listed could be stored.",
    "stopped": "Stopped: what was stored is kept.",
    "failed": "Failed: what was stored is kept.",
}

_FIRST: Mapping[int, str] = {
    4: "Raise the limit, or wait until it may be used again.",
    5: "Wait until Looker answers again.",
    11: "Wait until the other process is done with the vault.",
    13: "Check the API key, and what its user may see.",
    15: "Make room on the disk of the vault.",
}
"""What to do before anything else, by exit status."""


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
    items = "?" if uncounted(summary) else f"{summary.items:,}"
    done = f"{summary.stored:,} of {items} items"
    took = f"in {duration(summary.seconds)}, {number(summary.items_per_second)} items/s"
    # What an earlier process stored is among the items, and its time is not.
    resumed = ", resumed" if summary.resumed else ""
    time = (
        f"utilization {share(summary.utilization)}",
        f"throttled {share(summary.throttled)}",
        f"starved {share(summary.starved)}",
    )
    trouble = (
        f"{summary.refused:,} refused",
        f"{summary.retries:,} tried again",
        plural(summary.restarts, "restart"),
    )
    return [
        f"{done} {took}{resumed}",
        ", ".join((plural(summary.workers, "worker"), *time)),
        ", ".join((plural(summary.calls, "call"), *trouble)),
        f"{size(summary.bytes)} received, {_memory(summary)}",
    ]


def uncounted(summary: Summary) -> list[str]:
    """Return the kinds of which nobody knows how many items Looker lists."""
    return [name for name, kind in summary.kinds.items() if not kind.counted]


def _memory(summary: Summary) -> str:
    over = summary.over_memory
    long = f", over the limit for {duration(over)}" if over else ""
    return f"{size(summary.peak_memory)} of memory at most{long}"


def losses(summary: Summary, most: int | None) -> Iterator[str]:
    """Say what could not be read and why, at most *most* reasons; ``None``: all of them."""
    groups = gathered(summary.gaps)
    for group in groups[:most]:
        yield f"could not be read: {_loss(group, most)}"
    told = sum(len(group.ids) for group in groups[:most])
    if summary.failed > told:
        yield f"could not be read: {summary.failed - told:,} more"


def _loss(group: Gathered, most: int | None) -> str:
    reason = safe(group.reason)
    if group.ids == ("*",):
        return f"{group.kind}: {reason}"
    if len(group.ids) == 1:
        return f"{group.kind}/{safe(group.ids[0])}: {reason}"
    shown = group.ids if most is None else group.ids[:_IDS]
    ids = ", ".join(safe(id_) for id_ in shown)
    more = len(group.ids) - len(shown)
    rest = f" and {more:,} more" if more else ""
    return f"{group.kind}: {len(group.ids):,} items: {reason.rstrip('.')}: {ids}{rest}"


def missing(kind: str, count: int) -> str:
    """Say that Looker no longer lists *count* items of *kind*, and what that means."""
    return (
        f"{kind}: Looker no longer lists {plural(count, 'item')} of the vault, too many "
        "to believe. If that is right, run again, or use --accept-deletions."
    )


def left_out(kinds: Iterable[str]) -> str:
    """Say which kinds know no folder, and how to get them."""
    return f"left out, since they know no folder (name them to get them): {', '.join(kinds)}"


def advice(summary: Summary) -> list[str]:
    """Say what to do next, a sentence for each step; the last is about `command`."""
    match summary.status:
        case "complete":
            return ["To have a look:"]
        case "incomplete":
            return [
                "Items that were read before keep their last version.",
                *_permission(summary),
                "To ask again for what is missing:",
            ]
        case _:
            first = _FIRST.get(summary.exit_code)
            return [
                *([first] if first else []),
                "To go on where it stopped, run the same command again:",
            ]


def _permission(summary: Summary) -> list[str]:
    kinds = {gap.kind: None for gap in summary.gaps if gap.status in _FORBIDDEN}
    if not kinds:
        return []
    return [f"To see all of {', '.join(kinds)}, this login needs more permissions."]


def command(summary: Summary, *, again: str, vault: str) -> str:
    """Return the command to type next: *again* is the one that was typed.

    *vault* is the option that names the vault, if one is needed.
    """
    if summary.status != "complete":
        return again
    kinds = summary.kinds
    kind = max(kinds, key=lambda kind: kinds[kind].stored, default="dashboards")
    return f"lookervault ls {kind}{vault}"
