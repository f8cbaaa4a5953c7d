"""Where Looker is, and as whom to ask: from all the places that may say so."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Mapping
from typing import TypeAlias

import msgspec

from lookervault.config.file import Profile
from lookervault.config.given import Given, shown
from lookervault.config.secrets import Keeper
from lookervault.config.settings import SECRETS
from lookervault.core import base_url
from lookervault.errors import UsageError
from lookervault.http.client import Limits
from lookervault.looker.settings import Credentials, Secret

_PREFIX = "LOOKERSDK_"
_YES = {"yes", "y", "true", "t", "1"}
_NO = {"no", "n", "false", "f", "0"}
_NAMES = ("base_url", "client_id", "client_secret", "verify_ssl", "timeout")
_NEEDED = _NAMES[:3]

Layer: TypeAlias = Mapping[str, Given]
"""What one place says, by name."""


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
    it = login(environ, ini=of_section("looker.ini", ini or {}))
    return it.credentials(
        ca_file=ca_file, insecure_http=insecure_http, use_proxy=use_proxy
    )


def login(
    environ: Mapping[str, str],
    *,
    ini: Layer | None = None,
    profile: Layer | None = None,
) -> Login:
    """Return what the environment says, then *ini*, then *profile*: the first counts."""
    return Login((of_environment(environ), ini or {}, profile or {}), environ)


def of_environment(environ: Mapping[str, str]) -> Layer:
    """Return what ``LOOKERSDK_`` variables say. An empty one says nothing."""
    names = {name: _PREFIX + name.upper() for name in _NAMES}
    return {
        name: Given(environ[variable], variable)
        for name, variable in names.items()
        if environ.get(variable)
    }


def of_section(origin: str, section: Mapping[str, str]) -> Layer:
    """Return what a section of a ``looker.ini`` says."""
    return {
        name: Given(section[name], f"{name} in {shown(origin)}")
        for name in _NAMES
        if section.get(name)
    }


def of_profile(profile: Profile) -> Layer:
    """Return what *profile* says; its secret is fetched when it is asked for."""
    layer = {k: v for k, v in profile.login.items() if k not in SECRETS}
    for way in SECRETS:
        if way in profile.login:
            given = profile.login[way]
            keeper = Keeper(way, given, profile.directory)
            layer["client_secret"] = Given(keeper, given.origin)
    return {name: given for name, given in layer.items() if given.value != ""}


_ORDER: dict[str, int] = {name: place for place, name in enumerate((*_NAMES, "proxy"))}


class Login(msgspec.Struct, frozen=True):
    """What several places say of a login; for each value, the first that says it counts."""

    layers: tuple[Layer, ...]
    environ: Mapping[str, str]

    @property
    def chosen(self) -> dict[str, Given]:
        """What counts, with where it comes from."""
        found: dict[str, Given] = {}
        for layer in reversed(self.layers):
            found |= layer
        return found

    @property
    def shown(self) -> list[tuple[str, str, str]]:
        """What counts: name, value and where it comes from, fit to be shown."""
        chosen = self.chosen
        rows = [
            (name, _HIDE.get(name, _plainly)(given), given.origin)
            for name, given in sorted(chosen.items(), key=lambda it: _ORDER[it[0]])
        ]
        missing = [(name, "", "nowhere") for name in _NEEDED if name not in chosen]
        return rows + missing

    @property
    def doubt(self) -> str | None:
        """What to say if another Looker is named in a place that does not count."""
        named = [layer["base_url"] for layer in self.layers if "base_url" in layer]
        for other in named[1:]:
            if _normal(other) != _normal(named[0]):
                return (
                    f"{named[0].origin} counts: this is about {_normal(named[0])}, not "
                    f"about {_normal(other)}, which is {other.origin}."
                )
        return None

    def credentials(
        self,
        *,
        ca_file: str | None = None,
        insecure_http: bool = False,
        use_proxy: bool = False,
        say: Callable[[str], object] = lambda _: None,
    ) -> Credentials:
        """Return where Looker is and as whom to ask.

        *use_proxy*: heed the proxy variables of the environment, if no profile
        names a proxy. *say* is told what should be known about the secret.

        Raises:
            UsageError: if something is missing or makes no sense, or if a secret
                would be sent to another host than the one that it stands beside.

        """
        chosen = self.chosen
        self._require(chosen)
        self._keep_apart(chosen["base_url"], chosen["client_secret"])
        url = base_url.parse(chosen["base_url"].value, insecure_http=insecure_http)
        return Credentials(
            base_url=url,
            client_id=chosen["client_id"].value,
            client_secret=self._secret(chosen["client_secret"].value, say),
            verify=_flag(chosen.get("verify_ssl")),
            ca_file=ca_file,
            proxy=self._proxy(chosen.get("proxy"), url) if use_proxy else None,
            limits=_limits(chosen.get("timeout")),
        )

    def _require(self, chosen: Mapping[str, Given]) -> None:
        missing = [_PREFIX + name.upper() for name in _NEEDED if name not in chosen]
        if missing:
            raise UsageError(
                f"Looker's address or credentials are not complete: set"
                f" {' and '.join(missing)}, or name a looker.ini or a profile that has"
                " them."
            )

    def _keep_apart(self, url: Given, secret: Given) -> None:
        """Send no secret to a host that its own place does not name."""
        beside = next(layer for layer in self.layers if secret in layer.values())
        own = beside.get("base_url", url)
        if _host(own) != _host(url):
            raise UsageError(
                f"{url.origin} names another Looker than {own.origin}, and "
                f"{secret.origin} is the secret of that one: it is not sent elsewhere. "
                f"Set {_PREFIX}CLIENT_ID and {_PREFIX}CLIENT_SECRET too, or unset "
                f"{_PREFIX}BASE_URL."
            )

    def _secret(self, value: str | Keeper, say: Callable[[str], object]) -> Secret:
        if isinstance(value, Keeper):
            return value.secret(self.environ, say)
        return Secret(value)

    def _proxy(self, given: Given | None, url: base_url.BaseUrl) -> Secret | None:
        if given is not None:
            return _named_proxy(given)
        return _proxy_of(self.environ, url)


def _plainly(given: Given) -> str:
    return shown(
        str(given.value).lower() if given.value in (True, False) else given.value
    )


def _normal(given: Given) -> str:
    """Return the address as it will be shown; if it is none, without what it says."""
    try:
        return str(base_url.parse(given.value, insecure_http=True))
    except UsageError:
        return "another address"


def _host(given: Given) -> str:
    try:
        return base_url.parse(given.value, insecure_http=True).host
    except UsageError:
        return ""


def _flag(given: Given | None) -> bool:
    word = str(given.value).strip().lower() if given else ""
    if word in _NO:
        return False
    if given is None or not word or word in _YES:
        return True
    raise UsageError(
        f"{given.origin} is {shown(given.value)}; it should be true or false."
    )


def _limits(given: Given | None) -> Limits:
    if given is None:
        return Limits()
    try:
        seconds = float(given.value)
        fits = 0 < seconds <= 24 * 3600
    except ValueError:
        fits = False
    if not fits:
        raise UsageError(
            f"{given.origin} is {shown(given.value)}; it should be a number of seconds,"
            " up to a day."
        )
    return Limits(whole=seconds)


def _named_proxy(given: Given) -> Secret:
    if "@" in given.value:
        raise UsageError(
            f"The setting {given.origin} holds a name or a password, which do not "
            "belong in a configuration file: give it by the variable HTTPS_PROXY."
        )
    return Secret(given.value)


def _proxy_of(environ: Mapping[str, str], url: base_url.BaseUrl) -> Secret | None:
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


_HIDE: dict[str, Callable[[Given], str]] = {
    "base_url": _normal,
    "client_secret": lambda _: "***",
    "proxy": lambda _: "***",
}
"""How what may hold a secret is shown."""
