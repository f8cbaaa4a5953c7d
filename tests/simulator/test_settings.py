"""What people type is read as they mean it, or refused with a sentence."""

import math

import msgspec
import pytest

from lookervault.content import KINDS
from lookervault.errors import UsageError
from lookervault.simulator.recipes import RECIPES
from lookervault.simulator.settings import (
    SIZES,
    Mutation,
    Settings,
    Titles,
    check,
    parse_duration,
    parse_mutation,
    parse_sizes,
)


def test_every_kind_of_content_is_simulated():
    assert set(RECIPES) == set(SIZES) == set(KINDS)


def test_sizes_are_read():
    assert parse_sizes(["dashboards=5", "looks=0"]) == {"dashboards": 5, "looks": 0}


@pytest.mark.parametrize("text", ["dashbords=5", "dashboards", "dashboards=-1", "=3"])
def test_sizes_that_make_no_sense_are_refused(text):
    with pytest.raises(UsageError):
        parse_sizes([text])


def test_a_mutation_is_read():
    read = parse_mutation("delete=100,create=50,update=0,over=2m")

    assert read == Mutation(delete=100, create=50, update=0, over=120.0)


@pytest.mark.parametrize("text", ["explode=1", "delete=x", "over=soon", "delete"])
def test_a_mutation_that_makes_no_sense_is_refused(text):
    with pytest.raises(UsageError):
        parse_mutation(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10), ("250ms", 0.25), ("1.5", 1.5), ("1h", 3600)]
)
def test_durations_are_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "settings",
    [
        Settings(sizes={"nothing": 1}),
        Settings(sizes={"looks": -1}),
        Settings(rate=0),
        Settings(rate=math.nan),
        Settings(latency=-1.0),
        Settings(latency=math.inf),
        Settings(burst=0.5),
        Settings(page_cap=0),
        Settings(fail_rate=1.1),
        Settings(latency="slow"),
        Settings(script="200 TEAPOT"),
        Settings(script=("200", "500")),
        Settings(server_threads=0),
        Settings(queue=-1),
        Settings(forbid=("lookz",)),
        Settings(hide=("lookz",)),
    ],
)
def test_values_that_make_no_sense_are_refused(settings):
    with pytest.raises(UsageError):
        check(settings)


def test_settings_go_through_a_pipe_and_come_out_as_they_were():
    settings = Settings(
        latency="tail:0.2,5,0.01",
        script=("200 500 *", "me: RST"),
        hide=("users",),
        titles=Titles.HOSTILE,
        mutation=Mutation(delete=3),
    )

    text = msgspec.json.encode(settings)

    assert msgspec.json.decode(text, type=Settings) == settings
