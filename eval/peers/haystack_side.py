# mypy: ignore-errors
"""haystack-ai's side of `eval.peers.protocol`: its usual hybrid pipeline and its reader. Run by haystack's own Python.

BM25 and embeddings from one in-memory store, ten passages each, joined by reciprocal rank fusion, which is what its
guides show. Its extractive reader reads all of them and gives its best span. Defaults but for the models, unit vectors
(as Extrait has them), the CPU, and that the reader must answer.
"""

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from haystack import Document, Pipeline
from haystack.components.joiners import DocumentJoiner
from haystack.components.retrievers.in_memory import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
from haystack.document_stores.in_memory import InMemoryDocumentStore
from haystack.utils import ComponentDevice
from haystack_integrations.components.embedders.sentence_transformers import (
    SentenceTransformersDocumentEmbedder,
    SentenceTransformersTextEmbedder,
)
from haystack_integrations.components.readers.transformers import TransformersExtractiveReader


def read_lines(path: Path) -> list[dict]:
    """The lines of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def make_pipeline(store: InMemoryDocumentStore, encoder: dict, prefix: str, k: int) -> Pipeline:
    """Both retrievers on the store, joined."""
    pipeline = Pipeline()
    pipeline.add_component("text_embedder", SentenceTransformersTextEmbedder(**encoder, prefix=prefix))
    pipeline.add_component("dense", InMemoryEmbeddingRetriever(store, top_k=k))
    pipeline.add_component("bm25", InMemoryBM25Retriever(store, top_k=k))
    pipeline.add_component("joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=k))
    pipeline.connect("text_embedder.embedding", "dense.query_embedding")
    pipeline.connect("bm25", "joiner")
    pipeline.connect("dense", "joiner")
    return pipeline


def make_read(folder: str) -> Callable[[str, list[Document]], str]:
    """What reads an answer in documents; "" where there is none."""
    reader = TransformersExtractiveReader(folder, device=ComponentDevice.from_str("cpu"), top_k=1, no_answer=False)
    reader.warm_up()

    def read(question: str, documents: list[Document]) -> str:
        answers = reader.run(query=question, documents=documents)["answers"]
        return answers[0].data if answers else ""

    return read


def main(folder: Path, out: Path) -> None:
    """Index, ask, write."""
    work = json.loads((folder / "work.json").read_text(encoding="utf-8"))
    passages, questions = read_lines(folder / "passages.jsonl"), read_lines(folder / "questions.jsonl")
    encoder = {
        "model": work["encoder"],
        "device": ComponentDevice.from_str("cpu"),
        "normalize_embeddings": True,
        "progress_bar": False,
    }
    store = InMemoryDocumentStore()
    embedder = SentenceTransformersDocumentEmbedder(**encoder, prefix=work["before_passage"])
    documents = [Document(id=line["id"], content=line["text"]) for line in passages]
    embedder.warm_up()
    embedder.run(documents=documents[:1])  # uncounted: the first call pays for what is loaded late
    start = perf_counter()
    store.write_documents(embedder.run(documents=documents)["documents"])
    index_seconds = perf_counter() - start
    pipeline = make_pipeline(store, encoder, work["before_question"], work["k"])

    read = make_read(work["reader"]) if work["reader"] else None

    def ask(line: dict) -> dict:
        start = perf_counter()
        found = pipeline.run({"text_embedder": {"text": line["text"]}, "bm25": {"query": line["text"]}})
        documents = found["joiner"]["documents"]
        searched = perf_counter()
        ranked = {"id": line["id"], "passages": [one.id for one in documents], "seconds": searched - start}
        if read:
            ranked |= {"answer": read(line["text"], documents), "reading_seconds": perf_counter() - searched}
        return ranked

    ask(questions[0])
    answered = [ask(line) for line in questions]
    result = {"version": version("haystack-ai"), "index_seconds": index_seconds, "questions": answered}
    out.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
