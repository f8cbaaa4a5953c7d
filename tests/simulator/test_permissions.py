"""A login may see less: a kind is forbidden by 403, or hidden by 404 as Looker does."""

import pytest

from lookervault.errors import LookervaultError

PATHS = ("/users", "/users/search", "/users/3")


def test_what_is_forbidden_says_403_and_what_is_hidden_404(simulate):
    client = simulate(forbid=("users",), hide=("looks",))

    assert {client.get(path)[0] for path in PATHS} == {403}
    assert {client.get(path)[0] for path in ("/looks", "/looks/1")} == {404}
    assert client.get("/folders/4/looks")[0] == 404
    assert client.get("/dashboards/1")[0] == 200


def test_who_asks_is_told_who_they_are_whatever_is_forbidden(simulate):
    client = simulate(forbid=("users", "roles"))

    assert client.rows("/user")["id"] == "1"


def test_a_login_that_sees_less_has_a_role_less(simulate):
    client = simulate()
    before = client.rows("/user")["role_ids"]

    client.looker.post("hide", kind="looks")

    assert client.rows("/user")["role_ids"] == before[:-1]
    client.looker.post("allow", kind="looks")
    assert client.rows("/user")["role_ids"] == before


def test_the_roles_of_who_asks_are_roles_that_there_are(simulate):
    client = simulate()
    roles = client.rows("/user")["role_ids"]
    assert set(roles) <= set(client.ids("/roles"))

    client.looker.post("delete", kind="roles", ids=[roles[0]])

    assert client.rows("/user")["role_ids"] == roles[1:]


def test_permissions_change_and_limits_and_scripts_go_on(simulate):
    client = simulate(script="200 200 404")
    client.get("/looks/1")

    client.looker.post("forbid", kind="looks")
    assert client.get("/looks/1")[0] == 403
    client.looker.post("hide", kind="looks")
    assert [client.get("/looks/1")[0], client.get("/looks/1")[0]] == [404, 404]

    client.looker.post("tune", latency=0.0)
    assert client.get("/looks/1")[0] == 404
    client.looker.post("tune", hide=[], script=[])
    assert client.get("/looks/1")[0] == 200


def test_a_kind_that_there_is_not_can_be_neither_forbidden_nor_hidden(client):
    for word in ("forbid", "hide", "allow"):
        with pytest.raises(LookervaultError, match="did you mean looks"):
            client.looker.post(word, kind="lookz")
