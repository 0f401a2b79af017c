"""Means with their uncertainty, and whether two runs differ. Knows arrays only.

A row is a question. Intervals are 95 % bootstrap intervals over questions, with a fixed seed: BCa for means,
percentile for other statistics and wherever BCa is not defined. When all rows are equal the interval is the point
itself: the sample says nothing of its spread.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.stats import bootstrap

Rows = NDArray[np.float64]  # questions x columns
Statistic = Callable[[Rows], float]
Verdict = Literal["better", "worse", "none"]

SEED = 20_240
RESAMPLES = 2_000
LEVEL = 0.95
# Bounds the memory of a batch of resamples: 8 MB of indices, whatever the number of questions.
BATCH_CELLS = 1_000_000


class Estimate(Struct, frozen=True):
    """A figure, its 95 % interval, and the number of questions behind it."""

    value: float
    low: float
    high: float
    n: int


class Difference(Struct, frozen=True):
    """After less before, on the same questions. The verdict is "none" when the interval holds 0."""

    value: float
    low: float
    high: float
    n: int
    verdict: Verdict


def mean(rows: Rows) -> float:
    """The mean of the first column."""
    return float(rows[:, 0].mean())


def estimate(rows: Rows, statistic: Statistic = mean) -> Estimate:
    """The statistic of the rows with its interval. Raises ValueError when there is none to take it of."""
    n = len(rows)
    if n == 0:
        raise ValueError("no questions to take a figure of; leave the metric out instead")
    value = statistic(rows)
    if bool((rows == rows[0]).all()):
        return Estimate(value, value, value, n)
    low, high = bca(rows[:, 0]) if statistic is mean else (np.nan, np.nan)
    if not np.isfinite([low, high]).all():
        low, high = percentile(rows, statistic)
    return Estimate(value, low, high, n)


def difference(before: Rows, after: Rows, statistic: Statistic = mean, *, higher_is_better: bool = True) -> Difference:
    """Paired: row i of both is the same question, and resamples take both or neither."""
    n, columns = before.shape
    if after.shape != before.shape or n == 0:
        raise ValueError(f"rows of {before.shape} and {after.shape}: pair the same questions, at least one")
    both = np.hstack([before, after])

    def change(rows: Rows) -> float:
        return statistic(rows[:, columns:]) - statistic(rows[:, :columns])

    value = change(both)
    low, high = (
        (value, value) if statistic is mean and np.ptp(after[:, 0] - before[:, 0]) == 0 else percentile(both, change)
    )
    verdict: Verdict = "none"
    if low > 0 or high < 0:
        verdict = "better" if (low > 0) == higher_is_better else "worse"
    return Difference(value, low, high, n, verdict)


def bca(values: Rows) -> tuple[float, float]:
    """The BCa interval of the mean, or NaN where it is not defined."""
    with warnings.catch_warnings():
        # A degenerate sample gives NaN, which the caller handles; scipy says so besides.
        warnings.simplefilter("ignore")
        interval = bootstrap(
            (values,),
            np.mean,
            n_resamples=RESAMPLES,
            confidence_level=LEVEL,
            method="BCa",
            batch=max(1, BATCH_CELLS // len(values)),
            rng=np.random.default_rng(SEED),
            vectorized=True,
        ).confidence_interval
    return float(interval.low), float(interval.high)


def percentile(rows: Rows, statistic: Statistic) -> tuple[float, float]:
    """The percentile interval of any statistic; resamples are drawn a batch at a time.

    Resamples in which the statistic is not defined (NaN: no unanswerable question among them) say nothing, and are
    left out.
    """
    rng, n = np.random.default_rng(SEED), len(rows)
    values: list[float] = []
    while len(values) < RESAMPLES:
        size = min(max(1, BATCH_CELLS // n), RESAMPLES - len(values))
        values += [statistic(rows[index]) for index in rng.integers(n, size=(size, n))]
    low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
