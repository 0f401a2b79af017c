"""The trained reader: spans of a question-answering model, in the coordinates of their documents.

The one that ships is in `qa/models/reader/`; any question-answering model that transformers loads, by folder or name,
works instead. Knows nothing of confidence.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from index.compiled import AUTO, OPENVINO, Loaded, chosen, open_compiled
from index.documents import Passage
from index.embedder import DEFAULT
from index.errors import InvalidRequest
from index.packed import WORDS, folder_digest, unpacked
from qa.ranking import Shared, promise, shared, strength
from qa.reader import Span
from qa.span_model import ByTorch, Computed, Reading, SpanModel, load_model

DEFAULT_NAME = "extrait-reader"
MODEL = Path(__file__).parent / "models" / "reader"
WEIGHTS_SHA256 = "33a47b9b67b58f4920935f4e5db669ceeff4f09e8e41d1ccb127ae3ee795ce1a"
SPANS = 3  # of each window of a passage
FIRST = 2  # passages that are read at once
ENOUGH = 2.0  # strength ahead of what is known of the next passage: then reading on changed held-back F1 by .003


def open_model(source: str = DEFAULT, backend: str = AUTO, cache: Path | None = None) -> SpanModel:
    """Loads a model, to be computed by `backend`; `cache` is the folder that keeps what OpenVINO converted.

    Raises DamagedIndex when ours is not as it shipped, InvalidRequest when another cannot be had.
    """
    own, folder = source == DEFAULT, Path(source)
    digest = folder_digest(WORDS, MODEL) if own else folder_digest(folder) if folder.is_dir() else ""
    try:
        if chosen(backend) == OPENVINO:
            computed: Computed = open_compiled(partial(load, source, digest), digest, cache)
        else:
            computed = ByTorch(load(source, digest))
        return SpanModel(computed, DEFAULT_NAME if own else source)
    except (OSError, ValueError) as error:
        raise InvalidRequest(
            f"EXTRAIT_READER is {source!r}, which is no question-answering model that can be loaded here ({error}). "
            "Give a folder or a hub name."
        ) from error


def load(source: str, digest: str) -> Loaded:
    """The model in torch."""
    if source != DEFAULT:
        return load_model(source, digest)
    with unpacked(MODEL, WEIGHTS_SHA256) as folder:
        return load_model(str(folder), digest)


class Model(Protocol):
    """What reads one question in several texts; `qa.span_model.SpanModel`."""

    name: str
    digest: str

    def read(self, question: str, texts: Sequence[str], count: int) -> list[Reading]:
        """What each text gives, in order."""
        ...


class SpanReader:
    """Reads the most promising passages first, and the others only when one of them could still win."""

    def __init__(self, model: Model, weights: Mapping[str, float], enough: float = ENOUGH) -> None:
        """`weights` are those of `qa.ranking.FEATURES`; with `enough` at infinity every passage is read."""
        self._model, self._weights, self._enough = model, weights, enough
        self.name, self.digest = model.name, model.digest

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """The best spans of the passages that were read, strongest first."""
        about = shared(question, passages)
        promises = [promise(one, self._weights) for one in about]
        order = sorted(range(len(passages)), key=lambda place: -promises[place])
        spans: list[Span] = []
        for places in (order[:FIRST], order[FIRST:]):
            best = max((span.strength for span in spans), default=-math.inf)
            if places and best < promises[places[0]] + self._enough:
                rows = [(passages[place], about[place]) for place in places]
                spans += [
                    replace(span, strength=strength(features, self._weights))
                    for span, features in found_in(self._model, question, rows)
                ]
        return sorted(spans, key=lambda span: -span.strength)


def found_in(model: Model, question: str, rows: Sequence[tuple[Passage, Shared]]) -> Iterator[tuple[Span, list[float]]]:
    """The spans of each passage, and their features in the order of `qa.ranking.FEATURES`."""
    texts = [passage.document.text[passage.start : passage.end] for passage, _ in rows]
    for (passage, about), reading in zip(rows, model.read(question, texts, SPANS), strict=True):
        for found in reading.spans:
            start, end = passage.start + found.start, passage.start + found.end
            overlap = about.at(start, end)
            span = Span(
                passage.document,
                start,
                end,
                found.score,
                reading.none,
                0.0,
                overlap,
                about.overlap,
                about.retrieval,
                about.crossed,
            )
            yield span, [span.margin, span.score, about.rank, about.retrieval, overlap, about.overlap]
