"""Settings as people write them: the environment, and files that they name.

Pure functions of mappings: nothing is read that was not handed in or named, and
nothing is written to the environment.
"""

from __future__ import annotations

import configparser
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from lookervault.core import base_url
from lookervault.core.answers import plain
from lookervault.errors import UsageError
from lookervault.http.client import Limits
from lookervault.looker.settings import Credentials, Secret

_PREFIX = "LOOKERSDK_"
_YES = {"yes", "y", "true", "t", "1"}
_NO = {"no", "n", "false", "f", "0"}


def credentials(
    environ: Mapping[str, str],
    ini: Mapping[str, str] | None = None,
    *,
    ca_file: str | None = None,
    insecure_http: bool = False,
    use_proxy: bool = False,
) -> Credentials:
    """Return where Looker is and as whom to ask.

    Variables ``LOOKERSDK_BASE_URL``, ``_CLIENT_ID``, ``_CLIENT_SECRET``,
    ``_VERIFY_SSL`` and ``_TIMEOUT`` (seconds) of *environ* win over the keys of
    the section *ini*. An empty value is none. *use_proxy*: heed the proxy
    variables of *environ*.

    Raises:
        UsageError: if something is missing or makes no sense.

    """
    given = {
        name: environ.get(_PREFIX + name.upper()) or (ini or {}).get(name) or ""
        for name in ("base_url", "client_id", "client_secret", "verify_ssl", "timeout")
    }
    _require(given, "base_url", "client_id", "client_secret")
    url = base_url.parse(given["base_url"], insecure_http=insecure_http)
    return Credentials(
        base_url=url,
        client_id=given["client_id"],
        client_secret=Secret(given["client_secret"]),
        verify=_flag(given["verify_ssl"]),
        ca_file=ca_file,
        proxy=_proxy(environ, url) if use_proxy else None,
        limits=_limits(given["timeout"]),
    )


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
    raise UsageError(f"The file {_shown(path)} cannot be used: {reason}.")


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
        raise UsageError(f"The file {_shown(name)} is not in the form of a looker.ini.")
    sections = parser.sections()
    chosen = section if section is not None else next(iter(sections), None)
    if chosen not in sections:
        there = plain(", ".join(sections), limit=200) or "none"
        wanted = "section" if chosen is None else f"section [{_shown(chosen)}]"
        raise UsageError(f"The file {_shown(name)} has no {wanted}. It has: {there}.")
    return {key: value.strip().strip("'\"") for key, value in parser.items(str(chosen))}


def _require(given: Mapping[str, str], *names: str) -> None:
    missing = [_PREFIX + name.upper() for name in names if not given[name]]
    if missing:
        raise UsageError(
            f"Looker's address or credentials are not complete: set"
            f" {' and '.join(missing)}, or name a looker.ini that has them."
        )


def _flag(text: str) -> bool:
    word = text.strip().lower()
    if word in _NO:
        return False
    if not word or word in _YES:
        return True
    raise UsageError(
        f"{_PREFIX}VERIFY_SSL is {_shown(text)}; it should be true or false."
    )


def _limits(timeout: str) -> Limits:
    if not timeout:
        return Limits()
    try:
        seconds = float(timeout)
        fits = 0 < seconds <= 24 * 3600
    except ValueError:
        fits = False
    if not fits:
        raise UsageError(
            f"{_PREFIX}TIMEOUT is {_shown(timeout)}; it should be a number of seconds,"
            " up to a day."
        )
    return Limits(whole=seconds)


def _proxy(environ: Mapping[str, str], url: base_url.BaseUrl) -> Secret | None:
    """Return the proxy that *environ* names for *url*; lower case wins, as elsewhere."""

    def variable(name: str) -> str:
        return environ.get(name) or environ.get(name.upper()) or ""

    proxy = variable(f"{url.scheme}_proxy")
    spared = variable("no_proxy")
    host = f"{url.host}:{url.port}"
    spare = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined] # typeshed leaves it out
    if not proxy or spare(host, {"no": spared}):
        return None
    return Secret(proxy)


def _shown(value: object) -> str:
    return plain(str(value), limit=200)
