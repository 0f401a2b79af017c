"""Did the system answer what can be answered, and abstain from the rest? Knows two booleans a question."""

from __future__ import annotations

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray


class Detection(Struct, frozen=True):
    """How well a class was found. A ratio with nothing below the line is 0.0."""

    precision: float
    recall: float
    f1: float


def detection(found: NDArray[np.bool_], actual: NDArray[np.bool_]) -> Detection:
    """Of those found, how many are; of those that are, how many were found; and the harmonic mean of the two.

    For answerability, found is "was answered" and actual "can be answered"; for abstention, negate both.
    """
    both = int((found & actual).sum())
    precision = both / int(found.sum()) if found.any() else 0.0
    recall = both / int(actual.sum()) if actual.any() else 0.0
    return Detection(precision, recall, 2 * precision * recall / (precision + recall) if both else 0.0)
