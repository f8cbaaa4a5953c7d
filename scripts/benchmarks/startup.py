"""How soon the command answers, and how soon a run asks Looker for something."""

from __future__ import annotations

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.figure import Figure, at_most
from benchmarks.pairs import PAIRS, ratio
from benchmarks.process import extract_command, used_by

_PATIENCE = 60.0
"""Seconds until the first request, at most."""

_NANO = 1e-9


class _Start(NamedTuple):
    """What a run took until its first request was seen."""

    seconds: float
    cpu: float


def startup(*, quick: bool) -> Iterator[Figure]:
    """CPU of ``--help`` beside that of click alone, and of a run up to its first request."""
    pairs = PAIRS[quick]
    help_ = ratio(
        lambda: _cpu("-m", "lookervault", "--help"),
        lambda: _cpu("-c", "import click"),
        pairs=pairs,
    )
    name = "CPU of lookervault --help, beside import click"
    yield at_most(3.0, help_.median, "x", id_="START", name=name, **help_.told())
    starts: list[_Start] = []

    def first() -> float:
        starts.append(_first_request())
        return starts[-1].cpu

    start = ratio(first, lambda: _cpu("-c", "import looker_sdk"), pairs=pairs)
    name = "CPU until the first request, beside import looker_sdk"
    seconds = statistics.median(start.seconds for start in starts)
    cpu = statistics.median(start.cpu for start in starts)
    yield at_most(
        1.5,
        start.median,
        "x",
        id_="START",
        name=name,
        **start.told(),
        seconds=round(seconds, 3),
        cpu=round(cpu, 3),
    )


def _cpu(*arguments: str) -> float:
    return used_by([sys.executable, *arguments]).cpu


def _first_request() -> _Start:
    """Start a run against a door behind which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(_PATIENCE)
        address = "http://{}:{}".format(*door.getsockname())
        environ = os.environ | {
            "LOOKERSDK_BASE_URL": address,
            "LOOKERSDK_CLIENT_ID": "nobody",
            "LOOKERSDK_CLIENT_SECRET": "none",
        }
        with tempfile.TemporaryDirectory() as place:
            command = extract_command(Path(place) / "vault", "--json")
            began = time.monotonic()
            with subprocess.Popen(
                command, env=environ, stdout=subprocess.DEVNULL
            ) as run:
                way, _ = door.accept()
                with way:
                    way.settimeout(_PATIENCE)
                    way.recv(1)
                    start = _Start(time.monotonic() - began, _spent(run.pid))
                    run.send_signal(signal.SIGKILL)
    return start


def _spent(pid: int) -> float:
    """Return the seconds of CPU that the threads of a process have had so far."""
    tasks = Path("/proc", str(pid), "task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) * _NANO
