"""What an outcome is worth, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from eval.duplicates import aims_of
from eval.gold import Gold, GoldSet, GoldSpan, gather
from eval.judgements import Judgement, asks_for_answers, judge
from eval.outcomes import Found, Outcome, Run
from eval.run import measure
from index.documents import Document


@pytest.fixture
def judgements(tmp_path: Path, gold_set: GoldSet, system: Any) -> dict[str, Judgement]:
    run, _ = measure(gold_set, system, Run("", ""), tmp_path)
    return {item.id: item for item in judge(gold_set, run.outcomes)}


def test_a_right_answer(judgements: dict[str, Judgement]) -> None:
    item = judgements["jobs"]
    assert item.values | {"shown_twice": 0} == {
        **dict.fromkeys(("success@1", "success@3", "success@10", "recall@1", "recall@5", "recall@10"), 1),
        **dict.fromkeys(("mrr@10", "ndcg@10", "exact_match", "token_f1", "sentence@1", "quote_validity"), 1),
        **dict.fromkeys(("span_precision", "span_recall"), 1),
        "shown_twice": 0,
    }
    assert item.right
    assert (item.groups, item.language) == (("amount",), "fr")


def test_a_right_abstention_has_no_search_to_judge(judgements: dict[str, Judgement]) -> None:
    item = judgements["weather"]
    assert item.values == {"shown_twice": 0, "exact_match": 1, "token_f1": 1, "quote_validity": 1}
    assert (item.answerable, item.answered, item.right) == (False, False, False)


def outcome(**fields: Any) -> Outcome:
    return Outcome("q", "?", **fields)


def one(text: str, gold: Gold, given: Outcome, **fields: Any) -> Judgement:
    found = gather("one", [Document("d", "", text)], [("here", gold)], **fields)
    return judge(found, [given])[0]


def test_an_answer_to_what_has_none_is_wrong() -> None:
    item = one("Le Nil.", Gold("q", "?", answerable=False), outcome(answered=True, text="Nil", confidence=0.9))
    assert (item.values["exact_match"], item.values["token_f1"], item.right) == (0, 0, False)


def test_an_abstention_where_there_is_an_answer_is_wrong() -> None:
    gold = Gold("q", "?", answers=(GoldSpan("d", 3, 6, "Nil"),))
    item = one("Le Nil.", gold, outcome(answered=False, confidence=0.1))
    assert (item.values["exact_match"], item.values["sentence@1"], item.values["mrr@10"]) == (0, 0, 0)
    assert "span_recall" not in item.values


def test_highlights_are_covered_and_not_answered() -> None:
    gold = Gold("q", "?", answers=(GoldSpan("d", 3, 6, "Nil"),), kind="highlight")
    item = one("Le Nil.", gold, outcome(passages=(Found("d", 0, 6, 1.0),)))
    assert (item.values["chunk_recall"], item.values["chunk_precision"], item.values["chunk_iou"]) == (1, 0.5, 0.5)
    assert "exact_match" not in item.values


def test_documents_are_judged_by_their_best_passage() -> None:
    passages = (Found("x", 0, 1, 3.0), Found("x", 1, 2, 2.0), Found("d", 0, 1, 1.0))
    item = one("Le Nil.", Gold("q", "?"), outcome(passages=passages), relevant={"q": {"d": 1}})
    assert item.values["mrr@10"] == 0.5


def test_targets_found_before_change_nothing(tmp_path: Path, gold_set: GoldSet, system: Any) -> None:
    run, _ = measure(gold_set, system, Run("", ""), tmp_path)
    aims = aims_of(gold_set)
    assert [len(aims[gold.id]) for gold in gold_set.questions] == [1, 1, 1, 1, 0, 0]
    assert judge(gold_set, run.outcomes, aims) == judge(gold_set, run.outcomes)
    assert judge(gold_set, run.outcomes, {key: [] for key in aims})[0].values["mrr@10"] == 0


def test_a_question_without_an_outcome_is_not_judged(gold_set: GoldSet) -> None:
    assert judge(gold_set, []) == []


def test_which_sets_have_answers(gold_set: GoldSet) -> None:
    assert asks_for_answers(gold_set)
    assert not asks_for_answers(msgspec.structs.replace(gold_set, relevant={"q": {"d": 1}}))
