"""What Looker holds is found out by few requests, all of them for ids."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.content import KINDS, Place, covered
from lookervault.errors import LoginRefused, LookerError, Sort
from lookervault.looker.survey import survey
from lookervault.records import Scope
from lookervault.testing import FakeLooker
from lookervault.testing.looker import Thing

EVERYTHING = Scope()
FOLDERS = [Thing("1"), Thing("2", folder="1"), Thing("3", folder="2"), Thing("4")]


def things(kind, many, *, folders=("1",), trashed=0):
    id_ = "m::{}" if KINDS[kind].listing.each else "{}"
    return [
        Thing(
            id_.format(n),
            folder=folders[n % len(folders)],
            deleted=n < trashed,
        )
        for n in range(many)
    ]


def surveyed(looker, scope=EVERYTHING, sizes=None):
    slept = []
    found = survey(looker, scope, sizes or {}, sleep=slept.append)
    return found, slept


def items(found):
    return {kind: it.holding.items for kind, it in found.findings.items()}


NUMBERS = st.fixed_dictionaries({kind: st.integers(0, 30) for kind in KINDS})


@given(NUMBERS, st.integers(2, 40))
def test_all_that_is_there_is_counted_however_small_the_pages_are(numbers, cap):
    looker = FakeLooker({kind: things(kind, n) for kind, n in numbers.items()}, cap=cap)

    found, _ = surveyed(looker)

    assert items(found) == numbers


def test_what_is_in_the_trash_is_counted_too():
    looker = FakeLooker({"looks": things("looks", 10, trashed=4)})

    found, _ = surveyed(looker, Scope(("looks",)))

    rows = found.findings["looks"].holding.rows
    assert {part.trash: len(some) for part, some in rows.items()} == {False: 6, True: 4}


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize("roots", [("1",), ("2", "4"), ("1", "2", "3", "4")])
def test_of_folders_what_lies_in_them_is_counted(roots, recursive):
    inside = things("looks", 40, folders=("1", "2", "3", "4"), trashed=7)
    looker = FakeLooker({"folders": FOLDERS, "looks": inside})

    found, _ = surveyed(looker, Scope(("looks",), roots, recursive))

    below = {"1": "123", "2": "23", "4": "4"}
    wanted = set("".join(below.get(it, it) for it in roots)) if recursive else {*roots}
    assert set(found.folders) == wanted
    assert items(found) == {"looks": sum(it.folder in wanted for it in inside)}


def test_for_many_folders_everything_is_counted_once():
    tree = [Thing(str(n)) for n in range(50)]
    inside = things("dashboards", 200, folders=[it.id for it in tree])
    looker = FakeLooker({"folders": tree, "dashboards": inside})
    scope = Scope(("dashboards",), tuple(it.id for it in tree[:40]))

    found, _ = surveyed(looker, scope)

    assert items(found) == {"dashboards": 160}
    assert looker.calls < 10


def test_folders_that_are_not_there_are_named():
    looker = FakeLooker({"folders": FOLDERS})

    found, _ = surveyed(looker, Scope(("looks",), ("1", "no")))

    assert found.lost == ("no",)


def test_without_the_map_of_folders_nothing_in_them_can_be_had():
    looker = FakeLooker(
        {"boards": things("boards", 2)},
        trouble=lambda name: (
            error(Sort.REFUSED, 403) if name == "all_folders" else None
        ),
    )

    found, _ = surveyed(looker, Scope(("looks", "boards"), ("1",)))

    assert found.findings["looks"].refused
    assert "folders cannot be listed" in found.findings["looks"].reason
    assert found.findings["boards"].holding.items == 2
    assert found.lost == ()


def test_kinds_that_know_no_folder_are_left_out_as_a_run_does():
    looker = FakeLooker({"folders": FOLDERS})
    scope = Scope((), ("1",))

    found, _ = surveyed(looker, scope)

    assert set(found.findings) == set(covered(scope))
    assert all(KINDS[it].place is not Place.LEFT_OUT for it in found.findings)


def test_no_listing_is_asked_for_whole_and_none_twice():
    looker = FakeLooker({kind: things(kind, 9) for kind in KINDS})

    surveyed(looker)

    asked = Counter(
        (name, tuple(sorted(map(str, parameters.items()))))
        for name, parameters in looker.requests
    )
    assert max(asked.values()) == 1
    whole = [p for _, p in looker.requests if "fields" not in p]
    assert all(parameters["limit"] == 5 for parameters in whole)
    assert len(whole) == 3


def test_where_sizes_are_known_nothing_is_read_whole():
    looker = FakeLooker({kind: things(kind, 9) for kind in KINDS})
    sizes = dict.fromkeys(KINDS, 1000.0)

    found, _ = surveyed(looker, sizes=sizes)

    assert all("fields" in parameters for _, parameters in looker.requests)
    assert found.findings["users"].holding.size == 1000.0


class Failing:
    """Fails the first calls of one name."""

    def __init__(self, name, *errors):
        self._name = name
        self._errors = list(errors)

    def __call__(self, name):
        return self._errors.pop(0) if name == self._name and self._errors else None


def error(sort, status=None, **more):
    return LookerError(sort, f"it is {sort.value}", status=status, **more)


@pytest.mark.parametrize("status", [403, 404])
def test_a_kind_that_is_refused_harms_no_other(status):
    looker = FakeLooker(
        {"boards": things("boards", 3), "users": things("users", 3)},
        trouble=lambda name: (
            error(Sort.REFUSED, status) if name == "all_users" else None
        ),
    )

    found, _ = surveyed(looker, Scope(("boards", "users")))

    assert found.findings["boards"].holding.items == 3
    refused = found.findings["users"]
    assert (refused.holding, refused.refused, refused.status) == (None, True, status)


def test_an_answer_that_makes_no_sense_is_no_refusal():
    trouble = Failing("all_boards", error(Sort.MISSHAPEN))
    looker = FakeLooker({}, trouble=trouble)

    found, _ = surveyed(looker, Scope(("boards",)))

    assert found.findings["boards"].holding is None
    assert not found.findings["boards"].refused
    assert "misshapen" in found.findings["boards"].reason


def test_trouble_that_passes_is_waited_for():
    trouble = Failing(
        "all_boards",
        error(Sort.LIMITED, 429, retry_after=3.0),
        error(Sort.OVERLOADED, 503),
    )
    looker = FakeLooker({"boards": things("boards", 3)}, trouble=trouble)

    found, slept = surveyed(looker, Scope(("boards",)))

    assert items(found) == {"boards": 3}
    assert slept == [3.0, 2.0]


@pytest.mark.parametrize(
    ("errors", "waits"),
    [
        ([error(Sort.UNREACHABLE)] * 3, 2),
        ([error(Sort.LIMITED, 429, retry_after=600.0)], 0),
        ([LoginRefused("it ended", status=401)], 0),
    ],
)
def test_trouble_that_does_not_pass_ends_it(errors, waits):
    looker = FakeLooker({}, trouble=Failing("all_boards", *errors))
    slept = []

    with pytest.raises(LookerError):
        survey(looker, Scope(("boards",)), {}, sleep=slept.append)

    assert len(slept) == waits
