"""What `doctor` finds out, one step after the other. A step that fails ends no other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from contextlib import closing

import msgspec

from lookervault.cli.app import App
from lookervault.cli.prospect import (
    Counted,
    check_instance,
    denied,
    prospect,
    standing,
)
from lookervault.cli.settled import Setting
from lookervault.cli.wish import Wish
from lookervault.content import KINDS
from lookervault.core.halves import readable
from lookervault.core.outlook import Standing
from lookervault.errors import LookerError, LookervaultError, NoFolder
from lookervault.looker.base import Source
from lookervault.output import words


class Problem(msgspec.Struct, frozen=True):
    """Something that is wrong."""

    exit_code: int
    what: str


class VaultFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to say of the vault."""

    path: str
    there: bool
    runs: int
    latest: str | None
    """The newest snapshot, and when it ended."""
    open_run: str | None
    """The run that is not finished."""
    locked: str | None
    """Who writes to it just now."""


class LookerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What Looker says of itself, and of who asks."""

    url: str
    version: str
    user: str
    """Its id."""
    name: str
    roles: tuple[str, ...]
    """Their names, or their ids where names may not be seen."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. What could not be found out is ``None``."""

    settings: tuple[Setting, ...]
    login: tuple[Setting, ...]
    vault: VaultFacts | None
    looker: LookerFacts | None
    folders: tuple[str, ...]
    """What the scope comes to; empty: everywhere."""
    kinds: tuple[Counted, ...]
    calls: int | None
    """That an extraction will take."""
    asked: int
    """Calls that finding it out took."""
    problems: tuple[Problem, ...]
    exit_code: int


class Checkup:
    """Goes through everything that a run of *asked* depends on."""

    def __init__(self, app: App, asked: Wish, settings: Iterable[Setting]) -> None:
        self._app = app
        self._asked = asked
        self._settings = tuple(settings)
        self._login: tuple[Setting, ...] = ()
        self._there: Standing | None = None
        self._vault: VaultFacts | None = None
        self._looker: LookerFacts | None = None
        self._folders: tuple[str, ...] = ()
        self._kinds: tuple[Counted, ...] = ()
        self._calls: int | None = None
        self._sent = 0
        self._problems: list[Problem] = []

    def report(self) -> Report:
        """Do all of it."""
        with self._step():
            self._look_at_the_vault()
        with self._step():
            self._look_at_the_login()
        with self._step():
            self._connect()
        return Report(
            settings=self._settings,
            login=self._login,
            vault=self._vault,
            looker=self._looker,
            folders=self._folders,
            kinds=self._kinds,
            calls=self._calls,
            asked=self._sent,
            problems=tuple(self._problems),
            exit_code=self._problems[0].exit_code if self._problems else 0,
        )

    @contextlib.contextmanager
    def _step(self) -> Iterator[None]:
        try:
            yield
        except LookervaultError as error:
            self._wrong(error.exit_code, str(error))

    def _wrong(self, exit_code: int, what: str) -> None:
        self._problems.append(Problem(exit_code, what))

    def _look_at_the_vault(self) -> None:
        from lookervault.store import disk, lock  # noqa: PLC0415 - loads LMDB

        path = self._asked.vault
        self._there = there = standing(self._app, path, self._asked.scope)
        latest, before = there.latest, there.open_run
        self._vault = VaultFacts(
            path=str(path),
            there=there.there,
            runs=len(there.runs),
            latest=f"{latest.number} of {words.time(latest.ended)}" if latest else None,
            open_run=str(before.number) if before else None,
            locked=lock.held(path),
        )
        disk.check(path)

    def _look_at_the_login(self) -> None:
        login = self._app.login(self._app.environ, self._asked.access)
        self._login = tuple(Setting(*each) for each in login.shown)

    def _connect(self) -> None:
        app, asked = self._app, self._asked
        with closing(app.source(app.environ, asked.access)) as source:
            try:
                self._ask(source)
            finally:
                self._sent = source.calls + 1  # that of the log-out

    def _ask(self, source: Source) -> None:
        version, me = source.version(), source.login()
        self._looker = LookerFacts(
            url=source.instance,
            version=version,
            user=me.user,
            name=me.name,
            roles=_roles(source, me.roles),
        )
        with self._step():
            if self._there is not None and self._there.there:
                check_instance(self._app, self._asked.vault, source)
        self._count(source)

    def _count(self, source: Source) -> None:
        found = prospect(self._app, source, self._asked, self._there or Standing())
        self._folders = found.folders
        self._kinds, self._calls = found.kinds, found.calls
        with self._step():
            if found.lost:
                raise NoFolder(found.lost)
        self._judge()

    def _judge(self) -> None:
        """Say what this login may not see."""
        found = denied(self._kinds)
        if found is not None:
            self._wrong(*found)
        for it in self._kinds:
            if it.reason and not it.refused:
                self._wrong(LookerError.exit_code, f"{it.kind}: {it.reason}")


def _roles(source: Source, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the roles *ids*; their ids, if names may not be seen."""
    from lookervault.looker.exchange import Unwatched  # noqa: PLC0415 - loads the SDK

    listing = KINDS["roles"].listing
    try:
        answer = source.call(listing.call, {"fields": "id,name"}, Unwatched())
        roles = msgspec.json.decode(readable(answer.body), type=list[_Role])
    except (LookerError, ValueError, RecursionError):
        return ids
    names = {str(role.id): role.name for role in roles}
    return tuple(names.get(id_) or id_ for id_ in ids)


class _Role(msgspec.Struct):
    id: int | str
    name: str | None = None
