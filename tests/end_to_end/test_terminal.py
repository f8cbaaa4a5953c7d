"""What a person at a real terminal sees of a run, and what is left when it is over."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from .conftest import FEW, LONGEST, PROGRAM

PICTURE = "\x1b[?7l"
"""What each picture begins with."""

HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"

LATE = 30.0


class Terminal:
    """A pseudo terminal of some size, and a command that runs in it."""

    def __init__(self, command, environ, rows, columns):
        self._end, its = pty.openpty()
        self.resize(rows, columns)
        self.text = ""
        environ = {k: v for k, v in environ.items() if k not in {"COLUMNS", "LINES"}}
        self.process = subprocess.Popen(
            command,
            stdin=its,
            stdout=its,
            stderr=its,
            env={"TERM": "xterm-256color"} | environ,
        )
        os.close(its)

    def resize(self, rows, columns):
        fcntl.ioctl(
            self._end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0)
        )

    def until(self, there):
        """Read on until *there* says yes of the pictures so far."""
        until = time.monotonic() + LATE
        while not there(self.pictures):
            assert time.monotonic() < until, self.text[-2000:]
            assert self._read(1.0), self.text[-2000:]

    def ended(self):
        """Read what is left; return the exit status."""
        while self._read(LONGEST):
            pass
        return self.process.wait(LONGEST)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self._end)

    @property
    def pictures(self):
        """The lines of each picture, without what colours them."""
        whole = [part.partition("\x1b[J")[0] for part in self.text.split(PICTURE)[1:]]
        return [
            [re.sub(r"\x1b\[[\d;]*[a-zA-Z]", "", line) for line in part.split("\r\n")]
            for part in whole
        ]

    def _read(self, patience):
        ready, _, _ = select.select([self._end], [], [], patience)
        try:
            chunk = os.read(self._end, 1 << 16) if ready else b"\n"
        except OSError:  # the other side is gone
            return False
        self.text += chunk.decode("utf-8", "replace")
        return bool(chunk)


@pytest.fixture
def start(simulated):
    """Starts the command in a terminal, with a Looker that takes its time."""
    terminals = []

    def start(*, rows=24, columns=80, environ=(), **settings):
        given = {"sizes": {**FEW, "dashboards": 600}, "latency": 0.25} | settings
        _, command = simulated(**given)
        words = ("extract", "--vault", command.path, "--batch-size", 20)
        terminals.append(
            Terminal(
                [*PROGRAM, *map(str, words)],
                command.environ | dict(environ),
                rows,
                columns,
            )
        )
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        (24, 80),
        *(
            pytest.param(*size, marks=pytest.mark.slow)
            for size in ((60, 200), (10, 40))
        ),
    ],
)
def test_the_live_view_fits_and_is_gone_in_the_end(start, rows, columns):
    terminal = start(rows=rows, columns=columns)

    assert terminal.ended() == 0

    assert len(terminal.pictures) > 1
    assert all(len(lines) < rows for lines in terminal.pictures)
    # The last column stays free: wiping behind a line would take it away.
    assert all(len(line) < columns for it in terminal.pictures for line in it)
    assert any(" items " in line for lines in terminal.pictures for line in lines)
    assert terminal.text.rindex(SHOWN) > terminal.text.rindex(HIDDEN)
    assert terminal.text.rindex("Complete") > terminal.text.rindex(PICTURE)


@pytest.mark.slow
def test_it_follows_the_window_while_it_runs(start):
    terminal = start(latency=1.0)
    terminal.until(lambda pictures: len(pictures) > 1)

    terminal.resize(8, 30)
    terminal.until(lambda them: len(them[-1]) < 8 and max(map(len, them[-1])) <= 30)

    assert terminal.ended() == 0


def test_ctrl_c_is_answered_at_once_and_leaves_a_summary(start):
    terminal = start(latency=1.0)
    terminal.until(lambda pictures: len(pictures) > 1)

    terminal.process.send_signal(signal.SIGINT)

    assert terminal.ended() == 130
    assert "stopping after the pages in flight" in terminal.text
    assert "Stopped: what was stored is kept." in terminal.text
    assert terminal.text.rindex(SHOWN) > terminal.text.rindex(HIDDEN)


@pytest.mark.slow
def test_a_worker_that_fails_shows_why_and_the_others_go_on(start):
    terminal = start(fail_rate=0.05, sizes={**FEW, "dashboards": 1500}, latency=0.1)

    assert terminal.ended() == 0

    failing = [
        line
        for lines in terminal.pictures
        for line in lines
        if re.match(r"fetcher-\d+ .*: .*(answers 50|broke off|closed|too long)", line)
    ]
    assert failing


@pytest.mark.parametrize(
    "environ",
    [
        {"TERM": "dumb"},
        pytest.param({"LOOKERVAULT_NO_PROGRESS": "1"}, marks=pytest.mark.slow),
    ],
)
def test_who_wants_no_picture_gets_none(start, environ):
    terminal = start(environ=environ, latency=0.0)

    assert terminal.ended() == 0

    assert PICTURE not in terminal.text
    assert "run 1 begins" in terminal.text
    assert "Complete" in terminal.text


@pytest.mark.parametrize(
    "environ",
    [
        {"PYTHONIOENCODING": "ascii"},
        pytest.param({"NO_COLOR": "1"}, marks=pytest.mark.slow),
    ],
)
def test_a_terminal_that_can_do_less_gets_less(start, environ):
    terminal = start(environ=environ)

    assert terminal.ended() == 0

    assert len(terminal.pictures) > 1
    if "NO_COLOR" in environ:
        assert not re.search(r"\x1b\[[\d;]*3\dm", terminal.text)
    else:
        assert terminal.text.isascii()
