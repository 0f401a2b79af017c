"""`make bench-ingest`: ingestion beside the embedder alone, and a library of 100,000 chunks; prints JSON last.

The first part takes the seed documents and as much made-up text; the second has random vectors in place of a model, so
that it measures the index alone: search, start, adding and deleting. Memory is the peak of this process.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from index.dense import DenseIndex, Vectors
from index.documents import Document
from index.embedder import SentenceTransformerEmbedder
from index.library import Library
from index.text import words

CHUNKS = 100_000
DOCUMENTS = 24  # of the first part
SEEDS = Path(__file__).parents[2] / "seeds" / "documents"


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
    """Random unit vectors around 2,000 centres, in no time."""

    name, digest, dimension, window = "random", "1", 384, 254

    def __init__(self) -> None:
        self._draw = np.random.default_rng(0)
        self._centres = self._draw.standard_normal((2_000, self.dimension), np.float32)

    def encode(self, texts: Sequence[str], role: Any) -> Vectors:  # noqa: ARG002 - random for either
        """Unit vectors, shape (len(texts), dimension)."""
        near = self._centres[self._draw.integers(0, len(self._centres), len(texts))]
        vectors = near + 0.9 * self._draw.standard_normal(near.shape, np.float32)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        """As many as words."""
        return [len(words(text)) for text in texts]


def made_up(n: int, sentences: int) -> Iterator[Document]:
    """Documents of sentences of words of the seeds, no two alike."""
    draw = random.Random(0)
    known = sorted({word for path in SEEDS.glob("*.txt") for word in words(path.read_text(encoding="utf-8"))})
    for number in range(n):
        lines = (" ".join(draw.choices(known, k=18)) + f" {draw.randrange(10**6)}." for _ in range(sentences))
        yield Document(f"made-up-{number}", f"Document {number}", "\n\n".join(lines), language="fr")


def ingestion() -> dict[str, float]:
    """How fast documents are taken in, and how fast the embedder alone does the same texts."""
    model = SentenceTransformerEmbedder()
    model.encode(["Une phrase, pour commencer."] * 64, "passage")
    with tempfile.TemporaryDirectory() as folder:
        timed = Timed(model)
        library = Library(Path(folder), timed)
        start = perf_counter()
        list(library.add(made_up(DOCUMENTS, 120)))
        library.publish()
        whole = perf_counter() - start
        library.close()
    start = perf_counter()
    model.encode(timed.texts, "passage")
    alone = perf_counter() - start
    return {"chunks": len(timed.texts), "ingest_s": whole, "embedder_alone_s": alone, "share": alone / whole}


def at_size(chunks: int) -> dict[str, float]:
    """A library of so many chunks: filled, searched, opened again, added to, deleted from."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:

        def timed(name: str, act: Callable[[], Any]) -> Any:
            start = perf_counter()
            result = act()
            found[name] = perf_counter() - start
            return result

        library = Library(Path(folder), Random())
        timed("write_s", lambda: list(library.add(made_up(chunks // 25, 100))))
        timed("publish_s", library.publish)
        library.close()
        library = timed("start_s", lambda: Library(Path(folder), Random()))
        manifest = library.generation.manifest
        found["chunks"] = manifest.chunks
        questions = [next(made_up(1, 1)).text[10 * n : 10 * n + 60] for n in range(5)] * 8
        for name, filters in (("search_ms", {}), ("search_in_collection_ms", {"collection": "default"})):
            times = []
            for question in questions:
                start = perf_counter()
                library.search(question, 10, **filters)
                times.append(1_000 * (perf_counter() - start))
            found[name] = median(times)
        new = Document("new", "New", "Le jardin botanique zygomorphe ouvre ses portes au printemps.", language="fr")
        timed("add_and_find_s", lambda: (list(library.add([new])), library.publish(), library.search("zygomorphe")))
        timed("delete_s", lambda: library.delete("made-up-7"))
        parts = library.generation.dense
        ids = library.store.indexed_ids()[:50_000]
        exact_vectors = np.stack([np.frombuffer(v, np.float32) for _, _, v in library.store.chunks(ids)])
        exact = DenseIndex.build(ids, exact_vectors, Random.dimension)
        asked = exact_vectors[:200]
        near = [len({k for k, _ in parts.search(q, 10, ids)} & {k for k, _ in exact.search(q, 10)}) for q in asked]
        found["recall_at_10_against_flat"] = sum(near) / 2_000
        timed("scrub_s", library.publisher.scrub)
        library.close()
    found["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    return found


def main() -> None:
    """Both parts; the size of the second may be given."""
    size = at_size(int(sys.argv[1]) if len(sys.argv) > 1 else CHUNKS)
    print(json.dumps({"ingestion": ingestion(), "at_size": size}, indent=1))


if __name__ == "__main__":
    main()
