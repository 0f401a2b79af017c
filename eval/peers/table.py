"""Prints systems side by side. Computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from eval.peers.scores import COMPARED, Scores
from eval.statistics import Estimate
from eval.table import started

NONE = "-"


def side_by_side(title: str, scores: Sequence[Scores]) -> Table:
    """A row for each system; speeds with their ratio to the first system's; a dash for what a system does not do."""
    figures = list(scores[0].figures)
    less_first = f"{COMPARED} less {scores[0].name}'s"
    table = started(title, ["system"], [*figures, less_first, "ms/question", "ms/answer", "passages/s"])
    for item in scores:
        change = item.against
        less = "" if item is scores[0] else f"{change.value:+.3f}, {change.verdict}"
        table.add_row(
            f"{item.name} {item.version}".strip(),
            *(ranged(item.figures[name]) if name in item.figures else NONE for name in figures),
            less,
            f"{item.question_ms:.1f} ({item.question_ratio:.2g}x)",
            f"{item.answer_ms:.1f} ({item.answer_ratio:.2g}x)" if item.answer_ms else NONE,
            f"{item.passages_per_second:.1f} ({item.index_ratio:.2g}x)",
        )
    return table


def ranged(figure: Estimate) -> str:
    """A value with its interval, in three decimals without the leading zero, as the marks are written."""
    value, low, high = (f"{number:.3f}".removeprefix("0") for number in (figure.value, figure.low, figure.high))
    return f"{value} ({low} to {high})"
