"""Every metric has a line."""

from __future__ import annotations

from typing import Any

import pytest

from eval.gold import GoldSet
from eval.judgements import judge
from eval.meanings import FAMILIES, family, meaning, order
from eval.measures import ORDER, collect
from eval.origin import ROOT
from eval.outcomes import Run
from eval.run import measure


def test_what_is_measured_has_a_meaning_and_a_family(tmp_path: Any, gold_set: GoldSet, system: Any) -> None:
    run, _ = measure(gold_set, system, Run("", ""), tmp_path)
    metrics = {sample.metric for sample in collect(judge(gold_set, run.outcomes))} | set(ORDER)
    assert [metric for metric in metrics if not meaning(metric) or family(metric) == "Other"] == []
    assert {metric for metrics_of in FAMILIES.values() for metric in metrics_of} <= metrics


def test_the_docs_have_the_same_lines() -> None:
    text = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    lines = [f"| {metric} | {line} |" for metrics in FAMILIES.values() for metric, line in metrics.items()]
    assert [line for line in lines if line not in text] == []


@pytest.mark.parametrize(
    ("metric", "name", "line"),
    [
        ("read_median", "Latency", "Of a reply, its reader: half of the questions take no longer."),
        ("rerank_p95", "Latency", "rerank: 95 of 100 questions take no longer."),
        ("novel", "Other", ""),
    ],
)
def test_meanings(metric: str, name: str, line: str) -> None:
    assert (family(metric), meaning(metric)) == (name, line)


def test_stages_come_last_and_in_the_order_of_a_reply() -> None:
    metrics = ["brier", "rerank_p95", "compose_p95", "search_median", "search_p95", "answer_median", "exact_match"]
    expected = ["brier", "exact_match", "search_median", "search_p95", "answer_median", "compose_p95", "rerank_p95"]
    assert sorted(metrics, key=order) == expected
