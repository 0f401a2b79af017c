"""Draws plots as SVG, by hand. Knows numbers and names; its colours are the classes of the page that holds it.

Each is an image to a screen reader: `title` names it and `desc` says in numbers what it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil

from markupsafe import Markup

from eval.confidence import Bin, Point

WIDTH, HEIGHT = 440, 290
LEFT, RIGHT, TOP, BOTTOM = 46, 16, 14, 44
SHARES = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
# Enough for a curve of this width; a run of 3,000 questions has as many points.
MOST_POINTS = 200
Pair = tuple[float, float]


class Axes:
    """A frame in which `x` runs from the first of `x_ticks` to the last, and `y` likewise."""

    def __init__(self, x_ticks: Sequence[float], y_ticks: Sequence[float]) -> None:
        self.x_ticks, self.y_ticks = x_ticks, y_ticks

    def at(self, x: float, y: float) -> Pair:
        """Where a point stands in the image."""
        across = (x - self.x_ticks[0]) / (self.x_ticks[-1] - self.x_ticks[0])
        up = (y - self.y_ticks[0]) / (self.y_ticks[-1] - self.y_ticks[0])
        return round(LEFT + across * (WIDTH - LEFT - RIGHT), 1), round(
            HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM), 1
        )

    def drawn(self, x_label: str, y_label: str) -> list[Markup]:
        """Grid, ticks and labels."""
        bottom = HEIGHT - BOTTOM
        parts = []
        for tick in self.y_ticks:
            y = self.at(self.x_ticks[0], tick)[1]
            parts += [segment((LEFT, y), (WIDTH - RIGHT, y), "grid"), words(LEFT - 6, y + 4, f"{tick:g}", "end")]
        for tick in self.x_ticks:
            parts.append(words(self.at(tick, self.y_ticks[0])[0], bottom + 16, f"{tick:g}", "middle"))
        middle = (TOP + bottom) / 2
        turned = Markup('<g transform="rotate(-90 12 {0})">{1}</g>').format(
            middle, words(12, middle, y_label, "middle")
        )
        return [*parts, words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, x_label, "middle"), turned]


def risk_coverage(points: Sequence[Point]) -> Markup:
    """The share of answers that are wrong, against the share of questions answered, as the threshold falls."""
    top = max(0.3, *(point.risk for point in points))
    step = 0.1 if top <= 0.5 else 0.2
    axes = Axes(SHARES, [round(number * step, 1) for number in range(ceil(top / step) + 1)])
    parts = axes.drawn("coverage: share of all questions answered", "risk: share of them wrong")
    for risk, label in ((0.1, "90 % right"), (0.2, "80 % right")):
        x, y = axes.at(1, risk)
        parts += [segment(axes.at(0, risk), (x, y), "aim"), words(x, y - 4, label, "end")]
    kept = points[:: max(1, len(points) // MOST_POINTS)]
    parts.append(curve([axes.at(point.coverage, point.risk) for point in (*kept, points[-1])], "line first"))
    last = points[-1]
    parts.append(dot(axes.at(last.coverage, last.risk), "dot first"))
    told = f"Every answer given: coverage {last.coverage:.2f}, risk {last.risk:.2f}."
    return image("Risk and coverage", told, parts)


def reliability(bins: Sequence[Bin]) -> Markup:
    """The share right against the confidence, bin by bin; on the diagonal, confidence is what it says."""
    axes = Axes(SHARES, SHARES)
    parts = axes.drawn("confidence", "share right")
    for item in bins:
        left, top = axes.at(item.low, item.right)
        right, bottom = axes.at(item.high, 0)
        size = Markup('x="{}" y="{}" width="{:.1f}" height="{:.1f}"').format(
            left + 1, top, right - left - 2, bottom - top
        )
        parts.append(Markup('<rect class="bar first" {}/>').format(size))
    parts.append(segment(axes.at(0, 0), axes.at(1, 1), "aim"))
    for item in bins:
        x, y = axes.at(item.confidence, item.right)
        parts += [dot((x, y), "dot first"), words(x, HEIGHT - BOTTOM - 6, str(item.n), "middle", "name")]
    told = "; ".join(f"{item.n} answers of confidence {item.confidence:.2f}: {item.right:.2f} right" for item in bins)
    return image("Reliability", f"{told}.", parts)


def by_depth(curves: Sequence[tuple[str, Sequence[float]]]) -> Markup:
    """Named shares at each depth k, from 1 up."""
    depth = len(curves[0][1])
    axes = Axes([float(k + 1) for k in range(depth)], SHARES)
    parts = axes.drawn("k: passages looked at", "share")
    for (name, values), colour in zip(curves, ("first", "second"), strict=False):
        places = [axes.at(k + 1, value) for k, value in enumerate(values)]
        parts += [curve(places, f"line {colour}"), *(dot(place, f"dot {colour}") for place in places)]
        x, y = places[-1]
        # One below its curve, the other above; both above where the curves lie on the axis.
        below = colour == "first" and y < HEIGHT - BOTTOM - 24
        above = 23 if colour == "second" and y >= HEIGHT - BOTTOM - 24 else 9
        parts.append(words(x, y + 18 if below else y - above, name, "end", f"name {colour}"))
    told = "; ".join(f"{name}: {', '.join(f'{value:.2f}' for value in values)}" for name, values in curves)
    return image("Recall and success by depth", f"{told}.", parts)


def latency(stages: Sequence[tuple[str, float, float]]) -> Markup:
    """For each stage (name, median, 95th percentile) a bar to the median, and a line on to the 95th percentile."""
    step, longest = 48, max(slow for _, _, slow in stages) or 1.0
    left, right = 84, WIDTH - 100
    parts = []
    for number, (name, median, slow) in enumerate(stages):
        y = 24 + number * step
        half, most = (left + value / longest * (right - left) for value in (median, slow))
        parts += [
            words(left - 8, y + 4, name, "end", "name"),
            segment((half, y), (most, y), "reach"),
            segment((most, y - 6), (most, y + 6), "reach"),
            Markup('<rect class="bar solid first" x="{}" y="{}" width="{:.1f}" height="18"/>').format(
                left, y - 9, half - left
            ),
            words(most + 6, y + 4, f"{brief(median)} / {brief(slow)} ms"),
        ]
    told = "; ".join(f"{name}: median {median:.1f} ms, 95 % within {slow:.1f} ms" for name, median, slow in stages)
    return image("Latency by stage", f"{told}.", parts, height=24 + len(stages) * step)


def brief(milliseconds: float) -> str:
    """A decimal where it tells something."""
    return f"{milliseconds:.1f}" if milliseconds < 10 else f"{milliseconds:.0f}"


def image(title: str, told: str, parts: Iterable[Markup], height: int = HEIGHT) -> Markup:
    """The parts as an image with a name and a description."""
    return Markup('<svg viewBox="0 0 {} {}" role="img"><title>{}</title><desc>{}</desc>{}</svg>').format(
        WIDTH, height, title, told, Markup("").join(parts)
    )


def segment(start: Pair, end: Pair, kind: str) -> Markup:
    """A straight line."""
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(kind, *start, *end)


def curve(places: Iterable[Pair], kind: str) -> Markup:
    """A line through these places."""
    return Markup('<polyline class="{}" points="{}"/>').format(kind, " ".join(f"{x:.1f},{y:.1f}" for x, y in places))


def dot(place: Pair, kind: str) -> Markup:
    """A place, marked."""
    return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(kind, *place)


def words(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> Markup:
    """A label."""
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(kind, x, y, anchor, text)
