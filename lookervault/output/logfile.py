"""The log of a run in a file, for whoever asks later what happened.

Text has one line a record, JSON one object a line. Whatever is written is redacted
first, and text that others wrote is made safe. The loggers of lookervault, Pykka
and urllib3 write into it while it is open; the root logger is the host's.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal, TypeAlias

from lookervault.core.redaction import redacted, redacted_all
from lookervault.errors import UsageError
from lookervault.output.safe import safe

Form: TypeAlias = Literal["text", "json"]

Secrets: TypeAlias = Callable[[], Iterable[str]]
"""Returns what must not be written, as things are just now."""

LOGGERS = ("lookervault", "pykka", "urllib3")

_MODE = 0o600
"""What is logged is not for everyone: ids, titles, addresses."""


@contextlib.contextmanager
def opened(
    path: Path, *, form: Form, debug: bool, secrets: Secrets
) -> Iterator[LogFile]:
    """Append to the file at *path*, with *debug* every detail, until the block ends.

    Loggers are left as they were found.

    Raises:
        UsageError: it cannot be opened for writing.

    """
    level = logging.DEBUG if debug else logging.INFO
    try:
        file = LogFile(path)
    except OSError as error:
        raise UsageError(
            f"The log file {safe(str(path))} cannot be opened: {error.strerror}. Name"
            " another by --log-file."
        ) from error
    file.setLevel(level)
    file.setFormatter(_JsonLines(secrets) if form == "json" else _Lines(secrets))
    with contextlib.closing(file), contextlib.ExitStack() as stack:
        for name in LOGGERS:
            stack.enter_context(_heard(logging.getLogger(name), file, level))
        yield file


@contextlib.contextmanager
def _heard(
    logger: logging.Logger, handler: logging.Handler, level: int
) -> Iterator[None]:
    """Have *handler* get what *logger* says from *level* on."""
    before = logger.level
    logger.setLevel(min(level, before) if before else level)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


class LogFile(logging.handlers.WatchedFileHandler):
    """A file that may be moved away at any time, and a disk that may be full.

    Neither ends a run: what cannot be written is lost, and `trouble` says why.
    """

    def __init__(self, path: Path) -> None:
        self.trouble: str | None = None
        """Why something could not be written, if that happened."""
        super().__init__(str(path), encoding="utf-8", errors="backslashreplace")

    def _open(self) -> TextIOWrapper:
        number = _appended_to(self.baseFilename)
        return open(number, "a", encoding="utf-8", errors="backslashreplace")  # noqa: PTH123 - it is a number, and closed at the end

    def emit(self, record: logging.LogRecord) -> None:
        try:
            super().emit(record)
        except OSError as error:  # to open it anew failed
            self._failed(error)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's name
        import sys  # noqa: PLC0415 - for the error that is being handled

        error = sys.exc_info()[1]
        self._failed(error if isinstance(error, OSError) else None)

    def close(self) -> None:
        try:
            super().close()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError | None) -> None:
        self.trouble = self.trouble or (error and error.strerror) or "it failed"


def _appended_to(path: str) -> int:
    """Open the file at *path*, and make it if need be: the owner's, whatever the umask.

    One that is there keeps its mode. Raises `OSError`.
    """
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        number = os.open(path, flags | os.O_EXCL, _MODE)
    except FileExistsError:
        return os.open(path, flags, _MODE)
    # With a umask of 277 the next run could not write to it, nor anyone read it with 777.
    with contextlib.suppress(OSError):  # file systems without modes
        os.fchmod(number, _MODE)
    return number


class _Lines(logging.Formatter):
    """Time, level, who says it, and what."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        who = _worker(record)
        name = f"{record.name}/{who}" if who else record.name
        text = redacted(_said(self, record), self._secrets())
        return f"{_time(record)} {record.levelname} {safe(name)}: {safe(text)}"


class _JsonLines(logging.Formatter):
    """The same as an object, and for an event its own fields."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__()
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        fields: Mapping[str, Any] = getattr(record, "fields", {})
        said = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "worker": _worker(record) or None,
            "message": _said(self, record),
            **fields,
        }
        return json.dumps(redacted_all(said, self._secrets()), separators=(",", ":"))


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _worker(record: logging.LogRecord) -> str:
    """Return the worker that *record* is about, or in whose thread it was made."""
    worker: str = getattr(record, "worker", "")
    thread = record.threadName or ""
    return worker or ("" if thread == "MainThread" else thread)


def _said(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    text = record.getMessage()
    if record.exc_info:
        text += "\n" + formatter.formatException(record.exc_info)
    return text
