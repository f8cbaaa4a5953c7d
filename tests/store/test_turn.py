"""Threads that compute take turns, and none waits for ever for its own."""

import threading

import pytest

from lookervault.store import turn as module
from lookervault.store.turn import turn


def test_one_thread_computes_at_a_time():
    inside, most, lock = 0, 0, threading.Lock()
    begin = threading.Barrier(6)

    def compute(*, writes):
        nonlocal inside, most
        begin.wait()
        for _ in range(200):
            with turn(writes=writes):
                with lock:
                    inside += 1
                    most = max(most, inside)
                sum(range(50))
                with lock:
                    inside -= 1

    threads = [
        threading.Thread(target=compute, kwargs={"writes": number == 0})
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (most, inside) == (1, 0)


@pytest.mark.parametrize("writes", [False, True])
def test_whoever_waited_long_enough_goes_on_out_of_turn(monkeypatch, writes):
    monkeypatch.setattr(module, "_PATIENCE", 0.01)

    with turn():
        went_on = threading.Event()

        def compute():
            with turn(writes=writes):
                went_on.set()

        thread = threading.Thread(target=compute)
        thread.start()
        thread.join(30.0)
        assert went_on.is_set()

    with turn():
        assert module._turn.locked()
    assert not module._turn.locked()


def test_a_failure_ends_a_turn():
    with pytest.raises(RuntimeError, match="made up"), turn():
        raise RuntimeError("made up")

    assert not module._turn.locked()
    assert not module._line.locked()
