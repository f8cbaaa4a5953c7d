"""A simulated Looker in a process of its own, for tests and demonstrations."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

import msgspec

from lookervault.errors import LookervaultError
from lookervault.simulator.door import Running
from lookervault.simulator.settings import Settings, check

_PATIENCE = 30.0
"""Seconds that the end of the process may take."""


@contextlib.contextmanager
def running(settings: Settings | None = None) -> Iterator[Running]:
    """Start a Looker in a process of its own; it ends with the block.

    Raises:
        UsageError: for settings that make no sense.
        LookervaultError: if the process does not come up; it says why on
            standard error.

    """
    settings = settings or Settings()
    check(settings)
    command = [sys.executable, "-m", "lookervault.simulator.serve"]
    # The command is our own module.
    with subprocess.Popen(  # noqa: S603
        command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            # Through a pipe, so that credentials are in no list of processes.
            base = _told(process, settings)
            yield Running(base, settings)
        finally:
            _end(process)


def _told(process: subprocess.Popen[str], settings: Settings) -> str:
    if process.stdin is None or process.stdout is None:
        raise LookervaultError("The simulator has no pipes.")
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(msgspec.json.encode(settings).decode() + "\n")
        process.stdin.flush()
    base = process.stdout.readline().strip()
    if not base:
        raise LookervaultError("The simulator did not start; standard error says why.")
    return base


def _end(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
