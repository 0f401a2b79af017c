"""Fits what orders the reader's spans, and the calibration that turns them into a confidence. `make calibrate`.

Questions of `train/` sets are asked of a library made of their own contexts. All are of articles that were held back
from the training of the embedder and of the reader, which know the others too well. One context in four is left out of
the library, so that its questions have no answer there. First the ranking is fitted (which of two spans is right?),
then, on spans so ordered, the confidence (does the first citation hold the answer?). Nothing from `eval/` is read.
Takes about 15 minutes on 2 cores; the same data give the same file. EXTRAIT_READER, EXTRAIT_EMBEDDER and
EXTRAIT_CALIBRATION do it for other models.
"""

from __future__ import annotations

import json
import lzma
import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from random import Random

import click
import msgspec
import numpy as np
from msgspec import Struct
from sklearn.linear_model import LogisticRegression

from index.documents import Document
from index.embedder import Embedder, SentenceTransformerEmbedder
from index.ingest import text_document
from index.library import Library
from index.text import canonical, folded
from index.training.corpora import held_back
from qa.answers import Answer
from qa.compose import compose, features, group, surround
from qa.confidence import FEATURES, Calibration
from qa.engine import CALIBRATION, TOP_K, joint_digest
from qa.ranking import FEATURES as RANKING
from qa.ranking import shared
from qa.reader import Reader
from qa.settings import load_settings
from qa.span_model import Reading, SpanModel
from qa.span_reader import Model, SpanReader, found_in, open_model
from qa.training.train_reader import overlap

# Language, and share of the questions. Translated sets name their articles in their own language, so that what was
# held back cannot be told there.
SETS = {"piaf_fr": ("fr", 0.4), "squad_en_v1": ("en", 0.2), "squad_en_v2": ("en", 0.3), "arcd_ar": ("ar", 0.1)}
CONTEXTS = 1_500  # of each set, at most
MOSTLY, HARDLY = 0.5, 0.2  # F1 with the gold answer from which a span is right, and up to which it is wrong
LEFT_OUT = 4  # one context in so many is kept out of the library
SEED = 20261123
THRESHOLD = 0.3  # below it fewer than 4 in 10 answers to the questions of the calibration were right


class Asked(Struct, frozen=True):
    """A question, with the texts of its gold answers; none when its context is not in the library."""

    question: str
    answers: tuple[str, ...]


def read_set(path: Path, language: str, random: Random, count: int) -> tuple[list[Document], list[Asked]]:
    """The contexts that go into the library, those of held-back articles first, and a sample of their questions."""
    articles = json.loads(lzma.decompress(path.read_bytes()))["data"]
    articles.sort(key=lambda article: not held_back(article["title"]))
    documents: list[Document] = []
    asked: list[Asked] = []
    for number, article in enumerate(articles):
        for place, paragraph in enumerate(article["paragraphs"]):
            present = (number + place) % LEFT_OUT != 0 and len(documents) < CONTEXTS
            if present:
                name = f"{path.name}-{number}-{place}"
                documents.append(
                    text_document(Document(name, article["title"], paragraph["context"], language=language))
                )
            if held_back(article["title"]):
                for item in paragraph["qas"]:
                    answers = tuple(folded(canonical(a["text"])) for a in item["answers"]) if present else ()
                    asked.append(Asked(item["question"], answers))
    return documents, random.sample(asked, min(count, len(asked)))


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether a text holds one of the gold answers."""
    return any(answer in folded(text) for answer in answers)


class Remembered:
    """A model that reads a passage once for each question; both fits look at the same readings."""

    def __init__(self, model: SpanModel) -> None:
        self._model, self._known = model, dict[tuple[str, str], Reading]()
        self.name, self.digest = model.name, model.digest

    def read(self, question: str, texts: Sequence[str], count: int) -> list[Reading]:
        """As the model does."""
        new = [text for text in texts if (question, text) not in self._known]
        self._known.update(zip(((question, t) for t in new), self._model.read(question, new, count), strict=True))
        return [self._known[question, text] for text in texts]


def comparisons(library: Library, model: Model, asked: Sequence[Asked]) -> Iterator[tuple[list[float], list[float]]]:
    """Features of two spans found for one question, of which only the first is the answer, or most of it."""
    for count, one in enumerate(asked, 1):
        passages = library.search(one.question, TOP_K)
        right, wrong = [], []
        for span, values in found_in(
            model, one.question, list(zip(passages, shared(one.question, passages), strict=True))
        ):
            text = span.document.text[span.start : span.end]
            likeness = max((overlap(text, answer) for answer in one.answers), default=0.0)
            if likeness >= MOSTLY:
                right.append(values)
            elif likeness <= HARDLY:
                wrong.append(values)
        yield from product(right, wrong)
        if count % 100 == 0:
            click.echo(f"{count} of {len(asked)} questions", err=True)


def reply_rows(library: Library, reader: Reader, asked: Sequence[Asked]) -> Iterator[tuple[list[float], bool]]:
    """The features of each best answer, and whether its quote holds the gold answer."""
    certain = Calibration("", "", {}, dict.fromkeys(FEATURES, 0.0), 30.0, 0.0)
    for one in asked:
        passages = library.search(one.question, TOP_K)
        spans = reader.read(one.question, passages)
        groups = group([surround(span, passages) for span in spans])
        reply = compose(one.question, spans, passages, certain, 0.0, lambda *_: (), 0)
        if isinstance(reply, Answer):
            yield features(groups, 0), holds(reply.citations[0].quote, one.answers)


def fit_ranking(pairs: Sequence[tuple[list[float], list[float]]]) -> dict[str, float]:
    """Weights that put the right span before the wrong one: a logistic model of the differences."""
    differences = np.array([np.subtract(right, wrong) for right, wrong in pairs])
    x = np.vstack([differences, -differences])
    y = np.repeat([True, False], len(differences))
    model = LogisticRegression(fit_intercept=False, max_iter=1000).fit(x, y)
    return {name: round(float(w), 4) for name, w in zip(RANKING, model.coef_[0], strict=True)}


def fit_confidence(rows: Sequence[tuple[list[float], bool]]) -> tuple[dict[str, float], float]:
    """A logistic model's weights by name, and its bias."""
    x, y = np.array([row for row, _ in rows]), np.array([right for _, right in rows])
    model = LogisticRegression(max_iter=1000).fit(x, y)
    weights = {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0], strict=True)}
    return weights, round(float(model.intercept_[0]), 4)


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path), help="The folder that holds train/.")
@click.option("--questions", default=1_200, show_default=True, help="How many are asked, of all sets together.")
def main(data: Path, questions: int) -> None:
    """Fit the ranking and the confidence of the reader that EXTRAIT_READER names."""
    if not (data / "train").is_dir():
        raise click.UsageError(
            f"There is no folder {data / 'train'}: name the one that holds the training sets with --data."
        )
    settings = load_settings()
    path = Path(settings.calibration) if settings.calibration else CALIBRATION
    random = Random(SEED)
    embedder: Embedder = SentenceTransformerEmbedder(settings.embedder)
    model = open_model(settings.reader)
    documents: list[Document] = []
    asked: list[Asked] = []
    for name, (language, share) in SETS.items():
        found, sample = read_set(data / "train" / f"{name}.json.xz", language, random, round(share * questions))
        documents += found
        asked += sample
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder), embedder)
        for count, _ in enumerate(library.add(documents), 1):
            if count % 500 == 0:
                click.echo(f"{count} of {len(documents)} contexts", err=True)
        library.publish()
        reading = Remembered(model)
        ranking = fit_ranking(list(comparisons(library, reading, asked)))
        rows = list(reply_rows(library, SpanReader(reading, ranking), asked))
        library.close()
    weights, bias = fit_confidence(rows)
    digest = joint_digest(model.digest, embedder.digest)
    calibration = Calibration(model.name, digest, ranking, weights, bias, THRESHOLD)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(calibration)) + b"\n")
    report(rows, calibration)
    click.echo(f"wrote {path}")


def report(rows: Sequence[tuple[list[float], bool]], calibration: Calibration) -> None:
    """How precise and how willing the reader would be at some thresholds, on the rows of the calibration itself."""
    for threshold in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7):
        taken = [right for row, right in rows if calibration.confidence(row) >= threshold]
        click.echo(
            f"threshold {threshold}: answers {len(taken) / len(rows):.0%}, "
            f"{sum(taken) / max(1, len(taken)):.0%} of them right (n = {len(rows)})"
        )


if __name__ == "__main__":
    main()
