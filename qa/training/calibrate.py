"""Fits what orders the reader's spans, and the calibration that turns them into a confidence. `make calibrate`.

Questions of `train/` sets are asked of a library made of their own contexts. All are of articles that were held back
from the training of the embedder and of the reader, which know the others too well. One context in eight is left out of
the library, so that its questions have no answer there. First the ranking is fitted (which of two spans is right?),
then, on spans so ordered, the confidence (does the first citation hold the answer?). Nothing from `eval/` is read.
Takes about 15 minutes on 2 cores; the same data give the same file. EXTRAIT_READER, EXTRAIT_EMBEDDER and
EXTRAIT_CALIBRATION do it for other models.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import click
import msgspec
import numpy as np
import xxhash
from msgspec import Struct
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from index.documents import Document
from index.embedder import Embedder, SentenceTransformerEmbedder
from index.ingest import text_document
from index.library import Library
from index.text import canonical, folded
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
from qa.training.corpora import held_back
from qa.training.examples import Example, all_examples, overlap

Floats = np.ndarray[Any, np.dtype[np.float64]]

# Shares of the questions. The answerable questions of squad_en_v2 stand in squad_en_v1 already; the others were written
# to mislead, which few questions to documents are.
SETS = {"piaf_fr": 0.36, "squad_en_v1": 0.3, "squad_en_v2": 0.04, "squad_es_v1": 0.12, "arcd_ar": 0.1, "xquad_de": 0.08}
CROSSED = 0.3  # share of the questions of a translated set that are asked in English
CONTEXTS = 1_500  # of each set, at most
MOSTLY, HARDLY = 0.5, 0.2  # F1 with the gold answer from which a span is right, and up to which it is wrong
LEFT_OUT = 8  # one context in so many is kept out of the library
SEED = 20261123
THRESHOLD = 0.3  # below it fewer than 4 in 10 answers to the questions of the calibration were right
PRECISIONS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
FEWEST = 50  # answers from which a precision is told


class Asked(Struct, frozen=True):
    """A question of a set, with the text of its gold answer; none when its context is not in the library."""

    set: str
    question: str
    answers: tuple[str, ...]


def contexts_of(name: str, examples: Sequence[Example]) -> list[Document]:
    """The contexts of a set that go into the library, those of held-back articles first."""
    mine = [one for one in examples if one.set == name]
    contexts = {one.context: one for one in sorted(mine, key=lambda one: not held_back(one.article))}
    # By its words, since two sets may hold it.
    present = [text for text in contexts if xxhash.xxh64_intdigest(folded(text).encode()) % LEFT_OUT][:CONTEXTS]
    return [
        text_document(Document(f"{name}-{n}", contexts[text].article, text, language=contexts[text].language))
        for n, text in enumerate(present)
    ]


def asked_of(
    name: str, examples: Sequence[Example], present: Collection[str], random: Random, count: int
) -> list[Asked]:
    """A sample of a set's held-back questions. What a translation answers is an answer too."""
    versions: dict[str, list[Example]] = {}
    for one in examples:
        versions.setdefault(one.id, []).append(one)
    held = [one for one in examples if one.set == name and held_back(one.article)]
    asked = []
    for one in random.sample(held, min(count, len(held))):
        others = versions[one.id]
        english = next((other.question for other in others if other.language == "en"), "")
        crossed = one.language != "en" and english and random.random() < CROSSED
        answers = {folded(canonical(v.answer)) for v in others if v.answer and canonical(v.context) in present}
        asked.append(Asked(name, english if crossed else one.question, tuple(sorted(answers))))
    return asked


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


class Row(Struct, frozen=True):
    """The features of the best answer to a question of a set, and whether its quote holds the gold answer."""

    set: str
    features: list[float]
    right: bool


def reply_rows(library: Library, reader: Reader, asked: Sequence[Asked]) -> Iterator[Row]:
    """A row for each question that finds anything at all."""
    certain = Calibration("", "", {}, dict.fromkeys(FEATURES, 0.0), 30.0, 0.0)
    for one in asked:
        passages = library.search(one.question, TOP_K)
        spans = reader.read(one.question, passages)
        groups = group([surround(span, passages) for span in spans])
        reply = compose(one.question, spans, passages, certain, 0.0, lambda *_: (), 0)
        if isinstance(reply, Answer):
            yield Row(one.set, features(groups, 0), holds(reply.citations[0].quote, one.answers))


def fit_ranking(pairs: Sequence[tuple[list[float], list[float]]]) -> dict[str, float]:
    """Weights that put the right span before the wrong one: a logistic model of the differences."""
    differences = np.array([np.subtract(right, wrong) for right, wrong in pairs])
    x = np.vstack([differences, -differences])
    y = np.repeat([True, False], len(differences))
    model = LogisticRegression(fit_intercept=False, max_iter=1000).fit(x, y)
    return {name: round(float(w), 4) for name, w in zip(RANKING, model.coef_[0], strict=True)}


def fit_confidence(rows: Sequence[Row]) -> tuple[dict[str, float], float]:
    """A logistic model's weights by name, and its bias."""
    x, y = np.array([row.features for row in rows]), np.array([row.right for row in rows])
    model = LogisticRegression(max_iter=1000).fit(x, y)
    weights = {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0], strict=True)}
    return weights, round(float(model.intercept_[0]), 4)


def unseen(rows: Sequence[Row]) -> Floats:
    """The confidence of each row by a model that was fitted without it, in ten parts."""
    x, y = np.array([row.features for row in rows]), np.array([row.right for row in rows])
    folds = StratifiedKFold(min(10, int(y.sum()), int((~y).sum())), shuffle=True, random_state=0)
    found: Floats = cross_val_predict(LogisticRegression(max_iter=1000), x, y, cv=folds, method="predict_proba")[:, 1]
    return found


def reached(confidences: Floats, right: Sequence[bool]) -> tuple[tuple[float, float], ...]:
    """For each of PRECISIONS that is reached, the least confidence from which that share is right."""
    order = np.argsort(-confidences, kind="stable")
    precision = np.cumsum(np.array(right)[order]) / np.arange(1, len(order) + 1)
    found = []
    for wanted in PRECISIONS:
        enough = [n for n in np.flatnonzero(precision >= wanted) if n + 1 >= FEWEST]
        if enough:
            found.append((wanted, round(float(confidences[order[enough[-1]]]), 4)))
    return tuple(found)


@click.command()
@click.option("--data", default="../shared/data", type=click.Path(path_type=Path), help="The folder that holds train/.")
@click.option("--questions", default=2_400, show_default=True, help="How many are asked, of all sets together.")
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
    examples = all_examples(data)
    documents = [document for name in SETS for document in contexts_of(name, examples)]
    present = {document.text for document in documents}
    asked = [
        one
        for name, share in SETS.items()
        for one in asked_of(name, examples, present, random, round(share * questions))
    ]
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
    confidences = unseen(rows)
    curve = reached(confidences, [row.right for row in rows])
    digest = joint_digest(model.digest, embedder.digest)
    calibration = Calibration(model.name, digest, ranking, weights, bias, THRESHOLD, curve)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(calibration)) + b"\n")
    for line in report(rows, confidences):
        click.echo(line)
    click.echo(f"wrote {path}")


def report(rows: Sequence[Row], confidences: Floats) -> Iterator[str]:
    """How sure and how right the reader is on each set, and what each threshold would answer."""
    right, sets = np.array([row.right for row in rows]), np.array([row.set for row in rows])
    for name in SETS:
        mine = sets == name
        if mine.any():
            error = np.mean(confidences[mine]) - np.mean(right[mine])
            yield f"{name}: {right[mine].mean():.0%} right, confidence {error:+.3f} (n = {mine.sum()})"
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        taken = right[confidences >= threshold]
        yield (
            f"threshold {threshold}: answers {len(taken) / len(rows):.0%}, "
            f"{taken.sum() / max(1, len(taken)):.0%} of them right (n = {len(rows)})"
        )


if __name__ == "__main__":
    main()
