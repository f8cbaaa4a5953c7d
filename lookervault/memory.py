"""How much memory this process has for itself, and how it gets by with less.

The home of psutil, and of what only the C library can do.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Callable

import psutil

from lookervault.messages import Weighed

_NEAR = 0.8
"""The share of a limit from which on what was freed is given back to the system, and
one unit at a time is read: the rest is for what is in no account, such as what a
commit takes."""

_PAUSE = 0.1
"""Seconds between two times that memory is given back: that takes a millisecond or two."""

_COPIES = 2
"""How often the bytes in hand are in memory: as they came, and packed, on their way to
the disk, which takes as much again."""

_LEAST = 2**20
"""Bytes in hand that a run has at least, so that it goes on whatever is free."""


def anonymous() -> int:
    """Return the bytes of anonymous memory of this process.

    Pages of a mapped file (the vault's) belong to the system, which takes them
    back when it needs them, so they are not counted.
    """
    info = _process(os.getpid()).memory_info()
    # macOS tells no shared pages; there all that is resident counts.
    return max(info.rss - getattr(info, "shared", 0), 0)


@functools.cache
def _process(pid: int) -> psutil.Process:
    """To make it takes longer than to ask it; a fork is another one."""
    return psutil.Process(pid)


def give_back() -> None:
    """Give to the system what was freed and the C library kept for later."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it alone
    if trim is not None:
        trim(ctypes.c_size_t(0))


_TRIM, _MAP, _ARENAS = -1, -3, -8
"""M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX of <malloc.h>."""

_SMALL = 128 * 1024
"""Bytes; whatever is larger goes back to the system as soon as it is freed. That is what
glibc starts with, and leaves when it sees large bodies come and go."""

PAGES = 4 * 2**20
"""Bytes that hold some pages of 100 items: kept, so that one page can take the place of
another without asking the system, which costs each item a twentieth of its CPU."""


def frugal(keep: int = _SMALL) -> None:
    """Have the C library keep little of what is freed: *keep* bytes in each of two heaps.

    That holds for the whole process. glibc has many heaps, keeps up to 64 MiB in each,
    and `give_back` gets at one only. A program that embeds us decides for itself.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and sys.platform == "linux":
        for option, value in ((_TRIM, keep), (_MAP, keep), (_ARENAS, 2)):
            mallopt(option, value)


def affordable(credit: int, most: int, memory: int) -> int:
    """Return how many bytes may be in hand of a process of *memory* that may have *most*."""
    free = max(int(_NEAR * most) - memory, 0)
    return min(credit, max(free // _COPIES, _LEAST))


class Scales:
    """Weighs this process, and gives memory back when it is near *most* bytes.

    *now* returns monotonic seconds. *weigh* returns the bytes that count, if it is not
    those of this process: then nothing is given back, and nobody is held up in between.
    """

    def __init__(
        self,
        most: int | None,
        *,
        now: Callable[[], float],
        weigh: Callable[[], int] | None = None,
    ) -> None:
        self._most = most
        self._now = now
        self._ours = weigh is None
        self._weigh = weigh or anonymous
        self._relieved_at = float("-inf")

    def memory(self) -> int:
        """Return the bytes of memory, having given back what could be."""
        memory = self._weigh()
        due = self._now() - self._relieved_at >= _PAUSE
        if self._ours and due and self._is_near(memory):
            self._relieved_at = self._now()
            give_back()
            memory = self._weigh()
        return memory

    def tight(self) -> bool:
        """Return whether it is so near that only one unit at a time should be read."""
        if self._most is None or not self._ours:
            return False
        return self._is_near(self.memory())

    def weighed(self) -> Weighed:
        """Return what to say of it."""
        memory = self.memory()
        return Weighed(memory, over=self._most is not None and memory > self._most)

    def afford(self, credit: int) -> int:
        """Return how many bytes may be in hand, *credit* at most."""
        if self._most is None or not self._ours:
            return credit
        return affordable(credit, self._most, self.memory())

    def _is_near(self, memory: int) -> bool:
        return self._most is not None and memory > _NEAR * self._most
