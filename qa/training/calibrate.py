"""Fits the sentence reader's weights, and the calibration that turns its scores into a confidence. `make calibrate`.

Questions of `train/` sets in French, English and Arabic are asked of a library made of their own contexts. The articles
that the embedder was trained on fit the weights of the reader (which of two sentences holds the gold span?); those that
were held back from it fit the calibration (does the first citation hold it?). One context in four is left out of the
library, so that its questions have no answer there. Nothing from `eval/` is read. Takes about 5 minutes on 2 cores; the
same data give the same files.
"""

from __future__ import annotations

import json
import lzma
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

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
from qa.engine import CALIBRATION, TOP_K
from qa.sentence_reader import FEATURES as READER_FEATURES
from qa.sentence_reader import MODEL, SentenceReader, Weights

SETS = {"piaf_fr": "fr", "squad_en_v2": "en", "arcd_ar": "ar"}
QUESTIONS = 500  # of each set, and of each part of it
LEFT_OUT = 4  # one context in so many is kept out of the library
SEED = 20261123
THRESHOLD = 0.3  # below it fewer than 4 in 10 answers to the questions of the calibration were right


class Asked(Struct, frozen=True):
    """A question, with the texts of its gold answers; none when its context is not in the library.

    `held` says whether its article was held back from the training of the embedder.
    """

    question: str
    held: bool
    answers: tuple[str, ...]


def read_set(path: Path, language: str, random: Random) -> tuple[list[Document], list[Asked]]:
    """The contexts that go into the library, and a sample of the questions, of one SQuAD file."""
    articles = json.loads(lzma.decompress(path.read_bytes()))["data"]
    documents, asked = [], []
    for number, article in enumerate(articles):
        held = held_back(article["title"])
        for place, paragraph in enumerate(article["paragraphs"]):
            present = (number + place) % LEFT_OUT != 0
            if present:
                name = f"{language}-{number}-{place}"
                documents.append(
                    text_document(Document(name, article["title"], paragraph["context"], language=language))
                )
            for item in paragraph["qas"]:
                answers = tuple(folded(canonical(a["text"])) for a in item["answers"]) if present else ()
                asked.append(Asked(item["question"], held, answers))
    random.shuffle(asked)
    parts = ([one for one in asked if one.held is held][:QUESTIONS] for held in (False, True))
    return documents, [one for part in parts for one in part]


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether a text holds one of the gold answers."""
    return any(answer in folded(text) for answer in answers)


def comparisons(
    library: Library, reader: SentenceReader, asked: Sequence[Asked]
) -> Iterator[tuple[list[float], list[float]]]:
    """Features of two sentences considered for one question, of which only the first holds the answer."""
    for one in asked:
        found = reader.features(one.question, library.search(one.question, TOP_K))
        right = [values for sentence, values in found if holds(sentence.text, one.answers)]
        wrong = [values for sentence, values in found if not holds(sentence.text, one.answers)]
        yield from product(right, wrong)


def reply_rows(library: Library, reader: SentenceReader, asked: Sequence[Asked]) -> Iterator[tuple[list[float], bool]]:
    """The features of each best answer, and whether its quote holds the gold answer."""
    certain = Calibration("", "", dict.fromkeys(FEATURES, 0.0), 30.0, 0.0)
    for one in asked:
        passages = library.search(one.question, TOP_K)
        spans = reader.read(one.question, passages)
        groups = group([surround(span, passages) for span in spans])
        reply = compose(one.question, spans, passages, certain, 0.0, lambda *_: (), 0)
        if isinstance(reply, Answer):
            yield features(groups, 0), holds(reply.citations[0].quote, one.answers)


def fit_ranking(pairs: Sequence[tuple[list[float], list[float]]]) -> dict[str, float]:
    """Weights that put the right sentence before the wrong one: a logistic model of the differences."""
    differences = np.array([np.subtract(right, wrong) for right, wrong in pairs])
    x = np.vstack([differences, -differences])
    y = np.repeat([True, False], len(differences))
    model = LogisticRegression(fit_intercept=False, max_iter=1000).fit(x, y)
    return {name: round(float(w), 4) for name, w in zip(READER_FEATURES, model.coef_[0], strict=True)}


def fit_confidence(rows: Sequence[tuple[list[float], bool]]) -> tuple[dict[str, float], float]:
    """A logistic model's weights by name, and its bias."""
    x, y = np.array([row for row, _ in rows]), np.array([right for _, right in rows])
    model = LogisticRegression(max_iter=1000).fit(x, y)
    weights = {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0], strict=True)}
    return weights, round(float(model.intercept_[0]), 4)


def save(path: Path, value: Any) -> bytes:
    """Writes a struct as readable JSON."""
    content = msgspec.json.format(msgspec.json.encode(value)) + b"\n"
    path.write_bytes(content)
    return content


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path), help="The folder that holds train/.")
def main(data: Path) -> None:
    """Fit the sentence reader and its calibration."""
    if not (data / "train").is_dir():
        raise click.UsageError(
            f"There is no folder {data / 'train'}: name the one that holds the training sets with --data."
        )
    random = Random(SEED)
    embedder: Embedder = SentenceTransformerEmbedder()
    documents, asked = [], []
    for name, language in SETS.items():
        found, sample = read_set(data / "train" / f"{name}.json.xz", language, random)
        documents += found
        asked += sample
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder), embedder)
        for count, _ in enumerate(library.add(documents), 1):
            if count % 500 == 0:
                click.echo(f"{count} of {len(documents)} contexts", err=True)
        library.publish()
        learning = [one for one in asked if not one.held]
        weights = fit_ranking(list(comparisons(library, SentenceReader(embedder), learning)))
        content = save(MODEL, Weights(weights))
        reader = SentenceReader(embedder)
        rows = list(reply_rows(library, reader, [one for one in asked if one.held]))
        library.close()
    confidence_weights, bias = fit_confidence(rows)
    calibration = Calibration(reader.name, reader.digest, confidence_weights, bias, THRESHOLD)
    save(CALIBRATION, calibration)
    report(rows, calibration)
    click.echo(f"{MODEL.name} {sha256(content).hexdigest()[:12]}: {weights}")


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
