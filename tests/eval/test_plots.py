"""What the plots show, read back from the SVG."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from markupsafe import Markup

from eval.confidence import Bin, Point
from eval.plots import (
    BOTTOM,
    HEIGHT,
    LEFT,
    MOST_POINTS,
    RIGHT,
    TOP,
    WIDTH,
    Axes,
    by_depth,
    latency,
    reliability,
    risk_coverage,
)


def read(svg: Markup) -> ET.Element:
    """The image, which must be well formed, named and described, with every mark inside its frame."""
    root = ET.fromstring(str(svg))  # noqa: S314 (our own)
    assert root.get("role") == "img"
    assert root.findtext("title")
    assert root.findtext("desc")
    _, _, width, height = map(float, (root.get("viewBox") or "").split())
    places = [(item.get("cx"), item.get("cy")) for item in root.iter("circle")]
    places += [(item.get("x"), item.get("y")) for item in root.iter("text")]
    for item in root.iter("polyline"):
        places += [tuple(pair.split(",")) for pair in (item.get("points") or "").split()]  # type: ignore[misc]
    assert all(0 <= float(x or -1) <= width and 0 <= float(y or -1) <= height for x, y in places)
    return root


def texts(root: ET.Element) -> list[str]:
    return [item.text or "" for item in root.iter("text")]


@pytest.mark.parametrize(
    ("x", "y", "place"),
    [
        (0, 0, (LEFT, HEIGHT - BOTTOM)),
        (1, 1, (WIDTH - RIGHT, TOP)),
        (0.5, 0, ((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM)),
    ],
)
def test_axes_run_from_the_first_tick_to_the_last(x: float, y: float, place: tuple[float, float]) -> None:
    assert Axes([0, 1], [0, 1]).at(x, y) == place


@pytest.mark.parametrize("risk", [0.0, 0.15, 0.5, 1.0])
def test_risk_fits_its_axis(risk: float) -> None:
    root = read(risk_coverage([Point(0.9, 0.25, 0.0), Point(0.5, 0.5, risk)]))
    assert root.findtext("desc") == f"Every answer given: coverage 0.50, risk {risk:.2f}."


def test_a_long_curve_is_thinned_and_ends_at_its_end() -> None:
    points = [Point(1 - n / 5000, n / 5000, 0.1) for n in range(1, 5001)]
    (line,) = read(risk_coverage(points)).iter("polyline")
    places = (line.get("points") or "").split()
    assert len(places) <= MOST_POINTS + 2
    assert float(places[-1].split(",")[0]) == WIDTH - RIGHT


def test_reliability_has_a_bar_and_a_count_for_each_bin() -> None:
    root = read(reliability([Bin(0.5, 0.6, 7, 0.56, 0.57), Bin(0.9, 1.0, 40, 0.97, 1.0)]))
    assert len(list(root.iter("rect"))) == 2
    assert {"7", "40"} <= set(texts(root))
    assert "7 answers of confidence 0.56: 0.57 right" in (root.findtext("desc") or "")


@pytest.mark.parametrize("low", [0.0, 0.6])
def test_depths_have_a_dot_each_and_labels_apart(low: float) -> None:
    root = read(by_depth([("recall@k", [low] * 10), ("success@k", [low + 0.01] * 10)]))
    assert len(list(root.iter("circle"))) == 20
    ends = [float(item.get("y") or 0) for item in root.iter("text") if "@k" in (item.text or "")]
    assert abs(ends[0] - ends[1]) > 11


def test_latency_names_each_stage_and_escapes_it() -> None:
    root = read(latency([("search", 250.0, 751.7), ("<b>", 0.0, 1.25)]))
    assert texts(root) == ["search", "250 / 752 ms", "<b>", "0.0 / 1.2 ms"]
    read(latency([("search", 0.0, 0.0)]))
