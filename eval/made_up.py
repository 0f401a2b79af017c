"""What the benchmarks of the index have in place of documents and of a model: made-up text, random vectors."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from index.dense import Vectors
from index.documents import Document
from index.text import words

SEEDS = Path(__file__).parents[1] / "seeds" / "documents"
CHUNKS_A_DOCUMENT = 29  # at least, of 100 sentences


class Timed:
    """An embedder that notes which texts it was given."""

    def __init__(self, model: Any) -> None:
        self.model, self.texts = model, list[str]()
        self.name, self.digest, self.dimension, self.window = model.name, model.digest, model.dimension, model.window
        self.count_pieces: Callable[[Sequence[str]], list[int]] = model.count_pieces

    def encode(self, texts: Sequence[str], role: Any) -> Vectors:
        """As the model does."""
        self.texts += texts
        vectors: Vectors = self.model.encode(texts, role)
        return vectors


class Random:
    """Random unit vectors around 2,000 centres, in no time. With a `counter` of pieces, the window is that model's."""

    name, digest, dimension, window = "random", "1", 384, 254

    def __init__(self, counter: Any = None) -> None:
        self._draw = np.random.default_rng(0)
        self._centres = self._draw.standard_normal((2_000, self.dimension), np.float32)
        self._counter = counter
        if counter:
            self.window = counter.window

    def encode(self, texts: Sequence[str], role: Any) -> Vectors:  # noqa: ARG002 - random for either
        """Unit vectors, shape (len(texts), dimension)."""
        near = self._centres[self._draw.integers(0, len(self._centres), len(texts))]
        vectors = near + 0.9 * self._draw.standard_normal(near.shape, np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        """As the counter does; otherwise as many as words."""
        if self._counter:
            return list(self._counter.count_pieces(texts))
        return [len(words(text)) for text in texts]


def made_up(n: int, sentences: int) -> Iterator[Document]:
    """Documents of sentences of words of the seeds, no two alike; a tenth of them have the same `tenth`."""
    draw = random.Random(0)
    known = sorted({word for path in SEEDS.glob("*.txt") for word in words(path.read_text(encoding="utf-8"))})
    for number in range(n):
        lines = (" ".join(draw.choices(known, k=18)) + f" {draw.randrange(10**6)}." for _ in range(sentences))
        yield Document(
            f"made-up-{number}",
            f"Document {number}",
            "\n\n".join(lines),
            language="fr",
            metadata={"tenth": number % 10},
        )
