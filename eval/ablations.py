"""`python -m eval.ablations SET`: what each part of reading is worth. `make ablate-reader`.

The passages of a set are indexed once; the same questions are then put to the same engine with one part taken out at a
time, and with no confidence too low to answer. The last line of the output is one JSON document.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from contextlib import closing
from statistics import median
from tempfile import TemporaryDirectory

import click
import msgspec
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from eval.combined import joined
from eval.commands import BadInput
from eval.gold import GoldSet
from eval.in_process import take_in
from eval.judgements import judge
from eval.measures import mean_samples, measures
from eval.peers.corpus import sampled
from eval.progress import tracked
from eval.run import DEPTH, Errand, one_by_one
from eval.sets import open_set
from eval.statistics import Estimate
from eval.table import print_tables, started
from index.documents import Passage
from index.errors import ExtraitError
from index.library import Library
from qa.confidence import Calibration
from qa.engine import Engine, open_engine, open_reader
from qa.reader import Span
from qa.settings import load_settings
from qa.span_model import SpanModel
from qa.span_reader import SpanReader

SHOWN = ("sentence@1", "exact_match", "token_f1")
# By what is left out: the weights of `qa.ranking` that are taken for 0.
WITHOUT = {
    "": (),
    "the search's rank and score": ("rank", "retrieval"),
    "words in common": ("overlap", "passage_overlap"),
    "all but the reader": ("rank", "retrieval", "overlap", "passage_overlap"),
    "the reader's scores": ("margin", "score"),
}


class Ablation(Struct, frozen=True):
    """The figures without one part, and the median milliseconds of reading."""

    without: str
    figures: dict[str, Estimate]
    milliseconds: float


class FirstPassage(SpanReader):
    """Reads no other."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """The spans of the first passage."""
        return super().read(question, passages[:1])


def engines(library: Library, model: SpanModel, calibration: Calibration) -> dict[str, Engine]:
    """The engine with one part left out, by what is left out."""

    def reader(left_out: Sequence[str]) -> SpanReader:
        return SpanReader(model, {name: 0.0 if name in left_out else value for name, value in whole.items()})

    whole = calibration.ranking
    readers = {name: reader(left_out) for name, left_out in WITHOUT.items()}
    readers["stopping early"] = SpanReader(model, whole, math.inf)
    readers["all passages but the first"] = FirstPassage(model, whole)
    return {name: Engine(library, one, calibration, 0.0) for name, one in readers.items()}


def ablations(gold_set: GoldSet, console: Console) -> list[Ablation]:
    """The whole first, then without each part."""
    settings = load_settings()
    found = []
    with TemporaryDirectory(prefix="extrait-ablations-") as folder:
        whole = open_engine(replace(settings, data=folder, cache=str(settings.cache_folder())))
        with closing(whole.library):
            take_in(whole, gold_set, console)
            model = open_reader(settings)
            for name, engine in engines(whole.library, model, whole.calibration).items():
                asked = one_by_one(engine, gold_set.questions, Errand(DEPTH, answering=True))
                label = f"without {name}" if name else "whole"
                outcomes = list(tracked(asked, len(gold_set.questions), label, console))
                items = measures(mean_samples(judge(gold_set, outcomes)))
                figures = {item.metric: item.estimate for item in items if not item.group and item.metric in SHOWN}
                found.append(Ablation(name, figures, 1000 * median(one.latency["read"] for one in outcomes)))
    return found


def table(title: str, rows: Sequence[Ablation]) -> Table:
    """A row for each."""
    shown = started(title, ["without"], [*SHOWN, "ms to read"])
    for row in rows:
        figures = [row.figures[name] for name in SHOWN]
        cells = [f"{one.value:.3f} ({one.low:.3f}-{one.high:.3f})" for one in figures]
        shown.add_row(row.without or "(nothing)", *cells, f"{row.milliseconds:.0f}")
    return shown


@click.command()
@click.argument("name", metavar="SET")
@click.option("--with", "others", multiple=True, metavar="SET", help="Search this set's passages as well; repeatable.")
@click.option("--questions", type=click.IntRange(min=0), default=0, help="Ask so many, drawn with a fixed seed [all].")
def main(name: str, others: Sequence[str], questions: int) -> None:
    """Take one part of reading out at a time, on the questions of SET."""
    try:
        gold_set = joined(open_set(name), [open_set(other) for other in others])
        gold_set = replace(gold_set, questions=sampled(gold_set.questions, questions))
        found = ablations(gold_set, Console(stderr=True))
    except ExtraitError as error:
        raise BadInput(str(error)) from error
    title = f"{gold_set.name}: {len(gold_set.questions)} questions"
    print_tables(Console(width=None if sys.stdout.isatty() else 140), [table(title, found)])
    click.echo(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
