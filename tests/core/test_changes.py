"""Two versions are the same if only what nobody did differs."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.changes import same

PATHS = ("view_count", "tiles[].look.view_count", "owner.seen")

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def body(value):
    return json.dumps(value).encode()


def shuffled(value):
    """Return *value* with the keys of its objects in the opposite order."""
    if isinstance(value, dict):
        return {key: shuffled(value[key]) for key in reversed(value)}
    return [shuffled(each) for each in value] if isinstance(value, list) else value


@given(value=JSON)
def test_the_order_of_keys_and_the_spaces_do_not_matter(value):
    spaced = json.dumps(shuffled(value), indent=3).encode()

    assert same((), body(value), spaced)


@given(old=JSON, new=JSON)
def test_without_paths_two_bodies_are_the_same_if_their_json_is(old, new):
    equal = json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)

    if equal:
        assert same((), body(old), body(new))
    if same((), body(old), body(new)):
        assert old == new


@given(value=st.dictionaries(st.text(), JSON), count=st.integers(), seen=JSON)
def test_volatile_values_do_not_matter(value, count, seen):
    tiles = [{"id": 1, "look": {"view_count": count, "title": "T"}}, {"look": None}]
    old = value | {"tiles": tiles, "owner": {"id": 7}}
    new = value | {
        "view_count": count,
        "tiles": [{"id": 1, "look": {"title": "T"}}, {"look": None}],
        "owner": {"seen": seen, "id": 7},
    }
    old.pop("view_count", None)

    assert same(PATHS, body(old), body(new))


@given(old=JSON, new=JSON)
def test_it_does_not_matter_which_one_is_the_older(old, new):
    assert same(PATHS, body(old), body(new)) == same(PATHS, body(new), body(old))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"tiles": [{"look": {"x": 1}}]}, {"tiles": [{"look": {"x": 2}}]}),
        ({"tiles": [1, 2]}, {"tiles": [2, 1]}),
        ({"tiles": {"look": {"view_count": 1}}}, {"tiles": {"look": {}}}),
        ({"owner": [{"seen": 1}]}, {"owner": [{}]}),
        ({"other": {"view_count": 1}}, {"other": {}}),
        ({"a": 1}, {"a": True}),
        ({"a": 0}, {"a": False}),
        ({"a": None}, {}),
        ({"a": "1"}, {"a": 1}),
        ({"a": [[True]]}, {"a": [[1]]}),
        ({"a": 2**70}, {"a": 2**70 + 1}),
        ({"a": 2**70, "b": 1}, {"a": 2**70, "b": True}),
        ([], {}),
    ],
)
def test_anything_else_does(old, new):
    assert not same(PATHS, body(old), body(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'{"a": 1}', b'{"a": 1.0}'),
        (b'{"a": 0.1}', b'{"a": 0.10}'),
        (b'{"a": 1e2}', b'{"a": 100}'),
        (b'{"a": "\\u00e9"}', '{"a": "é"}'.encode()),
        (b'{"a": %d, "b": 0}' % 2**90, b'{"b": 0, "a": %d}' % 2**90),
        (b'{"view_count": 1}', b'{"view_count": {"deep": [1]}}'),
        (b'{"owner": null}', b'{"owner" : null}'),
    ],
)
def test_the_same_value_may_be_written_in_many_ways(old, new):
    assert same(PATHS, old, new)


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b'{"a": 1e400}',
        b'{"a": NaN}',
        b'"\\ud800"',
        b"[" * 200_000 + b"]" * 200_000,
        b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        b"null",
    ],
)
def test_odd_bodies_are_the_same_only_byte_for_byte(odd):
    assert same(PATHS, odd, odd)
    assert not same(PATHS, odd, odd + b" x")
    assert not same(PATHS, b"{}", odd)


def test_half_a_character_is_compared_like_any_other():
    old = rb'{"title": "\ud83d", "view_count": 1}'
    seen = rb'{"view_count": 2, "title": "\ud83d"}'
    renamed = rb'{"view_count": 2, "title": "\ud83e"}'

    assert same(PATHS, old, seen)
    assert not same(PATHS, old, renamed)
    assert not same(PATHS, old, rb'{"title": "\ufffd", "view_count": 1}')
