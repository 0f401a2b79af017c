"""Precision, recall and F1 of a detection, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eval.answerability import Detection, detection


@pytest.mark.parametrize(
    ("found", "actual", "expected"),
    [
        # 2 of the 3 found are; 2 of the 4 that are were found; 2 * 2/3 * 1/2 / (7/6) = 4/7
        ([1, 1, 1, 0, 0], [1, 1, 0, 1, 1], (2 / 3, 1 / 2, 4 / 7)),
        ([0, 0], [1, 1], (0, 0, 0)),
        ([1, 0], [0, 0], (math.nan, math.nan, math.nan)),
        ([1, 0], [1, 0], (1, 1, 1)),
    ],
)
def test_detection(found: list[int], actual: list[int], expected: tuple[float, float, float]) -> None:
    result = detection(np.array(found) > 0, np.array(actual) > 0)
    assert (result.precision, result.recall, result.f1) == pytest.approx(expected, nan_ok=True)
    assert isinstance(result, Detection)
