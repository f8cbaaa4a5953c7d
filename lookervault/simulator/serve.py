"""Runs a server until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

import msgspec

from lookervault.simulator.server import runner, serve
from lookervault.simulator.settings import Settings, check

_Stopped: TypeAlias = Callable[[asyncio.AbstractEventLoop], asyncio.Future[None]]


def run(
    settings: Settings, announce: Callable[[str], None], signals: Iterable[int]
) -> None:
    """Serve until one of *signals* arrives.

    *announce* gets the base URL once requests are taken.

    Raises:
        UsageError: for settings that make no sense.
        OSError: if the port is taken.

    """

    def stopped(loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        future = loop.create_future()
        for signal in signals:
            loop.add_signal_handler(signal, _finish, future)
        return future

    _run(settings, announce, stopped)


def _run(
    settings: Settings, announce: Callable[[str], None], stopped: _Stopped
) -> None:
    check(settings)
    with contextlib.ExitStack() as stack:
        file = None
        if settings.log:
            path = Path(settings.log)
            file = stack.enter_context(path.open("w", encoding="utf-8", buffering=1))
        running = stack.enter_context(runner())
        running.run(serve(settings, announce, stopped, file))


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _child() -> None:
    """Serve what the first line of standard input says, until the input ends.

    So a server never outlives the process that started it.
    """
    settings = msgspec.json.decode(sys.stdin.readline(), type=Settings)

    def stopped(loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        future = loop.create_future()
        loop.add_reader(sys.stdin.fileno(), _finish, future)
        return future

    def announce(base: str) -> None:
        print(base, flush=True)  # noqa: T201 - the parent reads it

    _run(settings, announce, stopped)


if __name__ == "__main__":
    _child()
