"""Items keep their very bytes, and whatever is wrong with an answer is one error."""

import itertools
import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.content import KINDS, Kind, Listing, Place, Reads, Single
from lookervault.core import bodies
from lookervault.core.bodies import Body
from lookervault.errors import LookerError, Sort
from lookervault.records import Row

DASHBOARDS = KINDS["dashboards"]
EXPLORES = KINDS["explores"]
USERS = KINDS["users"]

DEEP = b"[" * 100_000 + b"]" * 100_000

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab[]."), inner, max_size=3)
    ),
    max_leaves=12,
)


def refused(work, *arguments):
    with pytest.raises(LookerError) as caught:
        work(*arguments)
    assert caught.value.sort is Sort.MISSHAPEN
    return caught.value


def test_a_listing_is_split_into_the_bytes_that_came():
    first = b'{ "id": "1", "n": 1e400, "title": "A", "updated_at": "2026-01-01T00:00:00Z",\n'
    first += b'"deleted": true, "folder_id": 7, "big": 123456789012345678901234567890 }'
    second = b'{"id":2,"title":null,"name":"\\u00e4"}'

    one, two = bodies.split(DASHBOARDS, b" [\n" + first + b" ,\t" + second + b" ]\n")

    assert one.raw == first
    assert one.row == Row("1", "2026-01-01T00:00:00Z", deleted=True, folder="7")
    assert one.title == "A"
    assert (two.raw, two.row, two.title) == (second, Row("2"), "ä")


@given(st.lists(st.dictionaries(st.text("ab"), VALUES, max_size=3), max_size=4))
def test_nothing_is_lost_between_splitting_and_joining(items):
    page = json.dumps([{**item, "id": n} for n, item in enumerate(items)]).encode()

    parts = bodies.split(DASHBOARDS, page)

    assert [part.row.id for part in parts] == [str(n) for n in range(len(items))]
    assert b"[" + b", ".join(part.raw for part in parts) + b"]" == page


HALVES = st.text(st.sampled_from("\ud83d\ude00\udbff\\a\ue000\ufffd"), min_size=1)
"""Texts of which JSON can say what UTF-8 cannot: half a character."""


def as_shown(text):
    """*text*, read as JSON is, with U+FFFD for each half that is left alone."""
    return re.sub("[\ud800-\udfff]", "\ufffd", json.loads(json.dumps(text)))


@given(
    st.lists(st.tuples(HALVES, st.dictionaries(HALVES, HALVES | VALUES)), min_size=1)
)
def test_half_a_character_costs_no_item_and_no_byte(items):
    parts = [
        json.dumps({"x": rest, "id": n, "title": title}).encode()
        for n, (title, rest) in enumerate(items)
    ]
    page = b"[" + b" ,\n".join(parts) + b"]"

    found = bodies.split(DASHBOARDS, page)

    assert [bytes(item.raw) for item in found] == parts
    assert [item.row.id for item in found] == [str(n) for n in range(len(items))]
    assert [item.title for item in found] == [as_shown(title) for title, _ in items]
    assert bodies.rows(DASHBOARDS, page) == [item.row for item in found]
    for item, part in zip(found, parts, strict=True):
        same = Body(item.row, item.title, part)
        assert bodies.single(DASHBOARDS, item.row.id, part) == same


@given(HALVES, HALVES)
def test_half_a_character_keeps_nothing_from_redaction(key, name):
    kept = {key: name, "last_name": [name]}
    secret = {"email": name, key: 1, "password_reset_url": "canary"}
    raw = json.dumps({**kept, "credentials_email": secret}).encode()

    clean, found = bodies.redacted(USERS, raw)

    assert found
    assert json.loads(clean) == json.loads(raw.replace(b'"canary"', b"null"))
    assert bodies.redacted(USERS, clean) == (clean, False)


def test_half_a_character_in_an_id_is_said_to_be_the_trouble():
    for work in (bodies.split, bodies.rows):
        error = refused(work, DASHBOARDS, rb'[{"id": "a\ud83d", "title": "\ud83d"}]')
        assert "half a character in its id" in error.reason
    page = rb'[{"name": "m", "explores": [{"name": "e\ud83d"}]}]'
    assert "half a character" in refused(bodies.rows, EXPLORES, page).reason


def test_half_a_character_mends_nothing_else_that_is_wrong():
    for page in (
        rb'[{"id": 1, "x": "\ud83d"}',
        rb'[{"id": 1, "x": NaN, "y": "\ud83d"}]',
    ):
        refused(bodies.split, DASHBOARDS, page)
        refused(bodies.rows, DASHBOARDS, page)


@pytest.mark.parametrize(
    ("sent", "id_"),
    [
        (b"7", "7"),
        (b'"7"', "7"),
        (b'"model::name"', "model::name"),
        (b"123456789012345678901234567890", "123456789012345678901234567890"),
        (b"-3", "-3"),
        (b'"\\u00e4\\u0000"', "ä\x00"),
    ],
)
def test_an_id_is_text(sent, id_):
    page = b'[{"id": %s}]' % sent

    assert bodies.split(DASHBOARDS, page)[0].row.id == id_
    assert bodies.rows(DASHBOARDS, page)[0].id == id_
    assert bodies.single(DASHBOARDS, id_, page[1:-1]).row.id == id_


@pytest.mark.parametrize(
    "sent",
    [b"null", b"true", b"1.0", b"1e3", b'""', b"[]", b"{}", b"9" * 5000, b'"\\ud800"'],
)
def test_anything_else_is_no_id(sent):
    page = b'[{"id": "1"}, {"id": %s}]' % sent

    refused(bodies.split, DASHBOARDS, page)
    refused(bodies.rows, DASHBOARDS, page)


MISSHAPEN = [
    b"",
    b"null",
    b"{}",
    b"7",
    b"[null]",
    b"[7]",
    b'["1"]',
    b"[[]]",
    b"[{}]",
    b'[{"ID": 1}]',
    b'[{"id": 1}',
    b'[{"id": 1},]',
    b'[{"id": 1}] x',
    b'[{"id": NaN}]',
    b'[{"id": 1, "x": NaN}]',
    b'[{"id": 1, "x": "\xff"}]',
    b'[{"id": 1, "title": "\xff"}]',
    b'[{"id": "\xff"}]',
    b'\xef\xbb\xbf[{"id": 1}]',
    b'[{"id": 1, "x": "\x01"}]',
    b"<html>",
    DEEP,
    b'[{"id": 1, "x": %s}]' % DEEP,
    b'[{"id": 1, "title": %s}]' % DEEP,
]


@pytest.mark.parametrize("body", MISSHAPEN, ids=lambda body: repr(body[:30]))
@pytest.mark.parametrize("kind", [DASHBOARDS, USERS], ids=lambda kind: kind.name)
def test_what_is_no_list_of_items_is_misshapen(kind, body):
    for error in (refused(bodies.split, kind, body), refused(bodies.rows, kind, body)):
        assert kind.name in error.reason
        assert error.reason.isprintable()
        assert error.__cause__ is None


WORKS = (bodies.split, bodies.rows, bodies.redacted)


def outcome(work, kind, body):
    """What came of *work*, or the sort of its error; any other error passes."""
    try:
        return work(kind, body)
    except LookerError as error:
        return error.sort


@given(st.binary() | (st.lists(VALUES, max_size=3) | VALUES).map(msgspec.json.encode))
def test_whatever_comes_is_items_or_misshapen(body):
    for kind, work in itertools.product((DASHBOARDS, EXPLORES, USERS), WORKS):
        assert isinstance(outcome(work, kind, body), list | tuple) or (
            outcome(work, kind, body) is Sort.MISSHAPEN
        )


def test_an_excerpt_shows_what_came_but_not_where_something_must_be_kept_out():
    assert refused(bodies.split, DASHBOARDS, b"<html>\x1b").excerpt == "<html>?"
    assert refused(bodies.split, USERS, b'["https://canary"').excerpt == ""


@pytest.mark.parametrize("odd", ["7", "{}", "[1]", "false", "null"])
def test_an_odd_field_is_read_as_none(odd):
    page = f'[{{"id": 1, "title": {odd}, "name": {odd}, "updated_at": {odd}}}]'

    (body,) = bodies.split(DASHBOARDS, page.encode())

    assert body.title == ""
    assert body.row.updated_at is None


@pytest.mark.parametrize(("sent", "folder"), [("7", "7"), ('"7"', "7"), ("null", None)])
def test_a_folder_is_text(sent, folder):
    page = f'[{{"id": 1, "folder_id": {sent}}}]'.encode()

    assert bodies.rows(DASHBOARDS, page)[0].folder == folder


def test_a_row_says_no_more_than_its_kind_has():
    page = b'[{"id": 1, "updated_at": "x", "deleted": true, "folder_id": "7"}]'

    assert bodies.rows(KINDS["groups"], page) == [Row("1")]


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_can_be_read(kind):
    name = kind.id
    item = msgspec.json.encode({name: "x", "updated_at": "now", "parent_id": "1"})

    assert bodies.single(kind, "x", item).raw == item
    if not kind.listing.each:
        assert bodies.split(kind, b"[%s]" % item)[0].row.id == "x"
        assert bodies.rows(kind, b"[%s]" % item) == [bodies.single(kind, "x", item).row]


def test_one_item_is_the_body_as_a_whole():
    body = bodies.single(DASHBOARDS, "7", b' {"id": 7, "title": "A"}\n')

    assert (body.row.id, body.title, body.raw) == ("7", "A", b'{"id": 7, "title": "A"}')


def test_another_item_than_asked_for_is_misshapen():
    error = refused(bodies.single, DASHBOARDS, "8", b'{"id": "7"}')

    assert "'8'" in error.reason
    assert "'7'" in error.reason


@pytest.mark.parametrize("body", [b"[]", b'[{"id": 7}]', b"{}", b"null", b"", DEEP])
def test_what_is_not_one_item_is_misshapen(body):
    refused(bodies.single, DASHBOARDS, "7", body)


@pytest.mark.parametrize(
    "body", [b'{"id": "x", "name": "e"}', b'{"id": {}, "name": "e"}', b'{"id": "m::e"}']
)
def test_an_explore_is_known_by_its_name_or_its_id(body):
    assert bodies.single(EXPLORES, "m::e", body).row == Row("m::e")


@pytest.mark.parametrize("body", [b'{"id": "1"}', b'{"name": "y"}', b"{}"])
def test_another_explore_than_asked_for_is_misshapen(body):
    refused(bodies.single, EXPLORES, "m::e", body)


def test_explores_are_counted_model_by_model():
    page = (
        b'[{"name": "a", "explores": [{"name": "x"}, {"name": "y", "z": 1}]},'
        b' {"name": "b", "explores": []}, {"name": "c"}, {"name": "d", "explores": null}]'
    )

    assert bodies.rows(EXPLORES, page) == [Row("a::x"), Row("a::y")]


@pytest.mark.parametrize(
    "page",
    [
        b'[{"name": "a", "explores": {}}]',
        b'[{"name": "a", "explores": [null]}]',
        b'[{"name": "a", "explores": [{"name": ""}]}]',
        b'[{"explores": []}]',
        b'[{"name": "", "explores": [{"name": "x"}]}]',
    ],
)
def test_models_without_names_are_misshapen(page):
    refused(bodies.rows, EXPLORES, page)


def kind_that_redacts(*paths):
    return Kind(
        name="things",
        about="made up",
        listing=Listing(call="all_users"),
        single=Single("user", ("user_id",)),
        reads=Reads.WHOLE,
        place=Place.WHOLE,
        redact=paths,
    )


def test_redaction_leaves_all_other_bytes_alone():
    raw = (
        b'{"id": 123456789012345678901234567890, "x": 1e400, "s": "\\u00e4\\/",'
        b' "credentials_email": {"email": "a", "password_reset_url": "canary", "n": 1.50}}'
    )

    clean, found = bodies.redacted(USERS, raw)

    assert found
    assert clean == (
        b'{"id":123456789012345678901234567890,"x":1e400,"s":"\\u00e4\\/",'
        b'"credentials_email":{"email":"a","password_reset_url":null,"n":1.50}}'
    )
    assert bodies.redacted(USERS, clean) == (clean, False)


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b'{"credentials_email": null}',
        b'{"credentials_email": "text"}',
        b'{"credentials_email": []}',
        b'{"credentials_email": {"password_reset_url": null}}',
        b'{"password_reset_url": "not the one"}',
        b"[]",
    ],
)
def test_what_has_nothing_to_hide_stays_the_same_object(raw):
    clean, found = bodies.redacted(USERS, raw)

    assert clean is raw
    assert not found


def test_a_name_that_is_written_with_escapes_is_found():
    raw = b'{"\\u0063redentials_email": {"password_reset_\\u0075rl": "canary"}}'

    clean, found = bodies.redacted(USERS, raw)

    assert found
    assert b"canary" not in clean


def test_a_path_goes_through_lists():
    kind = kind_that_redacts("a[].b[].c", "d")
    raw = b'{"a": [{"b": [{"c": 1, "x": 2}, {"x": 3}, 4]}, null, {"b": {}}], "d": [5]}'

    clean, found = bodies.redacted(kind, raw)

    assert found
    assert clean == (
        b'{"a":[{"b":[{"c":null,"x": 2},{"x": 3},4]},null,{"b": {}}],"d":null}'.replace(
            b'"x": 2', b'"x":2'
        )
    )


@given(VALUES)
def test_redaction_changes_nothing_but_its_paths(value):
    kind = kind_that_redacts("a.b", "b[].a")
    raw = json.dumps({"a": value, "b": [value]}).encode()

    clean, _ = bodies.redacted(kind, raw)

    assert json.loads(clean) == blanked(json.loads(raw))


def blanked(thing):
    if isinstance(thing["a"], dict) and "b" in thing["a"]:
        thing["a"]["b"] = None
    for element in thing["b"]:
        if isinstance(element, dict) and "a" in element:
            element["a"] = None
    return thing


def test_what_cannot_be_read_is_not_passed_on_unredacted():
    refused(bodies.redacted, USERS, b'{"credentials_email": {"password_reset_url": "c"')
