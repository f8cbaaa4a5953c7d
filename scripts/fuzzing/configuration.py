"""Configuration files and looker.ini, up to the login that comes of them."""

from __future__ import annotations

from pathlib import Path

from fuzzing.engine import Wrong
from lookervault import config
from lookervault.config.given import Given
from lookervault.config.logins import Layer, of_section
from lookervault.core import answers
from lookervault.errors import UsageError

_HERE = Path("config.toml")
_LONGEST = 2**13
"""Bytes. Python's own TOML takes a time that grows with the square of a key's dots: 7 s
for 64 KiB of them. Nobody does that to himself."""
_SECRET = Given("s3cret-of-nobody", "the fuzzer")

_TOML = b"""\
default_profile = "prod"
[defaults]
workers = 8
max_rate = 2.5
max_memory = "512MiB"
recursive_folders = true
kinds = ["dashboards", "looks"]
folder_id = [7, "8"]
vault = "~/x.vault"
[instances.prod]
base_url = "https://looker.example:19999"
client_id = "abc"
client_secret_file = "prod.secret"
verify_ssl = true
timeout = 120
proxy = "http://proxy.example:3128"
[instances."other one"]
base_url = 'https://[::1]/'
client_secret_command = ["pass", "looker"]
"""

_INI = b"""\
[Looker]
# a comment
base_url=https://looker.example:19999
client_id = abc
client_secret = "100%(sure)s"
verify_ssl=True
timeout = 120
[Other]
base_url: looker.example
"""


class Configuration:
    """The first byte says which file it is, the rest is the file."""

    tokens = (
        b"\n[instances.x]\n", b"\n[defaults]\n", b"default_profile = ", b"workers = ", b"= ",
        b"9" * 5000, b"1_0", b"0x", b"inf", b"nan", b"1979-05-27T07:32:00Z", b"25:00:00",
        b"1979-02-31", b'"""', b"'''", b"\\u0000", b"\\U0011FFFF", b"\x00", b"\xff", b"\xef\xbb\xbf",
        b"[" * 3000, b"{a=" * 2000, b"a." * 3000 + b"b = 1", b"timeout = 1e999", b"timeout=-1",
        b"verify_ssl=maybe", b"~nobody", b"~", b"base_url = ", b"https://u:p@h", b"https://[", b":99999",
        b"%(x)s", b"[DEFAULT]\n", b"[]\n", b"]", b"=", b":", b"\n ", b"\r", b"client_secret = ",
        b'\n"\\u001b[31m" = 1\n', b'\n[instances."\\u202e"]\n', b"http://\xe2\x84\x80", b"\xc4\xb0.example", b"xn--", b"#",
    )  # fmt: skip

    def seeds(self) -> list[bytes]:
        """Return one of each."""
        return [b"t" + _TOML, b"i" + _INI]

    def check(self, data: bytes) -> str:
        """Read it, and make a login of what it says."""
        try:
            text = data[1:_LONGEST].decode("utf-8-sig")
        except UnicodeDecodeError:
            return "not UTF-8"
        read = _ini if data[:1] == b"i" else _toml
        return read(text)


def _toml(text: str) -> str:
    try:
        found = config.parse(text, _HERE)
    except UsageError as error:
        return _refused(error)
    told = []
    for name in [None, *found.instances][:4]:
        profile = found.profile(name)
        profile.options  # noqa: B018 - is made when it is asked for
        layer = dict(config.of_profile(profile))
        if "client_secret" in layer:  # a way to it, which is not gone here
            layer["client_secret"] = _SECRET
        told.append(_login(layer))
    return " | ".join([*sorted(found.defaults), *told])


def _ini(text: str) -> str:
    try:
        section = config.section_of(text, None, name="looker.ini")
    except UsageError as error:
        return _refused(error)
    return _login(dict(of_section("looker.ini", section)))


def _login(layer: Layer) -> str:
    login = config.login({}, profile=layer)
    for row in login.shown:
        for cell in row:
            _fit(cell)
    if login.doubt is not None:
        raise Wrong("one place is in doubt with itself")
    try:
        login.credentials(insecure_http=True, use_proxy=True)
    except UsageError as error:
        return _refused(error)
    return "a login"


def _refused(error: UsageError) -> str:
    _fit(str(error))
    if _SECRET.value in str(error):
        raise Wrong("the secret is shown")
    return str(error)


def _fit(text: str) -> None:
    if answers.plain(text, limit=10_000) != " ".join(text.split()) or "\n" in text:
        raise Wrong("it is not fit to be shown")
