"""A run as one HTML file: figures, plots, groups, changes, and the failures with what stands in the documents.

The file holds everything that it shows and asks for nothing: no script, no font, no address, and a policy that forbids
them. Documents are hostile, so that every text is escaped by the template (`report.html`); only the plots are markup.
A run of thousands of questions opens at once, because few failures of each cause are shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from msgspec import Struct

from eval import plots
from eval.cases import Case, Corpus, spread
from eval.confidence import reliability, risk_coverage
from eval.duplicates import Aims
from eval.failures import Cause
from eval.gold import GoldSet
from eval.judgements import Judgement
from eval.meanings import LATENCY, family, meaning, order, stage_of
from eval.measures import Comparison, Measure
from eval.outcomes import Run
from eval.retrieval import first_of_each, judged
from eval.table import LEAST_SHOWN, ranged, shown

SHOWN = 50  # failures of a cause
DEPTH = 10  # of the recall curve, as in recall@10
HEADLINES = (
    *("sentence@1", "exact_match", "token_f1", "recall@10", "ndcg@10", "chunk_recall", "chunk_iou"),
    *("abstention_f1", "coverage@90%", "answer_median", "search_median"),
)
MOST_HEADLINES = 6
CAUSES: Mapping[Cause, tuple[str, str]] = {
    "not_retrieved": ("Not retrieved", "No passage holds a right answer, so that nothing after the search could help."),
    "not_read": (
        "Retrieved and not read",
        "A passage holds a right answer, and the first citation is another sentence.",
    ),
    "wrong_span": ("Wrong span", "The right sentence was cited, and other words of it were given."),
    "should_have_abstained": ("Should have abstained", "Answered, and the documents do not say."),
    "should_have_answered": ("Should have answered", "A passage holds a right answer, and the reply was no answer."),
}


class Findings(Struct, frozen=True):
    """What a run came to. `changes` are from the run `against`, and empty without one."""

    gold_set: GoldSet
    run: Run
    aims: Aims
    judgements: Sequence[Judgement]
    measures: list[Measure]
    failures: dict[Cause, list[str]]
    changes: list[Comparison] = []
    against: Run = Run("", "")


class Plot(Struct, frozen=True):
    """A plot, and how it is to be read."""

    title: str
    note: str
    svg: Markup


class Failed(Struct, frozen=True):
    """A cause, how many questions failed by it, and some of them."""

    cause: Cause
    title: str
    note: str
    n: int
    cases: list[Case]


def write_report(findings: Findings, path: Path) -> Path:
    """Writes the page to `path`, whole or not at all, and gives the path back."""
    torn = path.with_suffix(".html.tmp")
    torn.write_text(render(findings), encoding="utf-8", errors="replace")
    return torn.replace(path)


def render(findings: Findings) -> str:
    """The page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": shown, "ranged": ranged, "meaning": meaning}
    whole = sorted((item for item in findings.measures if not item.group), key=lambda item: order(item.metric))
    changes = sorted(findings.changes, key=lambda item: order(item.metric))
    failed = list(failures(findings))
    return environment.get_template("report.html").render(
        set=findings.gold_set,
        run=findings.run,
        headlines=headlines(whole),
        families=[(name, list(items)) for name, items in groupby(whole, lambda item: family(item.metric))],
        longest=max((item.estimate.high for item in whole if item.unit == "ms"), default=1.0),
        groups=groups(findings.measures),
        least=LEAST_SHOWN,
        plots=list(draw(findings)),
        changes=[item for item in changes if not item.group],
        changed_groups=[item for item in changes if item.group and tells(item)],
        widest=widest([item for item in changes if not item.group or tells(item)]),
        against=findings.against,
        failed=failed,
        well=len(findings.judgements) - sum(item.n for item in failed),
    )


def headlines(measures: Sequence[Measure]) -> list[Measure]:
    """The figures to see first."""
    by_metric = {item.metric: item for item in measures}
    return [by_metric[metric] for metric in HEADLINES if metric in by_metric][:MOST_HEADLINES]


def groups(measures: Sequence[Measure]) -> tuple[list[str], list[tuple[str, int, list[Measure | None]]]]:
    """The metrics given by group, and a row (group, n, a figure for each metric) for each of LEAST_SHOWN or more."""
    metrics = list(dict.fromkeys(item.metric for item in measures if item.group))
    cells = {(item.group, item.metric): item for item in measures if item.group}
    rows = []
    for group in dict.fromkeys(name for name, _ in cells):
        row = [cells.get((group, metric)) for metric in metrics]
        n = max(item.estimate.n for item in row if item)
        if n >= LEAST_SHOWN:
            rows.append((group, n, row))
    return metrics, rows


def tells(item: Comparison) -> bool:
    """Whether a group's figure has changed, over enough questions to say so."""
    return item.difference.verdict != "none" and item.difference.n >= LEAST_SHOWN


def widest(changes: Sequence[Comparison]) -> dict[str, float]:
    """How far the intervals of each unit reach from 0, for their axis."""
    reach = {"share": 0.0, "ms": 0.0}
    for item in changes:
        reach[item.unit] = max(reach[item.unit], abs(item.difference.low), abs(item.difference.high))
    return {unit: far or 1.0 for unit, far in reach.items()}


def draw(findings: Findings) -> list[Plot]:
    """The plots that this run has figures for."""
    found = []
    asked = [item for item in findings.judgements if item.answered is not None]
    answered = [item for item in asked if item.answered]
    if answered:
        confidence = np.array([item.confidence for item in answered])
        right = np.array([float(item.right) for item in answered])
        found.append(
            Plot(
                "Risk and coverage",
                "From left to right the threshold falls and more questions are answered. Lower is better; the dot is "
                "the threshold of this run.",
                plots.risk_coverage(risk_coverage(confidence, right, len(asked))),
            )
        )
        found.append(
            Plot(
                "Reliability",
                "Bars on the dashed line: a confidence of 0.8 is right eight times in ten. Numbers count the answers.",
                plots.reliability(reliability(confidence, right)),
            )
        )
    if curves := depth_curves(findings):
        note = (
            "Recall is the share of all right answers that the first k passages hold; success, of questions with one."
        )
        found.append(Plot("Recall and success at k", note, plots.by_depth(curves)))
    times: dict[str, list[float]] = {}
    for item in sorted(findings.measures, key=lambda item: order(item.metric)):
        if family(item.metric) == LATENCY:
            times.setdefault(stage_of(item.metric), []).append(item.estimate.value)
    if times:
        note = "Bars reach to the median, lines to the 95th percentile. The stages of a reply are named under Latency."
        stages = [(stage, values[0], values[-1]) for stage, values in times.items()]
        found.append(Plot("Latency by stage", note, plots.latency(stages)))
    return found


def depth_curves(findings: Findings) -> list[tuple[str, list[float]]]:
    """Mean recall and success at each k up to DEPTH, as `eval.retrieval` has them; none without anything to find."""
    gold_set = findings.gold_set
    golds = {gold.id: gold for gold in gold_set.questions}
    found = []
    for outcome in findings.run.outcomes:
        gold = golds[outcome.id]
        if gold_set.relevant:
            ranking = first_of_each([passage.document for passage in outcome.passages])
            right = set(gold_set.relevant[gold.id])
        elif gold.answerable:
            ranking, grades = judged([passage.range() for passage in outcome.passages], findings.aims[gold.id])
            right = set(grades)
        else:
            continue
        hits = np.zeros(DEPTH)
        for rank, name in enumerate(ranking[:DEPTH]):
            hits[rank:] += name in right
        found.append((hits / len(right), hits > 0))
    if not found:
        return []
    recall, success = np.mean(found, axis=0).tolist()
    if recall == success:
        return [("recall@k, success@k", recall)]
    return [("recall@k", recall), ("success@k", success)]


def failures(findings: Findings) -> list[Failed]:
    """Each cause that occurs, with at most SHOWN questions from all over the set."""
    corpus = Corpus(findings.gold_set)
    golds = {gold.id: gold for gold in findings.gold_set.questions}
    outcomes = {outcome.id: outcome for outcome in findings.run.outcomes}
    return [
        Failed(cause, *CAUSES[cause], len(ids), [corpus.case(golds[id_], outcomes[id_]) for id_ in spread(ids, SHOWN)])
        for cause, ids in findings.failures.items()
    ]
