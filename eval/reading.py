"""How well the reader reads when it is given the right passage: EM and token F1, without search. `make eval-reading`.

Each question of a SQuAD file is put to its own context. A question that its context does not answer counts as right
when the reader finds no answer there, which is when no span scores above the score of none by more than a margin. That
margin is the one that is best on the held-back articles of another set. Knows nothing of engines.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import click
import msgspec
import numpy as np
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from eval.answers import best
from eval.commands import BadInput
from eval.readers import Squad, language_of, name_of, read_bytes
from eval.statistics import Estimate, estimate
from eval.table import print_tables, started
from index.errors import ExtraitError
from qa.engine import open_reader
from qa.settings import load_settings
from qa.span_model import Reading, SpanModel
from qa.training.corpora import held_back

SEED = 20261124


class Asked(Struct, frozen=True):
    """A question, its context, and the texts that answer it; none when the context does not."""

    question: str
    context: str
    answers: tuple[str, ...]


def read(path: Path, most: int, *, held: bool = False) -> list[Asked]:
    """At most so many questions of a SQuAD file, drawn with a fixed seed; only of its held-back articles, if asked."""
    squad = msgspec.json.decode(read_bytes(path), type=Squad)
    asked = [
        Asked(item.question, paragraph.context, tuple(dict.fromkeys(answer.text for answer in item.answers)))
        for article in squad.data
        if not held or held_back(article.title)
        for paragraph in article.paragraphs
        for item in paragraph.qas
    ]
    return Random(SEED).sample(asked, min(most, len(asked)))


class Read(Struct, frozen=True):
    """The figures of a set: of all its questions, and of those that have an answer when the reader must give one."""

    set: str
    exact_match: Estimate
    f1: Estimate
    answerable_exact_match: Estimate
    answerable_f1: Estimate


@click.command()
@click.argument("paths", metavar="SET...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--questions", default=1_000, show_default=True, help="At most so many of each set.")
@click.option(
    "--margin-from", metavar="SET", type=click.Path(path_type=Path), help="Choose the margin on this train set."
)
def main(paths: tuple[Path, ...], questions: int, margin_from: Path | None) -> None:
    """Measure on each SET, a SQuAD file, how well the reader reads the passage that it is given."""
    try:
        settings = load_settings()
        model = open_reader(settings)
        margin = best_margin(margin_from, model, questions) if margin_from else 0.0
        click.echo(f"no answer below a margin of {margin:.2f}", err=True)
        found = [measure(path, model, questions, margin) for path in paths]
    except ExtraitError as error:
        raise BadInput(str(error)) from error
    print_tables(Console(width=None if sys.stdout.isatty() else 120), [table(found)])
    click.echo(msgspec.json.encode(found).decode())


def best_margin(path: Path, model: SpanModel, most: int) -> float:
    """The margin that gives the best F1 on the held-back articles of a train set."""
    asked = read(path, most, held=True)
    readings = model.read_all([one.question for one in asked], [one.context for one in asked], 1)
    language = language_of(name_of(path))
    rows = [
        (span.score - reading.none, best(one.context[span.start : span.end], one.answers, language)[1], not one.answers)
        for reading, one in zip(readings, asked, strict=True)
        for span in reading.spans[:1]
    ]
    margins, answered, silent = np.array(rows, float).T
    candidates = np.append(margins, 0.0)
    scores = [np.where(margins > least, answered, silent).mean() for least in candidates]
    return float(candidates[int(np.argmax(scores))])


def measure(path: Path, model: SpanModel, most: int, margin: float) -> Read:
    """The figures of one set."""
    asked = read(path, most)
    readings = model.read_all([one.question for one in asked], [one.context for one in asked], 1)
    language = language_of(name_of(path))
    right = [
        best(said(reading, one.context, margin), one.answers, language)
        for reading, one in zip(readings, asked, strict=True)
    ]
    # With an answer, the best span is taken whatever the score of none: this is how a reader is compared without it.
    kept = [
        best(one.context[span.start : span.end], one.answers, language)
        for reading, one in zip(readings, asked, strict=True)
        for span in reading.spans[:1]
        if one.answers
    ]
    both, answerable = np.array(right), np.array(kept)
    return Read(
        name_of(path),
        estimate(both[:, :1]),
        estimate(both[:, 1:]),
        estimate(answerable[:, :1]),
        estimate(answerable[:, 1:]),
    )


def said(reading: Reading, context: str, margin: float) -> str:
    """The best span, or nothing when it is not so far ahead of none."""
    span = next(iter(reading.spans), None)
    return context[span.start : span.end] if span and span.score - reading.none > margin else ""


def table(found: Sequence[Read]) -> Table:
    """A row for each set."""
    columns = ["F1, no answer allowed", "EM", "n", "F1 of the answerable", "EM", "n"]
    rows = started("Reading the right passage: value (95 % interval)", ["set"], columns)
    for item in found:
        first, second = item.f1, item.answerable_f1
        rows.add_row(
            item.set,
            f"{first.value:.3f} ({first.low:.3f} to {first.high:.3f})",
            f"{item.exact_match.value:.3f}",
            str(first.n),
            f"{second.value:.3f} ({second.low:.3f} to {second.high:.3f})",
            f"{item.answerable_exact_match.value:.3f}",
            str(second.n),
        )
    return rows


if __name__ == "__main__":
    main()
