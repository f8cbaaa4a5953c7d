"""However a server pages, a unit ends; nothing comes twice, and a 404 needs a witness."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.content import KINDS
from lookervault.core.errand import errand
from lookervault.errors import LookerError, Sort
from lookervault.records import Row
from lookervault.testing import Thing
from lookervault.units import Count, Ids, Part, Span, Whole

DASHBOARDS = KINDS["dashboards"]
LOOKS = KINDS["looks"]
EXPLORES = KINDS["explores"]
PART = Part("dashboards")

IDS = st.sampled_from([str(n) for n in range(12)])
UNIQUE = st.lists(IDS, unique=True, max_size=8)


def listing(ids, kind=DASHBOARDS):
    return b"[" + b",".join(Thing(id_).body(kind) for id_ in ids) + b"]"


def missing(id_):
    return LookerError(Sort.NOT_FOUND, f"There is no {id_}.", status=404)


def run_span(unit, answer, most=200):
    """Get *unit* of a server whose *answer* to offset and limit is a list of ids."""
    it, items = errand(DASHBOARDS, unit), []
    for _ in range(most):
        request = it.request()
        if request is None:
            return it, items
        ids = answer(request.parameters["offset"], request.parameters["limit"])
        items += it.take(listing(ids))
    raise AssertionError("the unit does not end")


def run_ids(unit, present):
    """Get *unit* of a server that has *present*; return also which ids were asked for.

    The last of all is the error that ended it, if one did.
    """
    it, items, asked = errand(DASHBOARDS, unit), [], []
    while (request := it.request()) is not None:
        id_ = request.parameters["dashboard_id"]
        asked.append(id_)
        if id_ in present:
            items += it.take(Thing(id_).body(DASHBOARDS))
        else:
            try:
                it.missed(missing(id_))
            except LookerError as error:
                return it, items, asked, error
    return it, items, asked, None


SPANS = st.builds(
    lambda first, length, page: Span(
        1, PART, first, None if length is None else first + length, page
    ),
    st.integers(0, 10),
    st.none() | st.integers(1, 30),
    st.integers(1, 10),
)


@given(unit=SPANS, pages=st.lists(st.lists(IDS, max_size=6), max_size=15))
def test_a_span_ends_whatever_the_pages_are_and_nothing_comes_twice(unit, pages):
    left = iter(pages)

    # In the end it sends the same page for ever.
    it, items = run_span(unit, lambda _offset, _limit: next(left, ["1", "2"]))

    ids = [item.row.id for item in items]
    assert len(ids) == len(set(ids))
    assert [row.id for row in it.rows] == ids
    assert it.absent == []


@given(unit=SPANS, size=st.integers(0, 50), cap=st.integers(1, 10))
def test_a_span_is_what_the_listing_has_there_however_the_server_caps_pages(
    unit, size, cap
):
    there = [str(n) for n in range(size)]

    it, _ = run_span(unit, lambda offset, limit: there[offset:][: min(cap, limit)])

    assert [row.id for row in it.rows] == there[unit.first : unit.last]


@given(unit=SPANS, size=st.integers(0, 50))
def test_a_server_that_does_not_page_is_asked_once_or_twice(unit, size):
    there, requests = [str(n) for n in range(size)], []

    def everything(offset, limit):
        requests.append(offset)
        return there

    it, _ = run_span(unit, everything)

    assert [row.id for row in it.rows] == there
    assert len(requests) <= 2


@given(unit=SPANS, size=st.integers(0, 50))
def test_a_span_asks_for_nothing_beyond_its_end(unit, size):
    requests = []

    def answer(offset, limit):
        requests.append((offset, limit))
        return [str(n) for n in range(size)][offset : offset + limit]

    run_span(unit, answer)

    assert all(1 <= limit <= unit.page for _, limit in requests)
    assert unit.last is None or all(o + n <= unit.last for o, n in requests)


def test_a_404_for_a_listing_is_an_error():
    for unit in (Span(1, PART, 0, 10, 10), Whole(1, PART), Count(1, PART, 0, 10)):
        with pytest.raises(LookerError):
            errand(DASHBOARDS, unit).missed(missing("it"))


def test_an_answer_that_makes_no_sense_is_an_error():
    for unit in (Span(1, PART, 0, 10, 10), Whole(1, PART), Count(1, PART, 0, 10)):
        with pytest.raises(LookerError) as caught:
            errand(DASHBOARDS, unit).take(b"<html>")
        assert caught.value.sort is Sort.MISSHAPEN


def test_a_page_of_a_census_is_one_request_for_rows():
    it = errand(DASHBOARDS, Count(1, Part("dashboards", "7", trash=True), 20, 10))

    request = it.request()
    it.take(b'[{"id":"1","updated_at":null,"deleted":null,"folder_id":null}]')

    assert request.parameters == {
        "deleted": "true",
        "fields": "id,updated_at,deleted,folder_id",
        "folder_id": "7",
        "limit": 10,
        "offset": 20,
        "sorts": "id",
    }
    assert it.request() is None
    assert it.rows == [Row("1", None, deleted=True, folder="7")]


def test_a_listing_that_repeats_an_item_brings_it_once():
    it = errand(LOOKS, Whole(1, Part("looks")))

    items = it.take(listing(["1", "2", "1"], LOOKS))

    assert [item.row.id for item in items] == ["1", "2"]
    assert len(it.rows) == 2


def test_a_folder_is_read_by_the_call_for_folders():
    it = errand(LOOKS, Whole(1, Part("looks", "7")))

    request = it.request()
    items = it.take(listing(["1", "2"], LOOKS))

    assert (request.call, request.parameters) == ("folder_looks", {"folder_id": "7"})
    assert [item.row.folder for item in items] == ["7", "7"]
    assert it.request() is None


def test_an_item_is_asked_for_by_all_parts_of_its_id():
    it = errand(EXPLORES, Ids(1, Part("explores"), ("sales::orders::new",)))

    request = it.request()

    assert request.parameters == {
        "lookml_model_name": "sales",
        "explore_name": "orders::new",
    }


@given(ids=UNIQUE, witnesses=UNIQUE, present=st.sets(IDS))
def test_what_is_gone_has_a_witness_or_nobody_was_named(ids, witnesses, present):
    unit = Ids(1, PART, tuple(ids), tuple(witnesses))

    it, items, asked, error = run_ids(unit, present)

    if error is not None:
        assert error.status == 404
        assert not present & set(witnesses)
        return
    assert [item.row.id for item in items] == [i for i in ids if i in present]
    assert it.absent == [i for i in ids if i not in present]
    if it.absent and witnesses:
        assert present & set(asked)


@given(ids=UNIQUE, witnesses=UNIQUE, present=st.sets(IDS))
def test_a_witness_is_called_only_for_a_404_that_nothing_else_vouches_for(
    ids, witnesses, present
):
    unit = Ids(1, PART, tuple(ids), tuple(witnesses))
    in_doubt = bool(ids) and ids[-1] not in present

    _, _, asked, error = run_ids(unit, present)

    if error is not None:
        assert in_doubt
        return
    called = asked[len(ids) :]
    assert asked[: len(ids)] == ids
    assert called == witnesses[: len(called)]
    assert bool(called) == (in_doubt and bool(witnesses))
    assert all(witness not in present for witness in called[:-1])


@given(ids=st.lists(IDS, min_size=1, unique=True), witnesses=st.lists(IDS, min_size=1))
def test_a_login_that_gets_404_for_everything_is_not_believed(ids, witnesses):
    unit = Ids(1, PART, tuple(ids), tuple(witnesses))

    it, _, _, error = run_ids(unit, present=())

    assert error.sort is Sort.REFUSED
    assert it.absent == []


def test_an_answer_about_another_item_is_an_error():
    it = errand(DASHBOARDS, Ids(1, PART, ("1",)))
    it.request()

    with pytest.raises(LookerError) as caught:
        it.take(Thing("2").body(DASHBOARDS))

    assert caught.value.sort is Sort.MISSHAPEN
    assert it.rows == []


def test_a_listing_that_never_ends_does_not_fill_the_memory():
    it = errand(KINDS["users"], Span(1, Part("users"), 0, None, page=100))
    requests = 0
    while (request := it.request()) is not None:
        requests += 1
        first = request.parameters["offset"]
        it.take(msgspec.json.encode([{"id": n} for n in range(first, first + 100)]))

    assert requests == 20
    assert len(it.rows) == 2000
