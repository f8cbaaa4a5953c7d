"""Time tells each message once, when it is due, and nothing after it was closed."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.actors.clock import SystemClock
from lookervault.testing import FakeClock, Inbox

DELAYS = st.lists(st.floats(-1, 100), max_size=20)


class Thread:
    """Keeps which thread told it something."""

    def __init__(self):
        self.name = None
        self.told = threading.Event()

    def tell(self, _message):
        self.name = threading.current_thread().name
        self.told.set()


def clocks():
    return [thread for thread in threading.enumerate() if thread.name == "clock"]


def test_what_is_due_sooner_is_told_sooner_whatever_was_asked_for_first(
    real_clock, letterbox
):
    real_clock.after(0.06, letterbox, "late")
    real_clock.after(0.02, letterbox, "soon")
    real_clock.after(0.04, letterbox, "later")

    assert [letterbox.next() for _ in range(3)] == ["soon", "later", "late"]


def test_it_is_not_told_before_it_is_due(real_clock, letterbox):
    due = real_clock.now() + 0.02

    real_clock.after(0.02, letterbox, "due")
    letterbox.next()

    assert real_clock.now() >= due


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_what_is_due_now_is_told_at_once(real_clock, seconds):
    inbox = Inbox()

    real_clock.after(seconds, inbox, "now")

    assert inbox.take() == ["now"]


def test_it_has_one_thread_for_all_and_none_before_it_needs_one(real_clock):
    assert clocks() == []
    first, second = Thread(), Thread()

    for inbox in (first, second):
        real_clock.after(0.01, inbox, "message")

    assert first.told.wait(20)
    assert second.told.wait(20)
    assert first.name == second.name == "clock"
    assert len(clocks()) == 1


def test_whoever_is_told_may_ask_for_more(real_clock, letterbox):
    class Again:
        def tell(self, number):
            letterbox.tell(number)
            if number:
                real_clock.after(0.001, self, number - 1)

    real_clock.after(0.001, Again(), 5)

    assert [letterbox.next() for _ in range(6)] == [5, 4, 3, 2, 1, 0]


def test_closed_it_forgets_what_was_due_and_its_thread_ends():
    clock, inbox = SystemClock(), Inbox()
    clock.after(0.01, inbox, "first")
    clock.after(3600, inbox, "never")

    clock.close()
    clock.after(0.001, inbox, "too late")

    assert clocks() == []
    assert set(inbox.take()) <= {"first"}


def test_it_may_be_closed_twice_or_without_having_been_used():
    clock = SystemClock()

    clock.close()
    clock.close()

    assert clocks() == []


def test_many_threads_may_ask_at_once_and_nothing_is_lost(real_clock, letterbox):
    def ask(first):
        for number in range(first, first + 100):
            real_clock.after(number % 7 / 1000, letterbox, number)

    threads = [threading.Thread(target=ask, args=(100 * n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(letterbox.next() for _ in range(400)) == list(range(400))


@given(delays=DELAYS)
def test_the_fake_tells_each_once_in_order_and_in_time(delays):
    clock, told = FakeClock(), []

    class Inbox:
        def tell(self, due):
            told.append((due, clock.now()))

    for seconds in delays:
        clock.after(seconds, Inbox(), max(0.0, seconds))
    while clock.jump():
        pass

    assert told == [(due, due) for due in sorted(max(0.0, d) for d in delays)]


def test_the_fake_stands_still_until_it_is_told_to_move(clock):
    inbox = Inbox()
    clock.after(10, inbox, "due")

    clock.advance(9.5)
    assert inbox.take() == []
    assert clock.wall() - clock.now() == FakeClock().wall()

    clock.advance(0.5)
    assert inbox.take() == ["due"]


@pytest.mark.parametrize("jump", [3600.0, -86_400.0])
def test_a_date_that_is_set_shortens_and_lengthens_no_wait(clock, jump):
    inbox = Inbox()
    clock.after(10, inbox, "due")
    date = clock.wall()

    clock.set_wall(jump)

    assert clock.wall() == date + jump
    clock.advance(9.5)
    assert inbox.take() == []
    clock.advance(0.5)
    assert inbox.take() == ["due"]
