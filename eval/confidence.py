"""Is a confidence of 0.8 right eight times in ten? Calibration, and what abstaining buys. Knows numbers only.

`confidence` and `right` are arrays of one entry for each answered question. Questions that got no answer have no
place in calibration; in coverage they count as not covered, at any threshold.
"""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Array = NDArray[np.float64]
# Equal-width bins: equal-mass ones would part questions of the same confidence by the accident of their order.
BINS = 10


class Bin(Struct, frozen=True):
    """One bar of the reliability diagram: its bounds, how many fell in, their mean confidence, the share right."""

    low: float
    high: float
    n: int
    confidence: float
    right: float


class Point(Struct, frozen=True):
    """Answering only from `threshold` up covers this share of all questions, of which `risk` are wrong."""

    threshold: float
    coverage: float
    risk: float


def reliability(confidence: Array, right: Array, bins: int = BINS) -> list[Bin]:
    """The bins that are not empty, in order. The last one holds its upper bound."""
    which = bin_of(confidence, bins)
    result = []
    for number in range(bins):
        inside = which == number
        if inside.any():
            mean, share = float(confidence[inside].mean()), float(right[inside].mean())
            result.append(Bin(number / bins, (number + 1) / bins, int(inside.sum()), mean, share))
    return result


def bin_of(confidence: Array, bins: int) -> NDArray[np.int_]:
    """The number of the bin of each."""
    which: NDArray[np.int_] = np.minimum((confidence * bins).astype(int), bins - 1)
    return which


def expected_calibration_error(confidence: Array, right: Array, bins: int = BINS) -> float:
    """The mean gap between confidence and share right over `bins` bins of equal width, weighted by their n."""
    which = bin_of(confidence, bins)
    gaps = np.bincount(which, confidence, bins) - np.bincount(which, right, bins)  # each is n times the bin's gap
    return float(np.abs(gaps).sum() / len(confidence))


def brier(confidence: Array, right: Array) -> float:
    """The mean squared distance between the confidence and 1 (right) or 0 (wrong)."""
    return float(np.mean((confidence - right) ** 2))


def risk_coverage(confidence: Array, right: Array, asked: int) -> list[Point]:
    """A point for each distinct confidence, the highest first; `asked` counts the questions that got no answer too."""
    return [Point(float(a), float(b) / asked, float(c)) for a, b, c in zip(*steps(confidence, right), strict=True)]


def steps(confidence: Array, right: Array) -> tuple[Array, Array, Array]:
    """Each distinct confidence, highest first; how many answers it lets through; the share of them that is wrong."""
    order = np.argsort(-confidence, kind="stable")
    thresholds, wrong = confidence[order], np.cumsum(1 - right[order])
    # A threshold cannot part equal confidences: only the last of each run of equals is a step.
    last = np.flatnonzero(np.append(thresholds[1:] < thresholds[:-1], [True] * bool(len(order))))
    covered = (last + 1).astype(float)
    return thresholds[last], covered, wrong[last] / covered


def coverage_at(precision: float, confidence: Array, right: Array, asked: int) -> float:
    """The largest share of all questions that one threshold can answer with at least this precision; 0.0 for none."""
    _, covered, risk = steps(confidence, right)
    enough = covered[1 - risk >= precision - 1e-12]  # 8 right of 10 is 0.8, whatever the last bit says
    return float(enough[-1] / asked) if len(enough) else 0.0
