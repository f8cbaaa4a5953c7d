"""The schema in the documents is what the code prints, and no more than that."""

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given

from lookervault.output.events import Event
from lookervault.output.jsonl import Lines, line
from lookervault.output.schema import schema

from .statuses import statuses, summaries, unhurried

PAGE = Path(__file__).parents[2] / "docs" / "events.schema.json"


def definitions():
    whole = json.loads(schema())
    return whole["$defs"], [it["$ref"].rpartition("/")[2] for it in whole["oneOf"]]


def test_the_page_is_what_the_code_says():
    assert PAGE.read_text("utf-8") == schema(), "scripts/fix writes it anew"


def test_every_event_has_its_alternative_by_its_message_type():
    defined, alternatives = definitions()

    types = [
        defined[name]["properties"]["message_type"]["enum"] for name in alternatives
    ]
    assert types == [[struct.__struct_config__.tag] for struct in get_args(Event)]


def test_every_field_is_always_there():
    defined, _ = definitions()

    for definition in defined.values():
        assert definition["required"] == list(definition["properties"])


def assert_in_the_schema(text):
    """Read it as the union of all events, which checks types, and compare what was read."""
    assert line(msgspec.json.decode(text, type=Event)) == text


@unhurried
@given(statuses())
def test_every_status_fits_into_the_schema(status):
    assert_in_the_schema(line(status))


@unhurried
@given(summaries())
def test_every_summary_fits_into_the_schema(summary):
    assert_in_the_schema(line(summary))


def test_every_line_of_a_run_fits_into_the_schema(show):
    out, _ = show(Lines)

    seen = {json.loads(text)["message_type"] for text in out.splitlines()}
    assert seen == {struct.__struct_config__.tag for struct in get_args(Event)}
    for text in out.splitlines():
        assert_in_the_schema(text)


@pytest.mark.parametrize(
    "text", ['{"message_type":"start"}', '{"message_type":"other"}', "[]"]
)
def test_something_else_does_not_fit(text):
    with pytest.raises(msgspec.ValidationError):
        assert_in_the_schema(text)
