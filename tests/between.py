"""Stands between lookervault and a simulated Looker, and changes what is answered."""

import http.client
import itertools
import urllib.parse

from tests.looker.conftest import Server, answer

KEPT = {"authorization", "content-type", "user-agent"}


class Between(Server):
    """Asks *looker*, and answers with what *change* makes of that.

    *change* gets the request and the body of a success, and returns a body, or what a
    script of `Server` may return; ``None``: as it is. Other answers are passed on.
    *ask* returns what is asked for instead of a target.
    """

    def __init__(self, looker, change, *, ask=lambda target: target):
        self._ask = ask
        self._looker = urllib.parse.urlsplit(looker.base_url).netloc
        self.client_id, self.client_secret = looker.client_id, looker.client_secret
        self.change = change
        super().__init__(self._pass_on)

    @property
    def base_url(self):
        return self.url

    def _pass_on(self, asked):
        way = http.client.HTTPConnection(self._looker, timeout=20)
        headers = {k: v for k, v in asked.headers.items() if k in KEPT}
        target = self._ask(asked.target)
        way.request(asked.method, target, asked.body or None, headers)
        got = way.getresponse()
        status, body = got.status, got.read()
        way.close()
        made = self.change(asked, body) if status == 200 and is_content(asked) else None
        if made is None or isinstance(made, bytes):
            return answer(status, body if made is None else made)
        return made


def is_content(asked):
    """Whether a request is part of a run, and not of a login."""
    return asked.path.rpartition("/")[2] not in {"login", "logout", "user", "versions"}


def whole(body):
    """A success whose body is just this, whatever it is."""
    return [answer(body=body)]


def each_once(*made):
    """A change: the first request of all gets the first of *made*, and so on, once."""
    turns = itertools.chain(made, itertools.repeat(None))
    return lambda _asked, _body: next(turns)
