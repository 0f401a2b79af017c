"""Question in, reply out: search, read, compose. Knows the index by its search call, never by FAISS or tantivy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from index.documents import MetadataValue, Passage
from index.embedder import SentenceTransformerEmbedder
from index.errors import InvalidRequest
from index.library import Library
from index.text import canonical
from qa.answers import Reply
from qa.compose import compose
from qa.confidence import Calibration, load_calibration
from qa.reader import Reader
from qa.settings import Settings
from qa.span_model import SpanModel
from qa.span_reader import SpanReader, open_model

MAX_QUESTION = 2_000  # characters
TOP_K = 8  # passages that are read for an answer
MAX_K = 50
CALIBRATION = Path(__file__).parent / "models" / "calibration.json"


class Engine:
    """Answers questions from one library with one reader."""

    def __init__(
        self, library: Library, reader: Reader, calibration: Calibration, min_confidence: float | None
    ) -> None:
        self.library = library
        self.reader = reader
        self.calibration = calibration
        self.min_confidence = calibration.threshold if min_confidence is None else min_confidence

    def search(
        self,
        question: str,
        k: int = 10,
        collection: str | None = None,
        filters: Mapping[str, MetadataValue] | None = None,
    ) -> list[Passage]:
        """The k best passages. Raises InvalidRequest for a question that cannot be asked, NotFound for a collection."""
        check_k(k, "k")
        return self.library.search(checked(question), k, collection, filters)

    def answer(
        self,
        question: str,
        collection: str | None = None,
        filters: Mapping[str, MetadataValue] | None = None,
        top_k: int = TOP_K,
        min_confidence: float | None = None,
        timings: dict[str, float] | None = None,
    ) -> Reply:
        """An answer with its citations, or no answer. `timings`, if given, receives the seconds of each step.

        Raises InvalidRequest for a question or number that cannot be used, NotFound for an unknown collection.
        """
        check_k(top_k, "top_k")
        if min_confidence is not None and not 0 <= min_confidence <= 1:
            raise InvalidRequest(f"min_confidence is {min_confidence}: give a probability from 0 to 1.")
        question = checked(question)
        wanted = self.min_confidence if min_confidence is None else min_confidence
        start = perf_counter()
        generation = self.library.generation  # that the reply names, whatever is published while it is made
        passages = self.library.search(question, top_k, collection, filters, generation)
        retrieved = perf_counter()
        spans = self.reader.read(question, passages)
        read = perf_counter()
        visible = self.library.visible(collection, filters or {})
        reply = compose(
            question,
            spans,
            passages,
            self.calibration,
            wanted,
            partial(self.library.places, visible=visible),
            generation.manifest.number,
            partial(self.library.count_places, visible=visible),
            few=len(passages) < top_k,
        )
        if timings is not None:
            timings |= {"retrieve": retrieved - start, "read": read - retrieved, "compose": perf_counter() - read}
        return reply


def checked(question: str) -> str:
    """The question without white space around it. Raises InvalidRequest when it is empty or too long."""
    question = canonical(question).strip()
    if not question:
        raise InvalidRequest("The question is empty: ask something, in words.")
    if len(question) > MAX_QUESTION:
        raise InvalidRequest(
            f"The question has {len(question):,} characters; the most is {MAX_QUESTION:,}. "
            "Ask one short question; put long texts in as documents."
        )
    return question


def check_k(k: int, name: str) -> None:
    """Raises InvalidRequest unless 1 <= k <= 50."""
    if not 1 <= k <= MAX_K:
        raise InvalidRequest(f"{name} is {k}: give a number of passages from 1 to {MAX_K}.")


def open_engine(settings: Settings) -> Engine:
    """Wires the parts: loads the models, opens the library. Takes seconds; raises IndexFault if they do not fit."""
    embedder, model = open_embedder(settings), open_reader(settings)
    path = Path(settings.calibration) if settings.calibration else CALIBRATION
    calibration = load_calibration(path, model.name, joint_digest(model.digest, embedder.digest))
    reader = SpanReader(model, calibration.ranking)
    return Engine(Library(Path(settings.data), embedder), reader, calibration, least_confidence(settings, calibration))


def open_embedder(settings: Settings) -> SentenceTransformerEmbedder:
    """The embedder that the settings name. Raises InvalidRequest when there is none, DamagedIndex on wrong weights."""
    return SentenceTransformerEmbedder(settings.embedder, settings.backend, settings.cache_folder())


def open_reader(settings: Settings) -> SpanModel:
    """The reading model that the settings name. Raises InvalidRequest when there is none, DamagedIndex."""
    return open_model(settings.reader, settings.backend, settings.cache_folder())


def least_confidence(settings: Settings, calibration: Calibration) -> float | None:
    """What the settings ask for; None for the calibration's own threshold."""
    if settings.min_confidence is None and settings.target_precision is not None:
        return calibration.least(settings.target_precision)
    return settings.min_confidence


def joint_digest(reader: str, embedder: str) -> str:
    """Names a reader with the embedder whose passages it reads: a confidence belongs to both."""
    return sha256(f"{reader} {embedder}".encode()).hexdigest()
