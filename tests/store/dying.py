"""Processes that are to be struck at their n-th system call, for every n.

`main`, under strace with `rules`, starts one after the other, each in a fork. The rule
is the same for all: die (or fail) at call number `LAST` of a sort. So the process that is
to die at its n-th call wastes `LAST` - n calls of that sort first.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path

from . import scenario

LAST = 60
"""More calls of one sort than a process makes that nobody kills."""

NONE = 999_999
"""No file has this number."""

REASON = errno.EIO
"""For which a call fails that is struck and does not kill."""

UNHURT = 17
"""The exit status of a process that was not struck."""

WASTE = {
    "mkdir": lambda: os.mkdir(""),  # noqa: PTH102 - Path("") is the current directory
    "chmod": lambda: os.chmod("", 0o600),  # noqa: PTH101 - idem
    "fchmod": lambda: os.fchmod(-1, 0o600),
    "ftruncate": lambda: os.ftruncate(-1, 0),
    "write": lambda: os.write(-1, b""),
    "writev": lambda: os.writev(-1, [b""]),
    "pwrite64": lambda: os.pwrite(-1, b"", 0),
    "fsync": lambda: os.fsync(NONE),
    "fdatasync": lambda: os.fdatasync(NONE),
    "rename": lambda: os.rename("", ""),  # noqa: PTH104 - idem
}
"""System calls, and how to make one that does nothing but fail."""


def rules(what="signal=SIGKILL"):
    """Return the arguments of strace that do *what* at call number `LAST` of each sort."""
    yield f"--trace={','.join(WASTE)}"
    for name in WASTE:
        yield "-e"
        yield f"inject={name}:{what}:when={LAST}"


def waste(name, times):
    """Make as many calls of this sort, for nothing."""
    for _ in range(times):
        with contextlib.suppress(OSError):
            WASTE[name]()


def main(root, *names):
    """Let one die at each call of the sorts that *names* are; each has a vault in *root*."""
    strike(root, names or WASTE, scenario.live, lambda _name: True)


def persevere(root, *names):
    """Let one fail at each call of these sorts, and do again what failed."""
    strike(root, names or WASTE, scenario.persevere, still_to_come)


def strike(root, names, live, unhurt):
    """Let a process *live* for each call that can be struck; *unhurt* says that none was."""
    for name in names:
        for number in range(1, LAST):
            vault = Path(root) / f"{name}-{number}.vault"
            process = os.fork()
            if not process:
                waste(name, LAST - number)
                live(vault, vault.with_suffix(".notes"))
                os._exit(UNHURT if unhurt(name) else 0)
            _, status = os.waitpid(process, 0)
            if os.waitstatus_to_exitcode(status) == UNHURT:
                break
        else:
            sys.exit(f"there is no end of {name}")


def still_to_come(name):
    """Return whether the call that fails for `REASON` has not been made yet."""
    for _ in range(LAST):
        try:
            WASTE[name]()
        except OSError as error:
            if error.errno == REASON:
                return True
    return False
