"""A reader without training of its own: the sentence that fits best, and in it the fact that the question asks for.

A sentence is judged by its nearness to the question (cosine of their embeddings), by the words that it and its passage
share with the question, by the rank of its passage, and by whether it holds a fact of the kind that is asked for. A
weighted sum of these is its score; `qa/training/calibrate.py` fitted the weights. Knows nothing of confidence.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Struct

from index.documents import Document, Passage
from index.embedder import Embedder
from index.sentences import sentences
from qa.facts import facts
from qa.questions import Kind, content_keys, kind_of
from qa.reader import Span

MODEL = Path(__file__).parent / "models" / "sentence_reader.json"
EMBEDDED = 8  # sentences that are embedded for a question: the most promising by words and facts
CACHED = 20_000  # sentence vectors kept: about 30 MB
FEATURES = ("cosine", "overlap", "passage_overlap", "rank", "nearness", "rarity", "no_number", "no_name", "length")
NUMERIC: frozenset[Kind] = frozenset({"amount", "count", "date", "quantity"})
NAMED: frozenset[Kind] = frozenset({"person", "place"})
# Too few questions in the training sets ask for an amount of money to learn this: a sentence without one has no answer.
WITHOUT_AMOUNT = 3.0
FAR = 99.0  # words between a fact and the question's words when they share none

Vectors = np.ndarray[Any, np.dtype[np.float32]]


class Weights(Struct, frozen=True):
    """One weight for each feature."""

    weights: dict[str, float]


class Fact(NamedTuple):
    """The range of a fact in its sentence, and how many words lie between it and a word of the question."""

    start: int
    end: int
    distance: float


class Sentence(Struct, frozen=True):
    """A sentence of a passage, its range in the document, and what the question shares with it, from 0 to 1."""

    document: Document
    start: int
    end: int
    overlap: float
    passage_overlap: float
    rank: int

    @property
    def text(self) -> str:
        return self.document.text[self.start : self.end]


class SentenceReader:
    """See the module. Sentence vectors are cached by their text."""

    name = "sentence-reader"

    def __init__(self, embedder: Embedder, model: Path = MODEL) -> None:
        raw = model.read_bytes()
        self._weights = msgspec.json.decode(raw, type=Weights)
        self._embedder = embedder
        self._vectors: dict[str, Vectors] = {}  # oldest first
        self._lock = threading.Lock()
        self.digest = sha256(raw + embedder.digest.encode()).hexdigest()

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """One span for each of the sentences that share most with the question, best first."""
        kind = kind_of(question)
        spans = []
        for sentence, features in self.features(question, passages):
            weighed = sum(self._weights.weights[name] * value for name, value in zip(FEATURES, features, strict=True))
            found = nearest_fact(question, sentence.text, kind)
            score = weighed - WITHOUT_AMOUNT * (kind == "amount" and found is None)
            fact = found or Fact(0, sentence.end - sentence.start, FAR)
            start, end = sentence.start + fact.start, sentence.start + fact.end
            spans.append(Span(sentence.document, start, end, score, 0.0))
        return sorted(spans, key=lambda span: -span.score)

    def features(self, question: str, passages: Sequence[Passage]) -> list[tuple[Sentence, list[float]]]:
        """The sentences that are considered, each with its features in the order of FEATURES."""
        kind = kind_of(question)
        chosen = sorted(split(question, passages), key=lambda s: (-promise(s, kind), s.rank))[:EMBEDDED]
        vectors = self._embed([sentence.text for sentence in chosen])
        cosines = vectors @ self._embedder.encode([question], "question")[0]
        near = [nearest_fact(question, sentence.text, kind) for sentence in chosen]
        holders = sum(fact is not None for fact in near)
        found = []
        for sentence, cosine, fact in zip(chosen, cosines.tolist(), near, strict=True):
            values = [
                cosine,
                sentence.overlap,
                sentence.passage_overlap,
                1 / (1 + sentence.rank),
                1 / (1 + fact.distance) if fact else 0.0,
                1 / holders if fact else 0.0,
                float(fact is None and kind in NUMERIC),
                float(fact is None and kind in NAMED),
                min(len(sentence.text), 400) / 400,
            ]
            found.append((sentence, values))
        return found

    def _embed(self, texts: Sequence[str]) -> Vectors:
        known = {text: self._vectors.get(text) for text in texts}
        new = [text for text, vector in known.items() if vector is None]
        vectors = self._embedder.encode(new, "passage")
        known.update(zip(new, vectors, strict=True))
        with self._lock:
            self._vectors.update(zip(new, vectors, strict=True))
            for text in list(islice(self._vectors, max(0, len(self._vectors) - CACHED))):
                del self._vectors[text]
        return np.array([known[text] for text in texts], np.float32).reshape(len(texts), self._embedder.dimension)


def promise(sentence: Sentence, kind: Kind) -> float:
    """What can be said of a sentence before it is embedded: shared words, and whether it holds a fact of the kind."""
    return sentence.overlap + sentence.passage_overlap + 0.5 * bool(facts(sentence.text, kind))


def split(question: str, passages: Sequence[Passage]) -> list[Sentence]:
    """The sentences of the passages. Words count for more the fewer of these sentences hold them."""
    asked = set(content_keys(question))
    pieces = [
        (passage, rank, passage.start + start, passage.start + end)
        for rank, passage in enumerate(passages)
        for start, end in sentences(passage.document.text[passage.start : passage.end], passage.document.language)
    ]
    keys = [frozenset(content_keys(passage.document.text[start:end])) for passage, _, start, end in pieces]
    held = Counter(key for found in keys for key in found & asked)
    weight = {key: math.log(1 + (len(pieces) + 1) / (held[key] + 1)) for key in asked}
    total = sum(weight.values()) or 1.0
    in_passage: dict[int, set[str]] = {}
    for (_, rank, _, _), found in zip(pieces, keys, strict=True):
        in_passage.setdefault(rank, set()).update(found & asked)
    return [
        Sentence(
            passage.document,
            start,
            end,
            sum(weight[key] for key in found & asked) / total,
            sum(weight[key] for key in in_passage[rank]) / total,
            rank,
        )
        for (passage, rank, start, end), found in zip(pieces, keys, strict=True)
    ]


def nearest_fact(question: str, text: str, kind: Kind) -> Fact | None:
    """The fact of a kind that stands nearest to a word of the question; None when the text holds none.

    A word after the fact counts before one ahead of it; what the question itself says is no answer.
    """
    asked = set(content_keys(question))
    found = []
    for start, end in facts(text, kind):
        if set(content_keys(text[start:end])) <= asked:
            continue
        after = next((i for i, key in enumerate(content_keys(text[end:])) if key in asked), FAR)
        before = next((i for i, key in enumerate(reversed(content_keys(text[:start]))) if key in asked), FAR)
        found.append(Fact(start, end, min(after, before + 0.5)))
    return min(found, key=lambda fact: fact.distance, default=None)
