"""Threads that read wait for each other's memory, and none for ever."""

import threading

import pytest

from lookervault.actors.purse import Purse

BUDGET = 100
LONG = 20.0
ONE, OTHER = (1, 1, 1), (1, 2, 1)


@pytest.fixture
def purse():
    """One that is full: one reading passes the budget, another has what it reserved."""
    purse = Purse(BUDGET)
    for ticket in (ONE, OTHER):
        purse.reserve(ticket, BUDGET // 2)
        purse.extend(ticket, BUDGET // 2)
    purse.extend(ONE, 1)
    return purse


def waiting(purse):
    """Start a thread that wants to read on; return it, and what tells that it waits."""
    beaten = threading.Event()
    thread = threading.Thread(
        target=purse.wait_for, args=(OTHER, 1, beaten.set), daemon=True
    )
    thread.start()
    return thread, beaten


def test_who_has_room_does_not_wait():
    purse, beats = Purse(BUDGET), []
    purse.reserve(ONE, 10)

    purse.wait_for(ONE, BUDGET, lambda: beats.append(1))

    assert beats == []


@pytest.mark.parametrize(
    "free", [lambda p: p.release(ONE), lambda p: p.release(OTHER), lambda p: p.reset()]
)
def test_who_waits_shows_that_it_lives_and_reads_on_when_there_is_room(purse, free):
    thread, beaten = waiting(purse)
    assert beaten.wait(LONG)
    assert thread.is_alive()

    free(purse)

    thread.join(LONG)
    assert not thread.is_alive()


def test_what_the_beat_raises_ends_the_wait(purse):
    def beat():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        purse.wait_for(OTHER, 1, beat)

    purse.release(ONE)


def test_many_readers_all_come_to_their_end_within_the_budget():
    purse, peaks = Purse(BUDGET), []

    def read(number):
        ticket = (1, number, 1)
        while not purse.reserve(ticket, 10):
            pass
        for _ in range(6):
            purse.wait_for(ticket, 10, lambda: None)
            peaks.append(purse.in_hand)
        purse.release(ticket)

    threads = [threading.Thread(target=read, args=(n,), daemon=True) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)

    assert not any(thread.is_alive() for thread in threads)
    assert purse.in_hand == 0
    assert max(peaks) <= BUDGET + 60
