"""Settings that make no sense are refused before anything starts."""

import pytest

from lookervault.errors import UsageError
from lookervault.settings import MOST_WORKERS, Settings, check


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"workers": MOST_WORKERS},
        {"max_rate": 0.1, "max_calls": 1, "max_duration": 0.5, "max_memory": 1},
    ],
)
def test_what_makes_sense_passes(given):
    check(Settings(**given))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("workers", 0),
        ("workers", MOST_WORKERS + 1),
        ("batch_size", 0),
        ("max_rate", 0),
        ("max_rate", float("inf")),
        ("max_calls", 0),
        ("max_duration", -1.0),
        ("max_memory", 0),
        ("credit", 0),
    ],
)
def test_what_makes_none_is_refused_with_the_value(name, value):
    with pytest.raises(UsageError, match=str(value)):
        check(Settings(**{name: value}))
