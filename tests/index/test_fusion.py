"""index.fusion against values worked by hand, and against a fusion that is written the slow way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.fusion import ACROSS, WITHIN, dense_weight, fuse, scaled

RANKINGS = st.lists(
    st.tuples(st.integers(0, 12), st.floats(-5, 5).map(lambda x: round(x, 3))),
    max_size=8,
    unique_by=lambda pair: pair[0],
)


@pytest.mark.parametrize(
    ("dense", "lexical", "expected"),
    [
        ([], [], []),
        ([(1, 0.9)], [], [(1, 0.5)]),  # alone in its leg: its best, at half the weight
        ([], [(1, 7.0)], [(1, 0.5)]),
        ([(1, 0.9)], [(1, 7.0)], [(1, 1.0)]),
        # dense 0.9, 0.7, 0.5 -> 1, 0.5, 0; lexical 10, 4 -> 1, 0: 2 has (0.5 + 1) / 2, 1 has 1 / 2, 3 has nothing
        ([(1, 0.9), (2, 0.7), (3, 0.5)], [(2, 10.0), (3, 4.0)], [(2, 0.75), (1, 0.5), (3, 0.0)]),
        ([(5, 0.4), (4, 0.4)], [], [(4, 0.5), (5, 0.5)]),  # equal scores: both the best, the lower id first
    ],
    ids=["nothing", "dense alone", "lexical alone", "both agree", "worked by hand", "a tie"],
)
def test_by_hand(dense: list, lexical: list, expected: list) -> None:
    assert [(key, pytest.approx(score)) for key, score in expected] == fuse(dense, lexical, lambda _: 0.5)


@given(RANKINGS, RANKINGS, st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_like_brute_force(dense: list, lexical: list, weight: float) -> None:
    def share(ranking: list, key: int) -> float:
        mine = [score for other, score in ranking if other == key]
        scores = [score for _, score in ranking]
        if not mine:
            return 0.0
        return 1.0 if max(scores) == min(scores) else (mine[0] - min(scores)) / (max(scores) - min(scores))

    found = fuse(dense, lexical, lambda _: weight)
    keys = {key for key, _ in dense} | {key for key, _ in lexical}
    assert {key for key, _ in found} == keys
    for key, score in found:
        assert score == pytest.approx(weight * share(dense, key) + (1 - weight) * share(lexical, key))
        assert -1e-9 <= score <= 1 + 1e-9
    assert found == sorted(found, key=lambda pair: (-pair[1], pair[0]))


@given(RANKINGS)
def test_scaling_keeps_the_order(ranking: list) -> None:
    mapped = scaled(ranking)
    for key, score in ranking:
        for other, less in ranking:
            if score > less:
                assert mapped[key] >= mapped[other]


@pytest.mark.parametrize(
    ("asked", "held", "expected"),
    [
        ("fr", "fr", WITHIN),
        ("en", "fr", ACROSS),
        ("es", "es", WITHIN),
        ("", "ar", WITHIN),  # a question too short to tell: taken for the language of the passage
        ("ar", None, WITHIN),
        ("", "", WITHIN),
    ],
)
def test_the_dense_leg_weighs_by_language(asked: str, held: str | None, expected: float) -> None:
    assert dense_weight(asked, held) == expected


def test_a_weight_can_differ_by_id() -> None:
    found = fuse([(1, 0.9), (2, 0.1)], [(2, 5.0), (1, 1.0)], lambda key: {1: 0.75, 2: 0.4}[key])
    assert found == [(1, 0.75), (2, 0.6)]
