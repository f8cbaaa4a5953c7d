"""Two processes of the same settings answer the same, in whatever order they are asked."""

import http.client
import random

import pytest

from lookervault.simulator.settings import Titles

TARGETS = [
    *[f"/dashboards/{number}" for number in range(1, 9)],
    "/dashboards/search?limit=5&offset=5&sorts=id",
    "/looks/search?fields=id,title&limit=40",
    "/looks",
    "/lookml_models",
    "/lookml_models/model_1/explores/explore_1",
    "/users?limit=20",
    "/roles/99",
    "/user",
]


def outcome(client, target):
    """All that a client sees of an answer but its date."""
    try:
        status, headers, body = client.ask("GET", f"/api/4.0{target}")
    except http.client.IncompleteRead as error:
        client.connection.close()
        return "cut", error.partial
    except ConnectionResetError:
        return "reset", b""
    return status, headers["Content-Type"], body


@pytest.mark.slow
@pytest.mark.parametrize("titles", Titles)
def test_the_same_seed_gives_the_same_answers_and_faults_in_any_order(simulate, titles):
    settings = {
        "seed": 7,
        "titles": titles,
        "fail_rate": 0.4,
        "latency": "lognormal:0.001,0.5",
        "server_threads": 2,
    }
    one, other = simulate(**settings), simulate(**settings)
    asked = TARGETS * 4
    found = {target: [] for target in TARGETS}
    for target in asked:
        found[target].append(outcome(one, target))

    random.Random(3).shuffle(asked)
    shuffled = {target: [] for target in TARGETS}
    for target in asked:
        shuffled[target].append(outcome(other, target))

    assert shuffled == found
    assert {seen[0] for each in found.values() for seen in each} >= {200, "reset", 500}


def test_another_seed_gives_other_answers_and_other_faults(simulate):
    one, other = simulate(fail_rate=0.4), simulate(fail_rate=0.4, seed=2)

    found = [[outcome(client, target) for target in TARGETS] for client in (one, other)]

    assert found[0] != found[1]
    assert [seen[0] for seen in found[0]] != [seen[0] for seen in found[1]]
