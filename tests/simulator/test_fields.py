"""``fields`` cuts an item down to what was asked for, value by value untouched."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.simulator.fields import narrow, parse_fields

KEYS = st.sampled_from(["a", "b", "c"])
ITEMS = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=20,
)


def test_nested_fields_are_read():
    assert parse_fields("id, e(id,q(m)) ,z") == {
        "id": None,
        "e": {"id": None, "q": {"m": None}},
        "z": None,
    }


@pytest.mark.parametrize("text", ["a(", "a)", "a(b))", "((((((((((((((((((("])
def test_brackets_that_do_not_match_are_refused(text):
    with pytest.raises(ValueError, match=r"\("):
        parse_fields(text + "(")


def test_what_is_left_stays_byte_for_byte():
    body = rb'{"a": 1E+2, "b": [ {"c":"\u00e9", "d": 2} ], "e": null}'

    assert narrow(body, parse_fields("a,b(c)")) == rb'{"a":1E+2,"b":[{"c":"\u00e9"}]}'


@given(st.dictionaries(KEYS, ITEMS), st.sets(KEYS))
def test_only_what_was_asked_for_is_left(item, names):
    kept = json.loads(narrow(json.dumps(item).encode(), dict.fromkeys(names)))

    assert kept == {name: value for name, value in item.items() if name in names}
