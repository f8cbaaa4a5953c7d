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
    """A unit in one fetcher's hands, for the *attempt*-th time."""

    fence: Fence
    unit: Unit
    attempt: int = 1


class Slowdown(msgspec.Struct, frozen=True):
    """Why fewer requests start: *rate* a second, and none before *until* (monotonic)."""

    reason: str
    rate: float | None
    until: float


class Steering(msgspec.Struct, frozen=True):
    """What can be set about a run while it goes on; *paused*: nothing is handed out."""

    workers: int
    """Units in flight, at most."""
    max_rate: float | None = None
    """Requests a second; ``None``: as many as Looker takes."""
    paused: bool = False


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
    bytes: int = 0
    seconds: float = 0.0
    """Requests that were answered, the raw bytes of that, and the time spent on them."""
    left: Unit | None = None
    """What remains of the unit, if it was handed back half way."""


class Failed(Message, frozen=True):
    """A fetcher could not get a unit; nothing of it went to the writer."""

    fetcher: str
    lease: Lease
    fault: Fault


class Returned(Message, frozen=True):
    """A fetcher hands back a unit of which it has got nothing."""

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
    """Hand out nothing more of *run*, whichever it is, and say when none is in flight."""

    reason: str
    exit_code: int
    run: int | None = None


class Steer(Message, frozen=True):
    """Go on in this way."""

    steering: Steering


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
    | Steer
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


class Waive(Message, frozen=True):
    """The request of *ask* will not be made. ``None``: the fetcher died, whatever it had."""

    fetcher: str
    ask: int | None


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
    """It is time for those who wait: *at* tells the newest turn from earlier ones."""

    at: float


ToThrottle: TypeAlias = Ask | Waive | Answered | Turn | Steer


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
    """A run has started, or goes on with the items that are *stored*, by kind."""

    run: Run
    kinds: tuple[str, ...]
    stored: Mapping[str, int]
    lost_roles: tuple[str, ...] = ()
    """Roles that the login had in the last snapshot of the scope and lacks now."""
    looker_before: str = ""
    """Looker's version in the last snapshot of the vault, if it is another one now."""


class Expected(Message, frozen=True):
    """A kind has this many items: *exact* by a census, else by what was read so far."""

    kind: str
    items: int
    exact: bool


class Assigned(Message, frozen=True):
    """A fetcher starts on a unit."""

    fetcher: str
    unit: Unit
    attempt: int


class Called(Message, frozen=True):
    """One request has ended, which had *waited* so many seconds for its token."""

    fetcher: str
    kind: str
    call: str
    started: float
    """Monotonic."""
    seconds: float
    waited: float
    bytes: int
    outcome: Outcome
    sort: Sort | None = None
    idle: float = 0.0
    """Seconds that the fetcher had no unit before it got this one; told once."""


class Paced(Message, frozen=True):
    """How fast requests may start just now. Told once a second, if anything changed."""

    rate: float | None
    most: int | None
    """Requests a second, and requests in flight; ``None``: not bounded."""
    left: int | None
    """Requests that the budget still has; ``None``: there is none."""
    waiting: tuple[str, ...] = ()
    """Fetchers that wait for their turn."""


class Weighed(Message, frozen=True):
    """How much anonymous memory the process has, in bytes. Told once a second."""

    memory: int
    over: bool
    """Whether that is more than it may: one unit at a time goes on."""


class Committed(Message, frozen=True):
    """So much has become durable, by kind."""

    counts: Mapping[str, Counts]
    calls: int


class Retried(Message, frozen=True):
    """A unit failed and will be tried again, or in pieces."""

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


class Steered(Message, frozen=True):
    """The owner of the run has set how it goes on."""

    steering: Steering


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
    | Paced
    | Weighed
    | Committed
    | Retried
    | Gapped
    | KindDone
    | Slowed
    | Steered
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
    """Of an error that was raised on purpose: no restart can mend it."""

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


class Enlist(Message, frozen=True):
    """Have the first *count* of your children alive; those beyond may stay."""

    count: int


ToSupervisor: TypeAlias = Exited | Inspect | Enlist
