"""Keys keep what they name apart, sort it, and fit into LMDB."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lookervault.content import KINDS
from lookervault.store import keys

KIND = st.sampled_from([*KINDS, "a", "ab", "b"])
ID = st.text(st.characters(codec="utf-8"), max_size=250)
RUN = st.integers(1, 2**63)


@given(one=st.tuples(KIND, ID), other=st.tuples(KIND, ID))
def test_no_item_is_the_beginning_of_another(one, other):
    if one != other:
        assert not keys.of_item(*one).startswith(keys.of_item(*other))


@given(kind=KIND, id_=ID, run=RUN)
def test_a_key_tells_its_kind_and_run_and_is_short(kind, id_, run):
    key = keys.of_item(kind, id_) + keys.backwards(run)

    assert keys.kind_of(key) == kind
    assert keys.run_of(key) == run
    assert 0 < len(key) <= 300


@given(run=RUN, more=st.integers(1, 2**62))
def test_newer_runs_sort_first(run, more):
    assert keys.backwards(None) <= keys.backwards(run + more) < keys.backwards(run)


@given(one=st.integers(0, 10**30), other=st.integers(0, 10**30))
def test_ids_that_are_numbers_sort_as_numbers(one, other):
    assert (keys.of_id(str(one)) < keys.of_id(str(other))) == (one < other)


@given(one=st.tuples(RUN, RUN, RUN), other=st.tuples(RUN, RUN, RUN))
def test_markers_sort_by_run_epoch_and_number(one, other):
    small = [(r, e % 2**32, n % 2**32) for r, e, n in (one, other)]

    assert (keys.of_marker(*small[0]) < keys.of_marker(*small[1])) == (
        small[0] < small[1]
    )
    assert keys.epoch_of(keys.of_marker(*small[0])) == small[0][1]


@given(run=RUN, kind=KIND, id_=ID)
def test_a_gap_tells_its_kind(run, kind, id_):
    assert keys.kind_of_gap(keys.of_gap(run, kind, id_)) == kind
