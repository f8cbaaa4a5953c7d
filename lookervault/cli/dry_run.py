"""``lookervault extract --dry-run``: what would be done, and how many calls it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import msgspec

from lookervault.cli.app import App, complain, data
from lookervault.cli.prospect import (
    Counted,
    Prospect,
    check_instance,
    denied,
    prospect,
    standing,
)
from lookervault.cli.wish import Wish
from lookervault.content import left_out
from lookervault.core.outlook import Standing
from lookervault.errors import NoFolder
from lookervault.output import sheet, verdict, words
from lookervault.output.jsonl import line
from lookervault.output.safe import safe

COLUMNS = ("kind", "items", "calls", "counted by", "trouble")
"""What is shown of each kind."""


class Snapshot(msgspec.Struct, frozen=True):
    """The newest snapshot of the vault."""

    run: str
    ended: str
    complete: bool


class Plan(msgspec.Struct, frozen=True, tag_field="message_type", tag="plan"):
    """What a run would do."""

    vault: str
    new: bool
    """Whether there is no vault yet."""
    locked: str | None
    """Who writes to it just now, so that a run would have to wait."""
    run: str
    """The number that the run has, or would get."""
    goes_on: bool
    """Whether it continues an unfinished one."""
    stored: int
    """Items that it has already."""
    closes: str | None
    """The unfinished run that it would close as abandoned."""
    latest: Snapshot | None
    folders: tuple[str, ...]
    """What the scope comes to; empty: everywhere."""
    left_out: tuple[str, ...]
    """Kinds that are left out because they know no folder."""
    kinds: tuple[Counted, ...]
    calls: int
    """That the run would take."""
    asked: int
    """Calls that finding it out took."""


def run(app: App, asked: Wish) -> int:
    """Print what a run of *asked* would do. Return the exit status.

    Raises:
        LookerError: Looker does not answer, or refuses the login.
        VaultError: the vault is another's, too new, or none.
        NoFolder: a folder is not there.

    """
    there = standing(app, asked.vault, asked.scope)
    with closing(app.source(app.environ, asked.access)) as source:
        if there.there:
            check_instance(app, asked.vault, source)
        source.login()
        found = prospect(app, source, asked, there)
        spent = source.calls + 1  # that of the log-out
    if found.lost:
        raise NoFolder(found.lost)
    _print(_plan(asked, there, found, spent), asked)
    wrong = denied(found.kinds)
    if wrong is None:
        return 0
    status, what = wrong
    complain(what)
    return status


def _plan(asked: Wish, there: Standing, found: Prospect, spent: int) -> Plan:
    from lookervault.store import lock  # noqa: PLC0415 - only now

    course, latest = found.course, there.latest
    return Plan(
        vault=str(asked.vault),
        new=not there.there,
        locked=lock.held(asked.vault),
        run=str(course.run.number),
        goes_on=course.goes_on,
        stored=course.stored,
        closes=str(course.closes.number) if course.closes else None,
        latest=(
            Snapshot(str(latest.number), words.time(latest.ended), latest.complete)
            if latest
            else None
        ),
        folders=found.folders,
        left_out=left_out(asked.scope),
        kinds=found.kinds,
        calls=found.calls,
        asked=spent,
    )


def _print(plan: Plan, asked: Wish) -> None:
    with data() as out:
        if asked.as_json:
            out.write(f"{line(plan)}\n")
            return
        out.writelines(f"{safe(text)}\n" for text in _opening(plan))
        sheet(out, COLUMNS, stretch=COLUMNS[-1]).print(map(row, plan.kinds))
        out.writelines(f"{safe(text)}\n" for text in _closing(plan, asked))


def _opening(plan: Plan) -> Iterator[str]:
    if plan.new:
        yield f"vault: {plan.vault}, which would be made"
    else:
        yield f"vault: {plan.vault}"
    if plan.locked is not None:
        yield plan.locked
    if plan.latest is not None:
        state = "complete" if plan.latest.complete else "incomplete"
        yield f"last snapshot: {plan.latest.run}, {state}, of {plan.latest.ended}"
    if plan.goes_on:
        stored = words.plural(plan.stored, "item")
        yield f"run: {plan.run} would go on; it has {stored} already"
    else:
        yield f"run: {plan.run}, a new one"
    if plan.closes is not None:
        yield f"run {plan.closes} is not finished, and would be closed as abandoned"
    if plan.folders:
        yield inside(plan.folders)


def inside(folders: tuple[str, ...], most: int = 10) -> str:
    """Say how many *folders* there are, and which the first ones are."""
    some = ", ".join(folders[:most]) + (", ..." if len(folders) > most else "")
    return f"folders: {len(folders):,} ({some})"


def row(it: Counted) -> tuple[str, ...]:
    """Return what to show of a kind."""
    items = "?" if it.items is None else f"{it.items:,}"
    what = "" if it.items is not None else it.reason
    return it.kind, items, f"{it.calls:,}", it.by or "", what


def _closing(plan: Plan, asked: Wish) -> Iterator[str]:
    if plan.left_out:
        yield verdict.left_out(plan.left_out)
    yield from forecast(plan.calls, asked)
    yield f"To find that out took {words.plural(plan.asked, 'call')}. Nothing was written."


def forecast(calls: int, asked: Wish) -> Iterator[str]:
    """Say how many calls a run takes, and what the limits make of that."""
    yield f"A run takes about {words.plural(calls, 'call')} if all goes well."
    most, rate = asked.settings["max_calls"], asked.settings["max_rate"]
    if most is not None and calls > most:
        yield f"With --max-calls {most:,} it stops before its end, to be continued."
    if rate is not None:
        least = words.duration(calls / rate)
        yield f"With --max-rate {rate:g} it takes at least {least}."
