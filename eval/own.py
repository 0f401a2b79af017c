"""`python -m eval.own SET...`: questions as people put them to a document of their own. `make eval-own`.

Each document of a SQuAD set is a collection of its own, as it is for someone who asks about the one in front of them,
since such questions do not name it. A reply is right when its text has a token F1 of one half or more with a right
answer; asserted and wrong when it answers anything else; silence is right where the document does not say. The last
line of the output is one JSON document. Knows the engine by its call alone.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import click
import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console
from rich.table import Table

from eval.answers import best
from eval.commands import BadInput
from eval.confidence import expected_calibration_error
from eval.gold import GoldError
from eval.progress import tracked
from eval.readers import Squad, language_of, name_of, read_bytes
from eval.statistics import Estimate, Rows, estimate
from eval.table import print_tables, started
from index.documents import Document
from index.errors import ExtraitError
from index.ingest import ingest
from index.text import canonical
from qa.answers import Answer
from qa.engine import Engine, open_engine
from qa.settings import load_settings

ENOUGH = 0.5  # token F1 from which an answer is right


class Put(Struct, frozen=True):
    """What became of one question: whether the document answers it, and the reply's F1 with the best right answer."""

    answerable: bool
    answered: bool
    confidence: float
    f1: float
    seconds: float

    @property
    def right(self) -> bool:
        return self.answered and self.answerable and self.f1 >= ENOUGH


class Own(Struct, frozen=True):
    """The figures of a set. `wrong` are shares of all questions, `wrong_answers` of those that have an answer."""

    set: str
    f1: Estimate
    right: Estimate
    wrong: Estimate
    wrong_answers: Estimate
    silent: Estimate | None
    calibration_error: Estimate | None
    median_ms: float


class Asked(Struct, frozen=True):
    """A question, the document that it is about, and the texts that answer it; none when the document does not."""

    question: str
    document: str
    answers: tuple[str, ...]


def read(path: Path) -> tuple[list[Document], list[Asked]]:
    """The documents of a SQuAD file, each in a collection of its own, and the questions on them. Raises GoldError."""
    try:
        squad = msgspec.json.decode(read_bytes(path), type=Squad)
    except msgspec.DecodeError as error:
        raise GoldError(f"{path}: {error}; this is no SQuAD file.") from error
    paragraphs = [(article.title, one) for article in squad.data for one in article.paragraphs]
    documents, asked = [], []
    for number, (title, paragraph) in enumerate(paragraphs, 1):
        name, text = f"{name_of(path)}-{number:04d}", canonical(paragraph.context)
        documents.append(Document(name, title, text, language=language_of(name_of(path)), collection=name))
        asked += [Asked(q.question, name, tuple(dict.fromkeys(one.text for one in q.answers))) for q in paragraph.qas]
    return documents, asked


def put(asked: Asked, engine: Engine, language: str) -> Put:
    """One question to the collection of its document."""
    start = perf_counter()
    reply = engine.answer(asked.question, collection=asked.document)
    seconds = perf_counter() - start
    given = reply.text if isinstance(reply, Answer) else ""
    f1 = best(given, asked.answers, language)[1] if given and asked.answers else 0.0
    return Put(bool(asked.answers), isinstance(reply, Answer), reply.confidence, f1, seconds)


def figures(name: str, found: Sequence[Put]) -> Own:
    """The figures of what became of the questions of one set."""
    answerable = [one for one in found if one.answerable]
    silent = [not one.answered for one in found if not one.answerable]
    said = np.array([[one.confidence, one.right] for one in found if one.answered], float)
    return Own(
        name,
        estimate(column(one.f1 for one in answerable)),
        estimate(column(one.right for one in answerable)),
        estimate(column(one.answered and not one.right for one in found)),
        estimate(column(one.answered and not one.right for one in answerable)),
        estimate(column(silent)) if silent else None,
        estimate(said, lambda rows: expected_calibration_error(rows[:, 0], rows[:, 1])) if len(said) else None,
        1000 * median(one.seconds for one in found),
    )


def column(values: Iterable[float]) -> Rows:
    """The values as the rows of an estimate."""
    return np.array([[float(value)] for value in values])


def measured(path: Path, console: Console) -> Own:
    """The figures of a set, by the engine of this checkout on a library of its own."""
    documents, asked = read(path)
    settings = load_settings()
    with TemporaryDirectory(prefix="extrait-own-") as folder:
        engine = open_engine(replace(settings, data=folder, cache=str(settings.cache_folder())))
        with closing(engine.library):
            for _, outcome in ingest(engine.library, documents):
                if outcome.state == "failed":
                    raise GoldError(f"{outcome.name}: not taken in ({outcome.reason})")
            put(asked[0], engine, "")  # pays for what the first question loads
            language = language_of(name_of(path))
            return figures(
                name_of(path), [put(one, engine, language) for one in tracked(asked, len(asked), path.name, console)]
            )


def table(found: Sequence[Own]) -> Table:
    """A row for each set."""
    columns = ["f1", "right", "wrong", "wrong_answers", "silent", "calibration_error"]
    rows = started("Questions to one's own document: value (95 % interval)", ["set"], ["n", *columns, "median ms"])
    for own in found:
        shown = [getattr(own, name) for name in columns]
        cells = [f"{one.value:.3f} ({one.low:.3f}-{one.high:.3f})" if one else "" for one in shown]
        rows.add_row(own.set, str(own.wrong.n), *cells, f"{own.median_ms:.0f}")
    return rows


@click.command()
@click.argument("paths", metavar="SET...", nargs=-1, required=True, type=click.Path(path_type=Path))
def main(paths: tuple[Path, ...]) -> None:
    """Put the questions of each SET, a SQuAD file, to the document that they are about."""
    try:
        found = [measured(path, Console(stderr=True)) for path in paths]
    except ExtraitError as error:
        raise BadInput(str(error)) from error
    print_tables(Console(width=None if sys.stdout.isatty() else 160), [table(found)])
    click.echo(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
