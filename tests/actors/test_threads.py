"""However a life ends, it is reported, its thread ends, and no stranger is touched."""

import threading

import pykka
import pytest

from lookervault.actors.actor import Actor, Address, Pulse
from lookervault.actors.threads import Threads
from lookervault.errors import DiskFailed
from lookervault.messages import Exited

LONG = 20.0

pytestmark = pytest.mark.usefixtures("silence")


class Does(Actor):
    """Does what it was given in each hook, and keeps what it was told."""

    def __init__(self, started=None, receive=None, stopped=None):
        self.heard = []
        self.pulse = None
        self._started = started
        self._receive = receive
        self._stopped = stopped

    def lives(self, pulse):
        self.pulse = pulse

    def started(self):
        if self._started:
            self._started()

    def receive(self, message):
        self.heard.append(message)
        if self._receive:
            self._receive(message)

    def stopped(self):
        if self._stopped:
            self._stopped()


class Wordless(Exception):
    def __str__(self):
        raise ValueError


class Stranger(pykka.ThreadingActor):
    """An actor of the host program."""

    use_daemon_thread = True

    def on_receive(self, message):
        return message


def raiser(error):
    def fail(*_):
        raise error

    return fail


@pytest.fixture
def stranger():
    ref = Stranger.start()
    yield ref
    ref.stop(timeout=LONG)


@pytest.fixture
def address():
    return Address("it")


@pytest.fixture
def threads(real_clock):
    return Threads(real_clock)


@pytest.fixture
def live(threads, address, letterbox):
    """Start an actor at the address; its end is reported to the letterbox."""
    lives = []

    def start(actor):
        lives.append(threads(address, actor, letterbox))
        return lives[-1]

    yield start
    for life in lives:
        life.ask_to_stop()
        assert life.wait(LONG)


ERRORS = [
    KeyError("x"),
    SystemExit(3),
    KeyboardInterrupt(),
    GeneratorExit(),
    Wordless(),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("hook", ["started", "receive", "stopped"])
def test_whatever_it_raises_wherever_it_ends_alone_and_is_reported_once(
    hook, error, live, letterbox, stranger
):
    life = live(Does(**{hook: raiser(error)}))
    life.tell("message")
    life.ask_to_stop()

    assert life.wait(LONG)

    news = letterbox.next()
    assert (news.child, news.life, news.exit_code) == ("it", 1, None)
    assert news.error.startswith(type(error).__name__)
    assert letterbox.empty
    assert stranger.ask("alive?", timeout=LONG) == "alive?"


def test_what_failed_first_is_the_reason_if_its_end_fails_too(live, letterbox):
    life = live(Does(receive=raiser(KeyError("first")), stopped=raiser(SystemExit(9))))

    life.tell("message")

    assert letterbox.next() == Exited("it", 1, "KeyError: 'first'")
    assert life.wait(LONG)


def test_an_error_on_purpose_carries_its_exit_status(live, letterbox):
    live(Does(receive=raiser(DiskFailed("No space is left.")))).tell("message")

    assert letterbox.next() == Exited("it", 1, "No space is left.", 15)


def test_a_thread_that_just_ends_is_reported_and_hears_nothing_more(
    live, letterbox, stranger
):
    actor = Does()
    life = live(actor)

    # Pykka's loop trips over what is no envelope, and calls no hook.
    life._ref.actor_inbox.put("no envelope")

    assert letterbox.next().error.startswith("AttributeError")
    assert life.wait(LONG)
    life.tell("too late")
    assert life._ref.actor_inbox.empty()
    assert letterbox.empty
    assert actor.heard == []
    assert stranger.is_alive()


def test_to_tell_a_dead_one_something_is_as_good_as_not_to(live, address, letterbox):
    actor = Does()
    life = live(actor)
    life.ask_to_stop()
    assert life.wait(LONG)

    life.tell("message")
    address.tell("message")
    life.ask_to_stop()

    assert actor.heard == []
    assert letterbox.next() == Exited("it", 1, None)
    assert letterbox.empty


def test_what_waits_behind_the_message_that_killed_it_is_dropped(live, letterbox):
    go = threading.Event()

    def fail(_):
        go.wait(LONG)
        raise KeyError

    actor = Does(receive=fail)
    life = live(actor)
    for number in range(3):
        life.tell(number)
    go.set()

    assert life.wait(LONG)

    assert actor.heard == [0]
    assert letterbox.next().error == "KeyError: "


def test_asked_to_stop_it_first_finishes_what_it_was_told(live, letterbox):
    ended = []
    actor = Does(stopped=lambda: ended.append(list(actor.heard)))
    life = live(actor)
    for number in range(100):
        life.tell(number)

    life.ask_to_stop()

    assert life.wait(LONG)
    assert ended == [list(range(100))]
    assert letterbox.next() == Exited("it", 1, None)


def test_it_has_started_when_spawn_returns_and_could_be_told_things_before(
    live, address
):
    threads_of = []
    got = threading.Event()

    def start():
        threads_of.append(threading.current_thread().name)
        address.tell("to myself")

    live(Does(started=start, receive=lambda _: got.set()))

    assert threads_of == ["it"]
    assert got.wait(LONG)


def test_its_thread_does_not_keep_the_host_from_ending(live):
    assert live(Does()).thread.daemon


def test_an_address_delivers_to_the_latest_life(live, address):
    got = threading.Event()
    first, second = Does(), Does(receive=lambda _: got.set())
    live(first)
    live(second)

    address.tell("message")

    assert got.wait(LONG)
    assert first.heard == []
    assert address.lives == 2


def test_the_pulse_beats_for_a_message_and_rests_after_it(live):
    seen = threading.Event()
    go = threading.Event()

    def stay(_):
        seen.set()
        go.wait(LONG)

    life = live(Does(receive=stay))
    assert life.pulse.last is None

    life.tell("message")
    assert seen.wait(LONG)
    assert life.pulse.last is not None

    go.set()
    life.ask_to_stop()
    assert life.wait(LONG)
    assert life.pulse.last is None


def test_one_that_hangs_is_cut_off_renamed_and_ends_when_it_returns(live, letterbox):
    cut = threading.Event()
    hangs = threading.Event()

    def hang(_):
        actor.pulse.cuttable(cut.set)
        hangs.set()
        cut.wait(LONG)

    actor = Does(receive=hang)
    life = live(actor)
    life.tell("hang")
    life.tell("what it does not hear any more")
    assert hangs.wait(LONG)

    life.abandon()

    assert cut.is_set()
    assert life.thread.name == "it (left behind)"
    assert life.wait(LONG)
    assert actor.heard == ["hang"]
    assert letterbox.next() == Exited("it", 1, None)


def test_one_that_cannot_be_cut_off_stays_without_being_waited_for(live):
    go = threading.Event()
    life = live(Does(receive=lambda _: go.wait(LONG)))
    life.tell("hang")

    life.abandon()

    assert not life.wait(0)
    go.set()


def test_a_cut_between_two_waits_ends_the_next_one(clock):
    pulse, cuts = Pulse(clock.now), []

    pulse.cut()
    pulse.cuttable(lambda: cuts.append("at once"))

    assert cuts == ["at once"]


def test_a_wait_that_is_over_is_not_cut(clock):
    pulse, cuts = Pulse(clock.now), []
    pulse.cuttable(lambda: cuts.append("late"))
    pulse.cuttable(None)

    pulse.cut()

    assert cuts == []


def test_what_a_host_does_to_all_its_actors_does_not_reach_ours(
    live, letterbox, stranger
):
    got = threading.Event()
    actor = Does(receive=lambda _: got.set())
    life = live(actor)

    pykka.ActorRegistry.broadcast("to everybody")
    pykka.ActorRegistry.stop_all(timeout=LONG)

    assert not stranger.is_alive()
    life.tell("still there?")
    assert got.wait(LONG)
    assert actor.heard == ["still there?"]
    assert letterbox.empty
