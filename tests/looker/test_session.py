"""However many threads ask, Looker sees one login for each token that ended."""

import copy
import pickle
import threading

import pytest

from lookervault.core import base_url
from lookervault.errors import LoginRefused, LookerError, Sort
from lookervault.http.client import Limits
from lookervault.looker.exchange import Unwatched
from lookervault.looker.sdk import SdkSource
from lookervault.looker.settings import Credentials, Secret
from lookervault.records import Login


@pytest.fixture
def words(scripts):
    return scripts


class Clock:
    """A clock that stands still, but for those who sleep."""

    def __init__(self):
        self.now = 1000.0
        self.slept = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def source_of(clock, words):
    sources = []

    def make(server, **options):
        credentials = Credentials(
            base_url=base_url.parse(server.url),
            client_id="canary-id",
            client_secret=Secret(words.secret),
            limits=Limits(**options),
        )
        source = SdkSource(credentials, monotonic=clock.monotonic, sleep=clock.sleep)
        sources.append(source)
        return source

    yield make
    for source in sources:
        source.close()


def looks(source, watch=None):
    return source.call("search_looks", {"fields": "id"}, watch or Unwatched())


def failure(source):
    with pytest.raises(LookerError) as caught:
        looks(source)
    return caught.value


def together(count, work):
    """Let *count* threads do *work* at once, and return what came of each."""
    ready = threading.Barrier(count)
    outcomes = []

    def one():
        ready.wait()
        try:
            outcomes.append(work())
        except LookerError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_a_login_sends_the_credentials_in_the_body_and_the_token_in_a_header(
    serve, source_of, words
):
    server = serve(words.as_looker(words.answer()))

    looks(source_of(server))

    login, call = server.asked
    assert login.target == "/api/4.0/login"
    assert login.body == f"client_id=canary-id&client_secret={words.secret}".encode()
    assert login.headers["content-type"] == "application/x-www-form-urlencoded"
    assert call.headers["authorization"] == f"Bearer {words.token}-1"


def test_sixteen_threads_share_one_login(serve, source_of, words):
    server = serve(words.as_looker(words.answer()))
    source = source_of(server)

    answers = together(16, lambda: looks(source).body)

    assert answers == [b"[]"] * 16
    assert server.logins() == 1
    assert source.calls == 17


def test_a_token_is_renewed_before_it_ends(serve, source_of, words, clock):
    server = serve(words.as_looker(words.answer()))
    source = source_of(server)

    looks(source)
    clock.now += 3600 - 61
    looks(source)
    assert server.logins() == 1
    clock.now += 2
    looks(source)

    assert server.logins() == 2
    assert server.asked[-1].headers["authorization"] == f"Bearer {words.token}-2"


def test_a_token_that_looker_forgot_costs_sixteen_threads_one_login(
    serve, source_of, words
):
    accepted = [f"Bearer {words.token}-1"]
    everyone = threading.Barrier(16)

    def give(asked):
        fits = asked.headers["authorization"] in accepted
        return words.answer() if fits else words.answer(401, b"{}")

    login = words.as_looker(words.answer())
    server = serve(lambda a: login(a) if a.path.endswith("login") else give(a))
    source = source_of(server)
    looks(source)
    accepted[:] = [f"Bearer {words.token}-2"]

    def work():
        everyone.wait()
        return looks(source).body

    assert together(16, work) == [b"[]"] * 16
    assert server.logins() == 2


def test_a_call_with_a_refused_token_is_sent_once_more(serve, source_of, words):
    server = serve(
        words.as_looker(words.answer(), words.answer(401, b"{}"), words.answer())
    )
    source = source_of(server)
    looks(source)

    assert looks(source).body == b"[]"
    assert server.logins() == 2
    assert len(server.asked) == 5


def test_a_fresh_token_that_is_refused_is_a_failure(serve, source_of, words):
    server = serve(words.as_looker(words.answer(401, b'{"message": "Nope"}')))

    error = failure(source_of(server))

    assert error.sort is Sort.UNAUTHORIZED
    assert not isinstance(error, LoginRefused)
    assert server.logins() == 1


def test_a_call_is_not_sent_a_third_time(serve, source_of, words):
    server = serve(words.as_looker(words.answer(), words.answer(401, b"{}")))
    source = source_of(server)
    looks(source)

    assert failure(source).sort is Sort.UNAUTHORIZED
    assert server.logins() == 2
    assert len(server.asked) == 5


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_credentials_that_are_refused_are_not_tried_again(
    serve, source_of, words, clock, status
):
    no = words.answer(status, b'{"message": "Not found"}')
    server = serve(words.as_looker(words.answer(), logins=[no]))

    error = failure(source_of(server))

    assert isinstance(error, LoginRefused)
    assert error.status == status
    assert f"Looker at {server.url} does not accept the client id" in error.reason
    assert server.logins() == 1
    assert clock.slept == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_a_page_instead_of_looker_s_json_does_not_speak_of_the_credentials(
    serve, source_of, words, status
):
    page = words.answer(status, b"<html>canary", kind="text/html")
    server = serve(words.as_looker(words.answer(), logins=[page]))

    error = failure(source_of(server))

    assert not isinstance(error, LoginRefused)
    assert (error.sort, error.status) == (Sort.MISSHAPEN, status)
    assert f"What answers at {server.url} is not Looker's API" in error.reason
    assert server.logins() == 1


def test_a_gateway_that_finds_no_looker_for_a_while_is_asked_again(
    serve, source_of, words
):
    page = words.answer(502, b"<html>", kind="text/html")
    server = serve(words.as_looker(words.answer(), logins=[page, words.grant()]))

    assert looks(source_of(server)).body == b"[]"
    assert server.logins() == 2


def test_threads_that_waited_for_a_login_share_its_failure(serve, source_of, words):
    waiting = [words.watcher() for _ in range(9)]

    def script(_):
        # Each of them shows that it lives while it waits for the first one's login.
        assert all(watcher.beating.wait(10) for watcher in waiting)
        return words.answer(401, b"{}")

    server = serve(script)
    source = source_of(server)
    watches = iter(waiting)

    outcomes = together(9, lambda: looks(source, next(watches)))

    assert all(isinstance(outcome, LoginRefused) for outcome in outcomes)
    assert server.logins() == 1


HALF = [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + b'{"id": "7", ', "CLOSE"]
"""An answer that breaks off."""


@pytest.mark.parametrize("trouble", [503, 429, "RST", HALF], ids=str)
def test_a_login_is_tried_again_when_the_trouble_may_pass(
    serve, source_of, words, clock, trouble
):
    passing = words.answer(trouble, b"") if isinstance(trouble, int) else trouble
    server = serve(
        words.as_looker(words.answer(), logins=[passing, passing, words.grant()])
    )

    assert looks(source_of(server)).body == b"[]"
    assert server.logins() == 3
    assert len(clock.slept) == 2


@pytest.mark.parametrize("trouble", [503, 429, "RST", HALF], ids=str)
def test_who_we_are_is_asked_again_when_the_trouble_may_pass(
    serve, source_of, words, clock, trouble
):
    passing = words.answer(trouble, b"") if isinstance(trouble, int) else trouble
    me = words.answer(body=b'{"id": "7", "display_name": "A"}')
    server = serve(words.as_looker(passing, passing, me))

    assert source_of(server).login().user == "7"
    assert [asked.path for asked in server.asked[1:]] == ["/api/4.0/user"] * 3
    assert len(clock.slept) == 2


def test_who_we_are_is_asked_once_where_a_page_answers(serve, source_of, words, clock):
    page = words.answer(body=b"<html>", kind="text/html")
    server = serve(words.as_looker(page))

    with pytest.raises(LookerError, match="text/html"):
        source_of(server).login()

    assert len(server.asked) == 2
    assert clock.slept == []


def test_a_name_with_half_a_character_keeps_nobody_from_logging_in(
    serve, source_of, words
):
    me = words.answer(body=rb'{"id": "7", "display_name": "A \ud83d", "role_ids": [2]}')
    source = source_of(serve(words.as_looker(me)))

    assert source.login() == Login("7", ("2",), "A \ufffd")


def test_a_login_is_not_tried_for_ever(serve, source_of, words, clock):
    server = serve(words.as_looker(words.answer(), logins=[words.answer(503, b"")]))

    error = failure(source_of(server))

    assert error.sort is Sort.OVERLOADED
    assert server.logins() == 4


def test_who_asks_for_the_user_is_not_more_patient_than_that(serve, source_of, words):
    server = serve(words.as_looker(words.answer(), logins=[words.answer(503, b"")]))

    with pytest.raises(LookerError):
        source_of(server).login()

    assert server.logins() == 4


def test_a_login_waits_as_long_as_looker_asks(serve, source_of, words, clock):
    busy = words.answer(429, b"", headers=["Retry-After: 9"])
    server = serve(words.as_looker(words.answer(), logins=[busy, words.grant()]))

    looks(source_of(server))

    assert clock.slept[0] >= 9


def test_a_long_wait_is_handed_on(serve, source_of, words, clock):
    busy = words.answer(429, b"", headers=["Retry-After: 60"])
    server = serve(words.as_looker(words.answer(), logins=[busy]))

    error = failure(source_of(server))

    assert (error.sort, error.retry_after) == (Sort.LIMITED, 60)
    assert clock.slept == []


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"null",
        b"",
        b"[]",
        b"{}",
        b'{"access_token": ""}',
        b'{"access_token": "canary-token-4711\\r\\nX: y"}',
        b'{"access_token": "canary-token-4711", "expires_in": []}',
        b"[" * 100_000,
    ],
)
def test_an_answer_to_the_login_without_a_token_is_misshapen(
    serve, source_of, words, body
):
    server = serve(words.as_looker(words.answer(), logins=[words.answer(body=body)]))

    error = failure(source_of(server))

    assert error.sort is Sort.MISSHAPEN
    assert "canary" not in f"{error} {error.excerpt}"


def test_a_login_that_is_redirected_sends_its_secret_nowhere(serve, source_of, words):
    other = serve(words.in_turn(words.grant()))
    there = words.answer(307, b"", headers=[f"Location: {other.url}/login"])
    server = serve(words.as_looker(words.answer(), logins=[there]))

    error = failure(source_of(server))

    assert (error.sort, error.lasting) == (Sort.MISSHAPEN, True)
    assert "127.0.0.1" in error.reason
    assert other.asked == []


def test_closing_logs_out(serve, source_of, words):
    server = serve(words.as_looker(words.answer(), words.answer(204, b"")))
    source = source_of(server)
    looks(source)

    source.close()
    source.close()

    last = server.asked[-1]
    assert (last.method, last.path) == ("DELETE", "/api/4.0/logout")
    assert last.headers["authorization"] == f"Bearer {words.token}-1"
    assert len(server.asked) == 3


def test_who_never_logged_in_does_not_log_out(serve, source_of, words):
    server = serve(words.as_looker(words.answer()))

    source_of(server).close()

    assert server.asked == []


@pytest.mark.parametrize("end", ["RST", "<html>"])
def test_a_logout_that_fails_is_no_trouble(serve, source_of, words, end):
    reply = end if end == "RST" else words.answer(500, end.encode())
    server = serve(words.as_looker(words.answer(), reply))
    source = source_of(server)
    looks(source)

    source.close()


ECHOES = [
    ("login", 401),
    ("login", 503),
    ("call", 403),
    ("call", 500),
    ("call", 200),
]


@pytest.mark.parametrize(("where", "status"), ECHOES)
def test_no_secret_is_in_an_error_even_if_looker_repeats_it(
    serve, source_of, words, where, status
):
    def echo(asked):
        said = asked.body.decode() + asked.headers.get("authorization", "")
        told = b'{"message": "you sent %s"}' % said.encode()
        return words.answer(status, told if status != 200 else b"<p>" + told)

    plain = words.as_looker(words.answer())
    server = serve(
        lambda a: (
            echo(a) if a.path.endswith("login") == (where == "login") else plain(a)
        )
    )

    error = failure(source_of(server))

    shown = f"{error} {error!r} {error.reason} {error.excerpt} {vars(error)}"
    while error is not None:
        shown += repr(error) + repr(error.args)
        error = error.__cause__ or error.__context__
    assert words.secret not in shown
    assert words.token not in shown


def test_a_secret_does_not_show(words):
    secret = Secret(words.secret)
    credentials = Credentials(
        base_url=base_url.parse("https://looker.example"),
        client_id="me",
        client_secret=secret,
        proxy=secret,
    )

    shown = [str(secret), repr(secret), f"{secret:>20}", repr(credentials)]
    shown += [str(pickle.dumps(secret)), repr(copy.deepcopy(secret)), f"{secret}"]

    assert all(words.secret not in text for text in shown)
    assert secret.reveal() == words.secret
    assert secret == Secret(words.secret)
    assert secret != Secret("other")
    assert hash(secret) == hash(Secret(words.secret))
