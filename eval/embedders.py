"""`python -m eval.embedders SET`: the search with our embedder and with its untouched base, and each leg alone.

The rule of the search is that it never drags: with either model, the fused ranking should not fall below the better of
its two legs. Documents keep their titles, as they do in service. Wires; computes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
from msgspec.structs import replace
from rich.console import Console

from eval.combined import joined
from eval.commands import BadInput
from eval.gold import GoldSet
from eval.peers.corpus import sampled
from eval.peers.ours import bm25, dense, extrait
from eval.peers.scores import Scores, score
from eval.peers.table import side_by_side
from eval.sets import open_set
from eval.table import print_tables
from index.embedder import DEFAULT, SentenceTransformerEmbedder
from index.errors import ExtraitError
from qa.settings import load_settings
from qa.training.base import shipped_base, write_base

WIDTH = 160


def compare(gold_set: GoldSet, names: Sequence[str]) -> list[Scores]:
    """The search with each model and the model alone, after the first model's search and BM25 alone."""
    searches, legs = [], []
    settings = load_settings()
    for name in names:
        make = partial(SentenceTransformerEmbedder, name, settings.backend, settings.cache_folder())
        shown = Path(name).name if "/" in name else name
        searches.append(replace(extrait(gold_set, make()), name=f"search, {shown}"))
        # A fresh model: one that has seen the questions would answer them from memory.
        legs.append(replace(dense(gold_set, make()), name=f"dense, {shown}"))
    return score(gold_set, [*searches, bm25(gold_set), *legs])


@click.command()
@click.argument("name", metavar="SET")
@click.option("--with", "others", multiple=True, metavar="SET", help="Search this set's passages as well; repeatable.")
@click.option("--questions", type=click.IntRange(min=0), default=0, help="Ask so many, drawn with a fixed seed [all].")
def main(name: str, others: Sequence[str], questions: int) -> None:
    """Compare embedders on the questions of SET."""
    printer = Console(width=None if sys.stdout.isatty() else WIDTH)
    try:
        found = joined(open_set(name), [open_set(other) for other in others])
        found = replace(found, questions=sampled(found.questions, questions))
        with TemporaryDirectory() as folder:
            base = Path(folder, "multilingual-e5-small")
            write_base(base, shipped_base())
            scores = compare(found, [DEFAULT, str(base)])
    except ExtraitError as error:
        raise BadInput(str(error)) from error
    title = f"{found.name}: {len(found.questions)} questions, {len(found.documents)} passages"
    print_tables(printer, [side_by_side(title, scores)])
    click.echo(msgspec.json.encode(scores).decode())


if __name__ == "__main__":
    main()
