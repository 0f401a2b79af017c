"""`python -m eval.memory`: does a run of 10,000 questions need more memory than one of 1,000? `make memory`.

The questions are those of the seeds' gold, numbered, so that no cache knows them; put by one process as `extrait eval`
does. What a run must keep, its outcomes, is counted with the rest. The last line of the output is one JSON document.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
from rich.console import Console

from eval.gold import GoldSet
from eval.in_process import measure_here
from eval.outcomes import Outcome
from eval.sets import open_set

MARKS = (1_000, 5_000, 10_000)


def numbered(gold_set: GoldSet, n: int) -> GoldSet:
    """n questions, each unlike all others."""
    golds = gold_set.questions
    questions = (
        msgspec.structs.replace(gold, id=f"{number}", question=f"{gold.question} ({number})")
        for number in range(n)
        for gold in (golds[number % len(golds)],)
    )
    return msgspec.structs.replace(gold_set, questions=tuple(questions))


def peak() -> float:
    """The most memory that this process has held so far, in megabytes."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (1_000_000 if sys.platform == "darwin" else 1_000)


@click.command()
def main() -> None:
    """Print the peak of resident memory after 1,000, 5,000 and 10,000 questions."""
    peaks: dict[str, float] = {}

    def watched(outcomes: Iterable[Outcome], n: int) -> Iterator[Outcome]:
        for number, outcome in enumerate(outcomes, start=1):
            yield outcome
            if number in MARKS:
                peaks[str(number)] = round(peak(), 1)
                click.echo(f"{number:>6,} of {n:,} questions  {peak():>8,.1f} MB")

    with TemporaryDirectory(prefix="extrait-memory-") as folder:
        measure_here(numbered(open_set("seeds"), MARKS[-1]), Path(folder), Console(stderr=True), watched)
    click.echo(json.dumps(peaks))


if __name__ == "__main__":
    main()
