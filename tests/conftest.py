"""Fakes for the two models, and the smallest parts that a test needs. Nothing here loads torch.

The fakes are exact: a text's vector depends on its words alone, and the reader's score is a number of shared words, so
that a test can say beforehand what comes out. They are handed out by fixtures, since tests import no helper modules.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
from litestar.testing import TestClient

from api.app import create_app
from index.documents import Document, Passage
from index.library import Library, Outcome
from index.sentences import sentences
from index.text import canonical, words
from qa.confidence import FEATURES, Calibration
from qa.engine import Engine
from qa.questions import content_keys
from qa.reader import Span
from qa.settings import Settings

# Converting a model takes seconds: tests, and the programs that they start, share what one of them converted.
CACHE = Path(__file__).parents[1] / ".pytest_cache" / "compiled"
os.environ["EXTRAIT_CACHE"] = str(CACHE)

SEED = Path(__file__).parents[1] / "seeds" / "documents" / "usine-btr-tanger.txt"
COUNTING = re.compile(r"^(combien|how many|كم)", re.IGNORECASE)
NUMBER = re.compile(r"\d+(?:[ \u00a0\u202f]\d{3})*")


class HashedEmbedder:
    """A bag of folded words, each hashed to a dimension. `encoded` lists every text it was given."""

    def __init__(
        self, name: str = "hashed-words", digest: str = "fake-1", dimension: int = 64, window: int = 254
    ) -> None:
        self.name = name
        self.digest = digest
        self.dimension = dimension
        self.window = window
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], role: str) -> np.ndarray[Any, np.dtype[np.float32]]:  # noqa: ARG002 - questions and passages are alike here
        self.encoded += texts
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                vectors[row, crc32(word.encode()) % self.dimension] += 1
            if not vectors[row].any():
                vectors[row, 0] = 1
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True) if len(texts) else vectors

    def count_pieces(self, texts: Sequence[str]) -> list[int]:
        return [len(words(text)) + len(re.findall(r"[^\w\s]", text)) for text in texts]


class OverlapReader:
    """Scores a sentence by the words of meaning that it shares with the question; two are needed for an answer."""

    name = "overlap"
    digest = "overlap-1"
    needed = 1.5

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        asked = set(content_keys(question))
        spans = []
        for passage in passages:
            text = passage.document.text
            for start, end in sentences(text[passage.start : passage.end], passage.document.language):
                left, right = passage.start + start, passage.start + end
                shared = len(asked & set(content_keys(text[left:right])))
                numbers = NUMBER.finditer(text, left, right) if COUNTING.match(question) else ()
                if shared:
                    place = min(
                        (match.span() for match in numbers),
                        key=lambda span: words_before(asked, text[span[1] : right]),
                        default=(left, right),
                    )
                    spans.append(Span(passage.document, *place, float(shared), self.needed, shared - self.needed))
        return sorted(spans, key=lambda span: -span.score)


def words_before(asked: set[str], text: str) -> int:
    """How many words of meaning stand before the first that was asked for."""
    return next((n for n, key in enumerate(content_keys(text)) if key in asked), 99)


OVERLAP_CALIBRATION = Calibration(
    "overlap", "overlap-1", {}, dict.fromkeys(FEATURES, 0.0) | {"strength": 1.0}, bias=0.0, threshold=0.5
)


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where converted models are kept."""
    return CACHE


@pytest.fixture
def make_embedder() -> type[HashedEmbedder]:
    return HashedEmbedder


@pytest.fixture
def embedder() -> HashedEmbedder:
    return HashedEmbedder()


@pytest.fixture
def other_embedder() -> HashedEmbedder:
    """Another model: its vectors are shorter, and it reads shorter texts."""
    return HashedEmbedder("other-words", "fake-2", dimension=48, window=90)


@pytest.fixture
def reader() -> OverlapReader:
    return OverlapReader()


@pytest.fixture
def calibration() -> Calibration:
    return OVERLAP_CALIBRATION


@pytest.fixture
def open_library(tmp_path: Path, embedder: HashedEmbedder) -> Iterator[Callable[..., Library]]:
    """Opens the library of a data directory (tmp_path by default), again and again if need be."""
    opened: list[Library] = []

    def open_one(data: Path = tmp_path, model: Any = None) -> Library:
        opened.append(Library(data, model or embedder))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def library(open_library: Callable[..., Library]) -> Library:
    return open_library()


@pytest.fixture
def add(library: Library) -> Callable[..., list[Outcome]]:
    """Adds documents, or texts with the fields of a document, to `library`, and publishes."""

    def add_all(*documents: Document | tuple[str, str], into: Library | None = None, **fields: Any) -> list[Outcome]:
        target = into or library
        made = [d if isinstance(d, Document) else Document(d[0], d[0], canonical(d[1]), language="fr", **fields)
                for d in documents]  # fmt: skip
        outcomes = list(target.add(made))
        target.publish()
        return outcomes

    return add_all


@pytest.fixture
def engine(library: Library, reader: OverlapReader) -> Engine:
    return Engine(library, reader, OVERLAP_CALIBRATION, None)


def open_fakes(settings: Settings) -> Engine:
    library = Library(Path(settings.data), HashedEmbedder())
    return Engine(library, OverlapReader(), OVERLAP_CALIBRATION, settings.min_confidence)


@pytest.fixture
def make_client(tmp_path: Path) -> Iterator[Callable[..., TestClient[Any]]]:
    """Starts a server with fakes, on tmp_path unless said otherwise; settings by name."""
    started: list[TestClient[Any]] = []

    def start(data: Path = tmp_path, **settings: Any) -> TestClient[Any]:
        client = TestClient(create_app(Settings(data=str(data), **settings), open_fakes))
        client.__enter__()
        started.append(client)
        return client

    yield start
    for client in reversed(started):
        client.__exit__(None, None, None)


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    """One server for the tests of a module that change nothing, or only what is their own."""
    settings = Settings(data=str(tmp_path_factory.mktemp("shared")))
    with TestClient(create_app(settings, open_fakes)) as client:
        yield client


@pytest.fixture
def client(make_client: Callable[..., TestClient[Any]]) -> TestClient[Any]:
    return make_client()


@pytest.fixture(scope="session")
def finished() -> Callable[..., dict[str, Any]]:
    """Waits for the job that a reply to POST /v1/documents names, and gives it."""

    def wait(client: TestClient[Any], response: Any, seconds: float = 20.0) -> dict[str, Any]:
        assert response.status_code == 202, response.text
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            job: dict[str, Any] = client.get(response.json()["url"]).json()
            if job["state"] in {"done", "failed"}:
                return job
            time.sleep(0.03)
        raise AssertionError(f"the job is not done after {seconds} s: {job}")

    return wait


@pytest.fixture
def upload(client: TestClient[Any], finished: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Uploads files, given as name=bytes pairs, waits, and gives the job."""

    def send(*files: tuple[str, bytes], **fields: str) -> dict[str, Any]:
        parts = [("files", (name, data)) for name, data in files]
        return finished(client, client.post("/v1/documents", files=parts, data=fields))

    return send


@pytest.fixture
def put(client: TestClient[Any], finished: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Puts documents in as JSON, waits, and gives the job."""

    def send(*documents: dict[str, Any]) -> dict[str, Any]:
        return finished(client, client.post("/v1/documents", json={"documents": list(documents)}))

    return send


@pytest.fixture
def seed_text() -> str:
    return canonical(SEED.read_text(encoding="utf-8"))
