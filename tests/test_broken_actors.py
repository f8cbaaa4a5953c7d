"""Whatever a worker dies of: its unit is read by another, or is a gap; others go on.

In real threads, beside an actor of the host program.
"""

import threading

import pykka
import pytest

from lookervault.messages import WorkerFailed
from lookervault.records import Scope
from lookervault.store.memory import MemoryStore
from lookervault.system import Settings, System
from lookervault.testing import FakeLooker, Thing

LONG = 30.0
ALL = Scope(kinds=("explores", "roles"))
EXPLORES = [f"m::{n}" for n in range(12)]

DEATHS = {
    "0": KeyError("a bug"),
    "2": SystemExit(3),
    "3": KeyboardInterrupt(),
    "5": GeneratorExit(),
    "7": RecursionError("too deep"),
    "11": MemoryError(),
}
"""What whoever reads these explores dies of."""


class Deadly:
    """A source that kills who reads certain explores, each so many *times*; -1: always."""

    def __init__(self, deaths, times):
        things = {
            "lookml_models": [Thing("m")],
            "explores": [Thing(id_) for id_ in EXPLORES],
            "roles": [Thing(str(n)) for n in range(1, 4)],
        }
        self._looker = FakeLooker(things)
        self._deaths = deaths
        self._left = dict.fromkeys(deaths, times)

    def __getattr__(self, name):
        return getattr(self._looker, name)

    def call(self, name, parameters, watch):
        explore = parameters.get("explore_name")
        if self._left.get(explore):
            self._left[explore] -= 1
            raise self._deaths[explore]
        return self._looker.call(name, parameters, watch)


class Stranger(pykka.ThreadingActor):
    """An actor of the host program."""

    use_daemon_thread = True

    def on_receive(self, message):
        return message


@pytest.fixture(autouse=True)
def stranger():
    """Whatever happens in a system, the host's own actors live, and no thread is left."""
    before = set(threading.enumerate())
    ref = Stranger.start()
    yield ref
    assert ref.ask("alive?", timeout=LONG) == "alive?"
    ref.stop(timeout=LONG)
    assert set(threading.enumerate()) <= before


def extracted(source):
    """How a run from *source* ended, what it holds of explores, and who failed."""
    store, failed = MemoryStore(), []
    settings = Settings(workers=len(EXPLORES))

    def hear(event):
        if isinstance(event, WorkerFailed):
            failed.append(event.error.partition(":")[0])

    with System(source, store, settings, subscribers=[hear]) as system:
        ended = system.extract(ALL).result(LONG)
    held = {head.id for head in store.heads("explores")}
    return ended, held, {gap.id for gap in store.gaps(1)}, failed


def test_a_worker_that_dies_of_whatever_costs_nothing():
    ended, held, gaps, failed = extracted(Deadly(DEATHS, 1))

    assert (ended.exit_code, ended.run.complete) == (0, True)
    assert held == set(EXPLORES)
    assert gaps == set()
    assert sorted(failed) == sorted(type(death).__name__ for death in DEATHS.values())


@pytest.mark.slow
def test_an_item_that_kills_whoever_reads_it_is_one_gap():
    """Five times, each later than the one before: 15 s."""
    ended, held, gaps, failed = extracted(Deadly({"4": SystemExit(3)}, -1))

    assert (ended.exit_code, ended.run.complete) == (0, False)
    assert gaps == {"m::4"}
    assert held == set(EXPLORES) - gaps
    assert failed == ["SystemExit"] * 5
