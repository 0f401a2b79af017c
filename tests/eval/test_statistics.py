"""Intervals against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from eval.statistics import Estimate, Rows, difference, estimate


def column(values: object) -> Rows:
    return np.asarray(values, dtype=float).reshape(-1, 1)


def test_the_interval_of_a_mean_is_that_of_the_normal_law() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    found = estimate(column(values))
    half = 1.96 * values.std(ddof=1) / 20  # 20 = sqrt(400)
    assert found.n == 400
    assert found.value == values.mean()
    assert (found.low, found.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.03)


def test_the_interval_of_a_share_is_near_the_binomial_one() -> None:
    found = estimate(column([1] * 80 + [0] * 20))
    # 0.8 +- 1.96 * sqrt(0.8 * 0.2 / 100) = 0.8 +- 0.078
    assert (found.low, found.high) == pytest.approx((0.722, 0.878), abs=0.02)


@pytest.mark.parametrize("values", [[1.0], [1.0] * 50, [0.0] * 3])
def test_equal_rows_have_the_point_for_an_interval(values: list[float]) -> None:
    assert estimate(column(values)) == Estimate(values[0], values[0], values[0], len(values))


@pytest.mark.parametrize("values", [[0.0, 1.0], [1.0] * 59 + [0.0], [0.5, 0.5, 0.5 + 1e-12]])
def test_almost_degenerate_rows_warn_of_nothing(values: list[float]) -> None:
    found = estimate(column(values))
    assert found.low <= found.value <= found.high


def test_any_statistic_has_an_interval() -> None:
    found = estimate(column(np.arange(101)), lambda rows: float(np.median(rows)))
    assert found.value == 50
    # Order statistics: the ranks 50.5 +- 1.96 * sqrt(101) / 2, about 41 to 60.
    assert (found.low, found.high) == pytest.approx((40, 60), abs=3)


def test_resamples_where_the_statistic_is_not_defined_are_left_out() -> None:
    # Undefined without a question of the second column, which one resample in three lacks.
    rows = np.array([[0.5, 1.0], [0.0, 0.0], [0.1, 0.0]])
    found = estimate(rows, lambda some: float(some[some[:, 1] > 0, 0].mean()) if some[:, 1].any() else np.nan)
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)


def test_the_same_rows_give_the_same_interval() -> None:
    rows = column(np.random.default_rng(2).random(30))
    assert estimate(rows) == estimate(rows.copy())


def test_no_rows_have_no_figure() -> None:
    with pytest.raises(ValueError, match="no questions"):
        estimate(np.empty((0, 1)))


def test_runs_that_are_the_same_do_not_differ() -> None:
    rows = column(np.random.default_rng(3).random(40))
    found = difference(rows, rows)
    assert (found.value, found.low, found.high, found.verdict) == (0, 0, 0, "none")


def test_pairing_sees_a_small_change_on_every_question() -> None:
    before = column(np.random.default_rng(4).normal(0, 10, 50))
    after = before + column(np.random.default_rng(5).normal(0.1, 0.05, 50))
    assert difference(before, after).verdict == "better"
    assert difference(after, before).verdict == "worse"
    assert difference(before, after, higher_is_better=False).verdict == "worse"


def test_a_change_inside_the_interval_is_none() -> None:
    # One question of 40 got better: resamples without it have no change, so the interval holds 0.
    before, after = column([0] * 40), column([0] * 39 + [1])
    assert difference(before, after).verdict == "none"


def test_a_uniform_change_is_certain() -> None:
    found = difference(column([0, 1, 2]), column([1, 2, 3]))
    assert (found.value, found.low, found.high, found.verdict) == (1, 1, 1, "better")


def test_rows_of_different_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="pair the same questions"):
        difference(column([1]), column([1, 2]))
