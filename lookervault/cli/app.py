"""What every command needs, made when it is needed. Tests put stand-ins in.

Libraries that take a while to load (the SDK, LMDB, Pykka) are imported by the
factories here, so that `--help` and completion stay quick.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TextIO

import click
import msgspec

from lookervault.errors import DiskFailed
from lookervault.looker.base import Source
from lookervault.messages import Finished, ToProgress
from lookervault.output.safe import safe
from lookervault.output.stream import silence
from lookervault.records import Head, Run, Scope
from lookervault.store.base import Store

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""No proxy is asked for these."""


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How Looker is reached, as far as the command line says so."""

    ini: str | None
    """``FILE`` or ``FILE:SECTION``."""
    ca_file: str | None
    insecure_http: bool
    workers: int


class Reads(Protocol):
    """What the commands need of a vault that they only read."""

    def snapshots(self) -> Iterable[Run]:
        """Return the runs, the newest first."""

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


def _source(environ: Mapping[str, str], access: Access) -> Source:
    from lookervault.actors.clock import SystemClock  # noqa: PLC0415 - see above
    from lookervault.config import credentials  # noqa: PLC0415 - see above
    from lookervault.looker.sdk import SdkSource  # noqa: PLC0415 - see above

    clock = SystemClock()
    found = credentials(
        environ,
        _section(access.ini) if access.ini else None,
        ca_file=access.ca_file,
        insecure_http=access.insecure_http,
        use_proxy=True,
    )
    if found.base_url.host in _LOOPBACK:
        found = msgspec.structs.replace(found, proxy=None)
    return SdkSource(
        found, workers=access.workers, monotonic=clock.now, sleep=clock.sleep
    )


def _section(ini: str) -> Mapping[str, str]:
    """Read ``FILE`` or ``FILE:SECTION``; a file whose name has a colon is a file."""
    from lookervault.config import ini_section  # noqa: PLC0415 - see above

    path, colon, section = ini.rpartition(":")
    if not colon or Path(ini).exists():
        return ini_section(Path(ini))
    return ini_section(Path(path), section)


def _store(path: Path, instance: str, now: float) -> Store:
    from lookervault.store.lmdb import LmdbStore  # noqa: PLC0415 - see above

    return LmdbStore.create_or_open(path, instance, now=now)


def _vault(path: Path) -> AbstractContextManager[Reads]:
    from lookervault.vault import Vault  # noqa: PLC0415 - see above

    return Vault.open(path)


def _system(
    source: Source, store: Store, settings: Mapping[str, Any]
) -> AbstractContextManager[Runs]:
    from lookervault.system import Settings, System  # noqa: PLC0415 - see above

    return System(source, store, Settings(**settings))


def _memory() -> int:
    from lookervault.memory import anonymous  # noqa: PLC0415 - see above

    return anonymous()


@dataclass
class App:
    """Click's context object."""

    source: Callable[[Mapping[str, str], Access], Source] = _source
    store: Callable[[Path, str, float], Store] = _store
    vault: Callable[[Path], AbstractContextManager[Reads]] = _vault
    system: Callable[
        [Source, Store, Mapping[str, Any]], AbstractContextManager[Runs]
    ] = _system
    memory: Callable[[], int] = _memory
    clock: Callable[[], float] = _now
    """Monotonic seconds."""
    calendar: Callable[[], float] = _wall
    """Seconds since 1970."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    debug: bool = False


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
    click.echo(f"lookervault: {safe(text)}", file=sys.stderr)
