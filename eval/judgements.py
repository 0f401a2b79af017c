"""What each outcome is worth against its gold, one question at a time. Knows nothing of means, intervals or systems.

A value that does not apply to a question is left out and is no zero: search is judged on answerable questions,
overlap of spans on answered ones, chunk coverage on sets of highlights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from eval.answers import best
from eval.chunking import coverage
from eval.citations import holds, is_valid, span_overlap
from eval.duplicates import Aims, aims_of, shown_twice
from eval.gold import Gold, GoldSet
from eval.outcomes import Outcome
from eval.ranges import Range
from eval.retrieval import first_of_each, judged, measured

# As many as Chroma's evaluation retrieves.
CHUNKS_COVERED = 5
HIGHLIGHT = "highlight"


class Judgement(Struct, frozen=True):
    """A question's values by metric, and what set-level metrics need. `answered` is None if only search is judged."""

    id: str
    language: str
    groups: tuple[str, ...]
    values: dict[str, float]
    answerable: bool
    answered: bool | None
    right: bool
    confidence: float
    latency: dict[str, float]


def asks_for_answers(gold_set: GoldSet) -> bool:
    """Whether the set has right answers; sets of relevant documents or of highlights judge the search alone."""
    return not gold_set.relevant and any(gold.kind != HIGHLIGHT for gold in gold_set.questions)


def judge(gold_set: GoldSet, outcomes: Sequence[Outcome], aims: Aims | None = None) -> list[Judgement]:
    """A judgement for each question that has an outcome, in the order of the set. `aims` of the set, where known."""
    texts = gold_set.texts()
    aims = aims_of(gold_set) if aims is None else aims
    by_id = {outcome.id: outcome for outcome in outcomes}
    pairs = [(gold, by_id[gold.id]) for gold in gold_set.questions if gold.id in by_id]
    found = search_values(gold_set, pairs, aims)
    return [judge_one(gold, outcome, texts, aims[gold.id], found.get(gold.id, {})) for gold, outcome in pairs]


def search_values(gold_set: GoldSet, pairs: Sequence[tuple[Gold, Outcome]], aims: Aims) -> dict[str, dict[str, float]]:
    """The retrieval measures of each question that has something to find."""
    rankings: dict[str, list[str]] = {}
    judgements: dict[str, Mapping[str, int]] = {}
    for gold, outcome in pairs:
        if gold_set.relevant:
            rankings[gold.id] = first_of_each([passage.document for passage in outcome.passages])
            judgements[gold.id] = gold_set.relevant[gold.id]
        elif gold.answerable:
            ranges = [passage.range() for passage in outcome.passages]
            rankings[gold.id], judgements[gold.id] = judged(ranges, aims[gold.id])
    by_measure = measured(rankings, judgements) if judgements else {}
    return {id_: {name: values[id_] for name, values in by_measure.items()} for id_ in judgements}


def judge_one(
    gold: Gold,
    outcome: Outcome,
    texts: Mapping[str, str],
    aims: Sequence[Sequence[Range]],
    found: Mapping[str, float],
) -> Judgement:
    """The values of one question; `found` are those of its search."""
    values = dict(found)
    values["shown_twice"] = shown_twice(
        texts.get(item.document, "")[item.start : item.end] for item in outcome.passages
    )
    if gold.kind == HIGHLIGHT:
        highlights = [Range(span.document, span.start, span.end) for span in gold.answers]
        covered = coverage([item.range() for item in outcome.passages[:CHUNKS_COVERED]], highlights)
        values |= {"chunk_recall": covered.recall, "chunk_precision": covered.precision, "chunk_iou": covered.iou}
    right = False
    if outcome.answered is not None:
        answer = outcome.text if outcome.answered else ""
        match, f1 = best(answer, [span.text for span in gold.answers], gold.language)
        values |= {"exact_match": match, "token_f1": f1} | cited_values(gold, outcome, texts, aims)
        # What a confidence promises (qa.confidence): that the cited sentence holds the answer.
        right = values.get("sentence@1", 0.0) > 0
    return Judgement(
        gold.id,
        gold.language,
        gold.groups(),
        values,
        gold.answerable,
        outcome.answered,
        right,
        outcome.confidence,
        outcome.latency,
    )


def cited_values(
    gold: Gold, outcome: Outcome, texts: Mapping[str, str], aims: Sequence[Sequence[Range]]
) -> dict[str, float]:
    """What the citations are worth. An answerable question that was not answered cites nothing, so sentence@1 is 0."""
    values: dict[str, float] = {}
    if outcome.citations:
        valid = [is_valid(citation, texts) for citation in outcome.citations]
        values["quote_validity"] = sum(valid) / len(valid)
    if gold.answerable:
        values["sentence@1"] = float(bool(outcome.answered and outcome.citations) and holds(outcome.citations[0], aims))
        if outcome.answered and outcome.citations:
            given = Range(outcome.citations[0].document, outcome.start, outcome.end)
            overlap = span_overlap(given, aims)
            values |= {"span_precision": overlap.precision, "span_recall": overlap.recall}
    return values
