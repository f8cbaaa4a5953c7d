"""An answer's trouble is told in one harmless line, and waits are believed in reason."""

import email.utils
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.core import answers
from lookervault.errors import LookerError, Sort

BASE = "https://looker.example"
NOW = 1_800_000_000


def http_date(seconds):
    return email.utils.formatdate(seconds, usegmt=True)


def fault(status=400, headers=None, body=b"", **more):
    options = {"base": BASE, "asked": "GET /api/4.0/looks/7", **more}
    return answers.fault_of(status, headers or {}, body, **options)


@given(st.integers(0, 10**9))
def test_seconds_are_told_as_they_came(seconds):
    assert answers.retry_after(str(seconds)) == seconds


@given(st.integers(-(10**6), 10**6))
def test_a_date_counts_from_the_answer_s_own(ahead):
    wait = answers.retry_after(http_date(NOW + ahead), http_date(NOW))

    assert wait == max(ahead, 1)


@pytest.mark.parametrize(
    "until",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
def test_a_date_may_be_written_in_each_of_the_three_ways_of_http(until):
    assert answers.retry_after(until, "Sun, 06 Nov 1994 08:49:30 GMT") == 7


@given(st.none() | st.text(), st.none() | st.text())
def test_whatever_is_sent_is_a_bounded_wait_or_none(value, date):
    wait = answers.retry_after(value, date)

    assert wait is None or 0 <= wait <= answers.FOREVER


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "-5",
        "1e3",
        "nan",
        "inf",
        "٣",
        "5, 6",
        "Fri, 99 Dec 1999",
        "0" * 3 + "x",
    ],
)
def test_garbage_is_no_wait(value):
    assert answers.retry_after(value, http_date(NOW)) is None


def test_a_date_without_a_date_to_count_from_is_no_wait():
    assert answers.retry_after(http_date(NOW)) is None


def test_a_huge_number_is_for_ever():
    assert answers.retry_after("9" * 5000) == answers.FOREVER


@given(st.text() | st.none())
def test_any_date_is_a_time_or_none(text):
    assert answers.server_time(text) is None or answers.server_time(text) > -1e12


@pytest.mark.parametrize(
    ("value", "total"),
    [
        ("12", 12),
        ("0", 0),
        (None, None),
        ("", None),
        ("-1", None),
        ("٣", None),
        ("1.5", None),
        ("9" * 5000, None),
    ],
)
def test_a_total_is_a_plain_number(value, total):
    assert answers.total_of(value) == total


@given(st.integers(300, 599))
def test_every_status_has_a_sort(status):
    error = fault(status)

    assert error.status == status
    assert error.sort in set(Sort) - {Sort.TOO_LARGE, Sort.TIMED_OUT}
    assert (error.sort is Sort.MISSHAPEN) == (status < 400)


@given(st.binary(max_size=300), st.integers(300, 599), st.text(max_size=50))
def test_a_fault_is_one_harmless_line(body, status, location):
    error = fault(status, {"location": location}, body)

    assert_harmless(error.reason)


@given(st.text(min_size=1))
def test_a_message_is_shown_without_what_could_harm(message):
    assert_harmless(answers.plain(message, limit=50))
    assert len(answers.plain(message, limit=50)) <= 50


def assert_harmless(text):
    assert text.isprintable() or not text
    assert not any(unicodedata.category(c)[0] == "C" for c in text)


@pytest.mark.parametrize(
    ("kind", "body", "excerpt"),
    [
        ("text/html", b"<p>Go away", "<p>Go away"),
        ("application/json", b"nonsense", "nonsense"),
        ("application/json", b'{"message":"Not found"}', ""),
        ("application/json", b"{}", ""),
        ("text/html", b"", ""),
    ],
)
def test_a_fault_shows_a_body_only_if_it_is_not_looker_s(kind, body, excerpt):
    assert fault(404, {"content-type": kind}, body).excerpt == excerpt


@pytest.mark.parametrize("status", [302, 401, 404, 407, 429, 500, 503])
def test_a_proxy_without_a_login_and_a_redirect_have_to_be_mended_first(status):
    assert fault(status).lasting == (status in {302, 407})


def test_the_message_of_looker_s_error_is_passed_on():
    error = fault(422, body=b'{"message": "Validation\\n\\u202eFailed\\u001b[0m"}')

    assert error.reason == (
        f"{BASE} answers 422 to GET /api/4.0/looks/7: Validation ?Failed?[0m"
    )


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"message": 3}', b"{}", b"[" * 10**5, b"\xff"]
)
def test_an_error_without_a_message_is_told_all_the_same(body):
    assert fault(422, body=body).reason == (
        f"{BASE} answers 422 to GET /api/4.0/looks/7."
    )


@pytest.mark.parametrize(
    "location",
    [
        "",
        "/login",
        "https://[",
        "https://\x1b[0m.example/?token=canary",
        "javascript:canary",
        f"https://{'canary.' * 20}example",
        f"{BASE}/login?canary",
    ],
)
def test_a_redirect_to_nowhere_else_is_told_without_an_address(location):
    reason = fault(302, {"location": location}).reason

    assert "check the base URL" in reason
    assert "canary" not in reason
    assert_harmless(reason)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://Other.Example/x?token=canary", "https://other.example"),
        ("http://me:canary@other.example:8080/", "http://other.example:8080"),
        ("//other.example/canary", "https://other.example"),
        ("https://[::1]:19999/canary", "https://[::1]:19999"),
        ("https://b\u00fccher.example/", "https://xn--bcher-kva.example"),
    ],
)
def test_a_redirect_shows_scheme_and_host_and_nothing_else(location, shown):
    reason = fault(302, {"location": location}).reason

    assert f"points to {shown}: if that" in reason
    assert "canary" not in reason
    assert_harmless(reason)


@pytest.mark.parametrize(
    "text",
    [
        "Bearer canaryCANARY123",
        "token canaryCANARY123",
        "access_token=canary&x=1",
        '{"client_secret": "canary"}',
        "{'password': 'canary'}",
        '{"password_reset_url": "https://looker.example/password/reset/canary"}',
        '{"account_setup_url":"canary',
        "https://me:canary@looker.example/",
        "api_key=canary",
        "you sent k%2Fcanary, did you not?",
    ],
)
def test_what_looks_like_a_secret_is_not_shown(text):
    shown = answers.excerpt(text.encode(), secrets=("k/canary",))

    assert "canary" not in shown
    assert "***" in shown


@given(st.binary())
def test_an_excerpt_is_short_and_harmless(body):
    shown = answers.excerpt(body)

    assert len(shown) <= 500
    assert_harmless(shown)


@pytest.mark.parametrize("body", [b"[]", b" {}", b"\n\t[1]"])
@pytest.mark.parametrize(
    "kind", ["application/json", "application/json;charset=utf-8", None]
)
def test_an_object_or_a_list_is_fit(kind, body):
    assert answers.misfit(kind, body) is None


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b""),
        ("application/json", b" "),
        ("application/json", b"null"),
        ("application/json", b"<p>"),
        ("text/html", b"[]"),
        ("application/jsonp", b"[]"),
    ],
)
def test_anything_else_is_not(kind, body):
    assert answers.misfit(kind, body)


def test_what_does_not_fit_is_an_error_with_an_excerpt():
    error = answers.misshapen("no", asked="GET /x", body=b"<p>\x1b</p>" * 200)

    assert isinstance(error, LookerError)
    assert error.sort is Sort.MISSHAPEN
    assert error.excerpt.startswith("<p>?</p>")
    assert len(error.excerpt) == 500
