"""Processes that are measured from outside: time, CPU, and memory of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from lookervault.simulator.door import Running

_OFTEN = 0.01
"""Seconds between two looks at the memory."""

_ANONYMOUS = re.compile(rb"RssAnon:\s+(\d+) kB")


class Used(NamedTuple):
    """What a process took until it ended."""

    seconds: float
    """From its start to its end."""
    cpu: float
    """Seconds of CPU, its own and the system's for it, on all cores."""
    anonymous: int
    """Most bytes of anonymous memory that were seen; mapped pages do not count."""
    output: bytes

    @property
    def summary(self) -> dict[str, object]:
        """The last line, as the JSON that ``extract --json`` ends with."""
        told: dict[str, object] = msgspec.json.decode(self.output.splitlines()[-1])
        return told


def used_by(command: Sequence[str], environ: Mapping[str, str] | None = None) -> Used:
    """Run *command* to its end, and return what it took.

    Raises:
        CalledProcessError: it ended with another status than 0.

    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        with subprocess.Popen(
            command, env=environ, stdout=output, stderr=errors
        ) as process:
            look = _Look(process.pid)
            look.start()
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.monotonic() - began
            process.returncode = os.waitstatus_to_exitcode(status)
        look.over.set()
        look.join()
        output.seek(0)
        errors.seek(0)
        said = output.read()
        if process.returncode:
            raise subprocess.CalledProcessError(
                process.returncode, command, said, errors.read()
            )
    return Used(seconds, usage.ru_utime + usage.ru_stime, look.most, said)


class _Look(threading.Thread):
    """Looks at the memory of a process until it is over."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = Path("/proc", str(pid), "status")
        self.most = 0
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(_OFTEN):
            try:
                found = _ANONYMOUS.search(self._status.read_bytes())
            except OSError:  # It is gone.
                return
            if found:
                self.most = max(self.most, int(found[1]) * 1024)


def extract_command(
    vault: Path, *options: str, kinds: Sequence[str] = ("dashboards",)
) -> list[str]:
    """Return the command that copies *kinds* into the vault at *vault*; none: all."""
    command = [sys.executable, "-m", "lookervault", "extract", *kinds]
    return [*command, "--vault", str(vault), *options]


def environment(looker: Running) -> dict[str, str]:
    """Return an environment that leads to *looker*."""
    return os.environ | looker.environ


def extract(
    looker: Running, vault: Path, *options: str, kinds: Sequence[str] = ("dashboards",)
) -> Used:
    """Run the real command, which tells in JSON, and return what it took."""
    command = extract_command(vault, "--json", *options, kinds=kinds)
    return used_by(command, environment(looker))
