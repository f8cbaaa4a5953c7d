"""A system is a guest: it ends as it began, touches no stranger, and hides no failure."""

import threading

import pykka
import pytest

from lookervault.errors import DiskFailed, GaveUp, LookerError, Sort, UsageError
from lookervault.messages import (
    Began,
    Committed,
    Exited,
    Finished,
    KindDone,
    WorkerFailed,
)
from lookervault.records import Phase, Scope
from lookervault.store.memory import MemoryStore
from lookervault.system import Settings, System
from lookervault.testing import FakeClock, FakeLooker, Simulation, Thing

LONG = 30.0
ROLES = Scope(kinds=("roles",))
DASHBOARDS = Scope(kinds=("dashboards",))
CANCELLED = 130


class Stranger(pykka.ThreadingActor):
    """An actor of the host program."""

    use_daemon_thread = True

    def on_receive(self, message):
        return message


class Gate:
    """A source whose calls stay under way until the gate is opened, or they are cut."""

    def __init__(self, looker, *, cuttable=True):
        self._looker = looker
        self._cuttable = cuttable
        self.open = threading.Event()
        self.reached = threading.Event()
        self.cut = threading.Event()

    def __getattr__(self, name):
        return getattr(self._looker, name)

    def call(self, name, parameters, watch):
        way = threading.Event()

        def cut():
            self.cut.set()
            way.set()

        if self._cuttable:
            watch.cuttable(cut)
        self.reached.set()
        while not (way.is_set() or self.open.is_set()):
            way.wait(0.005)
        watch.cuttable(None)
        if way.is_set():
            raise LookerError(Sort.UNREACHABLE, "It was cut off.")
        return self._looker.call(name, parameters, watch)


def looker(number=30, **options):
    things = {
        "dashboards": [Thing(str(n), "1") for n in range(1, number + 1)],
        "roles": [Thing(str(n)) for n in range(1, 4)],
    }
    return FakeLooker(things, **options)


def ids(store, kind):
    return sorted((head.id for head in store.heads(kind)), key=int)


def wanted(number=30):
    return [str(n) for n in range(1, number + 1)]


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def stranger():
    ref = Stranger.start()
    yield ref
    assert ref.ask("alive?", timeout=LONG) == "alive?"
    ref.stop(timeout=LONG)


@pytest.fixture(autouse=True)
def no_trace(caplog, capfd):
    """No thread, no actor, nothing printed, and nothing that a host must hear of."""
    threads, actors = set(threading.enumerate()), pykka.ActorRegistry.get_all()
    yield
    left = set(threading.enumerate()) - threads
    assert {t.name for t in left} == set()
    assert set(pykka.ActorRegistry.get_all()) <= set(actors)
    assert [r for r in caplog.records if r.levelno >= 30] == []
    assert capfd.readouterr().err == ""


def test_a_run_is_followed_by_its_events_and_told_by_its_result(store):
    with System(looker(), store, Settings(workers=3, batch_size=7)) as system:
        extraction = system.extract(Scope(kinds=("dashboards", "roles")))
        events = [event for event in extraction.events() if event is not None]
        finished = extraction.result(LONG)

    assert isinstance(events[0], Began)
    assert {e.kind for e in events if isinstance(e, KindDone)} == {
        "dashboards",
        "roles",
    }
    assert any(isinstance(event, Committed) for event in events)
    assert events[-1] == finished
    assert finished.run.phase is Phase.SEALED
    assert (finished.reason, finished.exit_code) == ("", 0)
    assert ids(store, "dashboards") == wanted()


def test_two_systems_and_a_stranger_live_in_one_process(stranger):
    stores = [MemoryStore(), MemoryStore()]

    with System(looker(10), stores[0]) as one, System(looker(20), stores[1]) as other:
        runs = [one.extract(DASHBOARDS), other.extract(DASHBOARDS)]
        for run in runs:
            run.result(LONG)

    assert [ids(store, "dashboards") for store in stores] == [wanted(10), wanted(20)]


def test_one_system_makes_one_run_after_the_other(store):
    with System(looker(), store) as system:
        for scope in (ROLES, DASHBOARDS, ROLES):
            extraction = system.extract(scope)
            events = [event for event in extraction.events() if event is not None]
            assert isinstance(events[-1], Finished)
            assert events[-1].run.number == extraction.run.number
            assert extraction.result(LONG).run.scope == scope

    assert len(list(store.runs())) == 3


def test_a_run_is_cancelled_and_goes_on_later(store):
    gate = Gate(looker())
    with System(gate, store, Settings(workers=2, batch_size=5)) as system:
        extraction = system.extract(DASHBOARDS)
        assert gate.reached.wait(LONG)
        extraction.cancel("it was ended by hand", CANCELLED)
        gate.open.set()
        finished = extraction.result(LONG)

    assert (finished.reason, finished.exit_code) == ("it was ended by hand", CANCELLED)
    assert store.open_run() is not None

    with System(looker(), store) as system:
        run = system.extract(DASHBOARDS).result(LONG).run
    assert run.number == finished.run.number
    assert ids(store, "dashboards") == wanted()


def test_to_leave_it_in_the_midst_of_a_request_cuts_the_request(store):
    gate = Gate(looker())
    with System(gate, store, Settings(workers=2)) as system:
        extraction = system.extract(DASHBOARDS)
        assert gate.reached.wait(LONG)

    assert gate.cut.is_set()
    with pytest.raises(GaveUp, match="The system was stopped"):
        extraction.result(LONG)
    assert store.open_run() is not None


def test_an_error_of_the_disk_ends_it_and_is_raised_to_the_owner():
    class Full(MemoryStore):
        def put(self, *_, **__):
            raise DiskFailed("No space is left.")

    store = Full()
    with System(looker(), store) as system:
        extraction = system.extract(DASHBOARDS)
        for _ in extraction.events():
            pass
        with pytest.raises(GaveUp, match=r"No space is left\.") as caught:
            extraction.result(LONG)

        with pytest.raises(GaveUp, match=r"No space is left\."):
            system.extract(ROLES)

    assert caught.value.exit_code == DiskFailed.exit_code
    assert len(list(store.runs())) == 1


def test_a_store_with_a_bug_is_tried_again_and_nothing_is_lost():
    class Weak(MemoryStore):
        bugs = 2

        def put(self, *arguments, **options):
            if self.bugs:
                self.bugs -= 1
                raise KeyError("a bug")
            return super().put(*arguments, **options)

    store = Weak()
    with System(looker(), store, Settings(workers=2, batch_size=5)) as system:
        system.extract(DASHBOARDS).result(LONG)

    assert ids(store, "dashboards") == wanted()


def test_a_bug_at_every_commit_is_given_up_and_told():
    class Broken(MemoryStore):
        def put(self, *_, **__):
            raise KeyError("a bug")

    with System(looker(), Broken()) as system:
        extraction = system.extract(DASHBOARDS)

        with pytest.raises(GaveUp, match="writer keeps failing: KeyError: 'a bug'"):
            extraction.result(LONG)


def test_a_source_with_a_bug_is_asked_again_by_a_new_fetcher(store):
    bugs = [KeyError("a bug"), SystemExit(3)]
    source = looker(trouble=lambda _: bugs.pop() if bugs else None)

    with System(source, store, Settings(workers=2)) as system:
        extraction = system.extract(DASHBOARDS)
        events = list(extraction.events())
        extraction.result(LONG)

    failed = [e.error for e in events if isinstance(e, WorkerFailed)]
    assert sorted(failed) == ["KeyError: 'a bug'", "SystemExit: 3"]
    assert ids(store, "dashboards") == wanted()


def test_whoever_reads_no_events_still_gets_the_result(store):
    with System(looker(), store) as system:
        assert system.extract(DASHBOARDS).result(LONG).run.complete


def test_a_result_that_takes_too_long_can_be_waited_for_again(store):
    gate = Gate(looker())
    with System(gate, store) as system:
        extraction = system.extract(ROLES)
        with pytest.raises(TimeoutError):
            extraction.result(timeout=0)

        gate.open.set()
        assert extraction.result(LONG).run.complete


def test_one_run_at_a_time(store):
    gate = Gate(looker())
    with System(gate, store) as system:
        first = system.extract(ROLES)
        with pytest.raises(UsageError, match="goes on"):
            system.extract(DASHBOARDS)

        gate.open.set()
        first.result(LONG)
        assert system.extract(DASHBOARDS).result(LONG).run.complete


def test_a_system_that_was_not_entered_or_was_left_opens_no_run(store):
    system = System(looker(), store)

    with pytest.raises(UsageError, match="entered"):
        system.extract(ROLES)
    with system:
        pass
    with pytest.raises(GaveUp, match="stopped"):
        system.extract(ROLES)

    assert list(store.runs()) == []


def test_a_kind_that_does_not_exist_opens_no_run(store):
    with (
        System(looker(), store) as system,
        pytest.raises(UsageError, match="dashboards"),
    ):
        system.extract(Scope(kinds=("dashbords",)))

    assert list(store.runs()) == []


def test_a_login_that_is_refused_opens_no_run(store):
    class Refuses(FakeLooker):
        def login(self):
            raise LookerError(Sort.UNAUTHORIZED, "No.")

    with System(Refuses({}), store) as system, pytest.raises(LookerError):
        system.extract(ROLES)

    assert list(store.runs()) == []


@pytest.mark.parametrize(
    "settings",
    [
        {"workers": 0},
        {"workers": 51},
        {"batch_size": 0},
        {"max_rate": 0.0},
        {"max_rate": -1.0},
        {"max_rate": float("nan")},
    ],
)
def test_settings_that_make_no_sense_are_refused_at_once(store, settings):
    with pytest.raises(UsageError):
        System(looker(), store, Settings(**settings))


def test_a_system_that_cannot_be_entered_leaves_nothing_behind(store):
    def spawn(address, *_):
        raise RuntimeError("no thread to be had")

    system = System(looker(), store, spawn=spawn)
    system._clock.after(3600, system, None)

    with pytest.raises(RuntimeError), system:
        pass


# The end of the root, told while nobody listens


class Scripted:
    """A `Spawn` that starts nothing, so that a test can tell what comes of it."""

    def __call__(self, *_):
        return self

    def ask_to_stop(self):
        """Nothing runs."""

    def wait(self, patience):
        return True


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def system(store, clock):
    with System(looker(), store, spawn=Scripted(), clock=clock) as system:
        yield system


def failure():
    return Exited("root", 1, "It failed.", 15)


def test_a_root_that_failed_before_the_run_is_not_forgotten(system, store):
    system.tell(failure())

    with pytest.raises(GaveUp, match="It failed") as caught:
        system.extract(ROLES)

    assert caught.value.exit_code == 15
    assert list(store.runs()) == []


def test_a_root_that_fails_while_the_run_is_opened_is_heard(system, store):
    begin = store.begin

    def fail_meanwhile(*arguments, **options):
        system.tell(failure())
        return begin(*arguments, **options)

    store.begin = fail_meanwhile

    with pytest.raises(GaveUp, match="It failed"):
        system.extract(ROLES).result(LONG)


@pytest.mark.parametrize("scope", [DASHBOARDS, ROLES])
def test_the_late_news_of_an_earlier_run_is_not_taken_for_this_ones(system, scope):
    first = system.extract(ROLES)
    stopped = Finished(first.run, "cancelled", CANCELLED)
    system.tell(stopped)
    second = system.extract(scope)

    system.tell(stopped)
    system._show(stopped)

    assert not second.over
    assert next(second.events(every=0)) is None
    assert first.result() == stopped


def test_a_run_that_another_one_replaced_is_over(system, store):
    extraction = system.extract(ROLES)

    store.begin(DASHBOARDS, now=0.0)

    assert extraction.over
    assert extraction.result(LONG).run.phase is Phase.ABANDONED


def test_a_cancel_is_told_again_to_a_coordinator_that_starts_later(system, store):
    told = []
    system._tree.coordinator.move_in(Told(told))
    extraction = system.extract(ROLES)
    extraction.cancel("enough", CANCELLED)
    told.clear()

    system._show(Began(extraction.run, ("roles",), {}))

    (halt,) = told
    assert (halt.reason, halt.exit_code) == ("enough", CANCELLED)


class Told:
    def __init__(self, messages):
        self._messages = messages

    def tell(self, message):
        self._messages.append(message)


def test_events_that_nobody_reads_do_not_pile_up(system, monkeypatch):
    monkeypatch.setattr("lookervault.extraction._MOST_EVENTS", 10)
    extraction = system.extract(ROLES)

    system._show(Began(extraction.run, (), {}))
    for number in range(25):
        system._show(WorkerFailed(f"fetcher-{number}", ""))

    events = extraction.events(every=0)
    kept = [next(events).fetcher for _ in range(10)]
    assert kept == [f"fetcher-{number}" for number in range(15, 25)]
    assert next(events) is None


# Deaths on the way, one message at a time


@pytest.mark.parametrize("seed", range(40))
def test_a_cancel_ends_the_run_whoever_crashes_before_or_after_it(seed):
    store = MemoryStore()
    simulation = Simulation(seed, crashes=3, spare=("root", "progress"))
    settings = Settings(workers=2, batch_size=2)
    spawn, clock = simulation.spawn, simulation.clock
    system = System(looker(200), store, settings, spawn=spawn, clock=clock)
    system.__enter__()
    extraction = system.extract(DASHBOARDS)
    simulation.run(lambda: False, steps=60)

    extraction.cancel("enough", CANCELLED)
    simulation.run(lambda: extraction.over)

    assert extraction.result().exit_code == CANCELLED


@pytest.mark.parametrize("seed", range(10))
def test_a_date_that_jumps_costs_a_run_nothing(seed):
    """Set by up to a day, forward or back, again and again, also while others die."""

    def jump():
        if simulation.random.random() < 0.1:
            simulation.clock.set_wall(simulation.random.uniform(-86_400.0, 86_400.0))

    store = MemoryStore()
    simulation = Simulation(seed, crashes=2, between=jump)
    settings = Settings(workers=2, batch_size=5)
    spawn, clock = simulation.spawn, simulation.clock
    system = System(looker(100), store, settings, spawn=spawn, clock=clock)
    system.__enter__()

    extraction = system.extract(DASHBOARDS)
    simulation.run(lambda: extraction.over)

    run = extraction.result().run
    assert (run.complete, list(store.gaps(run.number))) == (True, [])
    assert ids(store, "dashboards") == wanted(100)
    assert clock.now() < 300.0
