"""`python -m eval.chunkings SET...`: the search at several sizes of chunks, with titles and headings and without.

A passage is right when the chunk itself holds the gold span, as in `extrait eval`; highlights are covered by the first
five chunks. What the table says goes into `index/chunker.py` by hand. The last line of the output is one JSON document.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from eval.commands import BadInput
from eval.gold import GoldSet
from eval.judgements import judge
from eval.measures import mean_samples, measures
from eval.outcomes import Found, Outcome
from eval.peers.corpus import sampled
from eval.sets import open_set
from eval.statistics import Estimate
from eval.table import print_tables, started
from index.embedder import Embedder
from index.errors import ExtraitError
from index.ingest import ingest
from index.library import Library
from qa.engine import open_embedder
from qa.settings import load_settings

BUDGETS = (120, 160, 220, 300)
DEPTH = 10
SHOWN = ("success@1", "recall@5", "recall@10", "chunk_recall", "chunk_precision", "chunk_iou")


class Way(Struct, frozen=True):
    """A size of chunks in tokens, whether titles and headings were read, and the figures of a set."""

    set: str
    tokens: int
    context: bool
    chunks: int
    figures: dict[str, Estimate]


def measured(gold_set: GoldSet, embedder: Embedder, tokens: int, *, context: bool) -> Way:
    """The figures of one way to cut the documents of a set."""
    documents = gold_set.documents if context else [replace(d, title="", headings=()) for d in gold_set.documents]
    with TemporaryDirectory(prefix="extrait-chunkings-") as folder:
        library = Library(Path(folder), embedder, tokens)
        try:
            chunks = sum(outcome.chunks for _, outcome in ingest(library, documents))
            outcomes = [
                Outcome(
                    gold.id,
                    gold.question,
                    tuple(Found(p.document.id, p.start, p.end, p.score) for p in library.search(gold.question, DEPTH)),
                    latency={"search": 0.0},
                )
                for gold in gold_set.questions
            ]
        finally:
            library.close()
    found = {item.metric: item.estimate for item in measures(mean_samples(judge(gold_set, outcomes))) if not item.group}
    return Way(gold_set.name, tokens, context, chunks, {name: found[name] for name in SHOWN if name in found})


def table(ways: Sequence[Way]) -> Table:
    """A row for each way."""
    names = [name for name in SHOWN if name in ways[0].figures]
    rows = started(f"{ways[0].set}: {ways[0].figures[names[0]].n} questions", ["tokens", "context"], ["chunks", *names])
    for way in ways:
        figures = [f"{way.figures[n].value:.3f} ({way.figures[n].low:.3f}-{way.figures[n].high:.3f})" for n in names]
        rows.add_row(str(way.tokens), "yes" if way.context else "no", str(way.chunks), *figures)
    return rows


@click.command()
@click.argument("names", metavar="SET...", nargs=-1, required=True)
@click.option(
    "--questions", type=click.IntRange(min=0), default=0, help="Ask so many of each, drawn with a fixed seed."
)
def main(names: tuple[str, ...], questions: int) -> None:
    """Compare sizes of chunks on each SET."""
    found: list[Way] = []
    try:
        embedder = open_embedder(load_settings())
        for name in names:
            gold_set = open_set(name)
            gold_set = replace(gold_set, questions=sampled(gold_set.questions, questions))
            ways = [measured(gold_set, embedder, tokens, context=True) for tokens in BUDGETS]
            ways.append(measured(gold_set, embedder, BUDGETS[2], context=False))
            print_tables(Console(width=None if sys.stdout.isatty() else 160), [table(ways)])
            found += ways
    except ExtraitError as error:
        raise BadInput(str(error)) from error
    click.echo(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
