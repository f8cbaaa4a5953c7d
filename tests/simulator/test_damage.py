"""What a script or the dice do to an answer is what a client of Looker would see."""

import json

import pytest

from lookervault.simulator.damage import damaged
from lookervault.simulator.script import parse_script
from lookervault.simulator.wire import Answer, head


def sent(word):
    answer = Answer(body=b'{"id":"1"}', delay=0.5)
    return damaged(answer, parse_script(word).words[0])


def test_200_leaves_the_answer_as_it_is():
    answer = sent("200")

    assert (answer.status, answer.body, answer.fault) == (200, b'{"id":"1"}', None)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429, 451, 499, 500])
def test_a_status_comes_with_a_message_as_looker_writes_them(status):
    answer = sent(str(status))

    assert answer.status == status
    assert set(json.loads(answer.body)) == {"message", "documentation_url"}
    assert head(answer, 0, keep=True).startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize("status", [502, 504])
def test_what_the_proxy_says_is_html(status):
    answer = sent(str(status))

    assert (answer.status, answer.type) == (status, "text/html")
    assert str(status).encode() in answer.body


@pytest.mark.parametrize("word", ["429:5", "503:5"])
def test_a_refusal_says_how_long_to_wait_when_it_is_told_to(word):
    assert sent(word).headers == {"Retry-After": "5"}
    assert sent(word[:3]).headers == {}


@pytest.mark.parametrize(
    ("word", "body", "sort"),
    [
        ("HTML", b"<html>", "text/html"),
        ("EMPTY", b"", "application/json; charset=utf-8"),
        ("NULL", b"null", "application/json; charset=utf-8"),
    ],
)
def test_nonsense_comes_with_status_200(word, body, sort):
    answer = sent(word)

    assert (answer.status, answer.type) == (200, sort)
    assert answer.body.startswith(body)


@pytest.mark.parametrize("word", ["200", "404", "503", "HTML", "RST", "SLOW:2"])
def test_whatever_becomes_of_an_answer_it_takes_as_long(word):
    assert sent(word).delay == 0.5
