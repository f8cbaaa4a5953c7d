"""A run that goes on can be paused, resized, bounded and listened to, from any thread."""

import itertools
import logging
import threading

import pykka
import pytest

from lookervault.errors import LeftBehind, LimitReached, UsageError
from lookervault.extraction import Extraction
from lookervault.messages import Assigned, Began, Called, Finished, Steered, Weighed
from lookervault.records import Phase, Scope
from lookervault.store.memory import MemoryStore
from lookervault.system import Settings, System
from lookervault.testing import FakeLooker, Thing

LONG = 30.0
DASHBOARDS = Scope(kinds=("dashboards",))
CANCELLED = 130


class Tap:
    """A source that lets through as many calls as it was opened for."""

    def __init__(self, number=60):
        things = {"dashboards": [Thing(str(n), "1") for n in range(1, number + 1)]}
        self.looker = FakeLooker(things, cap=2)
        self._turns = threading.Semaphore(0)
        self._open = False
        self.waits = threading.Semaphore(0)
        self.threads = set()

    def __getattr__(self, name):
        return getattr(self.looker, name)

    def call(self, name, parameters, watch):
        self.threads.add(threading.current_thread().name)
        self.waits.release()
        if not self._open:
            assert self._turns.acquire(timeout=LONG)
        return self.looker.call(name, parameters, watch)

    def drip(self, number=1):
        for _ in range(number):
            self._turns.release()

    def open(self):
        self._open = True
        self.drip(100)

    def under_way(self, number):
        for _ in range(number):
            assert self.waits.acquire(timeout=LONG)


class Listener:
    """A subscriber that a test waits for."""

    def __init__(self):
        self.events = []
        self._heard = threading.Condition()

    def __call__(self, event):
        with self._heard:
            self.events.append(event)
            self._heard.notify_all()

    def wait_for(self, wanted):
        with self._heard:
            assert self._heard.wait_for(lambda: any(map(wanted, self.events)), LONG)


@pytest.fixture
def tap():
    it = Tap()
    yield it
    it.open()


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert {t.name for t in set(threading.enumerate()) - before} == set()


def whole(store, number=60):
    return {head.id for head in store.heads("dashboards")} == {
        str(n) for n in range(1, number + 1)
    }


# Pause and resume


def test_a_paused_run_finishes_what_is_under_way_and_starts_nothing(tap, store):
    heard = Listener()
    with System(tap, store, Settings(workers=2), subscribers=[heard]) as system:
        run = system.extract(DASHBOARDS)
        tap.under_way(2)
        run.pause()
        heard.wait_for(lambda e: isinstance(e, Steered) and e.steering.paused)
        tap.drip(2)
        heard.wait_for(lambda e: isinstance(e, Called))
        weighed = sum(isinstance(e, Weighed) for e in heard.events)
        heard.wait_for(
            lambda _: sum(isinstance(e, Weighed) for e in heard.events) > weighed + 1
        )
        assert len(tap.looker.requests) <= 4
        assert not run.over

        tap.open()
        run.resume()
        assert run.result(LONG).run.complete

    assert whole(store)


def test_a_paused_run_can_be_cancelled_and_goes_on_later(tap, store):
    with System(tap, store, Settings(workers=2)) as system:
        run = system.extract(DASHBOARDS)
        tap.under_way(1)
        run.pause()
        run.cancel("enough", CANCELLED)
        tap.open()
        assert run.result(LONG).exit_code == CANCELLED

        again = system.extract(DASHBOARDS)
        assert not again.steering.paused
        assert again.result(LONG).run.phase is Phase.SEALED

    assert whole(store)


def test_a_run_that_is_over_is_steered_no_more_nor_is_the_next_one(tap, store):
    tap.open()
    with System(tap, store) as system:
        first = system.extract(DASHBOARDS)
        first.result(LONG)
        first.pause()
        first.cancel("too late", CANCELLED)

        second = system.extract(DASHBOARDS)
        first.pause()

        assert second.result(LONG).run.complete


class Late(Extraction):
    """One that is asked to do something just when the run ends and the next one begins."""

    system: System

    @property
    def over(self):
        if self.system._extraction is self:
            self.system._extraction = None
            self.next = self.system.extract(DASHBOARDS)
        return False


@pytest.mark.parametrize("ask", [lambda r: r.pause(), lambda r: r.cancel("Now.", 130)])
def test_what_comes_too_late_for_a_run_does_not_bear_on_the_next_one(tap, store, ask):
    tap.open()
    with System(tap, store) as system:
        over = system.extract(DASHBOARDS)
        over.result(LONG)
        late = Late(over.run, store, system._tree)
        late.system, system._extraction = system, late

        ask(late)

        assert late.next.run.number > late.run.number
        assert late.next.result(LONG).run.complete


# Workers and rate


def test_more_workers_start_while_it_runs_and_fewer_stay_idle(tap, store):
    with System(tap, store, Settings(workers=1)) as system:
        run = system.extract(DASHBOARDS)
        tap.under_way(1)
        names = {t.name for t in threading.enumerate() if t.name.startswith("fetcher")}
        assert names == {"fetcher-1"}

        run.set_workers(5)
        tap.drip(1)
        tap.under_way(5)

        run.set_workers(2)
        tap.open()
        assert run.result(LONG).run.complete

    assert len(tap.threads) == 5
    assert whole(store)


def test_the_rate_of_a_run_is_set_while_it_goes_on(tap, store):
    tap.open()
    slow = Settings(workers=2, max_rate=0.001)
    with System(tap, store, slow) as system:
        run = system.extract(DASHBOARDS)
        tap.under_way(1)

        run.set_rate(None)

        assert run.result(LONG).run.complete


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run.set_workers(0),
        lambda run: run.set_workers(51),
        lambda run: run.set_rate(0),
        lambda run: run.set_rate(-1.0),
        lambda run: run.set_rate(float("nan")),
    ],
)
def test_what_makes_no_sense_changes_nothing(tap, store, change):
    with System(tap, store, Settings(workers=3)) as system:
        run = system.extract(DASHBOARDS)
        before = run.steering

        with pytest.raises(UsageError):
            change(run)

        assert run.steering == before
        tap.open()
        assert run.result(LONG).run.complete


def test_events_are_read_in_one_thread_while_another_steers(tap, store):
    tap.open()
    with System(tap, store, Settings(workers=4)) as system:
        run = system.extract(DASHBOARDS)

        def steer():
            for workers, paused in itertools.product(range(1, 9), (True, False)):
                run.set_workers(workers)
                (run.pause if paused else run.resume)()

        thread = threading.Thread(target=steer)
        thread.start()
        events = [event for event in run.events() if event is not None]
        thread.join(LONG)

    assert isinstance(events[-1], Finished)
    assert events[-1].run.complete
    assert whole(store)


# Limits


def test_a_run_whose_time_is_up_stops_and_goes_on_later(tap, store):
    with System(tap, store, Settings(workers=1, max_duration=0.5)) as system:
        run = system.extract(DASHBOARDS)
        tap.under_way(1)
        run.pause()
        tap.open()

        finished = run.result(LONG)

    assert finished.exit_code == LimitReached.exit_code
    assert "--max-duration" in finished.reason
    with System(tap, store) as system:
        assert system.extract(DASHBOARDS).result(LONG).run.complete


def test_with_too_much_memory_it_goes_on_one_by_one(store):
    looker = Tap(30)
    looker.open()
    heard = Listener()
    settings = Settings(workers=4, max_memory=100)
    memory = lambda: 101  # noqa: E731 - always too much
    with System(looker, store, settings, subscribers=[heard], memory=memory) as system:
        finished = system.extract(DASHBOARDS).result(LONG)

    assert finished.run.complete
    assert Weighed(101, over=True) in heard.events
    assert whole(store, 30)


# Subscribers


class Ear(pykka.ThreadingActor):
    """An actor of the host program that hears of events."""

    use_daemon_thread = True

    def __init__(self, heard):
        super().__init__()
        self.heard = heard

    def on_receive(self, message):
        if isinstance(message, Finished):
            self.heard.set()


def test_a_subscriber_hears_every_event_in_order_and_the_next_run_too(tap, store):
    tap.open()
    first, second = Listener(), Listener()
    with System(tap, store, subscribers=[first]) as system:
        run = system.extract(DASHBOARDS)
        events = [event for event in run.events() if event is not None]
        end = system.subscribe(second)
        system.extract(DASHBOARDS).result(LONG)
        second.wait_for(lambda e: isinstance(e, Finished))
        end()
        end()
        number = len(second.events)
        system.extract(DASHBOARDS).result(LONG)

    assert first.events[: len(events)] == events
    assert sum(isinstance(e, Began) for e in first.events) == 3
    assert any(isinstance(e, Assigned) for e in first.events)
    assert len(second.events) == number


def test_one_that_is_slow_hears_of_the_end_of_a_run_though_the_next_has_begun(
    tap, store
):
    tap.open()
    gate = threading.Event()
    heard = Listener()

    def slow(event):
        heard(event)
        assert gate.wait(LONG)

    with System(tap, store, subscribers=[slow]) as system:
        first = system.extract(DASHBOARDS)
        one = first.result(LONG).run
        second = system.extract(DASHBOARDS)
        two = second.result(LONG).run
        gate.set()
        heard.wait_for(lambda e: isinstance(e, Finished) and e.run == two)
        events = [event for event in second.events() if event is not None]

    ends = [e for e in heard.events if isinstance(e, Began | Finished)]
    assert [type(e) for e in ends] == [Began, Finished] * 2
    assert [e.run.number for e in ends] == [one.number] * 2 + [two.number] * 2
    assert [e.run.number for e in events if isinstance(e, Began)] == [two.number]
    assert isinstance(events[0], Began)
    assert isinstance(heard.events[-1], Finished)


def test_an_actor_of_the_host_hears_of_the_end(tap, store):
    tap.open()
    heard = threading.Event()
    ear = Ear.start(heard)
    with System(tap, store, subscribers=[ear]) as system:
        system.extract(DASHBOARDS).result(LONG)

        assert heard.wait(LONG)
    assert ear.is_alive()
    ear.stop(timeout=LONG)


def test_whoever_fails_at_an_event_hears_no_more_and_the_run_goes_on(
    tap, store, caplog
):
    tap.open()
    calls = []

    def fails(event):
        calls.append(event)
        raise SystemExit(3)

    ear = Ear.start(threading.Event())
    ear.stop(timeout=LONG)
    heard = Listener()
    with System(tap, store, subscribers=[fails, ear, heard]) as system:
        assert system.extract(DASHBOARDS).result(LONG).run.complete
        heard.wait_for(lambda e: isinstance(e, Finished))

    assert len(calls) == 1
    warnings = [r for r in caplog.records if r.levelno == logging.WARNING]
    assert [r.name.split(".")[0] for r in warnings] == ["lookervault"] * 2


# What is left behind


@pytest.mark.parametrize("other", [None, KeyError("of the host")])
def test_the_owner_is_told_of_a_thread_that_cannot_be_ended(
    tap, store, monkeypatch, other, caplog
):
    monkeypatch.setattr("lookervault.system._GRACE", 0.01)
    monkeypatch.setattr("lookervault.tree._FETCHER_PATIENCE", 0.1)

    def leave():
        with System(tap, store, Settings(workers=1)) as system:
            system.extract(DASHBOARDS)
            tap.under_way(1)
            if other is not None:
                raise other

    with pytest.raises(type(other) if other else LeftBehind) as told:
        leave()

    note = str(told.value) if other is None else told.value.__notes__[0]
    assert "fetcher-1 (left behind)" in note or "fetcher-1" in note
    tap.open()
    for thread in threading.enumerate():
        if "fetcher" in thread.name:
            thread.join(LONG)
