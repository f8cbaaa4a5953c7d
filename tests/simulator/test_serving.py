"""Lookers in one's own process: real HTTP, and nothing is left when the block ends."""

import http.client
import signal
import socket
import threading
from urllib.parse import urlsplit

import pytest

from lookervault.errors import UsageError
from lookervault.simulator.serve import serving, serving_all
from lookervault.simulator.settings import Settings
from lookervault.testing import simulated_looker


@pytest.fixture(autouse=True)
def nothing_left():
    """Whatever a test does, it leaves no thread and no signal handler."""
    before = set(threading.enumerate())
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    yield
    assert set(threading.enumerate()) == before
    assert handlers == [
        signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)
    ]


def reachable(base):
    host, port = urlsplit(base).netloc.split(":")
    with socket.socket() as way:
        return way.connect_ex((host, int(port))) == 0


def test_a_looker_is_there_for_as_long_as_the_block_lasts():
    with serving(Settings(sizes={"dashboards": 7})) as looker:
        assert looker.ids("looks")
        assert reachable(looker.base_url)

    assert not reachable(looker.base_url)


def test_several_lookers_differ_by_their_seeds():
    fleet = [Settings(seed=seed) for seed in (1, 2, 1)]

    with serving_all(fleet) as lookers:
        bodies = [looker.body("dashboards", "1") for looker in lookers]

    assert bodies[0] == bodies[2] != bodies[1]
    assert len({looker.base_url for looker in lookers}) == 3


def test_one_is_at_hand_for_tests_of_others():
    with simulated_looker(sizes={"users": 3}, script="me: 404") as looker:
        assert looker.ids("users") == ["1", "2", "3"]
        assert looker.environ == {
            "LOOKERSDK_BASE_URL": looker.base_url,
            "LOOKERSDK_CLIENT_ID": looker.client_id,
            "LOOKERSDK_CLIENT_SECRET": looker.client_secret,
        }


def test_a_test_that_fails_ends_its_looker():
    with pytest.raises(ZeroDivisionError), serving() as looker:
        _ = 1 / 0

    assert not reachable(looker.base_url)


def test_requests_that_are_under_way_do_not_keep_it_from_its_end():
    with simulated_looker(latency=3600.0, script="me: HANG") as looker:
        way = http.client.HTTPConnection(urlsplit(looker.base_url).netloc, timeout=20)
        form = f"client_id={looker.client_id}&client_secret={looker.client_secret}"
        way.request("POST", "/api/4.0/login", form)
        token = way.getresponse().read().decode().split('"')[3]
        way.request(
            "GET", "/api/4.0/looks", headers={"Authorization": f"token {token}"}
        )
        while not looker.stats()["in_flight"]:
            pass

    with pytest.raises(ConnectionError):
        way.getresponse()
    way.close()


def test_a_port_that_is_taken_is_said_to_whoever_asked():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(OSError, match="in use"), serving(Settings(port=port)):
            pytest.fail("there is no such Looker")


def test_of_several_that_cannot_all_be_served_none_is():
    with serving() as first:
        port = urlsplit(first.base_url).port
        fleet = [Settings(), Settings(port=port)]

        with pytest.raises(OSError, match="in use"), serving_all(fleet):
            pytest.fail("there are no such Lookers")


@pytest.mark.parametrize(
    "settings", [{"queue": -1}, {"script": "NO"}, {"content": "no/such/directory"}]
)
def test_settings_that_make_no_sense_are_said_to_whoever_asked(settings):
    with pytest.raises(UsageError), simulated_looker(**settings):
        pytest.fail("there is no such Looker")
