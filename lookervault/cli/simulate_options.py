"""The options of ``lookervault simulate``, under the headings of its help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from lookervault.cli.grouped import Option
from lookervault.simulator.settings import Model, Titles

F = TypeVar("F", bound=Callable[..., Any])

LAST_PORT = 65_535

_MOST = 100
"""Lookers in one process; they share one core."""


def _seconds(name: str, default: float, about: str, group: str) -> Callable[[F], F]:
    return _option(
        name,
        about,
        group,
        type=click.FloatRange(0),
        default=default,
        metavar="SECONDS",
    )


def _option(name: str, about: str, group: str, **more: Any) -> Callable[[F], F]:
    return click.option(name, cls=Option, group=group, help=about, **more)


_WHERE, _WHAT = "Where", "Content"
_PACE, _LIMITS = "Pace and capacity", "Limits"
_TROUBLE = "Faults and permissions"

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    _option(
        "--port",
        "The port; any that is free, if nothing is said.",
        _WHERE,
        type=click.IntRange(0, LAST_PORT),
        default=0,
        metavar="N",
    ),
    _option(
        "--count",
        "How many Lookers, at ports and with seeds one after the other.",
        _WHERE,
        type=click.IntRange(1, _MOST),
        default=1,
        metavar="N",
    ),
    _option(
        "--log",
        "One JSON line for each request.",
        _WHERE,
        type=click.Path(dir_okay=False),
    ),
    _option(
        "--size",
        "How many items of a kind. Repeatable.",
        _WHAT,
        multiple=True,
        metavar="KIND=N",
    ),
    _option(
        "--seed",
        "Another number, other content, times and faults.",
        _WHAT,
        type=int,
        default=1,
        metavar="N",
    ),
    _option(
        "--titles",
        "usual, mixed, hostile or broken.",
        _WHAT,
        type=click.Choice([titles.value for titles in Titles]),
        default=Titles.MIXED.value,
        metavar="SORT",
    ),
    _option(
        "--mutate",
        "Change dashboards: delete=100,create=50,over=10s.",
        _WHAT,
        metavar="SPEC",
    ),
    _option(
        "--content",
        "Serve the items in DIRECTORY/KIND/*.json or DIRECTORY/KIND.jsonl.",
        _WHAT,
        type=click.Path(exists=True, file_okay=False),
    ),
    _option(
        "--page-cap",
        "Never more rows a page, whatever is asked for.",
        _WHAT,
        type=click.IntRange(1),
        metavar="N",
    ),
    _option("--total-count", "Send X-Total-Count with each page.", _WHAT, is_flag=True),
    _option("--gzip", "Compress for those who accept it (slow).", _WHAT, is_flag=True),
    _option(
        "--latency",
        "Seconds a request takes, or uniform:LOW,HIGH, exponential:MEAN, "
        "lognormal:MEDIAN,SIGMA or tail:USUAL,SLOW,SHARE.",
        _PACE,
        default="0",
        metavar="TIME",
    ),
    _seconds("--per-item", 0.0, "Seconds an item takes in addition.", _PACE),
    _option(
        "--server-threads",
        "Work on so many requests at once; the others wait in line.",
        _PACE,
        type=click.IntRange(1),
        metavar="N",
    ),
    _option(
        "--queue",
        "So many may wait; others are refused with 503.",
        _PACE,
        type=click.IntRange(0),
        default=100,
        show_default=True,
        metavar="N",
    ),
    _option(
        "--rate",
        "Requests a second; what exceeds it is refused with 429.",
        _LIMITS,
        type=click.FloatRange(0, min_open=True),
        metavar="R",
    ),
    _option(
        "--limit-model",
        "How they are counted: bucket, fixed or sliding.",
        _LIMITS,
        type=click.Choice([model.value for model in Model]),
        default=Model.BUCKET.value,
        metavar="MODEL",
    ),
    _option(
        "--burst",
        "What a full bucket allows at once.",
        _LIMITS,
        type=click.FloatRange(1),
        default=1.0,
        metavar="N",
    ),
    _option(
        "--retry-after/--no-retry-after",
        "Whether a 429 says how long to wait.",
        _LIMITS,
        default=True,
    ),
    _seconds("--refusal-delay", 0.01, "Seconds that a refusal takes.", _LIMITS),
    _seconds("--token-ttl", 3600.0, "Seconds that a login lasts.", _LIMITS),
    _option(
        "--fail-rate",
        "The share of requests, 0 to 1, that fail.",
        _TROUBLE,
        type=click.FloatRange(0, 1),
        default=0.0,
        metavar="SHARE",
    ),
    _option(
        "--script",
        "What becomes of each request in turn, or of those for a KIND: or CALL:. "
        "Repeatable.",
        _TROUBLE,
        multiple=True,
        metavar="WORDS",
    ),
    _option(
        "--forbid",
        "Answer 403 to all that is asked of it. Repeatable.",
        _TROUBLE,
        multiple=True,
        metavar="KIND",
    ),
    _option(
        "--hide",
        "Answer 404, as Looker does. Repeatable.",
        _TROUBLE,
        multiple=True,
        metavar="KIND",
    ),
)


def looker(command: F) -> F:
    """Let *command* take what a simulated Looker can be told."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
