"""How a run looks on a terminal just now: lines that fit into the window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from rich.text import Text

from lookervault.core.figures import KindFigures, Status, WorkerFigures
from lookervault.core.layout import Doing, Layout, arranged, doing, in_order
from lookervault.core.width import cut, packed
from lookervault.output import words
from lookervault.output.paper import Paper
from lookervault.output.safe import safe

_SHORTEST_BAR = 8
_LONGEST_BAR = 40
"""Columns. Where there is no room for the shortest, there is none."""

_PERCENT = 6
"""Columns of ``99.9 %``."""

_DOING = {
    Doing.FAILING: "failing",
    Doing.READING: "reading",
    Doing.WAITING: "waiting for their turn",
    Doing.IDLE: "idle",
}
_STYLES = {Doing.FAILING: "red", Doing.WAITING: "yellow", Doing.IDLE: "dim"}


class _Glyphs(msgspec.Struct, frozen=True):
    """What lines are drawn with."""

    full: str
    empty: str
    mark: str
    """Stands for what was cut off."""


_PICTURES = _Glyphs("━", "─", "…")
_LETTERS = _Glyphs("#", ".", "...")


def picture(status: Status, columns: int, rows: int, *, paper: Paper) -> list[Text]:
    """Return *status* as at most *rows* lines of at most *columns*; one at least."""
    columns, rows = max(columns, 1), max(rows, 1)
    glyphs = _PICTURES if paper.pictures else _LETTERS
    alerts, facts = words.alerts(status), packed(words.facts(status), columns)
    kinds = in_order(status.kinds)
    layout = arranged(status, kinds, rows=rows, alerts=len(alerts), facts=len(facts))
    lines = [
        *_kinds(status, layout, columns, glyphs),
        *_workers(status, layout),
        *(Text(alert, "yellow") for alert in alerts[: layout.alerts]),
        *(Text(fact, "bold") for fact in facts[: layout.facts]),
    ]
    return [_cut(line, columns, paper, glyphs.mark) for line in lines]


def _cut(line: Text, columns: int, paper: Paper, mark: str) -> Text:
    """Return *line* as it can be written, and not longer than *columns*."""
    plain = cut(paper.plain(line.plain), columns, mark=mark)
    if plain == line.plain:
        return line
    shown = Text(plain, line.style)
    for span in line.spans:
        shown.stylize(span.style, span.start, span.end)
    return shown


# Kinds


def _kinds(
    status: Status, layout: Layout, columns: int, glyphs: _Glyphs
) -> Iterator[Text]:
    named = [(kind, status.kinds[kind]) for kind in layout.kinds]
    amounts = [_amount(figures) for _, figures in named]
    gaps = [_gaps(figures.failed) for _, figures in named]
    name = max((len(kind) for kind in layout.kinds), default=0)
    amount, gap = (max(map(len, texts), default=0) for texts in (amounts, gaps))
    taken = name + 1 + _PERCENT + 2 + amount + (gap and 2 + gap)
    room = min(columns - taken - 1, _LONGEST_BAR)
    for (kind, figures), said, lost in zip(named, amounts, gaps, strict=True):
        line = Text(f"{kind:{name}} ")
        if room >= _SHORTEST_BAR:
            line.append_text(_bar(figures, room, glyphs)).append(" ")
        line.append(f"{_percent(figures):>{_PERCENT}}  {said:>{amount}}")
        yield line.append(f"  {lost}" if lost else "", "red")
    if layout.more_kinds:
        yield _more_kinds([status.kinds[kind] for kind in layout.more_kinds])


def _bar(figures: KindFigures, room: int, glyphs: _Glyphs) -> Text:
    full = int(room * (figures.percent or 0.0) / 100)
    style = "green" if figures.done else "cyan"
    bar = Text(glyphs.full * full, style)
    return bar.append(glyphs.empty * (room - full), "dim")


def _percent(figures: KindFigures) -> str:
    return "" if figures.percent is None else words.share(figures.percent / 100)


def _amount(figures: KindFigures) -> str:
    if figures.counted:
        return f"{figures.stored:,} of {figures.expected:,}"
    return f"{figures.stored:,} so far" if figures.stored else ""


def _gaps(count: int) -> str:
    return words.plural(count, "gap") if count else ""


def _more_kinds(kinds: Sequence[KindFigures]) -> Text:
    done = sum(figures.done for figures in kinds)
    rest = len(kinds) - done
    said = [f"{words.plural(done, 'kind')} done"] if done else []
    if rest:
        said.append(f"{words.plural(rest, 'more kind')} to go")
    failed = sum(figures.failed for figures in kinds)
    return Text(", ".join(said), "dim").append(
        f", {_gaps(failed)}" if failed else "", "red"
    )


# Workers


def _workers(status: Status, layout: Layout) -> Iterator[Text]:
    name = max(map(len, layout.workers), default=0)
    for worker in layout.workers:
        yield _worker(f"{worker:{name}}", status.fetchers[worker])
    if layout.more_workers:
        yield _more_workers(status, layout)


def _worker(name: str, figures: WorkerFigures) -> Text:
    does = doing(figures)
    work = f"{figures.kind} {safe(figures.what)}".rstrip() if figures.kind else ""
    again = f" (try {figures.attempt})" if figures.attempt > 1 else ""
    match does:
        case Doing.FAILING:
            said = f"{work}{again}: " if work else ""
            said += safe(figures.error)
        case Doing.WAITING:
            said = (
                f"waits for its turn: {work}{again}" if work else "waits for its turn"
            )
        case Doing.READING:
            said = f"{work}{again}"
        case Doing.IDLE:
            return Text(f"{name}         idle", _STYLES[does])
    took = words.duration(figures.seconds) if work else ""
    return Text(f"{name} {took:>7} ").append(said, _STYLES.get(does, ""))


def _more_workers(status: Status, layout: Layout) -> Text:
    """Say what those do that have no line, those included that were never heard of."""
    does = Counter(doing(status.fetchers[name]) for name in layout.more_workers)
    shown = len(layout.workers) + len(layout.more_workers)
    does[Doing.IDLE] += max(status.workers - shown, 0)
    said = [f"{does[it]:,} {_DOING[it]}" for it in Doing if does[it]]
    total = words.plural(
        sum(does.values()), "more worker" if layout.workers else "worker"
    )
    red = "red" if does[Doing.FAILING] else "dim"
    if len(said) == 1:
        return Text(f"{total} {said[0].partition(' ')[2]}", red)
    return Text(f"{total}: {', '.join(said)}", red)
