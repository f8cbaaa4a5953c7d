"""Content changes while it is read, by plan or by the other door."""

import pytest

from lookervault.errors import LookervaultError
from lookervault.simulator.changes import Verb, timetable
from lookervault.simulator.settings import Mutation


def test_changes_are_spread_evenly_over_the_time():
    plan = timetable(Mutation(delete=4, create=2, over=8.0))

    assert [at for at, verb in plan if verb is Verb.DELETE] == [1, 3, 5, 7]
    assert [at for at, verb in plan if verb is Verb.CREATE] == [2, 6]
    assert plan == sorted(plan, key=lambda entry: entry[0])


def test_deleting_what_was_listed_shifts_the_pages_behind_it(simulate):
    client = simulate(sizes={"dashboards": 100})
    whole = client.ids("/dashboards/search", sorts="id")
    first = client.ids("/dashboards/search", sorts="id", limit=10)

    client.looker.post("delete", kind="dashboards", ids=first[:2])

    second = client.ids("/dashboards/search", sorts="id", limit=10, offset=10)
    assert second == whole[12:22]
    assert client.get(f"/dashboards/{first[0]}")[0] == 404
    assert client.get(f"/dashboards/{first[2]}")[0] == 200


def test_what_is_put_into_the_trash_leaves_the_listing_and_may_come_back(simulate):
    client = simulate()
    identity = client.ids("/looks/search", limit=1)[0]

    client.looker.post("trash", kind="looks", ids=[identity])

    assert identity not in client.ids("/looks/search")
    assert identity in client.ids("/looks/search", deleted="true")
    assert client.rows(f"/looks/{identity}")["deleted"] is True
    client.looker.post("restore", kind="looks", ids=[identity])
    assert identity in client.ids("/looks/search")
    assert client.rows(f"/looks/{identity}")["deleted"] is False


def test_new_items_come_after_all_others_even_deleted_ones(simulate):
    client = simulate(sizes={"users": 5})
    client.looker.post("delete", kind="users", ids=["5"])

    made = client.looker.post("create", kind="users", count=2)

    assert made == ["6", "7"]
    assert client.ids("/users") == ["1", "2", "3", "4", "6", "7"]


def test_a_deleted_explore_leaves_its_model(simulate):
    client = simulate(sizes={"lookml_models": 2, "explores": 4})
    client.looker.post("delete", kind="explores", ids=["model_1::explore_2"])

    models = client.rows("/lookml_models", fields="name,explores(name)")

    assert models == [
        {"name": "model_1", "explores": [{"name": "explore_1"}]},
        {"name": "model_2", "explores": [{"name": "explore_1"}, {"name": "explore_2"}]},
    ]


def test_a_kind_may_be_forbidden_from_now_on(simulate):
    client = simulate()
    client.looker.post("forbid", kind="roles")

    assert client.get("/roles")[0] == 403
    assert client.get("/model_sets")[0] == 200
    client.looker.post("allow", kind="roles")
    assert client.get("/roles")[0] == 200


def test_tokens_may_be_revoked(simulate):
    client = simulate()

    client.looker.post("revoke")

    assert client.get("/user")[0] == 401


def test_a_planned_mutation_begins_with_the_first_request_for_dashboards(simulate):
    mutation = Mutation(delete=10, trash=3, create=5, update=2, over=0.05)
    client = simulate(sizes={"dashboards": 100}, mutation=mutation)
    before = set(client.looker.ids("dashboards"))
    client.rows("/roles")
    assert client.looker.post("tune") is None
    assert set(client.looker.ids("dashboards")) == before

    client.ids("/dashboards/search")

    changes = []
    while len(changes) < 20:
        changes = client.looker.changes()
    gone = {i for c in changes if c["verb"] in {"delete", "trash"} for i in c["ids"]}
    made = {i for c in changes if c["verb"] == "create" for i in c["ids"]}
    assert set(client.looker.ids("dashboards")) == (before | made) - gone
    assert len(gone) == 13


@pytest.mark.parametrize(
    ("word", "body"),
    [
        ("delete", {"kind": "looks", "ids": ["none"]}),
        ("delete", {"kind": "lookz", "ids": ["1"]}),
        ("create", {"kind": "looks"}),
        ("tune", {"latency": "slow"}),
        ("explode", {}),
    ],
)
def test_the_other_door_says_what_it_does_not_do(client, word, body):
    with pytest.raises(LookervaultError, match="simulator does not do"):
        client.looker.post(word, **body)
