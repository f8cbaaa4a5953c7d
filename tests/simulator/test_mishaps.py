"""Over real connections, each word of a script does what it says, in turn."""

import http.client
from email.utils import parsedate_to_datetime

import pytest

from lookervault.errors import LookervaultError


def outcome(client, path="/looks/7", **parameters):
    """What a client sees: a status, or how the connection failed."""
    try:
        return client.get(path, **parameters)[0]
    except http.client.IncompleteRead:
        client.connection.close()
        return "cut"
    except ConnectionResetError:
        return "reset"


def test_requests_take_the_words_in_turn_and_then_all_goes_well(simulate):
    client = simulate(script="200 429:7 RST CUT 503 404 200")

    seen = [outcome(client) for _ in range(9)]

    assert seen == [200, 429, "reset", "cut", 503, 404, 200, 200, 200]
    assert client.looker.stats()["faults"] == 5
    faults = [entry["fault"] for entry in client.looker.log() if entry["fault"]]
    assert faults == ["status", "reset", "truncated", "unavailable", "status"]


def test_login_versions_and_the_other_door_take_no_word(simulate):
    client = simulate(script="500")
    client.login(client.looker.client_id, client.looker.client_secret)
    client.ask("GET", "/versions")
    client.looker.stats()
    client.ask("GET", "/api/4.0/looks/7", headers={})

    assert [outcome(client), outcome(client)] == [500, 200]


def test_a_refused_request_takes_no_word(simulate):
    client = simulate(script="404", rate=0.001, refusal_delay=0.0)

    assert [outcome(client), outcome(client)] == [404, 429]
    client.looker.post("tune", script=["404 403"])
    assert [outcome(client), outcome(client)] == [404, 429]
    client.looker.post("tune", script=["403"], rate=None)
    assert [outcome(client), outcome(client)] == [403, 200]


def test_a_refusal_by_script_says_how_long_to_wait(simulate):
    client = simulate(script="429:7")

    assert client.get("/looks/7")[1]["Retry-After"] == "7"


def test_or_it_says_until_when_by_its_own_clock(simulate):
    client = simulate(script="429@7 503@-60")

    told = [client.get("/looks/7")[1] for _ in range(2)]

    dates = [
        [parsedate_to_datetime(it[n]) for n in ("Date", "Retry-After")] for it in told
    ]
    assert [(until - date).total_seconds() for date, until in dates] == [7, -60]


def test_or_something_that_nobody_understands(simulate):
    client = simulate(script="429=soon,-1")

    assert client.get("/looks/7")[1]["Retry-After"] == "soon,-1"


def test_a_script_may_be_for_one_kind_or_one_call(simulate):
    client = simulate(script=("looks: 500", "search_looks: 404 404", "me: 403"))

    seen = [
        outcome(client, path)
        for path in ("/looks/search", "/looks/7", "/dashboards/1", "/looks/search")
    ]

    assert seen == [404, 500, 200, 404]
    assert [outcome(client, "/user"), outcome(client, "/user")] == [403, 200]
    assert outcome(client, "/looks/7") == 200


def test_an_answer_that_drips_in_is_whole_in_the_end(simulate):
    client = simulate(script="SLOW:0.3")

    status, _, body = client.get("/looks/7")

    assert (status, body) == (200, client.looker.body("looks", "7"))
    entry = client.looker.log()[-1]
    assert (entry["ids"], entry["fault"]) == (["7"], None)
    assert entry["seconds"] >= 0.3


def test_who_leaves_while_an_answer_drips_in_was_not_served(simulate):
    client = simulate(script="SLOW:600")
    client.send("/looks/7")
    assert client.connection.sock.recv(1) == b"H"

    client.connection.close()

    assert last_of(client, 2)["ids"] is None


def test_no_answer_comes_until_the_client_gives_up(simulate):
    client = simulate(script="HANG")
    client.send("/looks/7")
    client.connection.sock.settimeout(0.3)
    with pytest.raises(TimeoutError):
        client.connection.sock.recv(1)
    assert client.looker.stats()["in_flight"] == 1

    client.connection.close()

    assert last_of(client, 2)["fault"] == "hang"
    assert client.looker.stats()["in_flight"] == 0
    assert outcome(client) == 200


def last_of(client, count):
    """The last entry of the log, once it has *count* of them."""
    log = []
    while len(log) < count:
        log = client.looker.log()
    return log[-1]


def test_a_hanging_request_holds_a_thread_until_the_client_gives_up(simulate):
    client = simulate(script="HANG", server_threads=1)
    client.send("/looks/7")
    while not client.looker.stats()["server_threads"]["most_busy"]:
        pass

    client.connection.close()

    assert outcome(client) == 200


def test_by_a_script_the_dice_are_not_stopped(simulate):
    client = simulate(script="404 200 *", fail_rate=1.0)

    seen = [outcome(client) for _ in range(4)]

    assert seen[0] == seen[2] == 404
    assert 200 not in seen


@pytest.mark.parametrize(
    "body",
    [{"script": "200 TEAPOT"}, {"script": 5}, {"latency": "slow"}, {"queue": -1}],
)
def test_the_other_door_refuses_what_makes_no_sense_and_changes_nothing(client, body):
    with pytest.raises(LookervaultError, match="simulator does not do 'tune'"):
        client.looker.post("tune", **body)

    assert outcome(client) == 200
