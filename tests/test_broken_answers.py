"""Whatever Looker answers: nothing is lost, nothing is invented, a gap has its reason.

Over real HTTP and into a real vault, in one process.
"""

import contextlib
import gzip
import itertools
import re
import threading
from collections import Counter

import msgspec
import pytest

from lookervault.core import base_url
from lookervault.http.client import Limits
from lookervault.looker.settings import Credentials, Secret
from lookervault.records import Scope
from lookervault.system import Settings, System
from lookervault.testing import Proxy, Trouble, simulated_looker
from lookervault.vault import Vault
from tests.between import Between, each_once, whole
from tests.looker.conftest import answer

LONG = 60.0
SIZES = {"dashboards": 60, "looks": 24, "roles": 4, "users": 20, "explores": 12}
KINDS = ("dashboards", "looks", "roles", "explores")


@pytest.fixture(scope="module")
def looker():
    """A Looker that tests share; they leave it as it was."""
    with simulated_looker(sizes=SIZES) as looker:
        yield looker


@pytest.fixture
def own():
    """A Looker that a test may change."""
    with simulated_looker(sizes=SIZES) as looker:
        yield looker


@pytest.fixture
def between(looker):
    """Stands between the run and Looker with a change of one's own."""
    with contextlib.ExitStack() as stack:

        def between(change, there=looker, **more):
            it = Between(there, change, **more)
            stack.callback(it.close)
            return it

        yield between


class Copy:
    """A vault, and what is extracted into it."""

    def __init__(self, path):
        self._path = path

    def extract(self, place, *kinds, limits=None, url=None, **settings):
        """Extract what is at *place*, or at *url*, and return how that ended."""
        access = Credentials(
            base_url=base_url.parse(url or place.base_url),
            client_id=place.client_id,
            client_secret=Secret(place.client_secret),
            limits=limits or Limits(),
        )
        settings = Settings(**{"batch_size": 5, **settings})
        with System.at(self._path, access, settings) as system:
            return system.extract(Scope(kinds or KINDS)).result(LONG)

    def whole(self, *args, **more):
        """Extract, and have it succeed without a gap."""
        ended = self.extract(*args, **more)
        assert (ended.exit_code, ended.reason, self.gaps()) == (0, "", {})
        assert ended.run.complete
        return ended

    def gaps(self):
        """The gaps of the latest snapshot, by kind and id."""
        with Vault.open(self._path) as vault:
            return {(gap.kind, gap.id): gap for gap in vault.gaps()}

    def shown(self, *kinds):
        """What the vault shows: of each kind and id, the call and the body."""
        with Vault.open(self._path) as vault:
            heads = [head for kind in kinds or KINDS for head in vault.items(kind)]
            return {(h.kind, h.id): (h.call, vault.read(h)) for h in heads}


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path / "vault")


def held(looker, *kinds):
    """The kind and id of all that *looker* has, in the trash too."""
    return {
        (kind, id_)
        for kind in kinds or KINDS
        for trashed in (False, True)
        for id_ in looker.ids(kind, trashed=trashed)
    }


def assert_same(looker, copy):
    """All of it is there, byte for byte as it was sent."""
    there = copy.shown()
    assert there.keys() == held(looker)
    for (kind, id_), (call, body) in there.items():
        assert body == looker.body(kind, id_, call), (kind, id_)


# What passes


NONSENSE = {
    "a byte order mark": whole(b"\xef\xbb\xbf[]"),
    "no UTF-8": whole(b'[{"id":"1","title":"\xff\xfe"}]'),
    "NaN": whole(b'[{"id":"1","x":NaN}]'),
    "half of it": whole(b'[{"id":"1","title":"a'),
    "a page": [answer(200, b"<html>Please log in", kind="text/html")],
    "a page that calls itself JSON": whole(b"<html>Please log in"),
    "nothing": whole(b""),
    "null": whole(b"null"),
    "a text": whole(b'"hello"'),
    "an object instead of a list": whole(b'{"id":"1","hello":"you"}'),
    "a list of numbers": whole(b"[1,2,3]"),
    "items without ids": whole(b'[{"title":"x"}]'),
    "brackets without end": whole(b"[" * 200_000 + b"]" * 200_000),
    "no gzip": [answer(body=b"[]", headers=["Content-Encoding: gzip"])],
    "a body that is cut off": [answer(body=b"[", length=9), "CLOSE"],
    "a body that is reset": [answer(body=b"[", length=9), "RST"],
    "no answer": ["CLOSE"],
    "a reset": ["RST"],
    "204": [b"HTTP/1.1 204 No Content\r\n\r\n"],
    "no HTTP": [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "CLOSE"],
    **{str(n): [answer(n, b"{}")] for n in (408, 500, 502, 503, 504, 520)},
}


def test_nonsense_is_asked_for_again_and_nothing_of_it_is_kept(looker, between, copy):
    """Every second request gets some, so that others get through meanwhile."""
    made = itertools.chain.from_iterable((some, None) for some in NONSENSE.values())

    copy.whole(between(each_once(*made)), batch_size=3)

    assert_same(looker, copy)


def test_silence_is_given_up_and_asked_again(looker, between, copy):
    limits = Limits(progress=0.3)

    copy.whole(between(each_once(["HANG"], ["HANG"])), limits=limits)

    assert_same(looker, copy)


def test_what_drips_in_meets_the_deadline_and_is_asked_for_again(looker, between, copy):
    drip = [answer(body=b"[", length=4000), *[0.05, b" "] * 100]
    limits = Limits(progress=1.0, whole=0.5)

    copy.whole(between(each_once(drip)), limits=limits)

    assert_same(looker, copy)


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Trouble(piece=1500, latency=0.0005), id="slices"),
        pytest.param(
            Trouble(bandwidth=1_000_000), id="bandwidth", marks=pytest.mark.slow
        ),
        pytest.param(Trouble(slow_close=0.2), id="slow close", marks=pytest.mark.slow),
    ],
)
def test_a_slow_network_costs_time_alone(looker, copy, trouble):
    with Proxy(looker.base_url) as proxy:
        proxy.trouble = trouble

        copy.whole(looker, url=proxy.url)

    assert_same(looker, copy)


def test_connections_that_break_are_made_again(looker, copy):
    with Proxy(looker.base_url) as proxy:
        # The login is what the first one is for.
        proxy.script.append(Trouble())
        proxy.script.extend(
            Trouble(cut_after=size, reset=size % 2 == 0)
            for size in (4000, 300, 1, 2, 10_001, 20_000)
        )

        copy.whole(looker, url=proxy.url)

        assert not proxy.script
    assert_same(looker, copy)


class Outage:
    """A change that changes nothing, but in the midst of a run *begins* an outage."""

    def __init__(self, begins, ends, *, after=9, lasts=0.7):
        self._left = after
        self._begins = begins
        self._timer = threading.Timer(lasts, ends)

    def __call__(self, _asked, _body):
        self._left -= 1
        if self._left == 0:
            self._begins()
            self._timer.start()

    def over(self):
        self._timer.join()


@pytest.mark.parametrize(
    "silent",
    [
        pytest.param(False, id="refused"),
        pytest.param(True, id="silent", marks=pytest.mark.slow),
    ],
)
def test_an_outage_costs_its_time_and_no_gap(looker, between, copy, silent):
    def begins():
        proxy.trouble = Trouble(silent=silent)
        if not silent:
            proxy.down()

    def ends():
        proxy.trouble = Trouble()
        if not silent:
            proxy.up()

    outage = Outage(begins, ends)
    limits = Limits(connect=0.2, progress=0.2)
    with Proxy(between(outage).url) as proxy:
        copy.whole(looker, url=proxy.url, limits=limits, give_up_after=30.0)

    outage.over()
    assert_same(looker, copy)


@pytest.mark.slow
def test_an_outage_that_does_not_end_is_given_up_and_the_run_goes_on_later(
    looker, between, copy
):
    outage = Outage(lambda: proxy.down(), lambda: None)  # noqa: PLW0108 - made later
    with Proxy(between(outage).url) as proxy:
        ended = copy.extract(looker, url=proxy.url, give_up_after=1.0)

        assert ended.exit_code == 5
        assert "has not answered" in ended.reason
        assert copy.shown()
        outage.over()
        proxy.up()

        again = copy.whole(looker, url=proxy.url)

    assert (again.run.number, again.run.resumed) == (ended.run.number, 1)
    assert_same(looker, copy)


# What is odd and no trouble


LONG_ID = "-" + "ä" * 300


def odd(body):
    """Values that parsers and printers disagree on, and fields that nobody knows."""
    more = rb'"new":{"a":[1e400,-0.0,1E-999,18446744073709551617,"\ud83d \u0000"]},'
    return body.replace(b'"title":', more + b'"title":')


def numbers(body):
    return re.sub(rb'"id":"(\d+)"', rb'"id":\1', body)


def long_ids(body):
    return re.sub(rb'"id":"(\d+)"', rb'"id":"\1%s"' % LONG_ID.encode(), body)


@pytest.mark.parametrize(
    ("change", "end"),
    [(odd, ""), (numbers, ""), (long_ids, LONG_ID)],
    ids=["odd values and unknown fields", "ids that are numbers", "ids of 600 bytes"],
)
def test_what_is_odd_is_kept_byte_for_byte(looker, between, copy, change, end):
    kinds = ("dashboards", "users")

    copy.whole(between(lambda _, body: change(body)), *kinds)

    there = copy.shown(*kinds)
    assert there.keys() == {(k, id_ + end) for k, id_ in held(looker, *kinds)}
    for (kind, id_), (call, body) in there.items():
        if kind == "dashboards":
            assert body == change(looker.body(kind, id_.removesuffix(end), call))


def ids(body):
    """The ids of what an answer holds, be it a list or one item."""
    found = msgspec.json.decode(body)
    return [it["id"] for it in (found if isinstance(found, list) else [found])]


def twice(_asked, body):
    """A page whose first item comes again at its end."""
    items = msgspec.json.decode(body, type=list[msgspec.Raw])
    return msgspec.json.encode([*items, *items[:1]])


def short(_asked, body):
    """A page that lacks its last item, unless it is the only one."""
    items = msgspec.json.decode(body, type=list[msgspec.Raw])
    return msgspec.json.encode(items[: max(1, len(items) - 1)] if items else [])


def doubled(target):
    """More rows than were asked for."""
    return re.sub(r"limit=(\d+)", lambda found: f"limit={2 * int(found[1])}", target)


@pytest.mark.parametrize(
    ("change", "ask"),
    [(twice, str), (short, str), (lambda *_: None, doubled)],
    ids=["ids twice", "short pages", "long pages"],
)
def test_a_page_is_not_taken_for_what_was_asked_for(looker, between, copy, change, ask):
    copy.whole(between(change, ask=ask), "dashboards")

    assert copy.shown("dashboards").keys() == held(looker, "dashboards")


# What does not pass


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(False, id="huge", marks=pytest.mark.slow),
        pytest.param(True, id="a gzip bomb"),
    ],
)
def test_an_item_that_is_too_large_is_one_gap(looker, between, copy, packed):
    limit = 2_000_000
    huge = b'[{"id":"7","title":"%s"}]' % (b"x" * 2 * limit)
    made = answer(body=huge)
    if packed:
        made = answer(body=gzip.compress(huge), headers=["Content-Encoding: gzip"])

    def change(_asked, body):
        return [made] if b"layouts" in body and "7" in ids(body) else None

    ended = copy.extract(between(change), "dashboards", limits=Limits(size=limit))

    assert (ended.exit_code, ended.run.complete) == (0, False)
    assert copy.gaps().keys() == {("dashboards", "7")}
    assert f"larger than {limit} bytes" in copy.gaps()["dashboards", "7"].reason
    assert (
        copy.shown("dashboards").keys()
        == held(looker, "dashboards") - copy.gaps().keys()
    )


@pytest.mark.parametrize("status", [pytest.param(400, marks=pytest.mark.slow), 422])
def test_a_kind_that_is_refused_is_a_gap_with_what_looker_said(
    looker, between, copy, status
):
    body = b'{"message": "Validation \\u001b[31mFailed"}'

    def change(asked, _body):
        return [answer(status, body)] if "roles" in asked.path else None

    ended = copy.extract(between(change))

    assert (ended.exit_code, ended.run.complete) == (0, False)
    assert copy.gaps().keys() == {("roles", "*")}
    reason = copy.gaps()["roles", "*"].reason
    assert str(status) in reason
    assert "Failed" in reason
    assert "\x1b" not in reason
    assert copy.shown().keys() == {it for it in held(looker) if it[0] != "roles"}


@pytest.mark.slow
def test_an_item_that_never_makes_sense_is_a_gap_that_shows_what_came(
    looker, between, copy
):
    """It is tried five times, later each time: 15 s."""
    lost = looker.ids("explores")[2]
    model, _, explore = lost.partition("::")

    def change(asked, _body):
        spoilt = asked.path.endswith(f"/{model}/explores/{explore}")
        return whole(b'{"x": NaN}') if spoilt else None

    ended = copy.extract(between(change), "explores", workers=SIZES["explores"])

    assert (ended.exit_code, ended.run.complete) == (0, False)
    assert copy.gaps().keys() == {("explores", lost)}
    gap = copy.gaps()["explores", lost]
    assert "makes no sense" in gap.reason
    assert "NaN" in gap.excerpt
    assert copy.shown("explores").keys() == held(looker, "explores") - {
        ("explores", lost)
    }


def test_what_goes_after_it_was_listed_is_no_gap(own, between, copy):
    lost = own.ids("explores")[3]
    model, _, explore = lost.partition("::")

    def change(asked, _body):
        if not asked.path.endswith(f"/{model}/explores/{explore}"):
            return None
        if lost in own.ids("explores"):
            own.post("delete", kind="explores", ids=[lost])
        return [answer(404, b'{"message": "Not found"}')]

    copy.whole(between(change, own), "explores")

    assert copy.shown("explores").keys() == held(own, "explores")


# What happens in the middle


def test_tokens_that_end_cost_one_login_each(own, between, copy):
    asked, revoked = itertools.count(1), []

    def change(_asked, _body):
        if next(asked) % 20 == 0:
            own.post("revoke")
            revoked.append(True)

    copy.whole(between(change, own), batch_size=2)

    assert len(revoked) > 2
    assert own.stats()["logins"] <= len(revoked) + 1
    assert_same(own, copy)


def test_a_login_that_loses_a_role_in_the_middle_makes_nothing_gone(own, between, copy):
    kinds = ("users", "roles")
    asked, whole = Counter(), [True]

    def change(request, _body):
        asked["users"] += not whole and "users" in request.path
        if asked["users"] == 2:
            own.post("hide", kind="users")

    there = between(change, own)
    assert copy.extract(there, *kinds).run.complete
    before = copy.shown(*kinds)
    whole.clear()

    ended = copy.extract(there, *kinds)

    assert ended.run.number == 2
    assert not ended.run.complete
    assert {kind for kind, _ in copy.gaps()} == {"users"}
    assert copy.shown(*kinds) == before


def test_a_looker_that_points_elsewhere_for_a_while_is_an_outage(looker, between, copy):
    """Such as to a page that says that it is being maintained."""
    there = ["Location: https://maintenance.example/?from=canary"]
    away = threading.Event()
    outage = Outage(away.set, away.clear)

    def change(asked, body):
        outage(asked, body)
        made = answer(302, b"", kind=None, headers=there)
        return [made] if away.is_set() else None

    copy.whole(between(change))

    outage.over()
    assert_same(looker, copy)
