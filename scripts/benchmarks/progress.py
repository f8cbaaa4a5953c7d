"""How long a person at a terminal, or a script, is left without news under full load."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.figure import Figure, at_most
from benchmarks.process import environment, extract_command

from lookervault.simulator.door import Running
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings

_SECONDS = {False: 60.0, True: 10.0}
"""Of a run, usually and in a hurry."""

_DASHBOARDS = 1_000_000
"""More than are copied in that time."""

_SIZE = struct.pack("HHHH", 60, 200, 0, 0)
"""Rows and columns: large, so that every worker has its line."""

_PATIENCE = 30.0
"""Seconds that a run may take to end."""

_WAYS: dict[str, tuple[float, bytes, tuple[str, ...]]] = {
    # What begins each picture, and each status.
    "terminal": (0.5, b"\x1b[?7l", ()),
    "json": (1.1, b'{"message_type":"status"', ("--json",)),
}
"""How a run is shown, the longest gap in seconds, what an update begins with."""


def progress(*, quick: bool) -> Iterator[Figure]:
    """Longest gap between two updates in a run of 60 s, as a share of what it may be."""
    found: dict[str, object] = {}
    worst = 0.0
    with running(Settings(sizes={"dashboards": _DASHBOARDS})) as looker:
        for workers in (8, 50):
            for way, (bar, mark, options) in _WAYS.items():
                many = ("--workers", str(workers), *options)
                run = _run(
                    looker, mark, many, _SECONDS[quick], terminal=way == "terminal"
                )
                found[f"{way}_{workers}"] = run
                worst = max(worst, run["longest"] / bar)
    name = "longest gap between two updates, in parts of the bar"
    load = round(os.getloadavg()[0], 1)
    yield at_most(1.0, worst, "", id_="SC-009", name=name, load=load, **found)


def _run(
    looker: Running,
    mark: bytes,
    options: tuple[str, ...],
    seconds: float,
    *,
    terminal: bool,
) -> dict[str, float]:
    """Return what the updates of one run were like: seconds, and how many."""
    with tempfile.TemporaryDirectory() as place:
        command = extract_command(Path(place) / "vault", *options)
        began = time.monotonic()
        with _started(command, environment(looker), terminal=terminal) as (run, end):
            times = list(_updates(end, mark, began + seconds))
            run.send_signal(signal.SIGINT)
            _drain(end, time.monotonic() + _PATIENCE)
            _, _, used = os.wait4(run.pid, 0)
    gaps = [later - sooner for sooner, later in pairwise(times)]
    return {
        "longest": round(max(gaps), 3),
        "median": round(sorted(gaps)[len(gaps) // 2], 3),
        "updates": len(times),
        "seconds": round(times[-1] - times[0], 1),
        "cores": round((used.ru_utime + used.ru_stime) / (times[-1] - began), 2),
    }


@contextlib.contextmanager
def _started(
    command: list[str], environ: dict[str, str], *, terminal: bool
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start *command*, and yield it with the end from which its output can be read."""
    end, its = pty.openpty() if terminal else os.pipe()
    if terminal:
        fcntl.ioctl(its, termios.TIOCSWINSZ, _SIZE)
        environ = environ | {"TERM": "xterm-256color"}
    for name in ("COLUMNS", "LINES"):
        environ.pop(name, None)
    streams = {"stderr": its} if terminal else {"stdout": its}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environ, **(quiet | streams)) as process:
        os.close(its)
        try:
            yield process, end
        finally:
            if process.poll() is None:
                process.kill()
            os.close(end)


def _updates(end: int, mark: bytes, until: float) -> Iterator[float]:
    """Yield when each *mark* came in."""
    kept = b""
    while time.monotonic() < until:
        chunk = _read(end, until)
        if not chunk:
            return
        now = time.monotonic()
        kept += chunk
        for _ in range(kept.count(mark)):
            yield now
        # A mark may come in two pieces, and must not be counted twice.
        kept = kept[kept.rfind(mark) + len(mark) :] if mark in kept else kept
        kept = kept[-len(mark) + 1 :]


def _drain(end: int, until: float) -> None:
    while time.monotonic() < until and _read(end, until):
        pass


def _read(end: int, until: float) -> bytes:
    """Return what comes next, or nothing if it is over."""
    ready, _, _ = select.select([end], [], [], max(until - time.monotonic(), 0.0))
    if not ready:
        return b""
    try:
        return os.read(end, 1 << 16)
    except OSError:  # how a pseudo terminal says that its other side is gone
        return b""
