"""Runs one or several servers until they are told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TextIO, TypeAlias

import msgspec

from lookervault.simulator.door import Running
from lookervault.simulator.server import listening, runner
from lookervault.simulator.settings import Settings, check

_Announce: TypeAlias = Callable[[list[str]], None]
_Stopped: TypeAlias = Callable[[asyncio.AbstractEventLoop], asyncio.Future[None]]


def run(fleet: Sequence[Settings], announce: _Announce, signals: Iterable[int]) -> None:
    """Serve a Looker for each of *fleet*, until one of *signals* arrives.

    *announce* gets the base URLs once requests are taken.

    Raises:
        UsageError: for settings that make no sense.
        OSError: if a port is taken.

    """

    def stopped(loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        future = loop.create_future()
        for signal in signals:
            loop.add_signal_handler(signal, _finish, future)
        return future

    _run(fleet, announce, stopped)


@contextlib.contextmanager
def serving(settings: Settings | None = None) -> Iterator[Running]:
    """Serve a Looker from a thread of this process; it ends with the block.

    It takes no signals and no part in any other event loop. It shares the
    interpreter with the program, so that both are slower than with a process
    of its own (`process.running`), which offers the same.

    Raises:
        UsageError: for settings that make no sense.
        OSError: if the port is taken.

    """
    with serving_all([settings or Settings()]) as (looker,):
        yield looker


@contextlib.contextmanager
def serving_all(fleet: Sequence[Settings]) -> Iterator[list[Running]]:
    """Serve several Lookers as `serving` does one, all from one thread."""
    up: Future[_Up] = Future()
    thread = threading.Thread(
        target=_serve, args=(fleet, up), name="simulated Looker", daemon=True
    )
    thread.start()
    try:
        bases, _, _ = up.result()
        yield [Running(*each) for each in zip(bases, fleet, strict=True)]
    finally:
        if up.exception() is None:
            _, loop, stop = up.result()
            loop.call_soon_threadsafe(_finish, stop)
        thread.join()


_Up: TypeAlias = tuple[list[str], asyncio.AbstractEventLoop, "asyncio.Future[None]"]


def _serve(fleet: Sequence[Settings], up: Future[_Up]) -> None:
    """Serve; *up* gets where, and what ends it, or why it could not begin."""
    bases: list[str] = []

    def stopped(loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
        future = loop.create_future()
        up.set_result((bases, loop, future))
        return future

    try:
        _run(fleet, bases.extend, stopped)
    except Exception as error:  # whoever waits for the addresses hears of it
        if up.done():
            raise
        up.set_exception(error)


def _run(fleet: Sequence[Settings], announce: _Announce, stopped: _Stopped) -> None:
    for settings in fleet:
        check(settings)
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(_log(settings)) for settings in fleet]
        running = stack.enter_context(runner())
        running.run(_until(fleet, files, announce, stopped))


async def _until(
    fleet: Sequence[Settings],
    files: Sequence[TextIO | None],
    announce: _Announce,
    stopped: _Stopped,
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        announce(
            [
                await stack.enter_async_context(listening(settings, file))
                for settings, file in zip(fleet, files, strict=True)
            ]
        )
        await stopped(asyncio.get_running_loop())


@contextlib.contextmanager
def _log(settings: Settings) -> Iterator[TextIO | None]:
    if settings.log is None:
        yield None
        return
    with Path(settings.log).open("w", encoding="utf-8", buffering=1) as file:
        yield file


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

    def announce(bases: list[str]) -> None:
        print(bases[0], flush=True)  # noqa: T201 - the parent reads it

    _run([settings], announce, stopped)


if __name__ == "__main__":
    _child()
