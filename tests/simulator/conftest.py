"""A client that is nothing but sockets, and simulated Lookers to point it at."""

import contextlib
import http.client
import json
from urllib.parse import quote, urlencode, urlsplit

import pytest

from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings

API = "/api/4.0"


class Client:
    """One connection to a Looker, logged in."""

    def __init__(self, looker):
        self.looker = looker
        self.connection = http.client.HTTPConnection(
            urlsplit(looker.base_url).netloc, timeout=20
        )
        self.token = self.login(looker.client_id, looker.client_secret)[1].get(
            "access_token"
        )

    def login(self, client_id, client_secret):
        form = urlencode({"client_id": client_id, "client_secret": client_secret})
        status, _, body = self.ask("POST", f"{API}/login", form, {})
        return status, json.loads(body)

    def ask(self, method, target, body=None, headers=None):
        if headers is None:
            headers = {"Authorization": f"token {self.token}"}
        self.connection.request(method, target, body, headers)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def send(self, path):
        """Ask for *path*, and leave the answer to whoever reads the socket."""
        headers = {"Authorization": f"token {self.token}"}
        self.connection.request("GET", API + quote(path), headers=headers)

    def get(self, path, **parameters):
        query = f"?{urlencode(parameters)}" if parameters else ""
        return self.ask("GET", API + quote(path) + query)

    def rows(self, path, **parameters):
        status, _, body = self.get(path, **parameters)
        assert status == 200, body
        return json.loads(body)

    def ids(self, path, **parameters):
        return [row["id"] for row in self.rows(path, fields="id", **parameters)]


@contextlib.contextmanager
def client_of(**settings):
    with running(Settings(**settings)) as looker:
        client = Client(looker)
        with contextlib.closing(client.connection):
            yield client


@pytest.fixture(scope="module")
def client():
    """A small Looker that a module's tests share; none of them changes it."""
    sizes = {"dashboards": 300, "looks": 200, "users": 50, "explores": 30}
    with client_of(sizes=sizes) as client:
        yield client


@pytest.fixture
def simulate():
    """Starts a Looker of one's own."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(client_of(**settings))
