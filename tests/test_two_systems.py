"""Systems in one process fail apart, over real HTTP and real vaults, beside a stranger."""

import contextlib
import threading

import pykka
import pytest

from lookervault.actors.clock import SystemClock
from lookervault.config import credentials
from lookervault.errors import GaveUp
from lookervault.looker.sdk import SdkSource
from lookervault.records import Phase, Scope
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings as Simulated
from lookervault.store.lmdb import LmdbStore
from lookervault.system import Settings, System
from lookervault.testing import simulated_looker
from lookervault.vault import Vault

LONG = 60.0
DASHBOARDS = Scope(kinds=("dashboards",))
SIZES = {"dashboards": 300}


class Stranger(pykka.ThreadingActor):
    """An actor of the host program."""

    use_daemon_thread = True

    def on_receive(self, message):
        return message


class Cursed:
    """A source with a bug: after some calls it raises what nobody expects."""

    def __init__(self, source, calls):
        self._source = source
        self._left = calls

    def __getattr__(self, name):
        return getattr(self._source, name)

    def call(self, name, parameters, watch):
        self._left -= 1
        if self._left < 0:
            raise KeyError(name)
        return self._source.call(name, parameters, watch)


@pytest.fixture
def real_clock():
    clock = SystemClock()
    yield clock
    clock.close()


@pytest.fixture
def stranger():
    ref = Stranger.start()
    yield ref
    assert ref.ask("alive?", timeout=LONG) == "alive?"
    ref.stop(timeout=LONG)


@pytest.fixture
def lookers():
    with (
        running(Simulated(sizes=SIZES)) as one,
        running(Simulated(sizes=SIZES)) as other,
    ):
        yield one, other


@contextlib.contextmanager
def system(looker, path, clock, *, curse=None, **settings):
    """A system over the real SDK and a real vault, its source perhaps under a *curse*."""
    found = credentials(
        {
            "LOOKERSDK_BASE_URL": looker.base_url,
            "LOOKERSDK_CLIENT_ID": looker.client_id,
            "LOOKERSDK_CLIENT_SECRET": looker.client_secret,
        }
    )
    source = SdkSource(found, monotonic=clock.now, sleep=clock.sleep)
    store = LmdbStore.create_or_open(path, source.instance, now=clock.wall())
    with contextlib.closing(source), contextlib.closing(store):
        cursed = source if curse is None else Cursed(source, curse)
        with System(cursed, store, Settings(**settings)) as it:
            yield it


@pytest.fixture
def no_trace():
    before = set(threading.enumerate())
    yield
    assert {t.name for t in set(threading.enumerate()) - before} == set()


@pytest.mark.usefixtures("no_trace")
def test_one_that_fails_for_good_takes_no_other_with_it(
    lookers, stranger, tmp_path, real_clock
):
    good, bad = tmp_path / "good", tmp_path / "bad"
    with (
        system(lookers[0], good, real_clock, workers=4, batch_size=5) as one,
        system(lookers[1], bad, real_clock, workers=4, batch_size=5, curse=9) as other,
    ):
        runs = one.extract(DASHBOARDS), other.extract(DASHBOARDS)

        with pytest.raises(GaveUp, match="keeps failing"):
            runs[1].result(LONG)
        with pytest.raises(GaveUp, match="keeps failing"):
            other.extract(DASHBOARDS)
        assert runs[0].result(LONG).run.complete

    with Vault.open(good) as vault:
        assert len(list(vault.items("dashboards"))) == SIZES["dashboards"]
    with system(lookers[1], bad, real_clock) as again:
        finished = again.extract(DASHBOARDS).result(LONG)
    assert finished.run.phase is Phase.SEALED
    assert finished.run.complete
    assert finished.run.resumed == 1


@pytest.mark.usefixtures("no_trace", "stranger")
def test_one_whose_looker_goes_away_stops_and_the_other_goes_on(tmp_path, real_clock):
    with simulated_looker(sizes=SIZES) as here, contextlib.ExitStack() as stack:
        there = stack.enter_context(running(Simulated(sizes=SIZES, latency=0.05)))
        with (
            system(here, tmp_path / "here", real_clock, batch_size=5) as one,
            system(
                there, tmp_path / "there", real_clock, batch_size=5, give_up_after=1.0
            ) as other,
        ):
            gone = other.extract(DASHBOARDS)
            stack.close()

            assert gone.result(LONG).exit_code == 5
            assert one.extract(DASHBOARDS).result(LONG).run.complete


@pytest.mark.slow
@pytest.mark.usefixtures("no_trace", "stranger")
def test_three_with_fifty_workers_each_have_more_than_a_hundred_requests_under_way(
    tmp_path, real_clock
):
    many = {"dashboards": 9000}
    with contextlib.ExitStack() as stack:
        looker = stack.enter_context(running(Simulated(sizes=many, per_item=0.03)))
        paths = [tmp_path / name for name in ("one", "two", "three")]
        systems = [
            stack.enter_context(system(looker, path, real_clock, workers=50))
            for path in paths
        ]
        runs = [it.extract(DASHBOARDS) for it in systems]

        assert all(run.result(LONG).run.complete for run in runs)

        stats, there = looker.stats(), set(looker.ids("dashboards"))

    assert stats["max_in_flight"] > 100
    assert {status for status in stats["statuses"] if not status.startswith("2")} == (
        set()
    )
    for path in paths:
        with Vault.open(path) as vault:
            assert there <= {item.id for item in vault.items("dashboards")}
