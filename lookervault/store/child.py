"""A process of our own that opens a vault, so that a damaged one ends that and not us.

LMDB maps the file: what is broken in it can end whoever reads, by SIGBUS, SIGSEGV or an
abort, or send it in circles; and nothing interrupts what LMDB does in one go.

What it has to say comes as MessagePack, each message behind its length (4 bytes,
big-endian). It gets no secrets, and ends when whoever started it does.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lookervault.core.audit import Finding
from lookervault.store.share import Beat, Seen

_LENGTH_BYTES = 4

_LARGEST = 2**24
"""Bytes of a message. Whoever says more says nothing that makes sense."""


_NEEDED = ("PATH", "HOME", "LANG", "LC_", "PYTHON", "LD_", "DYLD_", "TMPDIR")
"""How the names of variables begin that Python may need. Secrets have any name."""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It cannot be done: a sentence, and the exit status that goes with it."""

    reason: str
    exit_code: int


Message = Finding | Beat | Seen | Refused

_decode = msgspec.msgpack.Decoder(Message).decode
_encode = msgspec.msgpack.Encoder().encode


# For whoever starts one


@contextlib.contextmanager
def started(
    module: str, arguments: Sequence[object], *, handed: Sequence[int] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """Run *module* with the files *handed* open; in the end, it is ended."""
    command = [sys.executable, "-P", "-m", module, *map(str, arguments)]
    with subprocess.Popen(  # noqa: S603 - our own module
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environ(),
        pass_fds=handed,
        # Ctrl-C is for us, who end it.
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _environ() -> dict[str, str]:
    """Return an environment in which our code is found, and no secret is."""
    kept = {k: v for k, v in os.environ.items() if k.startswith(_NEEDED)}
    ours = str(Path(__file__).parents[2])
    paths = [ours, *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths)}


def heard(process: subprocess.Popen[bytes], patience: float) -> Message | None:
    """Read the next message; ``None``: there is none any more, or half a one.

    Raises:
        TimeoutError: nothing came for *patience* seconds.
        msgspec.MsgspecError: it makes no sense.

    """
    file = process.stdout.fileno() if process.stdout else -1
    length = int.from_bytes(_read(file, _LENGTH_BYTES, patience), "big")
    if length > _LARGEST:
        raise msgspec.DecodeError("the message is too long")
    told = _read(file, length, patience)
    return _decode(told) if told and len(told) == length else None


def _read(file: int, size: int, patience: float) -> bytes:
    """Read *size* bytes, fewer at the end."""
    poll, read = select.poll(), b""
    poll.register(file, select.POLLIN)
    while len(read) < size:
        if not poll.poll(1000 * patience):
            raise TimeoutError
        chunk = os.read(file, size - len(read))
        if not chunk:
            break
        read += chunk
    return read


def ended(status: int) -> str:
    """Say how a process with this exit *status*, which is not 0, came to its end."""
    if status > 0:
        return f"failed (exit status {status})"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


# For the process itself


class Mouth:
    """Says messages, from any thread. Made first of all."""

    def __init__(self) -> None:
        # What a broken page may leave behind would hold what the vault holds.
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        self._one = threading.Lock()
        threading.Thread(target=_outlive_nobody, daemon=True).start()

    def say(self, message: Message) -> None:
        """Say *message*."""
        told = _encode(message)
        with self._one:
            sys.stdout.buffer.write(len(told).to_bytes(_LENGTH_BYTES, "big") + told)
            sys.stdout.buffer.flush()

    @contextlib.contextmanager
    def alive(self, what: str, every: float = 1.0) -> Iterator[None]:
        """Give a sign of life *every* so many seconds meanwhile."""
        over = threading.Event()

        def beat() -> None:
            while not over.wait(every):
                self.say(Beat(0, 0, what))

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _outlive_nobody() -> None:
    """End this process when the one that holds the other end of its input is gone."""
    os.read(0, 1)
    os._exit(1)
