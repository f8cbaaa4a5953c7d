"""A bad world gets one sentence and an exit status, and finds no vault that it did not."""

import contextlib
import shutil
import socket
import ssl
import subprocess
from types import SimpleNamespace

import pytest

from tests.looker.conftest import Server, answer, grant

from .conftest import FEW, PROGRAM, assert_refused

LOGIN = "POST /api/4.0/login"
PAGE = b"<!DOCTYPE html><title>canary</title><p>Welcome to nginx!"


@pytest.fixture
def serve():
    """Starts a server that answers each request with what a script has for it."""
    with contextlib.ExitStack() as stack:

        def serve(script, **options):
            server = Server(script, **options)
            stack.callback(server.close)
            return server

        yield serve


@pytest.fixture
def command_at(command_of):
    """Gives a command for whatever is at a URL."""

    def command_at(url, **environ):
        command = command_of(
            SimpleNamespace(
                base_url=url, client_id="simulator", client_secret="canary-secret"
            )
        )
        for name in ("no_proxy", "https_proxy", "http_proxy"):
            command.environ.pop(name, None)
            command.environ.pop(name.upper(), None)
        command.environ.update(environ)
        return command

    return command_at


def assert_told(command, status, *told):
    """It ends with one sentence that has each of *told* in it, and makes no vault."""
    ended = command.extract()
    assert_refused(ended, status, *told)
    assert "canary" not in ended.err
    assert not command.path.exists()


# Who answers


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, PAGE, "text/html"),
        (200, b"", None),
        (200, b'{"hello": "canary"}', "application/json"),
        (403, PAGE, "text/html; charset=utf-8"),
        (404, PAGE, "text/html"),
        (405, PAGE, "text/html"),
    ],
)
def test_what_is_no_looker_is_told_after_one_request(
    serve, command_at, status, body, kind
):
    server = serve(lambda _: answer(status, body, kind=kind))

    assert_told(command_at(server.url), 5, f"at {server.url} is not Looker", "base URL")

    assert server.paths == [LOGIN]


def test_a_looker_that_says_404_means_the_credentials(serve, command_at):
    body = b'{"message":"Not found","documentation_url":"https://cloud.google.com/"}'
    server = serve(lambda _: answer(404, body))

    assert_told(command_at(server.url), 13, server.url, "client id and secret", "404")

    assert server.paths == [LOGIN]


def test_a_page_that_answers_to_everything_but_the_login_is_no_success(
    serve, command_at
):
    server = serve(
        lambda asked: (
            grant()
            if asked.path.endswith("/login")
            else answer(200, PAGE, kind="text/html")
        )
    )

    assert_told(command_at(server.url), 5, "text/html", "/api/4.0/user")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_names_where_to_and_is_not_followed(serve, command_at, status):
    other = serve(lambda _: grant())
    location = f"Location: {other.url}/login?token=canary"
    server = serve(lambda _: answer(status, PAGE, kind="text/html", headers=[location]))

    assert_told(
        command_at(server.url),
        5,
        f"{server.url} answers {status} and points to {other.url}:",
        "use it as the base URL",
    )

    assert server.paths == [LOGIN]
    assert other.connections == 0


def test_a_redirect_to_itself_is_no_looker(serve, command_at):
    headers = ["Location: /canary/login"]
    server = serve(lambda _: answer(302, b"", kind=None, headers=headers))

    assert_told(command_at(server.url), 5, server.url, "page of its own", "base URL")


# Who they are


def openssl(*args, folder):
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("needs openssl to make a certificate")
    subprocess.run([program, *args], cwd=folder, check=True, capture_output=True)


AUTHORITY = """
[ca]
default_ca = here
[here]
database = index.txt
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[server]
subjectAltName = ${ENV::NAMES}
"""


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Makes certificates for a name and a time, signed by an authority of its own."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "ca.cnf").write_text(AUTHORITY.replace("${ENV::NAMES}", "DNS:unused"))
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "rsa:2048", "-nodes")
    made = ("-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority")
    openssl("req", "-x509", "-days", "3650", *key, *made, folder=folder)

    def sign(names, start, end):
        (folder / "ca.cnf").write_text(AUTHORITY.replace("${ENV::NAMES}", names))
        made = ("-keyout", "it.key", "-out", "it.csr", "-subj", "/CN=server")
        openssl("req", *key, *made, folder=folder)
        span = ("-startdate", start, "-enddate", end, "-extensions", "server")
        ours = ("-config", "ca.cnf", "-keyfile", "ca.key", "-cert", "ca.pem")
        signed = ("-in", "it.csr", "-out", "it.pem", "-notext", "-batch")
        openssl("ca", *ours, *signed, *span, folder=folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "it.pem", folder / "it.key")
        return context

    return SimpleNamespace(sign=sign, ca_file=folder / "ca.pem")


HERE, ELSEWHERE = "IP:127.0.0.1", "DNS:elsewhere.example"
NOW = ("20200101000000Z", "20991231235959Z")
PAST = ("20200101000000Z", "20200201000000Z")
FUTURE = ("20980101000000Z", "20991231235959Z")


@pytest.mark.parametrize(
    ("names", "span", "known", "told"),
    [
        (HERE, NOW, False, ["unable to get local issuer", "--ca-file"]),
        (ELSEWHERE, NOW, True, ["not valid for '127.0.0.1'", "base URL"]),
        (HERE, PAST, True, ["certificate has expired", "renewed"]),
        (HERE, FUTURE, True, ["not yet valid", "clock"]),
    ],
)
def test_a_certificate_that_does_not_fit_is_told_at_once_and_sent_nothing(  # noqa: PLR0917 - what makes a certificate
    serve, command_at, certificates, names, span, known, told
):
    server = serve(lambda _: grant(), tls=certificates.sign(names, *span))
    trusted = {"LOOKERVAULT_CA_FILE": str(certificates.ca_file)} if known else {}

    assert_told(
        command_at(server.url, **trusted),
        5,
        f"{server.url} cannot prove who it is",
        *told,
    )

    assert server.connections == 1
    assert server.asked == []


def test_a_certificate_of_an_authority_that_was_named_will_do(
    serve, command_at, certificates
):
    server = serve(
        lambda _: answer(404, b'{"message":"Not found"}'),
        tls=certificates.sign(HERE, *NOW),
    )
    command = command_at(server.url, LOOKERVAULT_CA_FILE=str(certificates.ca_file))

    assert_told(command, 13, "client id and secret")


class Blunt(Server):
    """Answers to whatever comes in, as web servers do to what is no HTTP."""

    def _read(self, connection):
        return connection.recv(65536) or None


def test_a_port_without_tls_is_told_at_once(command_at):
    server = Blunt(lambda _: answer(400, b"", kind=None))
    url = server.url.replace("http:", "https:")

    with contextlib.closing(server):
        assert_told(command_at(url), 5, f"{url} does not speak TLS", "Check address")

    assert server.connections == 1
    assert b"canary" not in b"".join(server.asked)


# The way to them


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (407, ["wants a name and a password", "https_proxy"]),
        (403, ["does not let us through to https://looker.invalid", "403", "no_proxy"]),
    ],
)
def test_a_proxy_that_refuses_is_named_and_asked_once(serve, command_at, status, told):
    proxy = serve(lambda _: answer(status, PAGE, kind="text/html"))
    through = f"http://me:canary@127.0.0.1:{proxy.port}"

    assert_told(
        command_at("https://looker.invalid", https_proxy=through),
        5,
        f"proxy http://127.0.0.1:{proxy.port}",
        *told,
    )

    assert [asked.method for asked in proxy.asked] == ["CONNECT"]


def nobody():
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as it:
        return it.getsockname()[1]


@pytest.mark.slow
def test_a_proxy_that_is_away_is_named(command_at):
    proxy = f"http://127.0.0.1:{nobody()}"

    assert_told(
        command_at("https://looker.invalid", https_proxy=proxy),
        5,
        f"proxy {proxy} cannot be reached: Connection refused",
        "https_proxy",
    )


def test_a_proxy_that_is_no_address_is_a_usage_error(command_at):
    assert_told(
        command_at("https://looker.invalid", https_proxy="ftp://canary"), 2, "proxy"
    )


@pytest.mark.slow
def test_a_name_that_nobody_knows_is_told(command_at):
    assert_told(
        command_at("https://looker.invalid"), 5, "https://looker.invalid", "not known"
    )


@pytest.mark.slow
def test_a_port_where_nobody_listens_is_told(command_at):
    url = f"http://127.0.0.1:{nobody()}"

    assert_told(command_at(url), 5, f"{url} cannot be reached: Connection refused")


# What changes on the way


@pytest.fixture
def looker_on(tmp_path):
    """Starts a Looker on a port that is given, and returns its process."""
    with contextlib.ExitStack() as stack:

        def looker_on(port):
            options = ["--size", "dashboards=300", "--latency", "0.1"]
            process = subprocess.Popen(
                [*PROGRAM, "simulate", "--port", str(port), *options],
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            stack.callback(process.stdout.close)
            assert process.stdout.readline().startswith("Looker is at ")
            return process

        yield looker_on


@pytest.mark.slow
def test_a_looker_that_goes_away_ends_a_run_that_goes_on_when_it_is_back(
    looker_on, command_at
):
    port = nobody()
    looker = looker_on(port)
    command = command_at(
        f"http://127.0.0.1:{port}", LOOKERSDK_CLIENT_SECRET="simulated"
    )
    options = ("dashboards", "--workers", 2, "--batch-size", 10)
    running = command.start(*options, "--give-up-after", 2)
    running.until_stored()
    looker.kill()

    ended = running.ended()

    assert (ended.status, ended.summary["status"]) == (5, "failed")
    assert ended.err.count("\n") == 1
    assert f"http://127.0.0.1:{port} cannot be reached" in ended.err
    assert "run the same command again" in ended.err

    looker_on(port)
    again = command.complete(*options)

    assert again.summary["resumed"]
    assert again.summary["refetched"] == 0


def test_credentials_that_are_withdrawn_end_a_run_that_goes_on_with_new_ones(simulated):
    looker, command = simulated(sizes={**FEW, "dashboards": 150}, latency=0.1)
    options = ("dashboards", "--workers", 2, "--batch-size", 10)
    running = command.start(*options)
    running.until_stored()
    looker.post("tune", client_secret="another-one")
    looker.post("revoke")

    ended = running.ended()

    assert (ended.status, ended.summary["status"]) == (13, "failed")
    assert ended.err.count("\n") == 1
    assert f"Looker at {looker.base_url} does not accept the client id" in ended.err

    command.environ["LOOKERSDK_CLIENT_SECRET"] = "another-one"
    again = command.complete(*options)

    assert again.summary["resumed"]
    assert again.summary["refetched"] == 0
