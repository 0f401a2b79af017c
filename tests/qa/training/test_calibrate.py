"""qa.training.calibrate: a small run with the shipped models, and what counts as right."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from qa.confidence import FEATURES, Calibration
from qa.ranking import FEATURES as RANKING
from qa.training.calibrate import Pair, fit_ranking, holds, main, reached


def test_the_least_confidence_of_a_precision() -> None:
    # Of 100 answers the surest 60 are right, and none of the others: 3/4 of the first 80, 60 % of all.
    confidences, right = np.linspace(1, 0.01, 100), [True] * 60 + [False] * 40
    found = dict(reached(confidences, right))
    assert found[0.5] == found[0.6] == 0.01
    assert found[0.75] == pytest.approx(0.21)
    assert found[0.95] == pytest.approx(0.38)  # 60 of 63
    assert reached(confidences[:20], right[:20]) == ()


def test_what_counts_as_right() -> None:
    assert holds("La gare a ouvert en 1912.", ("1912",))
    assert not holds("La gare a ouvert en 1912.", ("1913",))
    assert not holds("La gare a ouvert en 1912.", ("12",))
    assert not holds("La gare a ouvert en 1912.", ())


def test_the_ranking_learns_what_tells_right_from_wrong() -> None:
    pairs = [Pair([1.0, 0.0, 0.5, 0.5, 0.1, 0.0], [0.0, 0.0, 0.5, 0.5, 0.2, 0.0], 1.0)] * 20
    weights = fit_ranking(pairs)
    assert weights["margin"] > 0.5
    assert weights["overlap"] < 0 == weights["score"]


def test_a_question_with_many_pairs_counts_as_much_as_one_with_one() -> None:
    against = Pair([0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0, 0.0], 1 / 40)
    one = Pair([1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.0] * 6, 1.0)
    assert fit_ranking([one, one, *[against] * 40])["margin"] > 0.2


@pytest.mark.models
def test_a_small_run(held_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = tmp_path / "made.json"
    monkeypatch.setenv("EXTRAIT_CALIBRATION", str(made))
    result = CliRunner().invoke(main, ["--data", str(held_data), "--questions", "24"])
    assert result.exit_code == 0, result.output
    found = msgspec.json.decode(made.read_bytes(), type=Calibration)
    assert (set(found.weights), set(found.ranking)) == (set(FEATURES), set(RANKING))
    assert found.reader == "extrait-reader"
    refused = CliRunner().invoke(main, ["--data", str(tmp_path / "nowhere")])
    assert refused.exit_code == 2
    assert "--data" in refused.output
