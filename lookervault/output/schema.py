"""The JSON Schema of everything that ``extract --json`` prints, made from the structs."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec

from lookervault.output.events import Event

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ABOUT = (
    "What `lookervault extract --json` prints, one object a line. Fields may be added,"
    " and none is ever renamed or dropped."
)


def schema() -> str:
    """Return the schema as the text of a file."""
    alternatives, definitions = msgspec.json.schema_components(
        get_args(Event), ref_template="#/$defs/{name}"
    )
    for definition in definitions.values():
        _always(definition)
    whole = {
        "$schema": _DIALECT,
        "title": "Events of lookervault",
        "description": _ABOUT,
        "oneOf": list(alternatives),
        "$defs": definitions,
    }
    return json.dumps(whole, indent=2) + "\n"


def _always(definition: dict[str, Any]) -> None:
    """Require all fields: what has a default value is printed with it."""
    if "properties" in definition:
        definition["required"] = list(definition["properties"])
