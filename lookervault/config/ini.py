"""``looker.ini``, as Looker's SDK has it."""

from __future__ import annotations

import configparser
from collections.abc import Callable
from pathlib import Path

from lookervault.config.exposure import exposed
from lookervault.config.given import shown
from lookervault.core.answers import plain
from lookervault.errors import UsageError


def ini_named(
    name: str, say: Callable[[str], object] = lambda _: None
) -> tuple[str, dict[str, str]]:
    """Read ``FILE`` or ``FILE:SECTION``; return how to call it, and what it holds.

    A file whose name has a colon is a file. *say* is told if others can read a secret.

    Raises:
        UsageError: if the file or the section is not there, or cannot be read.

    """
    path, colon, section = name.rpartition(":")
    whole = not colon or Path(name).exists()
    file = Path(name if whole else path)
    found = ini_section(file, None if whole else section)
    warning = exposed(file) if found.get("client_secret") else None
    if warning:
        say(warning)
    return (name if whole else f"[{section}] of {path}"), found


def ini_section(path: Path, section: str | None = None) -> dict[str, str]:
    """Return what *section* of the ``looker.ini`` at *path* holds; by default the first.

    Raises:
        UsageError: if the file or the section is not there, or cannot be read.

    """
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        reason = error.strerror or "it cannot be read"
    except UnicodeDecodeError:
        reason = "it is not UTF-8"
    else:
        return section_of(text, section, name=str(path))
    raise UsageError(f"The file {shown(path)} cannot be used: {reason}.")


def section_of(text: str, section: str | None, *, name: str) -> dict[str, str]:
    """Return *section* of the ini file *text*; *name* is what to call the file.

    A ``%`` is a ``%``: nothing is interpolated.

    Raises:
        UsageError: if there is no such section, or *text* is no ini file.

    """
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error:  # its message quotes the line, which may be a secret
        fits = False
    else:
        fits = True
    if not fits:
        raise UsageError(f"The file {shown(name)} is not in the form of a looker.ini.")
    sections = parser.sections()
    chosen = section if section is not None else next(iter(sections), None)
    if chosen not in sections:
        there = plain(", ".join(sections), limit=200) or "none"
        wanted = "section" if chosen is None else f"section [{shown(chosen)}]"
        raise UsageError(f"The file {shown(name)} has no {wanted}. It has: {there}.")
    return {key: value.strip().strip("'\"") for key, value in parser.items(str(chosen))}
