"""A stream whose reader may leave."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable
from typing import TextIO


class Tolerant(io.TextIOBase):
    """Writes to *stream* as long as that works, and drops the rest.

    Whoever watches a run may leave at any time: `| head`, a closed terminal, a
    full disk behind a log. None of that is a reason to end the run. What *hide*
    takes out of a text is not written.
    """

    def __init__(self, stream: TextIO, hide: Callable[[str], str] = str) -> None:
        self._stream = stream
        self._hide = hide
        self.gone = False
        """Whether nobody reads any more."""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute there
        return getattr(self._stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        self._try(lambda: self._stream.write(self._hide(text)))
        return len(text)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    def _try(self, act: Callable[[], object]) -> None:
        if self.gone:
            return
        try:
            act()
        except BlockingIOError:
            # Somebody made the pipe non-blocking, and it is full for now.
            return
        except (OSError, ValueError):  # broken, or closed already
            self.gone = True
            silence(self._stream)


def silence(stream: TextIO) -> None:
    """Let everything that *stream* still gets vanish, its buffer included.

    Without this, the interpreter would try once more at its end, and complain.
    """
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
