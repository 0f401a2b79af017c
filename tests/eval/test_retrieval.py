"""Retrieval measures: by hand, and against ir-measures on random runs given as TREC would."""

from __future__ import annotations

import math
import random

import ir_measures
import pytest

from eval.ranges import Range
from eval.retrieval import MEASURES, first_of_each, judged, measured


def at(document: str, start: int, end: int) -> Range:
    return Range(document, start, end)


PASSAGES = [at("a", 0, 50), at("b", 0, 50), at("b", 40, 90), at("c", 0, 50)]


@pytest.mark.parametrize(
    ("targets", "relevant"),
    [
        pytest.param([[at("b", 10, 20)]], {"p1"}, id="one"),
        pytest.param([[at("b", 42, 48)]], {"p1"}, id="two chunks over it count once"),
        pytest.param([[at("x", 0, 5), at("c", 3, 9)]], {"p3"}, id="any place of a target"),
        pytest.param([[at("b", 1, 2)], [at("b", 3, 4)]], {"p1"}, id="one passage over two targets"),
        pytest.param([[at("a", 1, 2)], [at("z", 3, 4)]], {"p0", "missed1"}, id="one missed"),
        pytest.param([[at("a", 50, 60)]], {"missed0"}, id="touching is not overlapping"),
    ],
)
def test_a_target_counts_where_it_is_first_found(targets: list[list[Range]], relevant: set[str]) -> None:
    ranking, judgements = judged(PASSAGES, targets)
    assert ranking == ["p0", "p1", "p2", "p3"]
    assert set(judgements) == relevant


def test_values_by_hand() -> None:
    # Relevant at ranks 2 and 4, one of three missed.
    ranking, relevant = judged(PASSAGES, [[at("b", 1, 2)], [at("c", 1, 2)], [at("z", 1, 2)]])
    values = {name: by_question["q"] for name, by_question in measured({"q": ranking}, {"q": relevant}).items()}
    gain = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert values == pytest.approx(
        {
            "success@1": 0,
            "success@3": 1,
            "success@10": 1,
            "recall@1": 0,
            "recall@5": 2 / 3,
            "recall@10": 2 / 3,
            "mrr@10": 1 / 2,
            "ndcg@10": gain / ideal,
        }
    )


def test_an_empty_ranking_is_worth_nothing() -> None:
    assert all(value == {"q": 0.0} for value in measured({"q": []}, {"q": {"d": 1}}).values())


def test_random_runs_equal_ir_measures() -> None:
    rng = random.Random(7)
    names = [f"d{number}" for number in range(40)]
    rankings = {f"q{number}": rng.sample(names, rng.randint(1, 30)) for number in range(60)}
    judgements = {question: {name: rng.randint(1, 3) for name in rng.sample(names, 5)} for question in rankings}
    run = {
        question: {name: 1 / (rank + 1) for rank, name in enumerate(names_)} for question, names_ in rankings.items()
    }
    ours = measured(rankings, judgements)
    for name, measure in MEASURES.items():
        theirs = ir_measures.calc_aggregate([measure], judgements, run)[measure]
        assert sum(ours[name].values()) / len(ours[name]) == pytest.approx(theirs)


def test_mrr_and_ndcg_equal_their_definitions() -> None:
    rng = random.Random(8)
    for _ in range(50):
        ranking = rng.sample([f"d{number}" for number in range(30)], 20)
        grades = {name: rng.randint(1, 4) for name in rng.sample([f"d{number}" for number in range(30)], 6)}
        first = next((rank for rank, name in enumerate(ranking[:10], start=1) if name in grades), None)
        gain = sum(grades.get(name, 0) / math.log2(rank + 1) for rank, name in enumerate(ranking[:10], start=1))
        ideal = sum(
            grade / math.log2(rank + 1) for rank, grade in enumerate(sorted(grades.values())[::-1][:10], start=1)
        )
        values = measured({"q": ranking}, {"q": grades})
        assert values["mrr@10"]["q"] == pytest.approx(1 / first if first else 0)
        assert values["ndcg@10"]["q"] == pytest.approx(gain / ideal)


def test_a_document_is_ranked_by_its_best_passage() -> None:
    assert first_of_each(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]
