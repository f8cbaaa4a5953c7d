"""What `threads` relies on, or guards against, in Pykka: no promise of Pykka's, so watched."""

import logging
import threading

import pykka
import pytest

LONG = 20.0


@pytest.fixture(autouse=True)
def quiet():
    """Pykka logs what the tests provoke."""
    logger = logging.getLogger("pykka")
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(logging.NOTSET)


class Host(pykka.ThreadingActor):
    use_daemon_thread = True

    def __init__(self, start=None):
        super().__init__()
        self.hooks = []
        self.start_with = start
        self.over = threading.Event()

    def _actor_loop(self):
        try:
            super()._actor_loop()
        finally:
            self.over.set()

    def on_start(self):
        if self.start_with is not None:
            raise self.start_with

    def on_stop(self):
        self.hooks.append("stop")

    def on_failure(self, *_):
        self.hooks.append("failure")

    def on_receive(self, message):
        if isinstance(message, BaseException):
            raise message
        self.hooks.append(message)
        return message


def started(start=None):
    """Start an actor as `threads` does: nobody registers it."""
    actor = Host(start)
    actor._start_actor_loop()
    return actor


def test_the_loop_is_ours_to_wrap_and_runs_in_the_thread():
    actor = started()

    actor.stop()

    assert actor.over.wait(LONG)
    assert actor.hooks == ["stop"]
    assert not actor.actor_ref.is_alive()


def test_who_is_not_registered_lives_and_ends_like_the_others():
    actor = started()

    assert actor.actor_ref not in pykka.ActorRegistry.get_all()
    assert actor.actor_ref.ask("there?", timeout=LONG) == "there?"
    actor.actor_ref.stop(timeout=LONG)


def test_a_start_that_fails_calls_no_hook():
    actor = started(start=KeyError())

    assert actor.over.wait(LONG)
    assert actor.hooks == []


def test_a_failure_in_a_handler_ends_it_without_the_stop_hook():
    actor = started()

    actor.actor_ref.tell(KeyError())

    assert actor.over.wait(LONG)
    assert actor.hooks == ["failure"]


def test_a_failure_under_ask_goes_to_the_asker_and_it_lives_on():
    actor = started()

    with pytest.raises(KeyError):
        actor.actor_ref.ask(KeyError(), timeout=LONG)

    assert actor.actor_ref.ask("there?", timeout=LONG) == "there?"
    actor.stop()


def test_a_system_exit_in_one_stops_every_actor_of_the_process():
    bystander = Host.start()
    actor = started()

    actor.actor_ref.tell(SystemExit())

    assert actor.over.wait(LONG)
    assert not bystander.is_alive()


def test_to_tell_a_dead_one_raises_in_the_sender_and_to_stop_it_does_not():
    actor = started()
    actor.actor_ref.stop(timeout=LONG)

    with pytest.raises(pykka.ActorDeadError):
        actor.actor_ref.tell("message")
    actor.actor_ref.stop(block=False)


def test_a_stop_waits_behind_what_was_told_before_and_drops_what_comes_after():
    actor = started()
    gate = threading.Event()
    actor.on_receive = lambda message: (gate.wait(LONG), actor.hooks.append(message))

    for message in ("one", "two"):
        actor.actor_ref.tell(message)
    actor.actor_ref.stop(block=False)
    actor.actor_ref.tell("three")
    gate.set()

    assert actor.over.wait(LONG)
    assert actor.hooks == ["one", "two", "stop"]


def test_the_class_says_whether_its_thread_is_a_daemon():
    there = []
    actor = Host()
    actor.on_start = lambda: there.append(threading.current_thread().daemon)
    actor._start_actor_loop()
    actor.actor_ref.stop(timeout=LONG)

    assert there == [True]
