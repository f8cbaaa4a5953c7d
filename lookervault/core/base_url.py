"""Where a Looker instance is, as its owner typed it."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse

import msgspec

from lookervault.errors import UsageError

_PORTS = {"https": 443, "http": 80}
_API = re.compile(r"/+api(/+4\.0)?/*$", re.ASCII)
_HOST = re.compile(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]", re.ASCII)
_LONGEST = 253
"""Characters of a name that DNS can know."""


class BaseUrl(msgspec.Struct, frozen=True):
    """A normalised address: lower case, ASCII, no user info, no path."""

    scheme: str
    host: str
    """An IPv6 address is in brackets."""
    port: int

    def __str__(self) -> str:
        tail = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{tail}"


def parse(text: str, *, insecure_http: bool = False) -> BaseUrl:
    """Return the address that *text* means; ``/api/4.0`` at its end is cut.

    Raises:
        UsageError: if it cannot be the address of a Looker, or if secrets
            would travel in the clear: ``http`` is for loopback, unless
            *insecure_http*.

    """
    parts = _split(text.strip())
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "The base URL must not hold a user name or a password. Looker's client"
            " id and secret are settings of their own."
        )
    url = BaseUrl(parts.scheme, _host(parts), parts.port or _PORTS[parts.scheme])
    _check_path(url, parts)
    if url.scheme == "http" and not (insecure_http or _is_loopback(url.host)):
        raise UsageError(
            f"{url} is not encrypted: everyone on the way could read the client"
            " secret. Use https, or allow it with --insecure-http."
        )
    return url


def _split(text: str) -> urllib.parse.SplitResult:
    """Split *text* into its parts. It may hold a password, so it is never shown."""
    try:
        parts = urllib.parse.urlsplit(text)
        fits = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits or not text.isprintable() or " " in text:
        raise UsageError(
            "The base URL does not look like one: it should be something like"
            " https://company.cloud.looker.com."
        )
    return parts


def _host(parts: urllib.parse.SplitResult) -> str:
    name = parts.hostname or ""
    try:
        host = f"[{name}]" if ":" in name else name.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    if len(host) > _LONGEST or not _HOST.fullmatch(host):
        raise UsageError("The base URL names no host that could exist.")
    return host.lower()


def _check_path(url: BaseUrl, parts: urllib.parse.SplitResult) -> None:
    path = _API.sub("", parts.path).rstrip("/")
    if path or parts.query or parts.fragment:
        raise UsageError(
            f"The base URL should end after the host: use {url}, without a path"
            " and a query."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
