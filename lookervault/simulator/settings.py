"""What the simulated Looker is like."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from lookervault.content import KINDS, named
from lookervault.errors import UsageError
from lookervault.simulator.latency import parse_latency
from lookervault.simulator.script import parse_scripts

SIZES: Mapping[str, int] = {
    "dashboards": 2000,
    "looks": 1500,
    "boards": 40,
    "folders": 150,
    "users": 900,
    "groups": 60,
    "roles": 20,
    "permission_sets": 8,
    "model_sets": 8,
    "lookml_models": 12,
    "explores": 120,
    "scheduled_plans": 300,
}
"""How many items of each kind there are unless told otherwise: a small instance."""

LARGEST = 10_000_000
"""More items of a kind than this would not fit into memory."""

_TIMES = ("per_item", "refusal_delay", "token_ttl")

_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class Model(enum.Enum):
    """How requests are counted against the rate."""

    BUCKET = "bucket"
    """Tokens drip in at the rate; up to a burst of them is saved up."""

    FIXED = "fixed"
    """So many in each second of the clock."""

    SLIDING = "sliding"
    """So many in any second."""


class Titles(enum.Enum):
    """What items are called."""

    USUAL = "usual"
    """As people call them, in several languages."""

    MIXED = "mixed"
    """A quarter usual ones; the others are such as a printer or a shell stumbles over."""

    HOSTILE = "hostile"
    """None but such, worse ones, and ids of models that look like paths and options."""

    BROKEN = "broken"
    """Likewise, and some that are no text: half a character is missing."""


class Mutation(msgspec.Struct, frozen=True, kw_only=True):
    """How many dashboards change while they are read, and over how long."""

    delete: int = 0
    trash: int = 0
    create: int = 0
    update: int = 0
    over: float = 10.0
    """Seconds from the first request for dashboards."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set. Times are seconds."""

    host: str = "127.0.0.1"
    port: int = 0
    """0: any free one."""
    sizes: Mapping[str, int] = {}
    """Items by kind, where they differ from `SIZES`."""
    seed: int = 1
    latency: float | str = 0.0
    """For each request: seconds, or a distribution that `latency` reads."""
    per_item: float = 0.0
    """For each item of an answer; a twentieth for one cut down by ``fields``."""
    rate: float | None = None
    """Requests a second. ``None``: no limit."""
    model: Model = Model.BUCKET
    burst: float = 1.0
    """What a full bucket holds."""
    retry_after: bool = True
    refusal_delay: float = 0.01
    """Before a 429 is sent, or a 503 because the line is full."""
    server_threads: int | None = None
    """How many requests are worked on at once. ``None``: all of them."""
    queue: int = 100
    """How many requests wait for a thread before others are refused with 503."""
    fail_rate: float = 0.0
    """The share of requests that fail, 0 to 1."""
    script: str | tuple[str, ...] = ()
    """What becomes of each request in turn, as `script` reads it."""
    forbid: tuple[str, ...] = ()
    """Kinds that the login is told it may not see, by 403."""
    hide: tuple[str, ...] = ()
    """Kinds of which it is told, by 404, that there is nothing."""
    token_ttl: float = 3600.0
    page_cap: int | None = None
    """Rows a page, at most."""
    total_count: bool = False
    """Whether paged listings carry ``X-Total-Count``."""
    gzip: bool = False
    """Whether bodies are compressed for those who accept it. It costs most of the speed."""
    log: str | None = None
    """A file that gets one JSON line for each request."""
    mutation: Mutation | None = None
    titles: Titles = Titles.MIXED
    content: str | None = None
    """A directory of items to serve as they are. Kinds that it lacks are empty."""
    client_id: str = "simulator"
    client_secret: str = "simulated"  # noqa: S105 - it opens a made-up Looker on loopback

    def size(self, kind: str) -> int:
        """Return how many items of *kind* are made up at the start."""
        default = 0 if self.content else SIZES.get(kind, 0)
        return self.sizes.get(kind, default)


def parse_sizes(texts: Iterable[str]) -> dict[str, int]:
    """Read ``KIND=N`` texts.

    Raises:
        UsageError: for an unknown kind, or a number that is none.

    """
    sizes = {}
    for text in texts:
        kind, _, number = text.partition("=")
        named([kind])
        sizes[kind] = _count(text, number)
    return sizes


def parse_mutation(text: str) -> Mutation:
    """Read ``delete=100,create=50,over=10s``.

    Raises:
        UsageError: for an unknown word, or a number that is none.

    """
    found: dict[str, Any] = {}
    for part in filter(None, text.split(",")):
        word, _, value = part.strip().partition("=")
        if word not in Mutation.__struct_fields__:
            known = ", ".join(Mutation.__struct_fields__)
            raise UsageError(
                f"Content cannot be changed by {word!r}: there are {known}."
            )
        found[word] = parse_duration(value) if word == "over" else _count(part, value)
    return Mutation(**found)


def parse_duration(text: str) -> float:
    """Read a time such as ``10s``, ``250ms`` or ``1.5`` as seconds.

    Raises:
        UsageError: if it is none.

    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)?", text.strip())
    if match is None:
        raise UsageError(f"{text!r} is no time; write it like 10s, 250ms or 1.5.")
    return float(match[1]) * _SECONDS[match[2] or ""]


def check(settings: Settings) -> None:
    """Check what types cannot say.

    Raises:
        UsageError: for the first value that makes no sense.

    """
    known = ", ".join(KINDS)
    for kind, size in settings.sizes.items():
        if kind not in KINDS or not 0 <= size <= LARGEST:
            raise UsageError(
                f"--size {kind}={size} makes no sense: kinds are {known}, sizes 0 to {LARGEST}."
            )
    for name in _TIMES:
        if not 0 <= getattr(settings, name) < math.inf:
            option = name.replace("_", "-")
            raise UsageError(f"--{option} must be a number of seconds, 0 or more.")
    named([*settings.forbid, *settings.hide])
    parse_latency(settings.latency)
    parse_scripts(settings.script)
    _check_limits(settings)


def _check_limits(settings: Settings) -> None:
    if settings.rate is not None and not 0 < settings.rate < math.inf:
        raise UsageError("--rate must be above 0; leave it out for no limit.")
    if settings.page_cap is not None and settings.page_cap < 1:
        raise UsageError("--page-cap must be at least 1.")
    if not 1 <= settings.burst < math.inf:
        raise UsageError("--burst must be at least 1.")
    if not 0 <= settings.fail_rate <= 1:
        raise UsageError("--fail-rate is a share, from 0 to 1.")
    if settings.server_threads is not None and settings.server_threads < 1:
        raise UsageError("--server-threads must be at least 1; leave it out for all.")
    if settings.queue < 0:
        raise UsageError("--queue must be at least 0.")


def _count(text: str, number: str) -> int:
    if not number.isascii() or not number.isdigit():
        raise UsageError(f"{text!r} makes no sense; write it like dashboards=5000.")
    return int(number)
