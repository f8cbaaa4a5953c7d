"""Lets threads that compute take turns, where Python would have them fight.

One thread at a time runs Python. It is taken from it at each call of LMDB's, three for
each item that is written, and to get it back among eight fetchers that split and hash
their pages takes ten times as long as the call. So whoever has a page or a transaction
to work through does it while the others that would do the same wait.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

_PATIENCE = 1.0
"""Seconds after which one goes on out of turn: nothing depends on whose it is, and a
disk may hold up whoever has it."""

_line, _turn = threading.Lock(), threading.Lock()
"""Of this process: so is Python's own lock. Whoever stands in line has its turn next, but
for the one writer, whom all the others wait for."""


@contextlib.contextmanager
def turn(*, writes: bool = False) -> Iterator[None]:
    """Compute in turn. Neither the network nor a commit should be waited for in it."""
    with contextlib.ExitStack() as stack:
        for lock in (_turn,) if writes else (_line, _turn):
            if lock.acquire(timeout=_PATIENCE):
                stack.callback(lock.release)
        yield
