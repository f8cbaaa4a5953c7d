"""Every message that passes between actors. Read this file first.

Work flows one way; facts flow back::

    Coordinator ──Fetch──▶ Fetcher ──Write──▶ Writer ──▶ store
         ▲  ▲                │  ▲                │
         │  └─Fetched/Failed─┘  └─Go── Throttle  │
         └───────────Stored──────────────────────┘

A command is an imperative (`Fetch`), a fact is a past participle (`Stored`).
The union ``ToX`` at the end of each section is the whole inbox of actor X.

A *run* is fenced by its *epoch*: each coordinator that takes the lead gets a new
one from the store, and what was told under an earlier one is dropped.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from lookervault.errors import LookervaultError, Sort
from lookervault.records import Census, Counts, Gap, Item, KindReport, Login, Row, Run
from lookervault.units import Unit


class Message(msgspec.Struct, frozen=True, tag=True):
    """Base of all messages: immutable, comparable, and printable as JSON."""


class Fence(msgspec.Struct, frozen=True):
    """Whose word it is: told under another run or epoch, it counts for nothing."""

    run: int
    epoch: int


class Fault(msgspec.Struct, frozen=True):
    """What `LookerError` says, as a value."""

    sort: Sort
    reason: str
    status: int | None = None
    excerpt: str = ""


class Lease(msgspec.Struct, frozen=True):
    """A unit in the hands of one fetcher, for the *attempt*-th time."""

    fence: Fence
    unit: Unit
    attempt: int = 1


class Slowdown(msgspec.Struct, frozen=True):
    """Why fewer requests may start, and since when."""

    reason: str
    rate: float | None
    """Requests a second from now on; ``None``: not bounded."""
    until: float
    """Monotonic time before which none starts."""


# To the Coordinator


class Wake(Message, frozen=True):
    """A run has been opened in the store."""


class Led(Message, frozen=True):
    """The lead is yours: all that was told before it is in the store, or void."""

    ticket: int
    run: Run | None
    """``None``: no run is open."""


class Ready(Message, frozen=True):
    """A fetcher has (re)started and holds no unit."""

    fetcher: str


class Fetched(Message, frozen=True):
    """A fetcher has handed what a unit brought to the writer."""

    fetcher: str
    lease: Lease
    rows: tuple[Row, ...]
    absent: tuple[str, ...] = ()
    """Ids that Looker answers with 404, while it still shows the witness."""
    total: int | None = None
    """How many items the listing has, by ``X-Total-Count``."""
    pages: int = 1
    """Requests that brought an answer."""
    bytes: int = 0
    """Of raw bodies."""
    seconds: float = 0.0
    """Spent on requests."""


class Failed(Message, frozen=True):
    """A fetcher could not get a unit; nothing of it went to the writer."""

    fetcher: str
    lease: Lease
    fault: Fault


class Returned(Message, frozen=True):
    """A fetcher hands back a unit that it has not asked Looker for."""

    fetcher: str
    lease: Lease


class Stored(Message, frozen=True):
    """These units are on disk, and so are the markers that say so."""

    fence: Fence
    units: tuple[tuple[int, int], ...]
    """Number and attempt of each."""


class Due(Message, frozen=True):
    """The wait before another try at a unit is over."""

    fence: Fence
    unit: int


class Tick(Message, frozen=True):
    """A second has passed."""

    fence: Fence


class Halt(Message, frozen=True):
    """Hand out nothing more, and say when nothing is in flight."""

    reason: str
    exit_code: int


class Sealed(Message, frozen=True):
    """The run is closed and on disk."""

    run: Run


ToCoordinator: TypeAlias = (
    Wake
    | Led
    | Ready
    | Fetched
    | Failed
    | Returned
    | Stored
    | Due
    | Tick
    | Halt
    | Sealed
)


# To a Fetcher


class Fetch(Message, frozen=True):
    """Get this unit, as soon as the throttle lets you."""

    lease: Lease


class Go(Message, frozen=True):
    """Make one request now, unless a slowdown has come since."""

    ask: int
    serial: int
    """How many slowdowns there had been when the token was granted."""


class Nudge(Message, frozen=True):
    """If *ask* has had no answer by now, ask again."""

    ask: int


class Recede(Message, frozen=True):
    """Hand back the unit, unless a request for it is under way."""


ToFetcher: TypeAlias = Fetch | Go | Nudge | Recede


# To the Throttle


class Ask(Message, frozen=True):
    """*fetcher* wants to make one request. Asking again keeps its place."""

    fetcher: str
    ask: int
    """Counts up over the fetcher's lives."""


class Outcome(enum.Enum):
    """What a request came to, as far as pace goes."""

    OK = "ok"
    REFUSED = "refused"
    """429."""
    OVERLOADED = "overloaded"
    """502, 503, 504."""
    FAILED = "failed"
    """No answer at all."""


class Answered(Message, frozen=True):
    """The request that *ask* allowed has come to an end."""

    fetcher: str
    ask: int
    outcome: Outcome
    seconds: float
    """From its start to its end."""
    retry_after: float | None = None


class Turn(Message, frozen=True):
    """It is time for those who wait."""

    at: float
    """Monotonic time for which it was meant; tells the newest from earlier ones."""


ToThrottle: TypeAlias = Ask | Answered | Turn


# To the Writer


class Lead(Message, frozen=True):
    """A coordinator has started and wants the lead of the open run."""

    ticket: int


class Write(Message, frozen=True):
    """Store these items and mark the unit as done, in one transaction."""

    lease: Lease
    items: tuple[Item, ...]


class Note(Message, frozen=True):
    """Record this of the run."""

    fence: Fence
    expansion: tuple[str, ...] | None = None
    login: Login | None = None
    looker: str | None = None


class Counted(Message, frozen=True):
    """A census of *kind* is complete."""

    fence: Fence
    kind: str
    census: Census


class Gone(Message, frozen=True):
    """These items are no longer in Looker; there is evidence."""

    fence: Fence
    kind: str
    ids: tuple[str, ...]


class Seal(Message, frozen=True):
    """All is done: close the run."""

    fence: Fence
    kinds: Mapping[str, KindReport]
    gaps: tuple[Gap, ...]
    figures: Mapping[str, float]


class Flush(Message, frozen=True):
    """Commit what has been gathered, however little."""


ToWriter: TypeAlias = Lead | Write | Note | Counted | Gone | Seal | Flush


# To Progress


class Began(Message, frozen=True):
    """A run has started, or goes on."""

    run: Run
    kinds: tuple[str, ...]
    stored: Mapping[str, int]
    """How many items of each kind it has already."""
    lost_roles: tuple[str, ...] = ()
    """Roles that the login had in the last snapshot of the scope and lacks now."""


class Expected(Message, frozen=True):
    """A kind turned out to have this many items."""

    kind: str
    items: int
    exact: bool
    """By a complete census; else by what was read so far."""


class Assigned(Message, frozen=True):
    """A fetcher starts on a unit."""

    fetcher: str
    unit: Unit
    attempt: int


class Called(Message, frozen=True):
    """One request has ended."""

    fetcher: str
    kind: str
    call: str
    started: float
    """Monotonic."""
    seconds: float
    waited: float
    """Seconds it waited for its token."""
    bytes: int
    outcome: Outcome
    sort: Sort | None = None


class Committed(Message, frozen=True):
    """So much has become durable."""

    counts: Mapping[str, Counts]
    """By kind."""
    calls: int


class Retried(Message, frozen=True):
    """A unit failed and will be tried again, or in halves."""

    fetcher: str
    unit: Unit
    fault: Fault


class Gapped(Message, frozen=True):
    """Something could not be read."""

    gap: Gap


class KindDone(Message, frozen=True):
    """A kind is finished."""

    kind: str
    report: KindReport


class Slowed(Message, frozen=True):
    """The throttle slowed everyone down."""

    slowdown: Slowdown


class WorkerFailed(Message, frozen=True):
    """A life of a fetcher ended badly, and a new one starts."""

    fetcher: str
    error: str


class Finished(Message, frozen=True):
    """The run is over: sealed, or stopped and to be continued."""

    run: Run
    reason: str = ""
    """Why it stopped, if it is not sealed."""
    exit_code: int = 0


ToProgress: TypeAlias = (
    Began
    | Expected
    | Assigned
    | Called
    | Committed
    | Retried
    | Gapped
    | KindDone
    | Slowed
    | WorkerFailed
    | Finished
)


# To a Supervisor


class Exited(Message, frozen=True):
    """A *life* of a child is over: *error* tells why, ``None`` that it was asked."""

    child: str
    life: int
    error: str | None
    exit_code: int | None = None
    """Of an error that was raised on purpose, so that no restart can mend it."""

    @classmethod
    def of(cls, child: str, life: int, error: BaseException | None) -> Exited:
        """Say that *child* ended with *error*."""
        match error:
            case None:
                return cls(child, life, None)
            case LookervaultError():
                return cls(child, life, str(error), error.exit_code)
            case _:
                return cls(child, life, f"{type(error).__name__}: {error}")


class Inspect(Message, frozen=True):
    """Look for children that hang."""


ToSupervisor: TypeAlias = Exited | Inspect
