"""Of all the places that may name a Looker, the first counts; and no secret goes astray."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault import config
from lookervault.config.given import Given
from lookervault.config.logins import of_section
from lookervault.errors import UsageError
from lookervault.looker.settings import Secret

PROFILE = """
[instances.prod]
base_url = "https://prod.example"
client_id = "prod-id"
client_secret_env = "PROD_SECRET"
verify_ssl = false
timeout = 30
"""
PROD = {"PROD_SECRET": "canary"}
STAGING = {
    "LOOKERSDK_BASE_URL": "https://staging.example",
    "LOOKERSDK_CLIENT_ID": "staging-id",
    "LOOKERSDK_CLIENT_SECRET": "canary too",
}
INI = {
    "base_url": "https://ini.example",
    "client_id": "ini-id",
    "client_secret": "canary of ini",
}


def login(environ, *, ini=None, text=PROFILE):
    profile = config.parse(text, Path("c.toml")).profile("prod")
    return config.login(
        environ,
        ini=of_section("looker.ini", ini or {}),
        profile=config.of_profile(profile),
    )


def test_a_profile_is_enough():
    found = login(PROD).credentials()

    assert str(found.base_url) == "https://prod.example"
    assert found.client_id == "prod-id"
    assert found.client_secret == Secret("canary")
    assert not found.verify
    assert found.limits.whole == 30


def test_the_environment_wins_over_a_profile_and_it_is_said():
    it = login({**PROD, **STAGING})

    assert it.credentials().client_secret == Secret("canary too")
    assert it.doubt == (
        "LOOKERSDK_BASE_URL counts: this is about https://staging.example, not about "
        "https://prod.example, which is base_url in [instances.prod] of c.toml."
    )


def test_an_ini_that_was_named_wins_over_a_profile():
    it = login(PROD, ini=INI)

    assert it.credentials().client_id == "ini-id"
    assert "https://ini.example, not about https://prod.example" in it.doubt


@pytest.mark.parametrize(
    "url", ["https://prod.example", "https://PROD.example/api/4.0/", "https://prod.example:443"]
)  # fmt: skip
def test_two_ways_to_write_one_address_are_no_doubt(url):
    assert login({**PROD, "LOOKERSDK_BASE_URL": url}).doubt is None


def test_a_secret_is_not_sent_to_the_host_that_another_place_names():
    it = login({**PROD, "LOOKERSDK_BASE_URL": "https://staging.example"})

    with pytest.raises(UsageError, match="not sent elsewhere") as caught:
        it.credentials()

    assert "LOOKERSDK_CLIENT_SECRET" in str(caught.value)
    assert "canary" not in str(caught.value)


def test_another_port_of_the_host_is_no_other_looker():
    it = login({**PROD, "LOOKERSDK_BASE_URL": "https://prod.example:19999"})

    assert it.credentials().base_url.port == 19999


def test_a_secret_of_the_environment_may_go_to_the_host_of_a_profile():
    it = login({**PROD, "LOOKERSDK_CLIENT_SECRET": "other"})

    assert it.credentials().client_secret == Secret("other")


def test_what_is_missing_everywhere_is_named():
    with pytest.raises(UsageError, match=r"LOOKERSDK_CLIENT_ID.*a profile"):
        login({}, text='[instances.prod]\nbase_url="https://a.example"').credentials()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("timeout = 0", "timeout in [instances.prod] of c.toml is 0"),
        ("timeout = 1e9", "timeout in [instances.prod] of c.toml is 1000000000.0"),
        ('proxy = "http://me:canary@proxy:1"', "proxy in [instances.prod] of c.toml"),
    ],
)
def test_nonsense_in_a_profile_is_told_with_its_place(line, told):
    text = PROFILE.replace("timeout = 30", line)

    with pytest.raises(UsageError) as caught:
        login(PROD, text=text).credentials(use_proxy=True)

    assert told in str(caught.value)
    assert "canary" not in str(caught.value)


def test_the_proxy_of_a_profile_is_for_this_looker_and_so_wins():
    environ = {**PROD, "HTTPS_PROXY": "http://all:1"}
    text = PROFILE + 'proxy = "http://mine:1"'

    mine = login(environ, text=text).credentials(use_proxy=True).proxy
    others = login(environ).credentials(use_proxy=True).proxy

    assert mine == Secret("http://mine:1")
    assert others == Secret("http://all:1")


def test_what_is_shown_holds_no_secret():
    text = PROFILE.replace("https://prod", "https://me:canary@prod")
    it = login({**PROD, "LOOKERSDK_CLIENT_SECRET": "canary"}, ini=INI, text=text)

    shown = repr(it.shown)

    assert "canary" not in shown
    assert ("client_secret", "***", "LOOKERSDK_CLIENT_SECRET") in it.shown


def test_what_is_not_set_is_shown_as_missing():
    it = config.login({"LOOKERSDK_CLIENT_ID": "me"})

    assert it.shown == [
        ("client_id", "me", "LOOKERSDK_CLIENT_ID"),
        ("base_url", "", "nowhere"),
        ("client_secret", "", "nowhere"),
    ]


NAMES = ("base_url", "client_id", "client_secret", "verify_ssl", "timeout")
LAYER = st.sets(st.sampled_from(NAMES))


@given(LAYER, LAYER, LAYER)
def test_each_value_comes_from_the_first_place_that_has_it(first, second, third):
    environ = {f"LOOKERSDK_{name.upper()}": f"environ {name}" for name in first}
    ini = {name: Given(f"ini {name}", f"ini {name}") for name in second}
    profile = {name: Given(f"profile {name}", f"profile {name}") for name in third}

    chosen = config.login(environ, ini=ini, profile=profile).chosen

    assert {name: given_.value for name, given_ in chosen.items()} == {
        name: f"{place} {name}"
        for name in NAMES
        for place in [
            next(
                (
                    place
                    for place, layer in (("environ", first), ("ini", second), ("profile", third))
                    if name in layer
                ),
                None,
            )
        ]
        if place
    }  # fmt: skip
    assert environ == {f"LOOKERSDK_{name.upper()}": f"environ {name}" for name in first}


HOSTS = st.sampled_from(["a", "b"])


@given(HOSTS, HOSTS, st.booleans(), st.booleans())
def test_a_secret_reaches_no_host_but_the_one_that_it_stands_beside(
    outer, inner, has_id, has_secret
):
    environ = {"LOOKERSDK_BASE_URL": f"https://{outer}.example"}
    environ |= {"LOOKERSDK_CLIENT_ID": "outer"} if has_id else {}
    environ |= {"LOOKERSDK_CLIENT_SECRET": f"of {outer}"} if has_secret else {}
    ini = {"base_url": f"https://{inner}.example", "client_id": "inner"}
    ini |= {"client_secret": f"of {inner}"}

    try:
        found = config.credentials(environ, ini)
    except UsageError:
        assert outer != inner
        assert not has_secret
        return

    host = found.base_url.host.removesuffix(".example")
    assert found.client_secret == Secret(f"of {host}")
