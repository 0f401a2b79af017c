"""Fits what orders the reader's spans, and the calibration that turns them into a confidence. `make calibrate`.

The questions are those of `qa.training.asked`. First the ranking is fitted (which of two spans is right?), then, on
spans so ordered, the confidence (does the first citation hold the answer?). Takes about half an hour on 2 cores; the
same data give the same file. EXTRAIT_READER, EXTRAIT_EMBEDDER and EXTRAIT_CALIBRATION do it for other models.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import click
import msgspec
import numpy as np
from msgspec import Struct
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from index.library import Library
from index.text import words
from qa.answers import Answer
from qa.compose import compose, features, group, surround
from qa.confidence import FEATURES, Calibration
from qa.engine import CALIBRATION, TOP_K, joint_digest, open_embedder, open_reader
from qa.ranking import FEATURES as RANKING
from qa.ranking import shared
from qa.reader import Reader
from qa.settings import load_settings
from qa.span_model import Reading, SpanModel
from qa.span_reader import Model, SpanReader, found_in
from qa.training.asked import Asked, documents_and_questions
from qa.training.examples import overlap

Floats = np.ndarray[Any, np.dtype[np.float64]]

MOSTLY, HARDLY = 0.5, 0.2  # F1 with the gold answer from which a span is right, and up to which it is wrong
SEED = 20261123
THRESHOLD = 0.4  # from here to 0.6 right answers and right silences on written questions have the same sum
# The questions of squad_en_v2 that have no answer were written to mislead, which few questions to documents are.
LIGHT = {"squad_en_v2": 1 / 3}  # weight of a set's questions in the confidence
PRECISIONS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
FEWEST = 50  # answers from which a precision is told


def holds(text: str, answers: Sequence[str]) -> bool:
    """Whether a text holds one of the gold answers, as whole words."""
    held = f" {' '.join(words(text))} "
    return any(f" {' '.join(words(answer))} " in held for answer in answers)


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


class Pair(Struct, frozen=True):
    """Features of two spans found for one question, of which only the first is the answer, or most of it.

    `weight` is the share of this pair among those of its question.
    """

    right: list[float]
    wrong: list[float]
    weight: float


def comparisons(library: Library, model: Model, asked: Sequence[Asked]) -> Iterator[Pair]:
    """All pairs of each question."""
    for count, one in enumerate(asked, 1):
        passages = library.search(one.question, TOP_K, one.collection)
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
        yield from (Pair(one, other, 1 / (len(right) * len(wrong))) for one, other in product(right, wrong))
        if count % 100 == 0:
            click.echo(f"{count} of {len(asked)} questions", err=True)


class Row(Struct, frozen=True):
    """The features of the best answer to a question of a set, and whether its quote holds the gold answer, if any."""

    set: str
    features: list[float]
    right: bool
    answerable: bool


def reply_rows(library: Library, reader: Reader, asked: Sequence[Asked]) -> Iterator[Row]:
    """A row for each question that finds anything at all."""
    certain = Calibration("", "", {}, dict.fromkeys(FEATURES, 0.0), 30.0, 0.0)
    for one in asked:
        passages = library.search(one.question, TOP_K, one.collection)
        spans = reader.read(one.question, passages)
        groups = group([surround(span, passages) for span in spans])
        few = len(passages) < TOP_K
        reply = compose(one.question, spans, passages, certain, 0.0, lambda *_: (), 0, few=few)
        if isinstance(reply, Answer):
            yield Row(
                one.set, features(groups, 0, few=few), holds(reply.citations[0].quote, one.answers), bool(one.answers)
            )


def fit_ranking(pairs: Sequence[Pair]) -> dict[str, float]:
    """Weights that put the right span before the wrong one: a logistic model of the differences."""
    differences = np.array([np.subtract(pair.right, pair.wrong) for pair in pairs])
    x = np.vstack([differences, -differences])
    y = np.repeat([True, False], len(differences))
    weight = np.tile([pair.weight for pair in pairs], 2)
    model = LogisticRegression(fit_intercept=False, max_iter=1000).fit(x, y, sample_weight=weight)
    return {name: round(float(w), 4) for name, w in zip(RANKING, model.coef_[0], strict=True)}


def fit_confidence(rows: Sequence[Row]) -> LogisticRegression:
    """A logistic model of what is right, fitted on these rows."""
    x, y = np.array([row.features for row in rows]), np.array([row.right for row in rows])
    return LogisticRegression(max_iter=3000).fit(x, y, sample_weight=[LIGHT.get(row.set, 1.0) for row in rows])


def unseen(rows: Sequence[Row]) -> Floats:
    """The confidence of each row by a model that was fitted without it, in ten parts."""
    x, right = np.array([row.features for row in rows]), np.array([row.right for row in rows])
    folds = StratifiedKFold(min(10, int(right.sum()), int((~right).sum())), shuffle=True, random_state=0)
    found = np.zeros(len(rows))
    for seen, left in folds.split(x, right):
        found[left] = fit_confidence([rows[place] for place in seen]).predict_proba(x[left])[:, 1]
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
    embedder, model = open_embedder(settings), open_reader(settings)
    documents, asked = documents_and_questions(data, questions, random)
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
    fitted = fit_confidence(rows)
    weights = {name: round(float(w), 4) for name, w in zip(FEATURES, fitted.coef_[0], strict=True)}
    bias = round(float(fitted.intercept_[0]), 4)
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
    for name in dict.fromkeys(row.set for row in rows):
        mine = sets == name
        if mine.any():
            error = np.mean(confidences[mine]) - np.mean(right[mine])
            yield f"{name}: {right[mine].mean():.0%} right, confidence {error:+.3f} (n = {mine.sum()})"
    answerable = np.array([row.answerable for row in rows])
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        taken = confidences >= threshold
        yield (
            f"threshold {threshold}: answers {taken.mean():.0%}, {right[taken].mean():.0%} of them right; "
            f"{(~taken)[~answerable].mean():.0%} silent where there is no answer (n = {len(rows)})"
        )


if __name__ == "__main__":
    main()
