"""`make bench-ingest [CHUNKS]`: three measurements of ingestion; prints tables, and JSON last.

How fast files are taken in, beside the embedder alone on the same chunks; what becomes of every file of ../shared/docs,
by tag, where there is that folder; and a library of 100,000 chunks with random vectors in place of a model, so that it
measures the index alone. Memory is the peak of this process at that size.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from eval.bench_corpus import corpus
from eval.made_up import CHUNKS_A_DOCUMENT, Random, Timed, made_up
from index.dense import DenseIndex
from index.documents import Document
from index.embedder import SentenceTransformerEmbedder
from index.ingest import ingest, sources
from index.library import Library
from index.parsing import parser

CHUNKS = 100_000
FILES = 24  # of the first part
ROUNDS = 3  # of the first part, whose median counts
SAMPLES = Path(__file__).parents[1].parent / "shared" / "docs"


def ingestion(model: SentenceTransformerEmbedder) -> dict[str, Any]:
    """How fast files are read, hashed, written, embedded and published, and how fast the embedder does their chunks.

    The embedder alone gets all chunks at once, which suits it best; it goes before and after.
    """
    model.encode(["Une phrase, pour commencer."] * 64, "passage")
    shares, wholes, alones = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, "files")
        files.mkdir()
        for number, document in enumerate(made_up(FILES, 120)):
            lines = document.text.split("\n\n")
            page = "\n".join(f"<p>{escape(line)}</p>" for line in lines)
            html = f"<html><title>{document.title}</title><body><main>{page}</main></body></html>"
            text = html if number % 2 else f"# {document.title}\n\n{document.text}"
            files.joinpath(f"{number}.{'html' if number % 2 else 'md'}").write_text(text, encoding="utf-8")
        parser().parse(files / "0.md", "0.md")  # its process is started once
        texts = _taken_in(Path(folder, "first"), files, model)[1]
        alones.append(_seconds(model.encode, texts, "passage"))
        for attempt in range(ROUNDS):
            wholes.append(_taken_in(Path(folder, str(attempt)), files, model)[0])
            alones.append(_seconds(model.encode, texts, "passage"))
            shares.append((alones[-2] + alones[-1]) / 2 / wholes[-1])
    questions = [f"Où se trouve l'usine numéro {n} ?" for n in range(40)]
    one = median(_seconds(model.encode, [text], "question") for text in questions)
    return {
        "chunks": len(texts),
        "ingest_s": median(wholes),
        "embedder_alone_s": median(alones),
        "share": median(shares),
        "shares": shares,
        "embed_a_question_ms": 1_000 * one,
    }


def _taken_in(data: Path, files: Path, model: Any) -> tuple[float, list[str]]:
    timed = Timed(model)
    library = Library(data, timed)
    seconds = _seconds(lambda: list(ingest(library, sources([files]))))
    library.close()
    return seconds, timed.texts


def _seconds(act: Callable[..., Any], *given: Any, **named: Any) -> float:
    start = perf_counter()
    act(*given, **named)
    return perf_counter() - start


def at_size(chunks: int) -> dict[str, float]:
    """A library of so many chunks: filled, searched, opened again, added to, deleted from, freed of deleted words."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder), Random())
        found["write_s"] = _seconds(lambda: list(library.add(made_up(-(-chunks // CHUNKS_A_DOCUMENT), 100))))
        found["publish_s"] = _seconds(library.publish)
        library.close()
        opened: list[Library] = []
        found["start_s"] = _seconds(lambda: opened.append(Library(Path(folder), Random())))
        [library] = opened
        found["chunks"] = library.generation.manifest.chunks
        questions = [next(made_up(1, 1)).text[10 * n : 10 * n + 60] for n in range(5)] * 8
        filters: dict[str, Any]
        for name, filters in (
            ("search_ms", {}),
            ("search_in_collection_ms", {"collection": "default"}),
            ("search_in_a_tenth_ms", {"filters": {"tenth": 3}}),
        ):
            times = [_seconds(library.search, q, 10, **filters) for q in questions]
            found[name] = 1_000 * median(times)
        new = Document("new", "New", "Le jardin botanique zygomorphe ouvre ses portes au printemps.", language="fr")
        found["add_and_find_s"] = _seconds(_added_and_found, library, new)
        found["delete_s"] = _seconds(library.delete, "made-up-7")
        found["scrub_s"] = _seconds(library.publisher.scrub)
        found["peak_memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
        found |= _against_flat(library)
        library.close()
    return found


def _added_and_found(library: Library, new: Document) -> None:
    list(library.add([new]))
    library.publish()
    if new.id not in {passage.document.id for passage in library.search("zygomorphe")}:
        raise LookupError(f"{new.id} was added and is not found")


def _against_flat(library: Library) -> dict[str, float]:
    """The parts of 16-bit numbers beside one flat index of the same vectors: the nearest ten, and the time."""
    parts, ids = library.generation.dense, library.store.indexed_ids()
    vectors = np.stack([np.frombuffer(vector, np.float32) for _, _, vector in library.store.chunks(ids)])
    flat = DenseIndex.build(ids, vectors, Random.dimension)
    draw = np.random.default_rng(1)
    asked = vectors[draw.integers(0, len(vectors), 200)] + 0.3 * draw.standard_normal(
        (200, vectors.shape[1]), np.float32
    )
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    near = [len({k for k, _ in parts.search(q, 10)} & {k for k, _ in flat.search(q, 10)}) for q in asked]
    return {
        "recall_at_10_against_flat": sum(near) / 2_000,
        "dense_ms": 1_000 * median(_seconds(parts.search, q, 50) for q in asked),
        "flat_ms": 1_000 * median(_seconds(flat.search, q, 50) for q in asked),
    }


def main() -> None:
    """All parts; the size may be given."""
    found: dict[str, Any] = {"at_size": at_size(int(sys.argv[1]) if len(sys.argv) > 1 else CHUNKS)}
    print(json.dumps(found, indent=1), flush=True)
    model = SentenceTransformerEmbedder()  # after it: the peak of memory at size is that of the index
    found["ingestion"] = ingestion(model)
    if SAMPLES.is_dir():
        found["corpus"] = corpus(SAMPLES, model)
    else:
        print(f"There is no {SAMPLES}: the table by tag was left out.")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
