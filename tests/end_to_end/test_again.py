"""A second run writes what has changed since the first, and nothing else."""

import contextlib
import shutil

import pytest

from lookervault.content import KINDS
from lookervault.simulator.process import running
from lookervault.simulator.settings import Settings

from .conftest import FEW, Command, assert_same_as


def written(command, run, kind="dashboards"):
    """The items of *kind* that *run* wrote an entry for, each with its state."""
    with command.vault() as vault:
        heads = [h for h in vault.items(kind, gone=True) if h.run == run]
    return {head.id: head.state.value for head in heads}


@pytest.mark.parametrize(
    "dashboards", [400, pytest.param(20_000, marks=pytest.mark.slow)]
)
def test_a_run_over_the_same_content_writes_nothing(simulated, dashboards):
    looker, command = simulated(sizes={**FEW, "dashboards": dashboards})
    first = command.complete()
    before = command.entries()

    second = command.complete()

    assert command.entries() == before
    assert second.summary["unchanged"] == first.summary["new"] == before[0]
    assert second.summary["new"] == second.summary["changed"] == 0
    assert not any(written(command, 2, kind) for kind in KINDS)
    assert_same_as(looker, command)


@pytest.mark.parametrize(
    "dashboards", [1000, pytest.param(20_000, marks=pytest.mark.slow)]
)
def test_only_what_was_changed_is_written(simulated, dashboards):
    looker, command = simulated(sizes={**FEW, "dashboards": dashboards})
    command.complete()
    items, bodies = command.entries()
    changed = looker.ids("dashboards")[:: dashboards // (dashboards // 100)]
    looker.post("update", kind="dashboards", ids=changed)

    second = command.complete()

    assert len(changed) == pytest.approx(dashboards / 100, rel=0.05)
    assert command.entries() == (items + len(changed), bodies + len(changed))
    assert written(command, 2) == dict.fromkeys(changed, "present")
    assert second.summary["changed"] == len(changed)
    call = "search_dashboards"
    with command.vault() as vault:
        for id_ in changed[:50]:
            new, old = vault.versions("dashboards", id_)
            assert vault.read(new) == looker.body("dashboards", id_, call)
            assert vault.read(new) != vault.read(old)
            assert vault.body("dashboards", id_, 1) == vault.read(old)


def test_counters_that_grew_are_no_change(simulated):
    looker, command = simulated(sizes=FEW)
    command.complete()
    before = command.entries()
    some = {kind: looker.ids(kind)[::2] for kind in ("dashboards", "looks")}
    for kind, ids in some.items():
        looker.post("view", kind=kind, ids=ids)

    second = command.complete()

    assert command.entries() == before
    assert second.summary["changed"] == second.summary["new"] == 0


def test_what_was_deleted_trashed_and_restored_ends_in_its_state(simulated):
    looker, command = simulated(sizes=FEW)
    command.complete()
    living, trashed = looker.ids("dashboards"), looker.ids("dashboards", trashed=True)
    looker.post("delete", kind="dashboards", ids=living[:5])
    looker.post("trash", kind="dashboards", ids=living[5:12])
    looker.post("restore", kind="dashboards", ids=trashed[:2])
    looker.post("delete", kind="looks", ids=looker.ids("looks")[-3:])
    created = looker.post("create", kind="dashboards", count=3)

    second = command.complete()

    states = command.listed("dashboards")
    assert [states.pop(id_) for id_ in living[:5]] == ["gone"] * 5
    assert {states[id_] for id_ in living[5:12]} == {"trashed"}
    assert {states[id_] for id_ in trashed[:2]} == {"present"}
    assert {states[id_] for id_ in created} == {"present"}
    assert_same_as(looker, command, but=["dashboards", "looks"])
    assert {e["id"] for e in command.ls("dashboards")} == set(states)
    assert states.keys() == {
        *looker.ids("dashboards"),
        *looker.ids("dashboards", trashed=True),
    }
    assert second.summary["gone"] == 8
    assert second.summary["kinds"]["looks"]["gone"] == 3

    third = command.complete()

    assert third.summary["gone"] == third.summary["new"] == 0


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A vault, and a Looker that has lost a tenth of its dashboards since."""
    path = tmp_path_factory.mktemp("before") / "vault"
    with contextlib.ExitStack() as stack:
        sizes = {**FEW, "dashboards": 400}
        looker = stack.enter_context(running(Settings(sizes=sizes)))
        Command(looker, path, stack).complete()
        lost = looker.ids("dashboards")[::10]
        looker.post("delete", kind="dashboards", ids=lost)
        yield looker, path, lost


@pytest.fixture
def thinned(before, command_of):
    """The command on a copy of that vault, and what is lost."""
    looker, path, lost = before
    command = command_of(looker)
    shutil.copytree(path, command.path)
    return command, lost


def shown(command, ids):
    states = command.listed("dashboards")
    return {states[id_] for id_ in ids}


@pytest.mark.slow
def test_many_deletions_are_believed_when_a_second_run_agrees(thinned):
    command, lost = thinned

    first = command.extract()

    assert first.status == 3
    assert first.summary["status"] == "incomplete"
    assert first.summary["kinds"]["dashboards"]["missing"] == len(lost)
    assert first.summary["gone"] == 0
    assert shown(command, lost) == {"present"}
    assert command.dump("dashboards", lost[0])

    second = command.extract()

    assert second.status == 0
    assert second.summary["gone"] == len(lost)
    assert shown(command, lost) == {"gone"}


def test_many_deletions_are_believed_at_once_if_the_user_says_so(thinned):
    command, lost = thinned

    ended = command.complete("--accept-deletions")

    assert ended.summary["gone"] == len(lost)
    assert shown(command, lost) == {"gone"}
