"""From what systems found and read to figures beside one another. Every system by one judge; knows no system.

A passage is right when it holds a gold span, or the sentence of one (or is a relevant document), by the judge of
`extrait eval`; that one asks more of Extrait, whose chunk must hold the span itself. success@k comes of the rank of the
first right passage, which RR@10 tells. An answer is its text alone here: a peer does not say where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from eval.gold import GoldSet
from eval.judgements import judge
from eval.peers.ours import Measured
from eval.statistics import Difference, Estimate, Rows, difference, estimate

RANK = "mrr@10"
DEPTHS = (1, 5, 10)
COMPARED = "success@1"
ANSWERS = ("exact_match", "token_f1")


class Scores(Struct, frozen=True):
    """A system's figures. `against` is COMPARED less the first system's, on the same questions.

    `question_ms` (of the search) and `answer_ms` (of the reading, without the search before it) are medians; the ratios
    are to the first system, and one of milliseconds below 1 is faster. A system that does not read has no figures of
    ANSWERS, and 0 for its `answer_ms` and ratio. `unanswered` counts the questions for which one that reads gave
    nothing.
    """

    name: str
    version: str
    figures: dict[str, Estimate]
    against: Difference
    question_ms: float
    question_ratio: float
    passages_per_second: float
    index_ratio: float
    answer_ms: float = 0.0
    answer_ratio: float = 0.0
    unanswered: int = 0


def score(gold_set: GoldSet, systems: Sequence[Measured]) -> list[Scores]:
    """Each system, in order; the first is the one that the others are compared with."""
    columns = [columns_of(gold_set, system) for system in systems]
    milliseconds = [median_ms(system, "search") for system in systems]
    reading = [median_ms(system, "read") for system in systems]
    speeds = [len(gold_set.documents) / system.index_seconds for system in systems]
    return [
        Scores(
            system.name,
            system.version,
            {name: estimate(rows) for name, rows in columns[place].items()},
            difference(columns[0][COMPARED], columns[place][COMPARED]),
            milliseconds[place],
            milliseconds[place] / milliseconds[0],
            speeds[place],
            speeds[place] / speeds[0],
            reading[place],
            reading[place] / reading[0] if reading[0] else 0.0,
            sum(outcome.answered is False for outcome in system.outcomes),
        )
        for place, system in enumerate(systems)
    ]


def columns_of(gold_set: GoldSet, system: Measured) -> Mapping[str, Rows]:
    """A column of values for each metric, a row for each question of the set."""
    values = [item.values for item in judge(gold_set, system.outcomes)]
    reciprocal = np.array([[value[RANK]] for value in values])
    # Half-way between 1/k and 1/(k + 1), so that no last bit decides.
    found = {f"success@{k}": (reciprocal > 1 / (k + 0.5)).astype(np.float64) for k in DEPTHS}
    answers = {name: np.array([[value[name]] for value in values]) for name in ANSWERS if name in values[0]}
    return {**found, RANK: reciprocal, **answers}


def median_ms(system: Measured, stage: str) -> float:
    """Milliseconds of the middle question; 0 for a stage that the system has not."""
    return float(np.median([outcome.latency.get(stage, 0.0) for outcome in system.outcomes]) * 1000)
