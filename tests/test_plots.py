"""The pictures of the documents are whole, tell what is what, and lead nowhere else."""

import importlib
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

PROJECT = Path(__file__).parents[1]
PICTURES = sorted((PROJECT / "docs" / "figures").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"


def texts(picture):
    return ["".join(it.itertext()) for it in picture.iter(f"{SVG}text")]


@pytest.fixture
def svg(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(PROJECT / "scripts"), *sys.path])
    return importlib.import_module("benchmarks.svg")


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_whole_and_loads_nothing(path):
    picture = ET.parse(path).getroot()

    assert picture.tag == f"{SVG}svg"
    leads = [
        value
        for element in picture.iter()
        for value in element.attrib.values()
        if "://" in value or value.startswith("data:")
    ]
    assert leads == []
    assert "@import" not in path.read_text("utf-8")


def test_the_plots_of_the_throttle_have_axes_with_units_a_legend_and_two_schemes():
    path = PROJECT / "docs" / "figures" / "throttle-limits.svg"
    picture = ET.parse(path).getroot()
    said = texts(picture)

    assert len(picture.findall(f"{SVG}g")) == 6
    assert said.count("seconds") == 6
    assert said.count("requests a second") + said.count("requests in flight") == 6
    assert {"limit of the server", "what the throttle allows", "refusals"} <= set(said)
    assert "prefers-color-scheme: dark" in path.read_text("utf-8")


def test_a_chart_draws_what_it_is_given_within_its_frame(svg):
    panel = svg.Panel(
        title="<one & only>",
        said="",
        seconds=50.0,
        most=40.0,
        unit="calls",
        limit=[(0.0, 25.0), (50.0, 25.0)],
        count=svg.steps([1000.0, 20.0, 30.0], 1.0),
        bound=[],
        refusals=[1.0, 2.0],
    )

    chart = svg.Chart("Two", {"limit": "a limit"}, [panel, panel, panel])
    picture = ET.fromstring(chart.svg())

    assert texts(picture).count("<one & only>") == 3
    (frame, *_) = [it for it in picture.iter(f"{SVG}rect") if "x" in it.attrib]
    left, top, wide, high = (
        float(frame.attrib[n]) for n in ("x", "y", "width", "height")
    )
    for line in picture.iter(f"{SVG}polyline"):
        numbers = list(map(float, line.attrib["points"].split()))
        assert all(left <= x <= left + wide for x in numbers[::2])
        assert all(top <= y <= top + high for y in numbers[1::2])
    marks = [it for it in picture.iter(f"{SVG}path") if it.get("class") == "refusal"]
    assert [mark.attrib["d"].count("M") for mark in marks] == [2, 2, 2]
