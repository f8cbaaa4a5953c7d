"""Over real connections the simulator behaves as Looker's API is documented to."""

import gzip
import http.client
import json
import socket
import threading
from urllib.parse import quote, urlsplit

import pytest

from lookervault.content import KINDS
from lookervault.simulator.calls import CALLS


def test_versions_need_no_login(client):
    for path in ("/versions", "/api/4.0/versions"):
        status, headers, body = client.ask("GET", path, headers={})

        assert status == 200
        assert headers["Content-Type"].startswith("application/json")
        assert headers["Date"].endswith("GMT")
        assert json.loads(body)["api_server_url"] == client.looker.base_url


def test_the_wrong_secret_is_answered_by_404(client):
    status, body = client.login(client.looker.client_id, "wrong")

    assert status == 404
    assert body["message"] == "Not found"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "token nonsense"}, {"Authorization": "Basic x"}]
)
def test_without_a_token_nothing_is_told(client, headers):
    status, _, body = client.ask("GET", "/api/4.0/folders", headers=headers)

    assert status == 401
    assert "message" in json.loads(body)


@pytest.mark.parametrize("scheme", ["token", "Bearer"])
def test_both_schemes_are_taken(client, scheme):
    headers = {"Authorization": f"{scheme} {client.token}"}

    assert client.ask("GET", "/api/4.0/user", headers=headers)[0] == 200


def test_the_caller_is_told_who_they_are(client):
    me = client.rows("/user")

    assert me["id"] == "1"
    assert me["role_ids"]
    assert me["display_name"]


@pytest.mark.parametrize("path", ["/dashboards/999999", "/looks/x", "/no/such/call"])
def test_what_is_not_there_is_answered_by_404(client, path):
    status, _, body = client.get(path)

    assert status == 404
    assert set(json.loads(body)) == {"message", "documentation_url"}


@pytest.mark.parametrize("call", [c for c in CALLS if not c.one], ids=lambda c: c.name)
def test_every_listing_gives_the_bytes_that_the_other_door_shows(client, call):
    status, _, body = client.get(call.path.replace("*", "1"), all_users="true")

    assert status == 200
    rows = json.loads(body)
    assert rows
    for row in rows[:3]:
        identity = row[KINDS[call.kind].id]
        assert client.looker.body(call.kind, identity, call.name) in body


@pytest.mark.parametrize("call", [c for c in CALLS if c.one], ids=lambda c: c.name)
def test_every_item_is_found_by_its_id(client, call):
    for identity in client.looker.ids(call.kind)[:12]:
        path = call.path
        for part in identity.split("::"):
            path = path.replace("*", quote(part, safe=""), 1)
        status, _, body = client.ask("GET", f"/api/4.0{path}")

        assert status == 200
        assert body == client.looker.body(call.kind, identity)


def test_pages_are_cut_from_the_listing_in_numeric_order(client):
    whole = client.ids("/dashboards/search", sorts="id")
    pages = [
        identity
        for offset in range(0, len(whole) + 40, 40)
        for identity in client.ids(
            "/dashboards/search", sorts="id", limit=40, offset=offset
        )
    ]

    assert pages == whole == sorted(whole, key=int)
    assert client.ids("/dashboards/search", sorts="id desc", limit=3) == whole[:-4:-1]


def test_pages_of_the_older_sort_are_understood(client):
    whole = client.ids("/users", sorts="id")

    assert client.ids("/users", per_page=7, page=3) == whole[14:21]


def test_the_trash_is_listed_apart_and_read_by_id(client):
    live = client.ids("/dashboards/search")
    trash = client.ids("/dashboards/search", deleted="true")

    assert trash == client.looker.ids("dashboards", trashed=True)
    assert not set(live) & set(trash)
    assert client.rows(f"/dashboards/{trash[0]}")["deleted"] is True


def test_a_folder_filter_takes_what_lies_directly_in_the_folder(client):
    rows = client.rows("/looks/search", fields="id,folder_id")
    wanted = [row["id"] for row in rows if row["folder_id"] == "4"]

    assert client.ids("/looks/search", folder_id="4") == wanted
    found = client.rows("/folders/4/looks")
    assert [look["id"] for look in found] == wanted
    assert all("query" in look for look in found)


def test_children_of_a_folder_name_it_as_their_parent(client):
    children = client.rows("/folders/1/children", fields="id,parent_id")

    assert children
    assert {child["parent_id"] for child in children} == {"1"}


def test_schedules_of_others_are_listed_only_when_asked_for(client):
    everyones = client.rows("/scheduled_plans", all_users="true", fields="id,user_id")
    own = client.rows("/scheduled_plans", fields="id,user_id")

    assert own == [plan for plan in everyones if plan["user_id"] == "1"]
    assert 0 < len(own) < len(everyones)


def test_ids_may_be_searched_for(client):
    assert client.ids("/users/search", id="3,5,999") == ["3", "5"]


@pytest.mark.parametrize(
    "parameters",
    [{"limit": "x"}, {"offset": "-1"}, {"sorts": "mood"}, {"fields": "a("}],
)
def test_parameters_that_make_no_sense_are_refused(client, parameters):
    assert client.get("/dashboards/search", **parameters)[0] == 422


def test_two_requests_at_once_are_answered_in_turn(client):
    host, port = urlsplit(client.looker.base_url).netloc.split(":")
    one = "GET /versions HTTP/1.1\r\nHost: x\r\n\r\n"
    last = "GET /versions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as way:
        way.sendall((one + last).encode())
        text = b"".join(iter(lambda: way.recv(65536), b""))

    assert text.count(b"HTTP/1.1 200 OK") == 2
    assert text.count(b"Connection: close") == 1


@pytest.mark.parametrize(
    "text",
    [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"],
)
def test_what_is_no_request_is_refused_and_the_connection_closed(client, text):
    host, port = urlsplit(client.looker.base_url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as way:
        way.sendall(text)
        answer = b"".join(iter(lambda: way.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 400")


def test_a_page_cap_holds_whatever_is_asked_for(simulate):
    client = simulate(page_cap=37, total_count=True)

    assert len(client.ids("/dashboards/search", limit=100)) == 37
    assert len(client.ids("/dashboards/search")) == 37
    assert len(client.ids("/folders")) == 150
    total = client.get("/dashboards/search", limit=5, fields="id")[1]["X-Total-Count"]
    assert int(total) == len(client.looker.ids("dashboards"))


def test_a_token_ends_and_so_does_one_that_is_given_back(simulate):
    client = simulate(token_ttl=1000)
    assert client.get("/user")[0] == 200

    assert client.ask("DELETE", "/api/4.0/logout")[0] == 204

    assert client.get("/user")[0] == 401
    client.looker.post("tune", token_ttl=0.0)
    status, body = client.login(client.looker.client_id, client.looker.client_secret)
    client.token = body["access_token"]
    assert (status, client.get("/user")[0]) == (200, 401)


@pytest.mark.parametrize("model", ["bucket", "fixed", "sliding"])
def test_too_many_requests_are_refused_with_the_time_to_wait(simulate, model):
    client = simulate()
    client.looker.post("tune", rate=0.01, model=model)

    first, second = client.get("/user"), client.get("/user")

    assert (first[0], second[0]) == (200, 429)
    assert 1 <= int(second[1]["Retry-After"]) <= 100
    client.looker.post("tune", retry_after=False)
    assert client.get("/user")[0] == 200
    assert "Retry-After" not in client.get("/user")[1]


def test_requests_fail_in_all_ways_that_they_may(simulate):
    client = simulate(fail_rate=1.0)
    seen = set()
    for number in range(1, 60):
        try:
            status, headers, body = client.get(f"/dashboards/{number}")
        except http.client.IncompleteRead:
            seen.add("truncated")
            client.connection.close()
        except ConnectionResetError:
            seen.add("reset")
        else:
            json.loads(body) if status == 500 else None
            seen.add((status, headers["Content-Type"].split(";")[0]))

    assert seen == {
        "truncated",
        "reset",
        (500, "application/json"),
        (502, "text/html"),
        (503, "text/html"),
    }
    assert client.looker.stats()["faults"] == 59


def test_requests_wait_side_by_side(simulate):
    client = simulate(latency=0.5)
    host = urlsplit(client.looker.base_url).netloc

    def ask():
        way = http.client.HTTPConnection(host, timeout=20)
        way.request(
            "GET", "/api/4.0/user", headers={"Authorization": f"token {client.token}"}
        )
        way.getresponse().read()
        way.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert client.looker.stats()["max_in_flight"] > 1


def test_the_log_says_who_got_what(simulate):
    client = simulate()
    client.rows("/dashboards/search", limit=3, sorts="id")
    client.ids("/dashboards/search", limit=5)
    client.get("/looks/7")

    login, page, census, look = client.looker.log()

    assert (login["method"], login["path"], login["status"]) == (
        "POST",
        "/api/4.0/login",
        200,
    )
    assert (page["rows"], page["ids"]) == (3, client.looker.ids("dashboards")[:3])
    assert (census["rows"], census["ids"]) == (5, None)
    assert (look["kind"], look["ids"]) == ("looks", ["7"])
    assert client.looker.stats()["served"] == {"dashboards": 3, "looks": 1}


def test_the_log_may_be_kept_in_a_file(simulate, tmp_path):
    client = simulate(log=str(tmp_path / "log"))
    client.get("/looks/7")

    log = client.looker.log()

    # Asked for first: an answer comes before its line is written.
    lines = (tmp_path / "log").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == log


def test_bodies_are_compressed_for_those_who_accept_it(simulate):
    client = simulate(gzip=True)
    headers = {"Authorization": f"token {client.token}", "Accept-Encoding": "gzip"}

    _, found, body = client.ask("GET", "/api/4.0/dashboards/1", headers=headers)

    assert found["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == client.looker.body("dashboards", "1")


def test_many_large_pages_come_through_whole(simulate):
    client = simulate(sizes={"dashboards": 5000, "folders": 20})
    found = []
    for offset in range(0, 5000, 500):
        found += client.rows("/dashboards/search", limit=500, offset=offset)

    assert [row["id"] for row in found] == client.looker.ids("dashboards")
