"""A gauge is one line on a terminal, and nothing at all elsewhere."""

import io

import pytest

from lookervault.output.gauge import Gauge


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


def test_it_says_how_far_something_is_and_goes_without_a_trace():
    out, clock = Terminal(), Clock()
    gauge = Gauge(out, clock)

    gauge.show("checking", 0, 0)
    clock.now = 1.0
    gauge.show("checking", 999, 1000)
    gauge.wipe()

    assert out.getvalue() == "\r\x1b[Kchecking\r\x1b[Kchecking 99 %\r\x1b[K"


def test_it_is_drawn_a_few_times_a_second_at_most():
    out, clock = Terminal(), Clock()
    gauge = Gauge(out, clock)

    for number in range(100):
        clock.now = number / 100
        gauge.show("x", number, 100)

    assert out.getvalue().count("x") == 5


def test_what_was_not_drawn_is_not_wiped():
    out = Terminal()

    Gauge(out, Clock()).wipe()

    assert out.getvalue() == ""


def test_nothing_is_drawn_elsewhere():
    out = io.StringIO()

    Gauge(out, Clock()).show("x", 1, 2)

    assert out.getvalue() == ""


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_nothing_is_drawn_on_what_cannot_wipe_a_line(monkeypatch, term):
    monkeypatch.setenv("TERM", term)
    out = Terminal()

    Gauge(out, Clock()).show("x", 1, 2)

    assert out.getvalue() == ""


def test_what_others_wrote_is_harmless():
    out = Terminal()

    Gauge(out, Clock()).show("\x1b[31mred", 1, 2)

    assert "\x1b[31m" not in out.getvalue()


def test_a_terminal_that_is_gone_is_no_reason_to_fail():
    class Gone(Terminal):
        def write(self, text):
            raise BrokenPipeError

        def fileno(self):
            raise OSError

    Gauge(Gone(), Clock()).show("x", 1, 2)
