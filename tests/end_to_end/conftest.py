"""The real command against a simulated Looker, each in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from itertools import count
from urllib.parse import parse_qs

import lmdb
import pytest

from lookervault.content import KINDS
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings
from lookervault.store import keys, place
from lookervault.vault import Vault

LONGEST = 240.0
"""Seconds after which a command hangs; no promise is about them."""

PROGRAM = (sys.executable, "-m", "lookervault")

FEW = {
    "dashboards": 120,
    "looks": 90,
    "boards": 5,
    "folders": 12,
    "users": 40,
    "groups": 10,
    "roles": 4,
    "permission_sets": 3,
    "model_sets": 3,
    "lookml_models": 3,
    "explores": 12,
    "scheduled_plans": 20,
}
"""A Looker that has something of every kind, and is copied in a second."""


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def events(self):
        """What ``--json`` told, a dictionary a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self):
        last = self.events[-1]
        assert last["message_type"] == "summary"
        return last

    def told(self, message_type):
        return [e for e in self.events if e["message_type"] == message_type]


class Started:
    """An extract that is under way."""

    def __init__(self, process):
        self.process = process
        self._heard = []

    def until(self, wanted):
        """Read events until *wanted* says yes of one; return that one."""
        for line in self.process.stdout:
            self._heard.append(line)
            event = json.loads(line)
            if wanted(event):
                return event
        raise AssertionError(self._heard[-1:], self.process.stderr.read())

    def until_stored(self, least=1):
        return self.until(
            lambda event: event["message_type"] == "status" and event["stored"] >= least
        )

    def send(self, number):
        self.process.send_signal(number)

    def ended(self):
        """Wait for its end."""
        out, err = self.process.stdout.read(), self.process.stderr.read()
        self.process.wait()
        return Ended(self.process.returncode, "".join(self._heard) + out, err)

    def killed_after(self, seconds):
        """Let it live that long, and kill it; return whether it was still alive."""
        try:
            self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.communicate()
        return self.process.returncode == -signal.SIGKILL


class Command:
    """``lookervault`` with the credentials of *looker*, on the vault at *path*."""

    def __init__(self, looker, path, stack):
        self.looker = looker
        self.path = path
        self.environ = {
            **{k: v for k, v in os.environ.items() if not k.startswith("LOOKER")},
            "LOOKERSDK_BASE_URL": looker.base_url,
            "LOOKERSDK_CLIENT_ID": looker.client_id,
            "LOOKERSDK_CLIENT_SECRET": looker.client_secret,
            # Whoever runs the tests may have a configuration of their own.
            "XDG_CONFIG_HOME": str(path.parent),
        }
        self._stack = stack

    def run(self, *args, program=PROGRAM):
        """Run any command to its end; its output stays bytes."""
        return subprocess.run(
            [*program, *map(str, args)],
            env=self.environ,
            capture_output=True,
            timeout=LONGEST,
            check=False,
        )

    def extract(self, *args, as_json=True, program=PROGRAM):
        done = self.run("extract", *self._more(args, as_json=as_json), program=program)
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())

    def complete(self, *args):
        """Extract, and have it succeed."""
        ended = self.extract(*args)
        assert (ended.status, ended.summary["gaps"]) == (0, []), ended.err
        assert ended.summary["status"] == "complete"
        return ended

    def start(self, *args):
        process = subprocess.Popen(
            [*PROGRAM, "extract", *map(str, self._more(args, as_json=True))],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        watchdog = threading.Timer(LONGEST, process.kill)
        watchdog.start()
        self._stack.callback(_end, process)
        self._stack.callback(watchdog.cancel)
        return Started(process)

    def _more(self, args, *, as_json):
        return (*args, "--vault", self.path, *(["--json"] if as_json else []))

    def ls(self, kind, *args):
        done = self.run("ls", kind, "--json", "--vault", self.path, *args)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def listed(self, kind):
        """What became of each item, as ``ls`` has it: its id, and its state."""
        entries = self.ls(kind, "--all")
        found = {entry["id"]: entry["state"] for entry in entries}
        assert len(found) == len(entries)
        return found

    def states(self, kind):
        """The same, without a process for it."""
        with self.vault() as vault:
            heads = list(vault.items(kind, gone=True))
        found = {head.id: head.state.value for head in heads}
        assert len(found) == len(heads)
        return found

    def dump(self, kind, id_):
        done = self.run("dump", f"{kind}/{id_}", "--vault", self.path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def vault(self):
        return Vault.open(self.path)

    def entries(self):
        """How many entries there are of items, and of bodies."""
        with (
            lmdb.open(
                str(place.current(self.path)),
                readonly=True,
                max_dbs=len(keys.DATABASES),
            ) as data,
            data.begin() as transaction,
        ):
            return tuple(
                transaction.stat(data.open_db(name.encode(), transaction))["entries"]
                for name in (keys.ITEMS, keys.BODIES)
            )


def _end(process):
    process.kill()
    process.communicate()


@pytest.fixture
def simulate():
    """Starts a Looker of one's own."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(running(Settings(**settings)))


@pytest.fixture
def command_of(tmp_path):
    """Gives a command for a Looker, each with a vault of its own or a given one."""
    numbers = count(1)
    with contextlib.ExitStack() as stack:
        yield lambda looker, path=None: Command(
            looker, path or tmp_path / f"vault-{next(numbers)}", stack
        )


@pytest.fixture(scope="module")
def small():
    """A Looker that a module's tests share; they leave it as it was."""
    with running(Settings(sizes=FEW)) as looker:
        yield looker


@pytest.fixture
def simulated(simulate, command_of):
    """Gives a new Looker and the command for it."""

    def simulated(**settings):
        looker = simulate(**settings)
        return looker, command_of(looker)

    return simulated


def states_in(looker, kind):
    """What *looker* has of *kind*, as `Command.states` would show it."""
    return {
        **dict.fromkeys(looker.ids(kind), "present"),
        **dict.fromkeys(looker.ids(kind, trashed=True), "trashed"),
    }


def assert_same_as(looker, command, *, but=()):
    """The vault shows of every kind just what *looker* has."""
    for kind in KINDS:
        if kind not in but:
            assert command.states(kind) == states_in(looker, kind), kind


def served(entry):
    """The items that an answer sent whole, each with its kind."""
    return {(entry["kind"], id_) for id_ in entry["ids"] or ()}


def parameters(entry):
    """The query of a logged request."""
    return {name: values[0] for name, values in parse_qs(entry["query"]).items()}


def content(path):
    """The bytes of each file below *path*."""
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


def assert_kept(path, before):
    """The vault is what it was, but for locks that say who opened it last."""
    after = content(path)
    assert after.keys() == before.keys()
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"lock", "data-1/lock.mdb"}


def assert_refused(ended, status, *told):
    """A command ended with *status*, and one sentence that has each of *told* in it."""
    assert ended.status == status, (ended.out, ended.err)
    assert ended.out == ""
    assert ended.err.startswith("lookervault: ")
    assert ended.err.count("\n") == 1, ended.err
    assert [part for part in told if part not in ended.err] == [], ended.err
