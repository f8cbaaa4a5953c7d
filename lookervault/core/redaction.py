"""Takes secrets out of text that leaves the process: errors, logs, tracebacks.

Two nets, since each has holes. Secrets that are known are looked for by their
text, in the forms in which a URL, a form or JSON would carry it. What is not
known is found by its looks: what follows ``Authorization:``, ``client_secret=``,
``"access_token":`` or ``X-...-Token:``, and what stands before the ``@`` of a URL.
"""

from __future__ import annotations

import base64
import json
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

HIDDEN = "***"

_FEW = 6
"""Characters. A shorter secret is in every text, and hiding it would tell where."""

_TELLING = re.compile(
    r"""(?ix)
      (?: \bbearer | \btoken ) \s{1,8} [\w.~+/=-]{8,}
    | authorization ["']? \s{0,8} [=:] \s{0,8}
      (?: "(?:[^"\\]|\\.)*"? | '[^']*'? | \w{1,20} \s{1,8} [^\s,;"']+ | [^\s,;"']+ )
    | (?: token|secret|password|reset_url|setup_url|api_?key ) [\w-]{0,40} ["']?
      \s{0,8} [=:] \s{0,8} (?: "(?:[^"\\]|\\.)*"? | '[^']*'? | [^\s,&;]+ )
    | (?<=://) [^/\s@]* @
    """
)
"""What looks like a secret. Bounded, since whoever answers could make it crawl."""


def without(text: str, secrets: Iterable[str]) -> str:
    """Return *text* with each of *secrets* hidden, in whatever form it is there."""
    return _hidden(text, _all_forms(secrets))


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """Return *text* without *secrets* and without what looks like one."""
    return _TELLING.sub(HIDDEN, without(text, secrets))


def redacted_all(value: Any, secrets: Iterable[str]) -> Any:
    """Return *value*, made of lists, dictionaries and text, with all its text redacted."""
    return _redacted_all(value, _all_forms(secrets))


def _redacted_all(value: Any, forms: Sequence[str]) -> Any:
    match value:
        case str():
            return _TELLING.sub(HIDDEN, _hidden(value, forms))
        case dict():
            return {
                _redacted_all(key, forms): _redacted_all(item, forms)
                for key, item in value.items()
            }
        case list() | tuple():
            return [_redacted_all(item, forms) for item in value]
        case _:
            return value


def _hidden(text: str, forms: Sequence[str]) -> str:
    for form in forms:
        text = text.replace(form, HIDDEN)
    return text


def _all_forms(secrets: Iterable[str]) -> list[str]:
    """Return the forms of all *secrets*, the longest first: one may be part of another."""
    forms = {form for secret in secrets for form in _forms(secret)}
    return sorted(forms, key=lambda form: (-len(form), form))


def _forms(secret: str) -> Iterator[str]:
    """Yield how *secret* may be written; of a URL, only its password is one."""
    for plain in _plain(secret):
        if len(plain) >= _FEW:
            yield plain
            yield urllib.parse.quote(plain, safe="")
            yield urllib.parse.quote_plus(plain)
            yield json.dumps(plain)[1:-1]


def _plain(secret: str) -> Iterator[str]:
    scheme, there, rest = secret.partition("://")
    if not there or not scheme.isalnum():
        yield secret
        return
    login, there, _ = rest.partition("/")[0].rpartition("@")
    name, _, password = login.partition(":")
    if there:
        yield password
        yield urllib.parse.unquote(password)
        pair = f"{urllib.parse.unquote(name)}:{urllib.parse.unquote(password)}"
        yield base64.b64encode(pair.encode()).decode()
