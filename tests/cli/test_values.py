"""What may be typed as a value, and what it comes to."""

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.cli import values

SIZE = values.Size(1, "nothing is that small")


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("150MiB", 150 * 2**20),
        ("150 MiB", 150 * 2**20),
        ("1GiB", 2**30),
        ("1gib", 2**30),
        ("1.5GiB", 3 * 2**29),
        ("2GB", 2 * 10**9),
        ("2G", 2 * 10**9),
        ("2Gi", 2**31),
        ("1TiB", 2**40),
        ("64kB", 64_000),
        ("100B", 100),
        ("1048576", 2**20),
        (2**20, 2**20),
    ],
)
def test_a_size_is_bytes_or_has_a_unit(text, bytes_):
    assert SIZE.convert(text, None, None) == bytes_


@pytest.mark.parametrize(
    "text", ["", "MiB", "-1", "1e3", "1 2", "1MiBs", "0", "9" * 400, "nan", True]
)
def test_what_is_no_size_is_refused(text):
    with pytest.raises(click.BadParameter):
        SIZE.convert(text, None, None)


@pytest.mark.parametrize(
    "value", [-1.0, 0.0, float("nan"), float("inf"), True, "-1", "1w", 0, ""]
)
def test_no_duration_passes_that_is_none(value):
    with pytest.raises(click.BadParameter):
        values.Duration().convert(value, None, None)


@given(st.text() | st.floats() | st.integers())
def test_whatever_is_typed_is_a_value_or_refused(value):
    for kind in (SIZE, values.Duration(), values.Positive(), values.Whole(1, 50)):
        try:
            found = kind.convert(value, None, None)
        except click.BadParameter:
            continue
        assert 0 < found < float("inf")
