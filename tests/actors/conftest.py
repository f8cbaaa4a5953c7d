"""What the tests of the actors share."""

import queue

import pytest

from lookervault.actors.clock import SystemClock
from lookervault.testing import FakeClock

LONG = 20.0
"""Seconds to wait for what comes at once, unless something is broken."""


class Letterbox:
    """An inbox that a test can wait at, while other threads write to it."""

    def __init__(self):
        self._messages = queue.SimpleQueue()

    def tell(self, message):
        self._messages.put(message)

    def next(self):
        return self._messages.get(timeout=LONG)

    @property
    def empty(self):
        return self._messages.empty()


@pytest.fixture
def letterbox():
    return Letterbox()


@pytest.fixture
def births():
    """Another letterbox, for who has started."""
    return Letterbox()


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def real_clock():
    clock = SystemClock()
    yield clock
    clock.close()


@pytest.fixture
def silence(capfd, caplog):
    """Fail if anything was printed, or logged so that a host without logging sees it."""
    yield
    loud = [record for record in caplog.records if record.levelno >= 30]
    assert loud == []
    assert capfd.readouterr().err == ""
