"""The page about speed shows the figures of one run, and pictures of those figures."""

import importlib
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "performance.md"
KEPT = PROJECT / "docs" / "figures" / "bench.jsonl"
SVG = "{http://www.w3.org/2000/svg}"

kept = pytest.mark.skipif(
    not (PAGE.exists() or KEPT.exists()), reason="no run has been kept yet"
)


@pytest.fixture
def benchmarks(monkeypatch):
    """Imports a file of the benchmarks."""
    monkeypatch.setattr(sys, "path", [str(PROJECT / "scripts"), *sys.path])
    return lambda name: importlib.import_module(f"benchmarks.{name}")


@pytest.fixture
def whole_run(benchmarks):
    """Figures such as a run of all benchmarks ends with."""

    def figure(id_, **detail):
        at_least = benchmarks("figure").at_least
        return at_least(1.0, 2.0, "x", id_=id_, name=f"of {id_}", **detail)

    runs = {str(n): {"speed_up": 0.98 * n, "utilization": 0.98} for n in (1, 8, 16, 50)}
    way = {"seconds": 2.0, "cpu": 1.5, "anonymous_mb": 90}
    peaks = [
        {"workers": workers, "items": items, "bytes": 60_000_000 + 80 * items}
        for workers in (1, 8, 50)
        for items in (10_000, 100_000)
    ]
    return [
        figure("SC-001", workers=10),
        figure("SC-002", workers=runs),
        figure("LIMIT", ours_us=60.0, bare_us=25.0),
        figure("LIMIT", ours=12_000, bare=20_000),
        figure("PEER", items=10_000, ours=way, theirs=way | {"seconds": 30.0}),
        figure("SC-005", peaks=peaks),
        figure("SC-008", there=0, items_a_second=40_000, bare_items_a_second=60_000),
        figure("VAULT", short="ls", items_a_second_of_cpu=200_000),
    ]


@kept
def test_the_page_shows_the_figures_that_were_kept(benchmarks):
    document = benchmarks("document")
    page = PAGE.read_text("utf-8")

    figures = document.kept()

    assert figures
    assert "<!-- figures -->" in page
    assert document.document(page, figures) == page


@kept
def test_the_page_shows_pictures_of_the_figures_that_were_kept(benchmarks):
    page = PAGE.read_text("utf-8")
    charts = benchmarks("plots_performance").charts(benchmarks("document").kept())

    for name, chart in charts.items():
        path = f"figures/performance-{name}.svg"
        assert f"({path})" in page
        assert (PROJECT / "docs" / path).read_text("utf-8") == chart.svg()


@kept
def test_every_bar_held_in_the_run_that_was_kept(benchmarks):
    figures = benchmarks("document").kept()

    assert [figure.name for figure in figures if not figure.ok] == []


def test_the_table_gets_what_was_found_and_leaves_the_rest(benchmarks, whole_run):
    document = benchmarks("document").document
    page = "# Speed\n\n<!-- figures -->\nbefore\n<!-- end of figures -->\n\nThe end.\n"

    shown = document(page, whole_run)

    assert shown.startswith("# Speed\n\n<!-- figures -->\n")
    assert shown.endswith("<!-- end of figures -->\n\nThe end.\n")
    assert "before" not in shown
    assert "| SC-008 | of SC-008 | 2 x | 1 x | holds |" in shown
    assert document(shown, whole_run) == shown


def test_pictures_are_drawn_from_the_figures_alone(benchmarks, whole_run):
    charts = benchmarks("plots_performance").charts(whole_run)

    pictures = {name: ET.fromstring(chart.svg()) for name, chart in charts.items()}

    assert pictures.keys() == {"workers", "cost", "memory", "store"}
    dots = [
        dot
        for dot in pictures["memory"].iter(f"{SVG}circle")
        if dot.get("class") == "count"
    ]
    assert len(dots) == 2
    said = "".join(pictures["memory"].itertext())
    assert "68 MB at most" in said
    assert {"1 worker", "8 workers", "50 workers"} <= {
        "".join(it.itertext()) for it in pictures["memory"].iter(f"{SVG}text")
    }


def test_a_picture_stays_within_its_frame(benchmarks, whole_run):
    for chart in benchmarks("plots_performance").charts(whole_run).values():
        for group in ET.fromstring(chart.svg()).findall(f"{SVG}g"):
            (frame,) = [
                r for r in group.iter(f"{SVG}rect") if r.get("class") == "frame"
            ]
            left, top, wide, high = (
                float(frame.attrib[n]) for n in ("x", "y", "width", "height")
            )
            for bar in group.iter(f"{SVG}rect"):
                x, y, width, height = (
                    float(bar.attrib[n]) for n in ("x", "y", "width", "height")
                )
                assert left <= x <= x + width <= left + wide + 0.1
                assert top <= y <= y + height <= top + high + 0.1
            for line in group.iter(f"{SVG}polyline"):
                numbers = list(map(float, line.attrib["points"].split()))
                assert all(left <= x <= left + wide for x in numbers[::2])
                assert all(top <= y <= top + high for y in numbers[1::2])


def test_a_run_that_was_not_whole_draws_nothing(benchmarks, whole_run):
    plots = benchmarks("plots_performance")
    some = [figure for figure in whole_run if figure.id != "SC-005"]

    with pytest.raises(LookupError, match="no figure of SC-005 tells peaks"):
        plots.charts(some)
