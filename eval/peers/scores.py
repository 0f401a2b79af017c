"""From what systems found to figures beside one another. Every system by one judge; knows no system.

A passage is right when it holds a gold span, or the sentence of one (or is a relevant document), by the judge of
`extrait eval`; that one asks more of Extrait, whose chunk must hold the span itself. success@k comes of the rank of the
first right passage, which RR@10 tells.
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

    Of a leg alone, which does not read, there are no figures of answers, and `reading_ms` is 0. `question_ms` and
    `reading_ms` are medians; the ratios are to the first system, and a `question_ratio` below 1 is faster.
    """

    name: str
    version: str
    figures: dict[str, Estimate]
    against: Difference
    question_ms: float
    question_ratio: float
    reading_ms: float
    passages_per_second: float
    index_ratio: float


def score(gold_set: GoldSet, systems: Sequence[Measured]) -> list[Scores]:
    """Each system, in order; the first is the one that the others are compared with."""
    columns = [columns_of(gold_set, system) for system in systems]
    milliseconds = [median_ms(system) for system in systems]
    speeds = [len(gold_set.documents) / system.index_seconds for system in systems]
    return [
        Scores(
            system.name,
            system.version,
            {name: estimate(rows) for name, rows in columns[place].items()},
            difference(columns[0][COMPARED], columns[place][COMPARED]),
            milliseconds[place],
            milliseconds[place] / milliseconds[0],
            median_ms(system, "read"),
            speeds[place],
            speeds[place] / speeds[0],
        )
        for place, system in enumerate(systems)
    ]


def columns_of(gold_set: GoldSet, system: Measured) -> Mapping[str, Rows]:
    """A column of values for each metric, a row for each question of the set."""
    reciprocal = np.array([[item.values[RANK]] for item in judge(gold_set, system.outcomes)])
    # Half-way between 1/k and 1/(k + 1), so that no last bit decides.
    found = {f"success@{k}": (reciprocal > 1 / (k + 0.5)).astype(np.float64) for k in DEPTHS}
    values = [item.values for item in judge(gold_set, system.outcomes)]
    answers = {name: np.array([[value[name]] for value in values]) for name in ANSWERS if name in values[0]}
    return {**found, RANK: reciprocal, **answers}


def median_ms(system: Measured, stage: str = "search") -> float:
    """Milliseconds of the middle question."""
    return float(np.median([outcome.latency.get(stage, 0.0) for outcome in system.outcomes]) * 1000)
