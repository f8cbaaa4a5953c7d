"""A server works on as many requests at once as it has threads, and no more."""

import contextlib
import http.client
import threading
from urllib.parse import urlsplit

import pytest

TOGETHER = 12


def all_at_once(client, count=TOGETHER):
    """The statuses of *count* requests that are under way at once."""
    host = urlsplit(client.looker.base_url).netloc
    headers = {"Authorization": f"token {client.token}"}
    statuses, gate = [], threading.Barrier(count)

    def ask(number):
        way = http.client.HTTPConnection(host, timeout=20)
        with contextlib.closing(way):
            way.connect()
            gate.wait()
            way.request("GET", f"/api/4.0/looks/{number}", headers=headers)
            answer = way.getresponse()
            answer.read()
            statuses.append(answer.status)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(1, count + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_requests_beyond_the_threads_wait_for_one(simulate):
    client = simulate(server_threads=3, latency=0.05)

    statuses = all_at_once(client)

    assert statuses == [200] * TOGETHER
    stats = client.looker.stats()["server_threads"]
    assert (stats["threads"], stats["most_busy"]) == (3, 3)
    assert (stats["waiting"], stats["refused"]) == (0, 0)
    assert stats["most_waiting"] > 0
    waits = [entry["waited"] for entry in client.looker.log()]
    # Four rounds of three: the last ones waited for three of 50 ms.
    assert max(waits) > 0.14
    assert sum(waits) > 0


@pytest.mark.slow
def test_beyond_the_line_a_server_says_that_it_is_overloaded(simulate):
    client = simulate(server_threads=2, queue=3, latency=1.0)

    statuses = all_at_once(client)

    assert statuses.count(200) == 5
    assert statuses.count(503) == TOGETHER - 5
    assert client.looker.stats()["server_threads"]["refused"] == TOGETHER - 5


def test_many_that_cost_no_time_get_through_one_thread(simulate):
    client = simulate(server_threads=1, queue=100)

    assert all_at_once(client, 40) == [200] * 40


def test_login_and_versions_need_no_thread(simulate):
    client = simulate(server_threads=1, queue=0, script="HANG")
    client.send("/looks/7")
    while not client.looker.stats()["server_threads"]["most_busy"]:
        pass

    other = type(client)(client.looker)

    with contextlib.closing(other.connection):
        assert other.token
        assert other.ask("GET", "/versions", headers={})[0] == 200
        assert other.get("/looks/7")[0] == 503


def test_the_number_of_threads_may_change_while_requests_are_under_way(simulate):
    client = simulate(server_threads=1, latency=0.05)
    changed = threading.Thread(
        target=lambda: client.looker.post("tune", server_threads=4)
    )
    changed.start()

    statuses = all_at_once(client)

    changed.join()
    assert statuses == [200] * TOGETHER
    assert client.looker.stats()["server_threads"]["threads"] == 4


def test_without_a_number_of_threads_all_requests_are_worked_on(simulate):
    client = simulate(latency=0.2)

    assert all_at_once(client) == [200] * TOGETHER
    assert client.looker.stats()["server_threads"] is None
    assert {entry["waited"] for entry in client.looker.log()} == {0}
