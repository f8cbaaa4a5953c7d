"""What every command needs, made when it is needed. Tests put stand-ins in.

What takes a while to load (the SDK, LMDB, Pykka) is imported by the factories here,
and what only types are made of by no one, so that `--help` and completion stay quick.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TextIO

import click
import msgspec

from lookervault.cli.hiding import known
from lookervault.config.file import Profile
from lookervault.errors import DiskFailed, LeftBehind
from lookervault.output.safe import safe
from lookervault.output.stream import silence

if TYPE_CHECKING:
    from lookervault.config.logins import Login
    from lookervault.core.audit import Finding
    from lookervault.core.past import Past
    from lookervault.looker.base import Source
    from lookervault.messages import Finished, ToProgress
    from lookervault.records import About, Head, Run, Scope
    from lookervault.repair import Repair
    from lookervault.store.base import Store
    from lookervault.store.share import Beat, Seen, Share

_NO_PROFILE = Profile(None, {}, Path())

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""No proxy is asked for these."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How Looker is reached, as far as the command line says so."""

    ini: str | None
    """``FILE`` or ``FILE:SECTION``."""
    ca_file: str | None
    insecure_http: bool
    workers: int
    ini_of_profile: bool = False
    """Whether the profile names the ini, so that what stands in the profile wins."""
    profile: Profile | None = None


class Reads(Protocol):
    """What the commands need of a vault that they only read."""

    @property
    def about(self) -> About:
        """What the vault is."""

    def snapshots(self) -> Iterable[Run]:
        """Return the runs, the newest first."""

    def past(self, run: Run) -> Mapping[str, Past]:
        """Return what the open *run* has stored of each kind."""

    def snapshot(self, name: str) -> Run:
        """Return the run that *name* means."""

    def items(
        self, kind: str, at: int | None = None, *, gone: bool = False
    ) -> Iterator[Head]:
        """Yield the items of *kind*, as run *at* shows them; with *gone*, those too."""

    def body(self, kind: str, id_: str, at: int | None = None) -> bytes:
        """Return the bytes that Looker sent."""


class Extracts(Protocol):
    """A run that goes on."""

    def events(self, every: float = ...) -> Iterator[ToProgress | None]:
        """Yield what happens; ``None`` when nothing did for *every* seconds."""

    def result(self, timeout: float | None = None) -> Finished:
        """Say how the run ended, or raise what ended it."""

    def cancel(self, reason: str, exit_code: int) -> None:
        """Commit what is in flight, and stop."""


class Runs(Protocol):
    """Where a run takes place."""

    def extract(self, scope: Scope, *, fresh: bool = False) -> Extracts:
        """Start a run of *scope*, or go on with it."""


def _now() -> float:
    from lookervault.actors.clock import SystemClock  # noqa: PLC0415 - see above

    return SystemClock().now()


def _wall() -> float:
    from lookervault.actors.clock import SystemClock  # noqa: PLC0415 - see above

    return SystemClock().wall()


def _sleep(seconds: float) -> None:
    from lookervault.actors.clock import SystemClock  # noqa: PLC0415 - see above

    SystemClock().sleep(seconds)


def _login(environ: Mapping[str, str], access: Access) -> Login:
    """Return what environment, ``looker.ini`` and profile say, in their order."""
    from lookervault.config.ini import ini_named  # noqa: PLC0415 - see above
    from lookervault.config.logins import (  # noqa: PLC0415 - see above
        login,
        of_profile,
        of_section,
    )

    ini = of_section(*ini_named(access.ini, complain)) if access.ini else {}
    profile = of_profile(access.profile) if access.profile else {}
    if access.ini_of_profile:
        return login(environ, profile={**ini, **profile})
    return login(environ, ini=ini, profile=profile)


@contextlib.contextmanager
def _loading() -> Iterator[None]:
    """Load modules for good, so that the garbage collector need not look at them, ever.

    That is a fifth of the time that the SDK takes from its start to its end.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _source(environ: Mapping[str, str], access: Access) -> Source:
    with _loading():
        from lookervault.actors.clock import SystemClock  # noqa: PLC0415 - see above
        from lookervault.looker.sdk import SdkSource  # noqa: PLC0415 - see above

    clock = SystemClock()
    login = _login(environ, access)
    found = login.credentials(
        ca_file=access.ca_file,
        insecure_http=access.insecure_http,
        use_proxy=True,
        say=complain,
    )
    if login.doubt:
        complain(login.doubt)
    if found.base_url.host in _LOOPBACK:
        found = msgspec.structs.replace(found, proxy=None)
    return SdkSource(found, monotonic=clock.now, sleep=clock.sleep)


def _store(path: Path, source: Source, scope: Scope, now: float) -> Store:
    from lookervault.looker import folders  # noqa: PLC0415 - see above
    from lookervault.store.lmdb import LmdbStore  # noqa: PLC0415 - see above

    def admit() -> None:
        source.login()
        folders.check(source, scope.folders)

    return LmdbStore.create_or_open(path, source.instance, now=now, admit=admit)


def _vault(path: Path) -> AbstractContextManager[Reads]:
    from lookervault.vault import Vault  # noqa: PLC0415 - see above

    return Vault.open(path)


def _repair(path: Path, source: Source, app: App) -> AbstractContextManager[Repair]:
    from lookervault.repair import opened  # noqa: PLC0415 - see above

    return opened(path, source, wall=app.calendar, sleep=app.sleep)


def _inspect(path: Path, share: Share) -> Generator[Finding | Beat | Seen]:
    from lookervault.store.inspection import inspect  # noqa: PLC0415 - see above

    return inspect(path, share)


@contextlib.contextmanager
def _system(
    source: Source, store: Store, settings: Mapping[str, Any]
) -> Iterator[Runs]:
    with _loading():
        from lookervault.memory import PAGES, frugal  # noqa: PLC0415 - see above
        from lookervault.system import Settings, System  # noqa: PLC0415 - see above

    # This process is ours.
    if settings.get("max_memory") is None:
        frugal(PAGES)
    else:
        frugal()
    # A thread that hangs ends with this process, which is about to end.
    with (
        contextlib.suppress(LeftBehind),
        System(source, store, Settings(**settings)) as system,
    ):
        yield system


def _config() -> Path:
    folder = Path(click.get_app_dir("lookervault"))
    if not folder.is_absolute():
        # `XDG_CONFIG_HOME` is empty or relative, which its specification tells to
        # ignore: what lies where one happens to be must not say where secrets go.
        folder = Path.home() / ".config" / "lookervault"
    return folder / "config.toml"


@dataclass
class App:
    """Click's context object."""

    source: Callable[[Mapping[str, str], Access], Source] = _source
    store: Callable[[Path, Source, Scope, float], Store] = _store
    """Opens the vault, logs in and checks the scope, so that what fails leaves no trace."""
    vault: Callable[[Path], AbstractContextManager[Reads]] = _vault
    inspect: Callable[[Path, Share], Generator[Finding | Beat | Seen]] = _inspect
    """Says what is wrong with a vault, without opening it in this process."""
    repair: Callable[[Path, Source, App], AbstractContextManager[Repair]] = _repair
    system: Callable[
        [Source, Store, Mapping[str, Any]], AbstractContextManager[Runs]
    ] = _system
    clock: Callable[[], float] = _now
    """Monotonic seconds."""
    calendar: Callable[[], float] = _wall
    """Seconds since 1970."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    sleep: Callable[[float], None] = _sleep
    login: Callable[[Mapping[str, str], Access], Login] = _login
    """Says where Looker is, and as whom to ask, without asking."""
    config: Callable[[], Path] = _config
    """Where the user's configuration file is, if there is one."""
    profile: Profile = _NO_PROFILE
    """Of the command that is run."""
    debug: bool = False
    typed: tuple[str, ...] = ("extract",)
    """What stands on the command line, behind the program's name."""


@contextlib.contextmanager
def data() -> Iterator[TextIO]:
    """Yield standard output, for data. A reader who leaves ends the command quietly.

    Raises:
        DiskFailed: it cannot be written.

    """
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        message = f"Standard output could not be written: {error.strerror}."
        raise DiskFailed(message) from error


def complain(text: str) -> None:
    """Say on standard error, in one line, what went wrong."""
    click.echo(f"lookervault: {safe(known(text))}", file=sys.stderr)
