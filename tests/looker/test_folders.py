"""Folders that were named are looked for before a run; what else is wrong, the run finds."""

import time

import pytest

from lookervault.core import base_url
from lookervault.errors import UsageError
from lookervault.looker import folders
from lookervault.looker.sdk import SdkSource
from lookervault.looker.settings import Credentials, Secret

MISSING = b'{"message":"Not found"}'


@pytest.fixture
def source_at():
    """Gives a source for a server."""
    sources = []

    def source_at(server):
        credentials = Credentials(
            base_url=base_url.parse(server.url),
            client_id="me",
            client_secret=Secret("canary"),
        )
        sources.append(
            SdkSource(credentials, monotonic=time.monotonic, sleep=time.sleep)
        )
        return sources[-1]

    yield source_at
    for source in sources:
        source.close()


def folder(words, *there):
    """A script that knows the folders *there*."""

    def script(asked):
        if asked.path.endswith("/login"):
            return words.grant()
        id_ = asked.path.rpartition("/")[2]
        if id_ in there:
            return words.answer(body=b'{"id":"1"}')
        return words.answer(404, MISSING)

    return script


def test_folders_that_are_there_are_asked_for_one_by_one(serve, source_at, scripts):
    server = serve(folder(scripts, "1", "2"))

    folders.check(source_at(server), ["1", "2"])

    assert server.paths[1:] == [f"GET /api/4.0/folders/{n}" for n in (1, 2)]
    assert all(asked.target.endswith("?fields=id") for asked in server.asked[1:])


def test_all_that_are_not_there_are_named(serve, source_at, scripts):
    server = serve(folder(scripts, "1"))

    with pytest.raises(UsageError, match=r"no folder 7, a/b, \.\., or this login"):
        folders.check(source_at(server), ["7", "1", "a/b", ".."])


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_what_else_goes_wrong_is_left_to_the_run(serve, source_at, scripts, status):
    server = serve(scripts.as_looker(scripts.answer(status, b"{}")))

    folders.check(source_at(server), ["1"])

    assert len(server.asked) == 2


def test_whoever_names_many_does_not_wait_for_all(serve, source_at, scripts):
    server = serve(folder(scripts, *map(str, range(100))))

    folders.check(source_at(server), map(str, range(100)))

    assert len(server.asked) == 11


def test_nothing_is_asked_where_none_is_named(serve, source_at, scripts):
    server = serve(folder(scripts))

    folders.check(source_at(server), [])

    assert server.asked == []
