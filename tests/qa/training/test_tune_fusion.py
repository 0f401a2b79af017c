"""qa.training.tune_fusion: the ways to fuse that the service does not use, and the share of questions they find."""

from random import Random

import pytest

from qa.training.tune_fusion import Legs, features, learned, recall, reciprocal, weighted

DENSE, LEXICAL = [(1, 0.9), (2, 0.8), (3, 0.1)], [(2, 7.0), (4, 5.0)]


def test_reciprocal_ranks_by_hand() -> None:
    # 2: 1/62 + 1/61; 1: 1/61; 4: 1/62; 3: 1/63
    assert [key for key, _ in reciprocal(DENSE, LEXICAL)] == [2, 1, 4, 3]


def test_features_by_hand() -> None:
    found = features(DENSE, LEXICAL)
    assert found[2] == pytest.approx([0.875, 1.0, 0.875, 1 / 2, 1.0, 0.8])
    assert found[4] == pytest.approx([0.0, 0.0, 0.0, 0.0, 1 / 2, 0.1])  # no vector near: as far as the last one


def test_the_learned_way_trusts_the_leg_that_is_right() -> None:
    random, found = Random(1), []
    for _ in range(60):
        right = random.randrange(10)
        dense = [(key, 1.0 if key == right else random.random() * 0.8) for key in range(10)]
        lexical = [(key, random.random()) for key in range(10)]
        legs = (sorted(leg, key=lambda item: -item[1]) for leg in (dense, lexical))
        found.append(Legs("", *legs, {right}))
    assert recall(found, learned(found[:30]), 1) > 0.95 > recall(found, weighted(0.0), 1)
    assert recall(found, weighted(1.0), 1) == 1.0
