"""From judgements to figures: each metric with its rows, statistic and direction. Knows no system, prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from msgspec import Struct

from eval.answerability import Detection, detection
from eval.confidence import brier, coverage_at, expected_calibration_error
from eval.judgements import Judgement
from eval.statistics import Difference, Estimate, Rows, Statistic, difference, estimate, mean

# The order of the table; what is not named here comes after.
ORDER = [
    *("success@1", "success@3", "success@10", "recall@1", "recall@5", "recall@10", "mrr@10", "ndcg@10", "shown_twice"),
    *("chunk_recall", "chunk_precision", "chunk_iou"),
    *("sentence@1", "exact_match", "token_f1", "quote_validity", "span_precision", "span_recall"),
]
# These are given for each kind, tag and language as well.
GROUPED = {"sentence@1", "exact_match", "token_f1", "recall@10"}
LOWER_IS_BETTER = {"shown_twice", "calibration_error", "brier"}
Unit = Literal["share", "ms"]


class Sample(Struct, frozen=True):
    """A metric before it is a figure: a row for each question, and the statistic that makes it one.

    `gated` tells whether `--check` looks at it: whole-set figures of quality, because times belong to the machine and a
    hundred small groups would raise false alarms.
    """

    metric: str
    group: str
    ids: tuple[str, ...]
    rows: Rows
    statistic: Statistic = mean
    higher_is_better: bool = True
    gated: bool = True
    unit: Unit = "share"


class Measure(Struct, frozen=True):
    """A figure of the table. `group` is "" for the whole set."""

    metric: str
    group: str
    estimate: Estimate
    unit: Unit = "share"


class Comparison(Struct, frozen=True):
    """A figure of two runs, paired."""

    metric: str
    group: str
    difference: Difference
    gated: bool
    unit: Unit = "share"


def measures(samples: Sequence[Sample]) -> list[Measure]:
    """Each with its interval."""
    return [Measure(item.metric, item.group, estimate(item.rows, item.statistic), item.unit) for item in samples]


def compare(before: Sequence[Sample], after: Sequence[Sample]) -> list[Comparison]:
    """The metrics that both have, on the questions that both have."""
    old = {(item.metric, item.group): item for item in before}
    result = []
    for new in after:
        past = old.get((new.metric, new.group))
        if past is None:
            continue
        old_rows, new_rows = dict(zip(past.ids, past.rows, strict=True)), dict(zip(new.ids, new.rows, strict=True))
        shared = [id_ for id_ in new.ids if id_ in old_rows]
        if not shared:
            continue
        pair = np.array([old_rows[id_] for id_ in shared]), np.array([new_rows[id_] for id_ in shared])
        # NaN: the questions that both have are none that the metric is about.
        if np.isfinite([new.statistic(rows) for rows in pair]).all():
            change = difference(*pair, new.statistic, higher_is_better=new.higher_is_better)
            result.append(Comparison(new.metric, new.group, change, new.gated, new.unit))
    return result


def collect(judgements: Sequence[Judgement]) -> list[Sample]:
    """Every metric that applies to these judgements, in the order of the table."""
    return [
        *mean_samples(judgements),
        *answerability_samples(judgements),
        *confidence_samples(judgements),
        *latency_samples(judgements),
    ]


def mean_samples(judgements: Sequence[Judgement]) -> list[Sample]:
    """The metrics that are means over questions, for the whole set and then by group."""
    present = {name for item in judgements for name in item.values}
    names = [name for name in ORDER if name in present] + sorted(present - set(ORDER))
    samples = [sample for name in names if (sample := mean_sample(name, "", judgements))]
    for group, members in grouped(judgements).items():
        samples += [sample for name in names if name in GROUPED and (sample := mean_sample(name, group, members))]
    return samples


def mean_sample(metric: str, group: str, judgements: Sequence[Judgement]) -> Sample | None:
    """None when the metric applies to no question."""
    having = [item for item in judgements if metric in item.values]
    if not having:
        return None
    rows = np.array([[item.values[metric]] for item in having])
    ids = tuple(item.id for item in having)
    return Sample(metric, group, ids, rows, mean, metric not in LOWER_IS_BETTER, gated=not group)


def grouped(judgements: Sequence[Judgement]) -> dict[str, list[Judgement]]:
    """Judgements by kind, tag, language and answerability; a group that holds all of them is left out."""
    groups: dict[str, list[Judgement]] = {}
    for item in judgements:
        answerable = "answerable" if item.answerable else "unanswerable"
        for group in dict.fromkeys((answerable, item.language, *item.groups)):
            groups.setdefault(group, []).append(item)
    return {group: members for group, members in groups.items() if len(members) < len(judgements)}


def answerability_samples(judgements: Sequence[Judgement]) -> list[Sample]:
    """Precision, recall and F1 of answering what can be answered, and of abstaining from the rest."""
    asked = [item for item in judgements if item.answered is not None]
    if not asked:
        return []
    ids = tuple(item.id for item in asked)
    rows = np.array([[float(bool(item.answered)), float(item.answerable)] for item in asked])
    samples = []
    for name, flipped in (("answerability", rows), ("abstention", 1 - rows)):
        if flipped[:, 1].any():
            for part, take in PARTS.items():
                samples.append(Sample(f"{name}_{part}", "", ids, flipped, take))
    return samples


def taking(part: Callable[[Detection], float]) -> Statistic:
    """The statistic that gives one figure of a detection from rows of (found, actual)."""
    return lambda rows: part(detection(rows[:, 0] > 0, rows[:, 1] > 0))


PARTS: Mapping[str, Statistic] = {
    "precision": taking(lambda found: found.precision),
    "recall": taking(lambda found: found.recall),
    "f1": taking(lambda found: found.f1),
}


def confidence_samples(judgements: Sequence[Judgement]) -> list[Sample]:
    """Calibration on answered questions; coverage over all questions, abstentions counting as not covered."""
    asked = [item for item in judgements if item.answered is not None]
    answered = [item for item in asked if item.answered]
    if not answered:
        return []
    ids, rows = confidence_rows(answered)
    all_ids, all_rows = confidence_rows(asked)
    return [
        Sample("calibration_error", "", ids, rows, lambda r: expected_calibration_error(r[:, 0], r[:, 1]), False),
        Sample("brier", "", ids, rows, lambda r: brier(r[:, 0], r[:, 1]), False),
        Sample("coverage@80%", "", all_ids, all_rows, covering(0.80)),
        Sample("coverage@90%", "", all_ids, all_rows, covering(0.90)),
    ]


def confidence_rows(judgements: Sequence[Judgement]) -> tuple[tuple[str, ...], Rows]:
    """Ids, and rows of (confidence, right, answered)."""
    rows = [[item.confidence, float(item.right), float(bool(item.answered))] for item in judgements]
    return tuple(item.id for item in judgements), np.array(rows)


def covering(precision: float) -> Statistic:
    """The statistic that gives the coverage at a precision, from rows of (confidence, right, answered)."""

    def coverage(rows: Rows) -> float:
        answered = rows[rows[:, 2] > 0]
        return coverage_at(precision, answered[:, 0], answered[:, 1], len(rows))

    return coverage


def latency_samples(judgements: Sequence[Judgement]) -> list[Sample]:
    """Median and 95th percentile of each stage, in milliseconds."""
    samples = []
    for stage in dict.fromkeys(stage for item in judgements for stage in item.latency):
        having = [item for item in judgements if stage in item.latency]
        ids, rows = tuple(item.id for item in having), np.array([[item.latency[stage] * 1000] for item in having])
        for name, share in (("median", 0.5), ("p95", 0.95)):
            samples.append(Sample(f"{stage}_{name}", "", ids, rows, quantile(share), False, False, "ms"))
    return samples


def quantile(share: float) -> Statistic:
    """The statistic that gives a quantile of the first column."""
    return lambda rows: float(np.quantile(rows[:, 0], share))
