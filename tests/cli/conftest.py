"""An `App` with stand-ins: a system that tells a script, a vault in a list."""

import contextlib
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from lookervault.cli import main
from lookervault.cli.app import App
from lookervault.errors import LookervaultError, VaultError
from lookervault.messages import (
    Began,
    Committed,
    Expected,
    Finished,
    KindDone,
    Weighed,
)
from lookervault.records import (
    Counts,
    Head,
    KindReport,
    Login,
    Phase,
    Run,
    Scope,
    State,
)

NOW = 1_700_000_000.0


def a_run(number=1, **fields):
    given = {
        "number": number,
        "scope": Scope(),
        "phase": Phase.SEALED,
        "started": NOW - 60,
        "ended": NOW,
        "counts": {"looks": Counts(new=2)},
        "kinds": {"looks": KindReport(expected=2, stored=2)},
    }
    return Run(**(given | fields))


def a_head(id_, title, **fields):
    given = {
        "kind": "looks",
        "id": id_,
        "run": 1,
        "state": State.PRESENT,
        "title": title,
        "folder": "7",
        "updated_at": "2024-01-01T00:00:00Z",
        "fetched_at": NOW,
        "call": "look",
        "digest": b"",
        "size": 2,
    }
    return Head(**(given | fields))


class ScriptedExtraction:
    """Tells what it was given, and remembers that it was cancelled."""

    def __init__(self, scope, events, end):
        self.run = a_run(scope=scope, phase=Phase.OPEN, ended=None)
        self.cancelled = None
        self._events = events
        self._end = end

    def events(self, every=0.1):
        yield from self._events

    def cancel(self, reason, exit_code):
        self.cancelled = (reason, exit_code)
        self._end = Finished(self.run, reason, exit_code)

    def result(self, timeout=None):
        if isinstance(self._end, LookervaultError):
            raise self._end
        return self._end


class Stage:
    """What a test says will happen, and what it sees of what did."""

    def __init__(self):
        self.events = [
            Began(a_run(phase=Phase.OPEN), ("looks",), {}),
            Weighed(1 << 20, over=False),
            Expected("looks", 2, exact=True),
            None,
            Committed({"looks": Counts(new=2)}, 1),
            KindDone("looks", KindReport(expected=2, stored=2)),
        ]
        self.end = Finished(a_run())
        self.open_run = None
        self.settings = None
        self.scope = None
        self.fresh = None
        self.extraction = None
        self.access = None
        self.closed = []

    def source(self, environ, access):
        self.access = access
        return SimpleNamespace(
            instance="https://looker.example",
            login=self.login,
            close=lambda: self.closed.append("source"),
        )

    def login(self):
        """Let the login succeed; a test may put something else here."""
        return Login("1")

    def store(self, path, source, scope, now):
        source.login()
        return SimpleNamespace(
            open_run=lambda: self.open_run, close=lambda: self.closed.append("store")
        )

    @contextlib.contextmanager
    def system(self, source, store, settings):
        self.settings = settings
        yield self
        self.closed.append("system")

    def extract(self, scope, *, fresh=False):
        self.scope, self.fresh = scope, fresh
        self.extraction = ScriptedExtraction(scope, self.events, self.end)
        return self.extraction


class ListedVault:
    """A vault in lists."""

    def __init__(self):
        self.runs = [a_run(2), a_run(1)]
        self.heads = [
            a_head("1", "Sales\tand\x1b[31m more"),
            a_head("2", "[bold]x[/]", folder=None, updated_at=None),
            a_head("3", "old", state=State.GONE),
        ]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def snapshots(self):
        return iter(self.runs)

    def snapshot(self, name):
        for run in self.runs:
            if str(run.number) == name:
                return run
        message = f"There is no snapshot {name!r}."
        raise VaultError(message)

    def items(self, kind, at=None, *, gone=False):
        return (h for h in self.heads if gone or h.state is not State.GONE)

    def body(self, kind, id_, at=None):
        return f'{{"{kind}":"{id_}","at":{at or 0}}}'.encode()


@pytest.fixture
def stage():
    return Stage()


@pytest.fixture
def vault():
    return ListedVault()


@pytest.fixture
def app(stage, vault, tmp_path):
    ticks = iter(range(10**6))
    return App(
        source=stage.source,
        store=stage.store,
        system=stage.system,
        vault=lambda _path: vault,
        clock=lambda: float(next(ticks)),
        calendar=lambda: NOW,
        config=lambda: tmp_path / "config.toml",
        environ={},
    )


@pytest.fixture
def run(app):
    def run(*args, **environ):
        return CliRunner().invoke(main, list(args), obj=app, env=environ)

    return run
