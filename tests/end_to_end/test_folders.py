"""Of some folders, only these are asked for: at the server, and side by side."""

import contextlib
import itertools
import json

import pytest

from lookervault.content import KINDS, Place
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings

from .conftest import FEW, Command, assert_same_as, parameters, served, states_in

SIZES = {**FEW, "dashboards": 800, "looks": 300, "folders": 30}
LEFT_OUT = [name for name, kind in KINDS.items() if kind.place is Place.LEFT_OUT]
FILTERED = [name for name, kind in KINDS.items() if kind.place is Place.FILTERED]


def homes(looker, kind, field="folder_id"):
    """In which folder each item of *kind* lies."""
    ids = looker.ids(kind) + looker.ids(kind, trashed=True)
    bodies = {id_: looker.get("body", kind=kind, id=id_, fields=field) for id_ in ids}
    return {id_: json.loads(body)[field] for id_, body in bodies.items()}


def below(parents, roots):
    """The folders *roots* and all that lie in them, however deep."""
    found = set(roots)
    while more := {id_ for id_, up in parents.items() if up in found} - found:
        found |= more
    return found


def roots_of(parents):
    """Two folders with others in them, and one without."""
    full = sorted(set(parents.values()) - {None, "1"}, key=int)
    bare = sorted(set(parents) - set(parents.values()) - {"lookml"}, key=int)
    return [full[1], full[-1], bare[0]]


def folder_asked_for(entry, kind, homes):
    """The folder that a request names, itself or by the item that it asks for."""
    parts = entry["path"].removeprefix("/api/4.0/").split("/")
    if parts == [kind, "search"]:
        return parameters(entry).get("folder_id")
    if parts[0] == "folders":
        return parts[1]
    return homes.get(parts[1])


def side_by_side(asked):
    """How many pairs of requests for different folders were under way at once."""
    return sum(
        a["t"] < b["t"] + b["seconds"] and b["t"] < a["t"] + a["seconds"]
        for (a, one), (b, other) in itertools.combinations(asked, 2)
        if one != other
    )


@pytest.fixture(
    scope="module",
    params=[True, pytest.param(False, marks=pytest.mark.slow)],
    ids=["recursive", "flat"],
)
def filtered(request, tmp_path_factory):
    """Copies some folders, with what is below them or without."""
    path = tmp_path_factory.mktemp("folders") / "vault"
    with contextlib.ExitStack() as stack:
        looker = stack.enter_context(running(Settings(sizes=SIZES, latency=0.02)))
        command = Command(looker, path, stack)
        parents = homes(looker, "folders", "parent_id")
        roots = roots_of(parents)
        options = [part for root in roots for part in ("--folder-id", root)]
        if request.param:
            options.append("--recursive-folders")
        ended = command.complete(*options, "--workers", 6, "--batch-size", 20)
        wanted = below(parents, roots) if request.param else set(roots)
        assert len(wanted) > 6 if request.param else len(wanted) == 3
        yield looker, command, ended, wanted


def test_the_vault_has_what_lies_in_the_folders_and_nothing_else(filtered):
    looker, command, ended, wanted = filtered

    for kind in FILTERED:
        inside = {id_ for id_, home in homes(looker, kind).items() if home in wanted}
        expected = {i: s for i, s in states_in(looker, kind).items() if i in inside}
        assert command.states(kind) == expected
        assert expected
        assert ended.summary["kinds"][kind]["stored"] == len(expected)
    assert_same_as(looker, command, but=[*FILTERED, *LEFT_OUT])
    assert all(command.states(kind) == {} for kind in LEFT_OUT)


def test_only_these_folders_are_asked_for_and_side_by_side(filtered):
    looker, _, _, wanted = filtered

    log = [entry for entry in looker.log() if entry["method"] == "GET"]
    assert {entry["kind"] for entry in log}.isdisjoint(LEFT_OUT)
    items = []
    for kind in FILTERED:
        lies = homes(looker, kind)
        asked = [
            (entry, folder_asked_for(entry, kind, lies))
            for entry in log
            if entry["kind"] == kind
        ]
        assert {folder for _, folder in asked} <= wanted
        items += [(entry, folder) for entry, folder in asked if served(entry)]
        sent = {
            lies[id_] for entry, _ in items for k, id_ in served(entry) if k == kind
        }
        assert sent <= wanted
    items.sort(key=lambda item: item[0]["t"])
    changes = sum(a != b for (_, a), (_, b) in itertools.pairwise(items))
    assert looker.stats()["max_in_flight"] > 1
    assert side_by_side(items) >= len(wanted)
    assert changes >= len(wanted)


def test_the_summary_names_what_knows_no_folder_and_was_left_out(small, command_of):
    command = command_of(small)

    ended = command.complete("--folder-id", "5")
    spoken = command.extract("--folder-id", "5", as_json=False)

    assert ended.summary["left_out"] == LEFT_OUT
    assert spoken.status == 0
    assert "left out, since they know no folder" in spoken.out
    assert ", ".join(LEFT_OUT) in spoken.out


def test_a_kind_that_knows_no_folder_comes_whole_if_it_is_named(small, command_of):
    command = command_of(small)

    ended = command.complete("dashboards", "groups", "--folder-id", "5")

    assert ended.summary["left_out"] == []
    assert command.states("groups") == states_in(small, "groups")
    assert set(ended.summary["kinds"]) == {"dashboards", "groups"}


def test_a_folder_that_is_not_there_is_a_mistake(small, command_of):
    command = command_of(small)

    ended = command.extract("--folder-id", "5", "--folder-id", "4711")

    assert ended.status == 2
    assert "no folder 4711" in ended.err
    assert not command.path.exists()
