"""`python -m eval.alignment FOLDER`: does a sentence lie nearest to its translation? The dense model alone, no index.

FOLDER is Tatoeba as LASER cut it: sentences of a language in `tatoeba.fra-eng.fra`, and the same in English, line by
line, in `tatoeba.fra-eng.eng`. A sentence is right when, of all vectors on the other side, that of its own line has the
highest cosine. The last line of the output is one JSON document. Exit status 2 for input that cannot be used.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
import numpy as np
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from eval.commands import BadInput
from eval.gold import GoldError
from eval.readers import read_bytes
from eval.statistics import Estimate, Rows, estimate
from eval.table import print_tables, started
from index.embedder import Embedder
from index.errors import ExtraitError
from qa.engine import open_embedder
from qa.settings import load_settings

LANGUAGES = {"fr": "fra", "de": "deu", "es": "spa", "ar": "ara"}


class Alignment(Struct, frozen=True):
    """The share of sentences of the first language whose nearest sentence of the second is the translation."""

    direction: str
    nearest: Estimate


class Alignments(Struct, frozen=True):
    """The last line of the output."""

    encoder: str
    encoder_digest: str
    directions: list[Alignment]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def main(folder: Path) -> None:
    """Measure on FOLDER how well the embedder aligns French, German, Spanish and Arabic with English."""
    try:
        embedder = open_embedder(load_settings())
        found = Alignments(embedder.name, embedder.digest, alignments(folder, embedder))
    except ExtraitError as error:
        raise BadInput(str(error)) from error
    print_tables(Console(width=None if sys.stdout.isatty() else 120), [table(found)])
    click.echo(msgspec.json.encode(found).decode())


def alignments(folder: Path, embedder: Embedder) -> list[Alignment]:
    """Both directions of each language."""
    result = []
    for language, code in LANGUAGES.items():
        files = [folder / f"tatoeba.{code}-eng.{side}" for side in (code, "eng")]
        theirs, english = ([line for line in read_bytes(path).decode().split("\n") if line] for path in files)
        if len(theirs) != len(english):
            raise GoldError(f"{files[0]}: {len(theirs)} sentences, and {len(english)} in English; lines must match.")
        there, back = nearest(embedder, theirs, english)
        result += [Alignment(f"{language}-en", estimate(there)), Alignment(f"en-{language}", estimate(back))]
    return result


def nearest(embedder: Embedder, left: Sequence[str], right: Sequence[str]) -> tuple[Rows, Rows]:
    """For each line, whether its own is the nearest on the other side: from left to right, and back."""
    # Both as passages: neither side asks, and passages are encoded many at a time.
    cosines = embedder.encode(left, "passage") @ embedder.encode(right, "passage").T
    lines = np.arange(len(left))
    there, back = ((cosines.argmax(axis=axis) == lines).astype(np.float64) for axis in (1, 0))
    return there[:, None], back[:, None]


def table(found: Alignments) -> Table:
    """A row for each direction."""
    rows = started(
        f"Nearest sentence is the translation: {found.encoder}", ["direction"], ["top-1", "95 % interval", "n"]
    )
    for item in found.directions:
        figure = item.nearest
        interval = f"{figure.low:.3f} to {figure.high:.3f}"
        rows.add_row(item.direction, f"{figure.value:.3f}", interval, str(figure.n))
    return rows


if __name__ == "__main__":
    main()
