"""Did the system answer what can be answered, and abstain from the rest? Knows two booleans a question."""

from __future__ import annotations

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray


class Detection(Struct, frozen=True):
    """How well a class was found. The precision of finding nothing is 0.0."""

    precision: float
    recall: float
    f1: float


def detection(found: NDArray[np.bool_], actual: NDArray[np.bool_]) -> Detection:
    """Of those found, how many are; of those that are, how many were found; and the harmonic mean of the two.

    NaN where there was nothing to find. For answerability, found is "was answered" and actual "can be
    answered"; for abstention, negate both.
    """
    if not actual.any():
        return Detection(math.nan, math.nan, math.nan)
    both = int((found & actual).sum())
    precision = both / int(found.sum()) if found.any() else 0.0
    recall = both / int(actual.sum())
    return Detection(precision, recall, 2 * precision * recall / (precision + recall) if both else 0.0)
