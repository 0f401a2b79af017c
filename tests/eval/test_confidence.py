"""Calibration and coverage, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.confidence import Point, brier, coverage_at, expected_calibration_error, reliability, risk_coverage

CONFIDENCE = np.array([0.95, 0.91, 0.55, 0.51, 0.1])
RIGHT = np.array([1.0, 0.0, 1.0, 1.0, 0.0])


def test_reliability_bins_are_tenths() -> None:
    bins = reliability(CONFIDENCE, RIGHT)
    assert [(item.low, item.n, item.right) for item in bins] == [(0.1, 1, 0.0), (0.5, 2, 1.0), (0.9, 2, 0.5)]
    assert [item.confidence for item in bins] == pytest.approx([0.1, 0.53, 0.93])


def test_calibration_error() -> None:
    # 1/5 * |0.1 - 0| + 2/5 * |0.53 - 1| + 2/5 * |0.93 - 0.5| = 0.02 + 0.188 + 0.172
    assert expected_calibration_error(CONFIDENCE, RIGHT) == pytest.approx(0.38)


def test_certainty_falls_into_the_last_bin() -> None:
    assert expected_calibration_error(np.array([1.0, 0.0]), np.array([1.0, 0.0])) == 0


def test_brier() -> None:
    # (0.05^2 + 0.91^2 + 0.45^2 + 0.49^2 + 0.1^2) / 5 = (0.0025 + 0.8281 + 0.2025 + 0.2401 + 0.01) / 5
    assert brier(CONFIDENCE, RIGHT) == pytest.approx(1.2832 / 5)


def test_risk_coverage_counts_the_unanswered_as_not_covered() -> None:
    points = risk_coverage(np.array([0.9, 0.8, 0.8]), np.array([1.0, 0.0, 1.0]), asked=4)
    # The two at 0.8 come together: 3 of 4 covered, 1 of 3 wrong.
    assert points == [Point(0.9, 0.25, 0.0), Point(0.8, 0.75, pytest.approx(1 / 3))]


@pytest.mark.parametrize(
    ("precision", "coverage"), [(1.0, 1 / 8), (0.9, 1 / 8), (0.75, 4 / 8), (0.6, 5 / 8), (0.5, 5 / 8)]
)
def test_coverage_at_a_precision(precision: float, coverage: float) -> None:
    # Precisions from the top: 1/1, 1/2, 2/3, 3/4, 3/5. At 0.75 the fourth will do, though the second would not.
    assert coverage_at(precision, CONFIDENCE, RIGHT, asked=8) == coverage


def test_no_coverage_where_the_precision_is_never_reached() -> None:
    assert coverage_at(0.8, np.array([0.9]), np.array([0.0]), asked=1) == 0
    assert coverage_at(0.8, np.array([]), np.array([]), asked=3) == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_the_order_of_questions_does_not_matter(pairs: list[tuple[float, bool]]) -> None:
    given_, ordered = np.array(pairs, dtype=float), np.array(sorted(pairs), dtype=float)
    errors = [expected_calibration_error(rows[:, 0], rows[:, 1]) for rows in (given_, ordered)]
    assert errors[0] == pytest.approx(errors[1])
    assert 0 <= errors[0] <= 1
    covered = [coverage_at(0.8, rows[:, 0], rows[:, 1], len(rows)) for rows in (given_, ordered)]
    assert covered[0] == covered[1]
