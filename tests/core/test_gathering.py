"""Gaps of one reason are told together, and none gets lost."""

import hypothesis.strategies as st
from hypothesis import given

from lookervault.core.gathering import gathered
from lookervault.records import Gap

BASE = "http://127.0.0.1:40017 answers 500 to GET /api/4.0"

IDS = st.text(min_size=1, max_size=20)
GAPS = st.lists(
    st.builds(
        Gap,
        st.sampled_from(["looks", "dashboards"]),
        st.one_of(IDS, st.just("*")),
        st.none(),
        st.one_of(st.text(max_size=30), st.sampled_from(["kept changing", "no"])),
    )
)


def of_looks(*ids, reason="{base}/looks/{id}: Internal Server Error"):
    return [
        Gap("looks", id_, 500, reason.format(base=BASE, id=id_.replace("::", "/")))
        for id_ in ids
    ]


def test_gaps_that_differ_in_their_ids_alone_are_one():
    (group,) = gathered(of_looks("17", "40017", "5", "a%b"))

    assert group.kind == "looks"
    assert group.ids == ("17", "40017", "5", "a%b")
    assert group.reason == f"{BASE}/looks/…: Internal Server Error"


def test_ids_of_several_parts_are_found_as_several():
    (group,) = gathered(of_looks("sales::orders", "hr::people"))

    assert group.reason.startswith(f"{BASE}/looks/…")


def test_a_single_gap_keeps_the_words_of_its_reason():
    (group,) = gathered(of_looks("17"))

    assert group.reason == f"{BASE}/looks/17: Internal Server Error"


def test_other_reasons_and_other_kinds_stay_apart():
    other = Gap("dashboards", "17", 500, "kept changing")
    whole = Gap("looks", "*", 403, "forbidden")

    groups = gathered([other, whole, *of_looks("1", "2"), Gap("looks", "9", None, "x")])

    assert [(it.kind, it.ids) for it in groups] == [
        ("looks", ("1", "2")),
        ("dashboards", ("17",)),
        ("looks", ("*",)),
        ("looks", ("9",)),
    ]


@given(GAPS)
def test_no_gap_gets_lost(gaps):
    told = [(group.kind, id_) for group in gathered(gaps) for id_ in group.ids]

    assert sorted(told) == sorted((gap.kind, gap.id) for gap in gaps)


@given(GAPS)
def test_the_reason_with_most_gaps_comes_first(gaps):
    sizes = [len(group.ids) for group in gathered(gaps)]

    assert sizes == sorted(sizes, reverse=True)
