"""Whatever a server does, the client gives back its bytes or one clear error."""

import gzip
import itertools
import shutil
import ssl
import subprocess
import threading

import pytest
import urllib3

from lookervault.core import base_url
from lookervault.errors import LookerError, Sort, UsageError
from lookervault.http.client import Client, Request

GET = Request(method="GET", path="/api/4.0/looks?fields=id")


@pytest.fixture
def words(scripts):
    return scripts


def refused(client, watcher, request=GET):
    with pytest.raises(LookerError) as caught:
        client.send(request, watcher)
    return caught.value


def test_a_body_comes_back_byte_for_byte(serve, client_of, words, watcher):
    body = b' [{"a": 1e400, "b": "\\u00e4"}] '
    server = serve(words.in_turn(words.answer(body=body)))

    reply = client_of(server).send(GET, watcher)

    assert (reply.status, reply.body) == (200, body)
    assert reply.headers["content-type"] == "application/json"


def test_a_large_body_is_told_of_chunk_by_chunk(serve, client_of, words, watcher):
    body = b"[" + b'"%s",' % (b"x" * 997) * 2000 + b"0]"
    server = serve(words.in_turn(words.answer(body=body)))

    reply = client_of(server).send(GET, watcher)

    assert reply.body == body
    assert sum(watcher.sizes) == len(body)
    assert max(watcher.sizes) <= 2**20
    assert watcher.beats >= len(watcher.sizes)


def test_a_compressed_body_is_decoded(serve, client_of, words, watcher):
    body = b"[%s]" % b",".join(b"%d" % n for n in range(300_000))
    packed = words.answer(body=gzip.compress(body), headers=["Content-Encoding: gzip"])
    server = serve(words.in_turn(packed))

    reply = client_of(server).send(GET, watcher)

    assert reply.body == body
    assert sum(watcher.sizes) == len(body)
    assert server.asked[0].headers["accept-encoding"] == "gzip"


def test_connections_are_kept_and_used_again(serve, client_of, words, watcher):
    server = serve(words.in_turn(words.answer(), words.answer(404, b"{}")))
    client = client_of(server)

    client.send(GET, watcher)
    for _ in range(3):
        refused(client, watcher)

    assert server.connections == 1
    assert client.sent == 4


def test_a_chunked_body_is_put_together(serve, client_of, words, watcher):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    chunked = (
        head
        + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n2\r\n,2\r\n1\r\n]\r\n0\r\n\r\n"
    )
    server = serve(words.in_turn(chunked))

    assert client_of(server).send(GET, watcher).body == b"[1,2]"


@pytest.mark.parametrize(
    ("status", "sort"),
    [
        (400, Sort.REFUSED),
        (401, Sort.UNAUTHORIZED),
        (403, Sort.REFUSED),
        (404, Sort.NOT_FOUND),
        (408, Sort.OVERLOADED),
        (422, Sort.REFUSED),
        (429, Sort.LIMITED),
        (500, Sort.OVERLOADED),
        (502, Sort.OVERLOADED),
        (503, Sort.OVERLOADED),
        (504, Sort.OVERLOADED),
    ],
)
def test_a_status_says_what_the_trouble_is(serve, client_of, words, status, sort):
    body = b'{"message": "No such \\u001b[31mthing"}'
    server = serve(words.in_turn(words.answer(status, body)))

    error = refused(client_of(server), words.watcher())

    assert (error.sort, error.status) == (sort, status)
    assert "\x1b" not in error.reason
    assert "/api/4.0/looks" in error.reason


def test_looker_s_own_message_is_passed_on(serve, client_of, words, watcher):
    body = b'{"message": "Validation Failed", "errors": [{"field": "limit"}]}'
    server = serve(words.in_turn(words.answer(422, body)))

    assert "Validation Failed" in refused(client_of(server), watcher).reason


def test_retry_after_is_read_against_the_server_s_clock(
    serve, client_of, words, watcher
):
    headers = [
        "Date: Fri, 31 Dec 1999 23:59:00 GMT",
        "Retry-After: Fri, 31 Dec 1999 23:59:42 GMT",
    ]
    server = serve(words.in_turn(words.answer(429, b"{}", headers=headers)))

    assert refused(client_of(server), watcher).retry_after == 42


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(serve, client_of, words, watcher, status):
    other = serve(words.in_turn(words.answer()))
    there = [f"Location: http://elsewhere.example:{other.port}/login"]
    server = serve(words.in_turn(words.answer(status, b"", headers=there)))

    error = refused(client_of(server), watcher)

    assert (error.sort, error.lasting) == (Sort.MISSHAPEN, True)
    there = f"http://elsewhere.example:{other.port}"
    assert f"{server.url} answers {status} and points to {there}:" in error.reason
    assert "/login" not in error.reason
    assert other.asked == []
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>Sign in</html>", "text/html"),
        (b"<html>Sign in</html>", "application/json"),
        (b"[]", "text/plain"),
        (b"", "application/json"),
        (b"  \n", "application/json"),
        (b"null", "application/json"),
        (b'"text"', "application/json"),
        (b"\xef\xbb\xbf[]", "application/json"),
    ],
)
def test_a_success_that_is_no_json_is_never_no_content(
    serve, client_of, words, body, kind
):
    server = serve(words.in_turn(words.answer(200, body, kind=kind)))

    assert refused(client_of(server), words.watcher()).sort is Sort.MISSHAPEN


def test_a_204_is_no_content_either(serve, client_of, watcher, words):
    server = serve(words.in_turn(b"HTTP/1.1 204 No Content\r\n\r\n"))

    assert refused(client_of(server), watcher).sort is Sort.MISSHAPEN


@pytest.mark.parametrize("end", ["CLOSE", "RST"])
def test_a_body_that_breaks_off_is_misshapen(serve, client_of, words, watcher, end):
    half = words.answer(body=b"[1, 2", length=4000)
    server = serve(words.in_turn([half, end], words.answer()))
    client = client_of(server)

    error = refused(client, watcher)

    assert error.sort is Sort.MISSHAPEN
    assert client.send(GET, watcher).body == b"[]"


def test_a_chunked_body_that_breaks_off_is_misshapen(serve, client_of, words, watcher):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    half = head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n"
    server = serve(words.in_turn([half, "CLOSE"]))

    assert refused(client_of(server), watcher).sort is Sort.MISSHAPEN


def test_what_is_not_gzip_is_misshapen(serve, client_of, words, watcher):
    lie = words.answer(body=b"[1, 2, 3]", headers=["Content-Encoding: gzip"])
    server = serve(words.in_turn(lie))

    assert refused(client_of(server), watcher).sort is Sort.MISSHAPEN


@pytest.mark.parametrize("end", ["CLOSE", "RST"])
def test_no_answer_is_unreachable(serve, client_of, words, watcher, end):
    server = serve(words.in_turn(end))

    assert refused(client_of(server), watcher).sort is Sort.UNREACHABLE


def test_a_closed_port_is_unreachable(serve, client_of, words, watcher):
    server = serve(words.in_turn(words.answer()))
    server.close()

    error = refused(client_of(server), watcher)

    assert error.sort is Sort.UNREACHABLE
    assert f"{server.url} cannot be reached: Connection refused." in error.reason
    assert not error.lasting


def test_a_name_that_does_not_exist_is_unreachable(client_of, watcher):
    client = client_of(None, url="https://looker.invalid")

    assert refused(client, watcher).sort is Sort.UNREACHABLE


def test_silence_times_out(serve, client_of, words, watcher):
    server = serve(words.in_turn("HANG"))

    error = refused(client_of(server, progress=0.2), watcher)

    assert error.sort is Sort.TIMED_OUT
    assert "nothing" in error.reason


def test_a_slow_drip_meets_the_deadline(serve, client_of, words, watcher):
    drip = [words.answer(body=b"[", length=4000), *[0.05, b" "] * 200]
    server = serve(words.in_turn(drip))

    error = refused(client_of(server, progress=1, whole=0.4), watcher)

    assert error.sort is Sort.TIMED_OUT
    assert "deadline" in error.reason


def test_headers_that_drip_meet_the_deadline_too(serve, client_of, words, watcher):
    drip = [b"HTTP/1.1 200 OK\r\n", *[0.05, b"X: y\r\n"] * 90]
    server = serve(words.in_turn(drip))

    error = refused(client_of(server, progress=1, whole=0.4), watcher)

    assert error.sort is Sort.TIMED_OUT


def test_time_that_the_watch_takes_is_not_the_server_s(
    serve, client_of, words, watcher
):
    hours = itertools.count()
    now = [0.0]

    def more(size):
        now[0] += 3600 * next(hours)

    watcher.more = more
    body = b"[" + b" " * 2**20 + b"]"
    server = serve(words.in_turn(words.answer(body=body)))

    client = client_of(server, options={"monotonic": lambda: now[0]})

    assert client.send(GET, watcher).seconds == 0
    assert next(hours) > 1


def test_a_body_past_the_cap_is_too_large(serve, client_of, words, watcher):
    server = serve(words.in_turn(words.answer(body=b"[" + b" " * 5000), words.answer()))
    client = client_of(server, size=4000)

    error = refused(client, watcher)

    assert error.sort is Sort.TOO_LARGE
    assert client.send(GET, watcher).body == b"[]"


def test_a_gzip_bomb_is_cut_short(serve, client_of, words, watcher):
    bomb = gzip.compress(b"[" + b" " * 64 * 2**20)
    packed = words.answer(body=bomb, headers=["Content-Encoding: gzip"])
    server = serve(words.in_turn(packed))

    error = refused(client_of(server, size=2**20), watcher)

    assert error.sort is Sort.TOO_LARGE
    assert sum(watcher.sizes) <= 2**20


def test_a_body_of_an_error_is_read_in_part_only(serve, client_of, words, watcher):
    endless = [words.answer(500, b"{", length=2**40), *[b" " * 65536] * 4000]
    server = serve(words.in_turn(endless))

    assert refused(client_of(server), watcher).status == 500


@pytest.mark.parametrize(
    ("start", "sort"), [([], Sort.UNREACHABLE), ([b"["], Sort.MISSHAPEN)]
)
def test_a_request_can_be_cut_off_from_another_thread(
    serve, client_of, words, start, sort
):
    begun = [words.answer(length=9, body=body) for body in start]
    server = serve(words.in_turn([*begun, "HANG"]))
    watcher = words.watcher()

    error = cut_off(client_of(server), watcher, after=len(start))

    assert error.sort is sort
    assert watcher.cuts[-1] is None


def cut_off(client, watcher, after=0):
    """Cut a request off as soon as *after* chunks came in, and return its error."""
    errors = []
    thread = threading.Thread(target=lambda: errors.append(refused(client, watcher)))
    thread.start()
    assert watcher.cut.wait(5)
    while len(watcher.sizes) < after:
        thread.join(0.01)
    while thread.is_alive():
        cut = watcher.cuts[-1]
        if cut is not None:
            cut()
        thread.join(0.05)
    return errors[0]


def test_a_cut_comes_too_late_for_a_call_that_is_over(serve, client_of, words, watcher):
    server = serve(words.in_turn(words.answer()))
    client = client_of(server)
    client.send(GET, watcher)

    assert watcher.cuts[-1] is None
    for cut in watcher.cuts[:-1]:
        cut()
    assert client.send(GET, watcher).body == b"[]"


def test_more_threads_than_connections_take_turns(serve, client_of, words):
    server = serve(words.in_turn(words.answer()))
    client = client_of(server)
    replies = []

    def work():
        replies.extend(client.send(GET, words.watcher()).body for _ in range(5))

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert replies == [b"[]"] * 60
    assert server.connections <= 4
    assert client.sent == 60


def test_requests_go_through_a_proxy_that_is_given(serve, client_of, words, watcher):
    proxy = serve(words.in_turn(words.answer(body=b"[1]")))
    through = {"proxy": f"http://me:pass@127.0.0.1:{proxy.port}"}
    client = client_of(None, url="http://127.0.0.1:9", options=through)

    reply = client.send(GET, watcher)

    assert reply.body == b"[1]"
    assert proxy.asked[0].target == "http://127.0.0.1:9/api/4.0/looks?fields=id"
    assert proxy.asked[0].headers["proxy-authorization"].startswith("Basic ")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "https://looker.example"])
def test_a_proxy_that_refuses_is_named_as_such(serve, client_of, words, watcher, url):
    proxy = serve(words.in_turn(words.answer(407, b"")))
    through = {"proxy": f"http://me:canary@127.0.0.1:{proxy.port}"}

    error = refused(client_of(None, url=url, options=through), watcher)

    assert error.sort is Sort.UNREACHABLE
    assert "proxy" in error.reason
    assert "407" in error.reason
    assert error.lasting
    assert "canary" not in error.reason


def test_a_proxy_that_is_away_is_named_as_such(serve, client_of, words, watcher):
    proxy = serve(words.in_turn(words.answer()))
    proxy.close()
    through = {"proxy": proxy.url}

    error = refused(
        client_of(None, url="https://looker.example", options=through), watcher
    )

    assert error.sort is Sort.UNREACHABLE
    assert "proxy" in error.reason


def test_a_proxy_whose_name_nobody_knows_is_named_as_such(client_of, watcher):
    through = {"proxy": "http://me:canary@proxy.invalid:3128"}

    error = refused(
        client_of(None, url="https://looker.example", options=through), watcher
    )

    assert error.sort is Sort.UNREACHABLE
    assert "proxy http://proxy.invalid:3128 cannot be reached: its name" in error.reason
    assert "canary" not in error.reason


@pytest.mark.parametrize("options", [{"ca_file": "/nowhere.pem"}, {"proxy": "ftp://x"}])
def test_what_cannot_be_used_is_said_at_the_start(client_of, options):
    with pytest.raises(UsageError):
        client_of(None, url="https://looker.example", options=options)


def test_a_request_shows_nothing_of_what_it_carries(words):
    request = Request(
        method="POST",
        path="/login?x=canary",
        headers={"Authorization": "canary"},
        body=b"canary",
        secrets=("canary",),
    )

    assert "canary" not in f"{request!r} {request}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, pem = folder / "key.pem", folder / "cert.pem"
    names = "subjectAltName=IP:127.0.0.1"
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=here"
    subprocess.run(
        [*command.split(), "-addext", names, "-keyout", key, "-out", pem],
        check=True,
        capture_output=True,
    )
    return pem, key


@pytest.fixture
def serve_tls(serve, words, certificate):
    """Start a server with a certificate that nobody signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return lambda reply: serve(words.in_turn(reply), tls=context)


@pytest.fixture
def trust(client_of, certificate):
    """Make a client that takes the certificate for an authority."""
    return lambda server: client_of(server, options={"ca_file": str(certificate[0])})


def test_a_server_that_proves_itself_is_trusted(serve_tls, trust, words, watcher):
    server = serve_tls(words.answer())

    assert trust(server).send(GET, watcher).body == b"[]"


def test_a_server_that_cannot_prove_itself_is_refused_whatever_the_environment_says(
    serve_tls, client_of, words, certificate, monkeypatch
):
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(certificate[0]))
    server = serve_tls(words.answer())

    error = refused(client_of(server), words.watcher())

    assert error.sort is Sort.UNREACHABLE
    assert error.lasting
    assert "self-signed certificate" in error.reason
    assert server.asked == []


def test_a_proxy_that_cannot_prove_itself_is_named_and_not_the_server(
    serve_tls, client_of, words, watcher
):
    through = {"proxy": serve_tls(words.answer()).url}

    error = refused(
        client_of(None, url="https://looker.example", options=through), watcher
    )

    assert f"proxy {through['proxy']} cannot be reached: self-signed" in error.reason


def test_who_insists_may_do_without_proof(serve_tls, client_of, words, watcher):
    client = client_of(serve_tls(words.answer()), options={"verify": False})

    with pytest.warns(urllib3.exceptions.InsecureRequestWarning):
        reply = client.send(GET, watcher)

    assert reply.body == b"[]"


def test_a_tls_connection_can_be_cut_off(serve_tls, trust, watcher):
    error = cut_off(trust(serve_tls("HANG")), watcher)

    assert error.sort is Sort.UNREACHABLE


def test_a_client_needs_no_more_than_an_address():
    client = Client(
        base_url.parse("https://looker.example"), connections=1, monotonic=float
    )

    client.close()

    assert client.sent == 0
