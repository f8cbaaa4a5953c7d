"""Secrets that are known, and what looks like one, are hidden wherever they stand."""

import base64
import json
import urllib.parse

import hypothesis.strategies as st
import pytest
from hypothesis import given

from lookervault.core.redaction import redacted, redacted_all, without

CANARY = "canary/CANARY+123"
PROXY = "http://me:p%40ss-word@proxy.example:3128"


@pytest.mark.parametrize(
    "text",
    [
        f"it is {CANARY}.",
        f"https://looker.example/?s={urllib.parse.quote(CANARY, safe='')}",
        urllib.parse.urlencode({"x": CANARY}),
        json.dumps({"x": CANARY}),
        repr(CANARY),
    ],
)
def test_a_secret_that_is_known_is_hidden_in_every_form(text):
    for hide in (without, redacted):
        assert "CANARY" not in hide(text, [CANARY])
        assert "***" in hide(text, [CANARY])


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: token CANARY",
        "authorization: Bearer CANARY",
        "Proxy-Authorization: Basic Q0FOQVJZ",
        "{'Authorization': 'token CANARY'}",
        '{"access_token":"CANARY","expires_in":3600}',
        "client_id=me&client_secret=CANARY",
        "X-Looker-Api-Token: CANARY",
        "x-csrf-token=CANARY",
        "https://me:CANARY@looker.example/",
        "Bearer CANARYcanary",
    ],
)
def test_what_looks_like_a_secret_is_hidden(text):
    hidden = redacted(text)

    assert "CANARY" not in hidden
    assert "Q0FOQVJZ" not in hidden
    assert "***" in hidden


@pytest.mark.parametrize(
    "text",
    [
        "fetcher-1 reads looks from 400",
        "https://looker.example answers 404 to GET /api/4.0/looks/7: gone, or hidden.",
        "Set LOOKERSDK_CLIENT_SECRET, or name a looker.ini that has it.",
        "this login may see less than last time: it no longer has role 7",
        "",
    ],
)
def test_other_text_stays_as_it_is(text):
    assert redacted(text, [CANARY]) == text


def test_of_a_proxy_the_password_is_the_secret_and_not_the_address():
    pair = base64.b64encode(b"me:p@ss-word").decode()
    text = f"proxy.example:3128 wants p%40ss-word, p@ss-word or {pair}"

    assert without(text, [PROXY]) == "proxy.example:3128 wants ***, *** or ***"
    assert without("http://proxy.example:3128", ["http://proxy.example:3128"]) == (
        "http://proxy.example:3128"
    )


def test_a_secret_of_a_few_letters_is_not_looked_for():
    assert without("a cab", ["a", "a cab", ""]) == "a cab"


def test_the_longer_of_two_secrets_goes_first():
    assert without("simulated-2", ["simulated", "simulated-2"]) == "***"


@given(st.text(), st.lists(st.text("abc/+%:@ ", min_size=6), max_size=3))
def test_what_is_hidden_is_not_there_any_more(text, secrets):
    hidden = without("".join(secrets) + text, secrets)

    assert [s for s in secrets if s in hidden and "://" not in s] == []


@given(st.text('abtoken secret=:"@/', max_size=60))
def test_hiding_twice_hides_no_more(text):
    once = redacted(text)

    assert redacted(once) == once


def test_hostile_text_does_not_make_it_crawl():
    text = "token" * 20_000 + "=" * 20_000 + '"\\' * 20_000

    assert redacted(text)


def test_all_text_of_what_is_told_in_json_is_redacted():
    told = {"reason": f"no {CANARY}", "ids": ["1", CANARY], CANARY: 7, "none": None}

    hidden = redacted_all(told, [CANARY])

    assert hidden == {"reason": "no ***", "ids": ["1", "***"], "***": 7, "none": None}
