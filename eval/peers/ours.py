"""Extrait, and each leg of its search alone, on the passages of a set. Knows nothing of peers or figures.

Extrait is measured as a user has it: passages are taken in as documents, cut into chunks, and found as chunks. A chunk
stands for its passage, at the best rank of its chunks, so that the ten chunks asked for may be fewer passages than a
peer's ten. A leg alone ranks the passages whole, as it would without the rest of Extrait, with an index of its own, and
reads nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from msgspec import Struct
from msgspec.structs import replace

from eval.gold import GoldError, GoldSet
from eval.outcomes import Found, Outcome
from eval.peers.protocol import DEPTH, Result
from eval.run import DEPTH_FOR_DOCUMENTS, with_reply
from index.dense import DenseIndex
from index.documents import Document
from index.embedder import Embedder
from index.ingest import ingest
from index.language import language_of
from index.lexical import LexicalIndex
from index.library import Library
from qa.confidence import Calibration
from qa.engine import Engine
from qa.reader import Reader

Search = Callable[[str], Sequence[Found]]


class Measured(Struct, frozen=True):
    """A system's outcomes, and the seconds that it took to index the passages."""

    name: str
    version: str
    index_seconds: float
    outcomes: tuple[Outcome, ...]


class Reading(Struct, frozen=True):
    """What Extrait answers with: a reader, and the calibration that puts its answers in order."""

    reader: Reader
    calibration: Calibration


def extrait(gold_set: GoldSet, embedder: Embedder, reading: Reading | None = None) -> Measured:
    """The whole default search, and the engine's answers where there is something to read with."""
    with TemporaryDirectory(prefix="extrait-peers-") as folder:
        library = Library(Path(folder), embedder)
        try:
            start = perf_counter()
            for _, outcome in ingest(library, gold_set.documents):
                if outcome.state == "failed":
                    raise GoldError(f"{outcome.document_id or outcome.name}: not taken in ({outcome.reason})")
            seconds = perf_counter() - start
            depth = DEPTH_FOR_DOCUMENTS if gold_set.relevant else DEPTH
            by_id = {document.id: document for document in gold_set.documents}

            def search(question: str) -> list[Found]:
                best: dict[str, float] = {}
                for passage in library.search(question, depth):
                    best.setdefault(passage.document.id, passage.score)
                return [found(by_id[id_], score) for id_, score in best.items()]

            outcomes = asked(gold_set, search)
            if reading:
                # It must answer, as peers must: no confidence is too low.
                engine = Engine(library, reading.reader, reading.calibration, min_confidence=0.0)
                read(engine, outcomes[0])  # uncounted, as the first question of a search
                outcomes = tuple(read(engine, outcome) for outcome in outcomes)
            return Measured("Extrait", "", seconds, outcomes)
        finally:
            library.close()


def read(engine: Engine, outcome: Outcome) -> Outcome:
    """The outcome with the engine's reply, which comes of as many chunks as it reads by default.

    The time is that of reading and composing: the search before them has been timed.
    """
    stages: dict[str, float] = {}
    reply = engine.answer(outcome.question, timings=stages)
    latency = outcome.latency | {"read": stages["read"] + stages["compose"]}
    return replace(with_reply(outcome, reply), latency=latency)


def bm25(gold_set: GoldSet) -> Measured:
    """The lexical leg alone, passages whole."""
    documents = gold_set.documents

    def rows() -> Iterator[tuple[int, str, str, list[str]]]:
        for number, document in enumerate(documents):
            yield number, document.text, language_of(document.text), []

    with TemporaryDirectory(prefix="extrait-peers-") as folder:
        start = perf_counter()
        index = LexicalIndex.build(Path(folder) / "lexical", rows())
        seconds = perf_counter() - start
        outcomes = asked(gold_set, lambda question: whole(documents, index.search(question, DEPTH)))
        return Measured("BM25 alone", "", seconds, outcomes)


def dense(gold_set: GoldSet, embedder: Embedder) -> Measured:
    """The dense leg alone, passages whole, as far as the model reads them."""
    documents = gold_set.documents
    embedder.encode([documents[0].text], "passage")  # uncounted: the first call pays for what is loaded late
    start = perf_counter()
    vectors = embedder.encode([document.text for document in documents], "passage")
    index = DenseIndex.build(range(len(documents)), vectors, embedder.dimension)
    seconds = perf_counter() - start

    def search(question: str) -> list[Found]:
        return whole(documents, index.search(embedder.encode([question], "question")[0], DEPTH))

    return Measured("dense model alone", "", seconds, asked(gold_set, search))


def asked(gold_set: GoldSet, search: Search) -> tuple[Outcome, ...]:
    """Every question, timed; the first is asked once before, uncounted."""
    search(gold_set.questions[0].question)
    outcomes = []
    for gold in gold_set.questions:
        start = perf_counter()
        passages = tuple(search(gold.question))
        seconds = perf_counter() - start
        outcomes.append(Outcome(gold.id, gold.question, passages, latency={"search": seconds}))
    return tuple(outcomes)


def whole(documents: Sequence[Document], ranking: Sequence[tuple[int, float]]) -> list[Found]:
    """Whole passages, from the numbers and scores of a leg."""
    return [found(documents[number], score) for number, score in ranking]


def found(document: Document, score: float) -> Found:
    """A whole passage."""
    return Found(document.id, 0, len(document.text), score)


def as_measured(name: str, result: Result, gold_set: GoldSet) -> Measured:
    """A peer's result in the same form; its ranks stand for scores. One that takes no time to read does not read."""
    by_id = {document.id: document for document in gold_set.documents}
    outcomes = tuple(
        Outcome(
            gold.id,
            gold.question,
            tuple(found(by_id[id_], -float(rank)) for rank, id_ in enumerate(item.passages)),
            answered=bool(item.answer) if item.reading_seconds else None,
            text=item.answer,
            latency={"search": item.seconds} | ({"read": item.reading_seconds} if item.reading_seconds else {}),
        )
        for gold, item in zip(gold_set.questions, result.questions, strict=True)
    )
    return Measured(name, result.version, result.index_seconds, outcomes)
