"""Through the SDK, each call of the table hands back what Looker sent, untouched."""

import time

import pytest

from lookervault.content import KINDS
from lookervault.core import base_url
from lookervault.errors import LookerError, Sort
from lookervault.looker.exchange import Unwatched
from lookervault.looker.sdk import SdkSource
from lookervault.looker.settings import Credentials, Secret
from lookervault.records import Login

BODY = b' {"id" : 1e400, "unknown": {"\\u00e4": null}, "created_at": "nonsense"}\n'


def calls():
    for kind in KINDS.values():
        yield kind.listing.call, dict(kind.listing.fixed)
        if kind.listing.trash:
            yield kind.listing.call, {**kind.listing.trash, "fields": "id", "limit": 5}
        for single in filter(None, (kind.single, kind.by_folder)):
            yield single.call, dict.fromkeys(single.parameters, "7")


@pytest.fixture
def words(scripts):
    return scripts


@pytest.fixture
def source_of():
    sources = []

    def make(server):
        credentials = Credentials(
            base_url=base_url.parse(f"{server.url}/api/4.0/"),
            client_id="id",
            client_secret=Secret("secret"),
        )
        source = SdkSource(credentials, monotonic=time.monotonic, sleep=lambda _: None)
        sources.append(source)
        return source

    yield make
    for source in sources:
        source.close()


@pytest.mark.parametrize(("name", "parameters"), list(calls()))
def test_a_call_hands_back_the_very_bytes(serve, source_of, words, name, parameters):
    server = serve(words.as_looker(words.answer(body=BODY)))

    answer = source_of(server).call(name, parameters, Unwatched())

    assert answer.body == BODY
    assert server.asked[-1].method == "GET"
    assert server.asked[-1].path.startswith("/api/4.0/")


@pytest.mark.parametrize(("name", "parameters"), list(calls()))
def test_an_error_is_ours_and_costs_one_request(
    serve, source_of, words, name, parameters
):
    told = (
        b'{"message": "Not found", "documentation_url":'
        b' "https://docs.looker.com/r/err/4.0/404/get/looks/:look_id"}'
    )
    server = serve(words.as_looker(words.answer(404, told)))
    source = source_of(server)

    with pytest.raises(LookerError) as caught:
        source.call(name, parameters, Unwatched())

    assert caught.value.sort is Sort.NOT_FOUND
    assert source.calls == 2


def test_parameters_go_out_as_looker_reads_them(serve, source_of, words):
    server = serve(words.as_looker(words.answer()))
    source = source_of(server)

    source.call(
        "search_looks",
        {"deleted": True, "fields": "id,folder_id", "limit": 5, "offset": 10},
        Unwatched(),
    )
    source.call("all_users", {"ids": ["3", 4], "sorts": "id"}, Unwatched())

    assert set(server.asked[1].target.split("?")[1].split("&")) == {
        "deleted=true",
        "fields=id%2Cfolder_id",
        "limit=5",
        "offset=10",
    }
    assert set(server.asked[2].target.split("?")[1].split("&")) == {
        "ids=3%2C4",
        "sorts=id",
    }


@pytest.mark.parametrize(
    ("id_", "path"),
    [
        ("a/b", "a%2Fb"),
        ("model::name", "model%3A%3Aname"),
        ("100%41", "100%2541"),
        ("ä ?#", "%C3%A4%20%3F%23"),
        ("...", "..."),
        ("a\r\nX: y", "a%0D%0AX%3A%20y"),
    ],
)
def test_an_id_arrives_as_it_is(serve, source_of, words, id_, path):
    server = serve(words.as_looker(words.answer(body=b"{}")))

    source_of(server).call("dashboard", {"dashboard_id": id_}, Unwatched())

    assert server.asked[-1].path == f"/api/4.0/dashboards/{path}"


@pytest.mark.parametrize("id_", ["", ".", ".."])
def test_an_id_that_would_lead_elsewhere_is_not_asked_for(serve, source_of, words, id_):
    server = serve(words.as_looker(words.answer(body=b"{}")))

    with pytest.raises(LookerError) as caught:
        source_of(server).call("dashboard", {"dashboard_id": id_}, Unwatched())

    assert caught.value.sort is Sort.REFUSED
    assert server.asked == []


def test_an_answer_carries_the_server_s_clock_and_total(serve, source_of, words):
    headers = ["Date: Sat, 01 Jan 2000 00:00:10 GMT", "X-Total-Count: 12"]
    server = serve(words.as_looker(words.answer(headers=headers)))

    answer = source_of(server).call("search_looks", {}, Unwatched())

    assert (answer.date, answer.total) == (946_684_810, 12)
    assert answer.seconds >= 0


def test_the_watch_of_a_call_hears_of_it(serve, source_of, words):
    watcher = words.watcher()
    server = serve(words.as_looker(words.answer(body=BODY)))
    source = source_of(server)
    source.version()
    watcher.sizes.clear()

    source.call("look", {"look_id": "1"}, watcher)

    assert sum(watcher.sizes) == len(BODY)
    assert watcher.beats
    assert watcher.cuts[-1] is None


def test_the_login_says_as_whom(serve, source_of, words):
    me = b'{"id": "7", "display_name": "Vera V\\u00f6gele", "role_ids": ["9", 12]}'
    server = serve(words.as_looker(words.answer(body=me)))

    assert source_of(server).login() == Login("7", ("12", "9"), "Vera Vögele")


def test_the_version_is_the_release_s(serve, source_of, words):
    body = b'{"looker_release_version": "26.12.34", "supported_versions": []}'
    server = serve(words.as_looker(words.answer(503, b""), words.answer(body=body)))

    assert source_of(server).version() == "26.12.34"


def test_a_login_that_is_nobody_is_misshapen(serve, source_of, words):
    server = serve(words.as_looker(words.answer(body=b'{"id": null}')))

    with pytest.raises(LookerError) as caught:
        source_of(server).login()

    assert caught.value.sort is Sort.MISSHAPEN


def test_the_instance_is_the_normalised_address(serve, source_of, words):
    server = serve(words.as_looker(words.answer()))

    assert source_of(server).instance == server.url


def test_a_call_that_the_sdk_lacks_is_a_bug(serve, source_of, words):
    server = serve(words.as_looker(words.answer()))

    with pytest.raises(AttributeError):
        source_of(server).call("all_unicorns", {}, Unwatched())
