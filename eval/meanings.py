"""What each metric means, in a line, for the report and for docs/evaluation.md. Computes nothing."""

from __future__ import annotations

FAMILIES: dict[str, dict[str, str]] = {
    "Search": {
        "success@1": "Share of questions whose first passage holds a right answer.",
        "success@3": "Share of questions with a right answer in the first 3 passages.",
        "success@10": "Share of questions with a right answer in the first 10 passages.",
        "recall@1": "Share of what was to be found that the first passage holds.",
        "recall@5": "Share of what was to be found that the first 5 passages hold.",
        "recall@10": "Share of what was to be found that the first 10 passages hold.",
        "mrr@10": "Mean of 1 / rank of the first right passage; 0 when it is not in the first 10.",
        "ndcg@10": "Gain of the first 10 passages, discounted by rank, as a share of the best order's.",
        "shown_twice": "Share of passages whose text already stood above them. Lower is better.",
    },
    "Chunks": {
        "chunk_recall": "Share of the highlighted characters that the first 5 passages hold.",
        "chunk_precision": "Share of the characters of the first 5 passages that are highlighted.",
        "chunk_iou": "Highlighted and retrieved characters, over highlighted or retrieved ones.",
    },
    "Answers": {
        "sentence@1": "Share of answerable questions whose first citation holds a right answer.",
        "exact_match": "Share of replies equal to a right one once normalised; abstaining is right where nothing is.",
        "token_f1": "Overlap of the reply's words with those of the best right answer.",
        "quote_validity": "Share of citations that are the very characters at the place they name.",
        "span_precision": "Share of the characters given that are right, over answered questions.",
        "span_recall": "Share of the right characters that were given, over answered questions.",
    },
    "Abstention": {
        "answerability_precision": "Of the questions answered, the share that can be.",
        "answerability_recall": "Of the questions that can be answered, the share that was.",
        "answerability_f1": "The harmonic mean of the two.",
        "abstention_precision": "Of the questions left unanswered, the share that cannot be answered.",
        "abstention_recall": "Of the questions that cannot be answered, the share left unanswered.",
        "abstention_f1": "The harmonic mean of the two.",
    },
    "Confidence": {
        "calibration_error": "Mean gap between confidence and share right, over ten bins. Lower is better.",
        "brier": "Mean squared distance of the confidence from 1 (right) or 0 (wrong). Lower is better.",
        "coverage@80%": "Largest share of questions that one threshold answers with 80 % of them right.",
        "coverage@90%": "Largest share of questions that one threshold answers with 90 % of them right.",
    },
}
LATENCY = "Latency"
QUANTILES = {"_median": "half of the questions take no longer", "_p95": "95 of 100 questions take no longer"}
STAGES = {
    "search": "A search alone",
    "answer": "A whole reply",
    "retrieve": "Of a reply, its search",
    "read": "Of a reply, its reader",
    "compose": "Of a reply, its citations",
}


def family(metric: str) -> str:
    """The heading that a metric stands under; "Other" for one that has no line here."""
    if stage_of(metric):
        return LATENCY
    return next((name for name, metrics in FAMILIES.items() if metric in metrics), "Other")


def meaning(metric: str) -> str:
    """The metric in a line, or "" for one that has none."""
    stage = stage_of(metric)
    if stage:
        return f"{STAGES.get(stage, stage)}: {QUANTILES[metric.removeprefix(stage)]}."
    return FAMILIES.get(family(metric), {}).get(metric, "")


def order(metric: str) -> int:
    """Where a stage stands among the stages; the other metrics come before, in the order that they have."""
    stage = stage_of(metric)
    return 0 if not stage else 1 + ([*STAGES, stage]).index(stage)


def stage_of(metric: str) -> str:
    """The stage that a latency is of, or ""."""
    return next((metric.removesuffix(end) for end in QUANTILES if metric.endswith(end)), "")
