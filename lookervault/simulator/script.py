"""Faults by script: ``200 429:5 RST *`` says what becomes of each request in turn."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import msgspec

from lookervault.content import KINDS
from lookervault.errors import UsageError
from lookervault.simulator.calls import BY_NAME
from lookervault.simulator.faults import Fault

_WORDS = {
    "RST": Fault.RESET,
    "CUT": Fault.TRUNCATED,
    "HTML": Fault.HTML,
    "EMPTY": Fault.EMPTY,
    "NULL": Fault.NULL,
    "HANG": Fault.HANG,
}
_STATUSES = {500: Fault.ERROR, 502: Fault.GATEWAY, 503: Fault.UNAVAILABLE}
_LONGEST = 86_400
"""Seconds that a word may name."""

_KNOWN = (
    "200, 400 to 599, 429:SECONDS, 429@SECONDS, 429=TEXT, the same of 503, RST, CUT, "
    "HTML, EMPTY, NULL, HANG, SLOW:SECONDS"
)


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one request."""

    fault: Fault | None = None
    status: int = 200
    retry_after: int | str | None = None
    """Seconds that a refusal asks to wait, or whatever else it says instead."""
    ahead: int | None = None
    """Seconds from the answer's own date to the one that it asks to wait for."""
    over: float = 0.0
    """Seconds over which the answer drips in."""


AS_IT_IS = Word()


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of the requests of one call, of one kind, or of all."""

    scope: str
    """An SDK method, a kind, or empty for all."""
    words: tuple[Word, ...]
    back: int | None = None
    """The word that comes after the last; ``None``: all goes well from there."""

    def word(self, turn: int) -> Word:
        """Return what becomes of the request *turn*, counted from 0."""
        if turn < len(self.words):
            return self.words[turn]
        if self.back is None:
            return AS_IT_IS
        over = (turn - self.back) % (len(self.words) - self.back)
        return self.words[self.back + over]


def parse_script(text: str) -> Script:
    """Read ``200 429 *`` or ``dashboards: 500 CUT ...``.

    ``*`` at the end begins again, ``...`` goes on with the last word.

    Raises:
        UsageError: for an unknown word, kind or call; it names what is wrong.

    """
    scope, said = _scope(text)
    words = said.split()
    end = words.pop() if words and words[-1] in {"*", "..."} else ""
    if not words:
        raise UsageError(
            f"The script {text!r} says nothing: write it like '200 429 RST 200'."
        )
    return Script(
        scope=scope,
        words=tuple(map(_word, words)),
        back={"*": 0, "...": len(words) - 1}.get(end),
    )


def parse_scripts(texts: str | Iterable[str]) -> tuple[Script, ...]:
    """Read scripts, of which each scope has one at most.

    Raises:
        UsageError: for one that cannot be read, or that has the scope of another.

    """
    scripts = [parse_script(t) for t in ([texts] if isinstance(texts, str) else texts)]
    scopes = [script.scope for script in scripts]
    for scope in scopes:
        if scopes.count(scope) > 1:
            whose = f"for {scope!r}" if scope else "for all requests"
            raise UsageError(f"There are several scripts {whose}: give one.")
    return tuple(scripts)


class Scripts:
    """Which word comes next. A request takes one of the script that fits it closest."""

    def __init__(self, scripts: Iterable[Script]) -> None:
        self._scripts = {script.scope: script for script in scripts}
        self._turns = dict.fromkeys(self._scripts, 0)

    def take(self, call: str, kind: str) -> Word:
        """Return what becomes of a request for *call*, which returns *kind*."""
        for scope in (call, kind, ""):
            script = self._scripts.get(scope)
            if script is not None:
                turn = self._turns[scope]
                self._turns[scope] = turn + 1
                return script.word(turn)
        return AS_IT_IS


def _scope(text: str) -> tuple[str, str]:
    found = re.fullmatch(r"\s*([a-z_]+)\s*:(.*)", text, re.DOTALL)
    if found is None:
        return "", text
    scope, rest = found.groups()
    if scope not in KINDS and scope not in BY_NAME:
        near = difflib.get_close_matches(scope, [*KINDS, *BY_NAME], n=1)
        hint = f": did you mean {near[0]}?" if near else "."
        raise UsageError(
            f"A script is for {scope!r}, which is neither a kind nor a call{hint}"
        )
    return scope, rest


def _word(text: str) -> Word:
    name, colon, number = text.partition(":")
    seconds = _seconds(number) if colon else None
    if not colon and name in _WORDS:
        return Word(fault=_WORDS[name])
    if name == "SLOW" and seconds is not None:
        return Word(over=seconds)
    if re.fullmatch("200|[45][0-9]{2}", name, re.ASCII) and not colon:
        return _status(int(name))
    refusal = _refusal(text)
    if refusal is not None:
        return refusal
    raise UsageError(f"{text!r} is no word of a script: there are {_KNOWN}.")


def _refusal(text: str) -> Word | None:
    """Read ``429:5``, ``429@5``, ``429@-5`` or ``429=soon``."""
    found = re.fullmatch(r"(429|503)(?::([0-9]+)|@(-?[0-9]+)|=([!-~]+))", text)
    if found is None:
        return None
    status, seconds, ahead, said = found.groups()
    if max(len(seconds or ""), len(ahead or "")) > len(str(_LONGEST)):
        return None
    if said is not None:
        return _status(int(status), retry_after=said)
    if abs(int(seconds or ahead)) > _LONGEST:
        return None
    if ahead is not None:
        return _status(int(status), ahead=int(ahead))
    return _status(int(status), retry_after=int(seconds))


def _status(
    status: int, *, retry_after: int | str | None = None, ahead: int | None = None
) -> Word:
    if status == 200:  # noqa: PLR2004 - OK
        return AS_IT_IS
    fault = _STATUSES.get(status, Fault.STATUS)
    return Word(fault=fault, status=status, retry_after=retry_after, ahead=ahead)


def _seconds(text: str) -> float | None:
    found = re.fullmatch(r"[0-9]{1,5}(?:\.[0-9]{1,6})?", text, re.ASCII)
    seconds = float(text) if found else -1.0
    return seconds if 0 <= seconds <= _LONGEST else None
