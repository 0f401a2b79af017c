"""recall@k, success@k, RR@10 and nDCG@10 of each question, by ir-measures. Knows nothing of systems.

A ranking is judged by targets (see `eval.duplicates`). A target counts once, at the first passage that overlaps one
of its places: a second chunk over the same sentence, or its duplicate further down, gains nothing. A target that no
passage overlaps stays relevant and not found. So recall is the share of what was to be found, and needs no list of
all chunks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ir_measures
from ir_measures import RR, Qrel, R, ScoredDoc, Success, nDCG

from eval.ranges import Range

MEASURES = {
    "success@1": Success @ 1,
    "success@3": Success @ 3,
    "success@10": Success @ 10,
    "recall@1": R @ 1,
    "recall@5": R @ 5,
    "recall@10": R @ 10,
    "mrr@10": RR @ 10,
    "ndcg@10": nDCG @ 10,
}
Judgements = Mapping[str, Mapping[str, int]]
Rankings = Mapping[str, Sequence[str]]


def judged(passages: Sequence[Range], targets: Sequence[Sequence[Range]]) -> tuple[list[str], dict[str, int]]:
    """A ranking and its judgements, as names: "p0" is the first passage, "missed0" a target that none overlaps."""
    relevant: dict[str, int] = {}
    for number, places in enumerate(targets):
        hits = (rank for rank, passage in enumerate(passages) if any(passage.overlaps(place) for place in places))
        first = next(hits, None)
        relevant[f"missed{number}" if first is None else f"p{first}"] = 1
    return [f"p{rank}" for rank in range(len(passages))], relevant


def measured(rankings: Rankings, judgements: Judgements) -> dict[str, dict[str, float]]:
    """Each measure of each judged question; 0.0 where the ranking is empty. Names in a ranking are distinct."""
    scored = [
        # ir-measures orders by score and breaks ties by name; the rank is the order that we mean.
        ScoredDoc(question, name, float(len(ranking) - rank))
        for question, ranking in rankings.items()
        for rank, name in enumerate(ranking)
    ]
    qrels = [Qrel(question, name, grade) for question, grades in judgements.items() for name, grade in grades.items()]
    values = {name: dict.fromkeys(judgements, 0.0) for name in MEASURES}
    names = {measure: name for name, measure in MEASURES.items()}
    for metric in ir_measures.iter_calc(list(MEASURES.values()), qrels, scored):
        values[names[metric.measure]][metric.query_id] = float(metric.value)
    return values


def first_of_each(documents: Sequence[str]) -> list[str]:
    """The documents of a list of passages, each at its best rank."""
    return list(dict.fromkeys(documents))
