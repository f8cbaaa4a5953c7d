"""An address is taken as people type it, and refused where secrets would leak."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.core import base_url
from lookervault.errors import UsageError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("https://looker.example", "https://looker.example"),
        ("https://looker.example/", "https://looker.example"),
        ("  https://looker.example/api/4.0 ", "https://looker.example"),
        ("https://looker.example/api/4.0/", "https://looker.example"),
        ("https://looker.example/api", "https://looker.example"),
        ("HTTPS://Looker.Example:443", "https://looker.example"),
        ("https://looker.example:19999", "https://looker.example:19999"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("http://localhost:9999", "http://localhost:9999"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_an_address_is_normalised(typed, meant):
    assert str(base_url.parse(typed)) == meant
    assert base_url.parse(meant) == base_url.parse(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "looker.example",
        "//looker.example",
        "ftp://looker.example",
        "file:///etc/passwd",
        "https://",
        "https://:443",
        "https://looker.example:0",
        "https://looker.example:99999",
        "https://looker.example:x",
        "https://[::1",
        "https://loo ker.example",
        "https://looker.example\r\nX: y",
        "https://looker.example/looker",
        "https://looker.example/?x=1",
        "https://looker.example/#x",
        "https://*.example",
        "http://looker.example",
        "http://127.0.0.1.example",
    ],
)
def test_nonsense_is_refused(typed):
    with pytest.raises(UsageError):
        base_url.parse(typed)


@pytest.mark.parametrize("user", ["me@", "me:canary@", ":canary@", "@"])
def test_an_address_with_a_password_is_refused_without_showing_it(user):
    with pytest.raises(UsageError) as caught:
        base_url.parse(f"https://{user}looker.example")

    assert "canary" not in str(caught.value)


def test_http_is_accepted_where_it_is_wanted():
    url = base_url.parse("http://looker.example:8080", insecure_http=True)

    assert str(url) == "http://looker.example:8080"


@given(st.text())
def test_whatever_is_typed_is_an_address_or_a_usage_error(text):
    for typed in (text, f"https://{text}"):
        try:
            url = base_url.parse(typed)
        except UsageError:
            continue

        assert base_url.parse(str(url)) == url
        assert str(url).isascii()
