"""qa.confidence: from raw scores to a probability, for one reader only."""

import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qa.ranking
from index.errors import InvalidRequest, ManifestMismatch
from qa.confidence import FEATURES, Calibration, load_calibration
from qa.engine import CALIBRATION

ONE = Calibration(
    "r",
    "d",
    {},
    dict.fromkeys(FEATURES, 0.0) | {"strength": 2.0, "lead": 1.0, "agreement": 0.5},
    -1.0,
    0.6,
    ((0.5, 0.2), (0.8, 0.61), (0.9, 0.75)),
)
REST = [0.0] * (len(FEATURES) - 3)


def test_by_hand() -> None:
    # -1 + 2 * 0.5 + 1 * 1 + 0.5 * 2 = 2; 1 / (1 + e**-2) = 0.8808
    assert ONE.confidence([0.5, 1.0, 2.0, *[9.0] * len(REST)]) == pytest.approx(1 / (1 + math.exp(-2)))


@given(st.lists(st.floats(-1e300, 1e300), min_size=len(FEATURES), max_size=len(FEATURES)))
def test_it_is_a_probability(features: list[float]) -> None:
    assert 0 <= ONE.confidence(features) <= 1


@given(st.floats(-20, 20), st.floats(-20, 20))
def test_it_rises_with_the_strength(one: float, other: float) -> None:
    assert (
        (ONE.confidence([one, 0, 0, *REST]) <= ONE.confidence([other, 0, 0, *REST])) == (one <= other)
        or abs(one - other) < 1e-9
        or max(abs(one), abs(other)) > 10
    )


def test_as_many_features_as_are_named() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ONE.confidence([1.0] * (len(FEATURES) - 1))


def test_it_is_refused_for_another_reader(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_bytes(msgspec.json.encode(ONE))
    assert load_calibration(path, "r", "d") == ONE
    for reader, digest in (("r", "d2"), ("r2", "d")):
        with pytest.raises(ManifestMismatch, match=r"c\.json"):
            load_calibration(path, reader, digest)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b"\xff"], ids=repr)
def test_a_file_that_is_none_is_refused_in_words(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "c.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidRequest, match=r"c\.json .*make calibrate"):
        load_calibration(path, "r", "d")


def test_the_shipped_one_is_whole() -> None:
    shipped = msgspec.json.decode(CALIBRATION.read_bytes(), type=Calibration)
    assert set(shipped.weights) == set(FEATURES)
    assert set(shipped.ranking) == set(qa.ranking.FEATURES)
    assert 0 < shipped.threshold < 1
    precisions, confidences = zip(*shipped.reached, strict=True)
    assert list(precisions) == sorted(precisions)
    assert list(confidences) == sorted(confidences)
    assert shipped.least(0.8) > shipped.threshold


@pytest.mark.parametrize(("precision", "confidence"), [(0.1, 0.2), (0.5, 0.2), (0.7, 0.61), (0.8, 0.61), (0.9, 0.75)])
def test_a_target_precision_has_a_least_confidence(precision: float, confidence: float) -> None:
    assert ONE.least(precision) == confidence


def test_a_precision_that_was_not_reached_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"0\.95, and this calibration reaches 0\.9 at most"):
        ONE.least(0.95)
