"""The law "every emitted quote equals text[start:end] of its revision", on every sample document that parses.

Documents are loaded as a user's would be, put into one library with a fake embedder, and asked about in words of their
own. Whatever is cited, as an answer, an alternative, the closest there is, or another place, is cut again.
"""

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from index.documents import Document, revision_of
from index.errors import DocumentError
from index.library import Library
from index.loaders import load
from index.text import words
from qa.answers import Answer, Reply
from qa.citations import Citation, verify
from qa.engine import Engine

pytestmark = pytest.mark.corpus

CORPUS = Path(__file__).parents[2] / "shared" / "docs"
LARGEST = 3_000_000  # bytes; loading is the slow part, and is tested with its loaders
SAMPLE = 12_000  # characters of a document that are taken in
QUESTIONS = 3  # a document
ASKED = 45  # documents that are asked about


def parsed() -> list[Document]:
    found = []
    for number, path in enumerate(sorted(path for path in CORPUS.rglob("*") if path.is_file())):
        if path.stat().st_size > LARGEST or path.name == "MANIFEST.tsv":
            continue
        try:
            loaded = load(path.read_bytes(), path.name)
        except DocumentError:
            continue
        text = loaded.text[:SAMPLE]
        found.append(Document(f"d{number}", loaded.title, text, path.name, loaded.media_type, loaded.language,
                              tuple(page for page in loaded.pages if page.end <= len(text)),
                              tuple(heading for heading in loaded.headings if heading.end <= len(text))))  # fmt: skip
    return found


def cited(reply: Reply) -> Iterator[Citation]:
    if isinstance(reply, Answer):
        yield from reply.citations
        for other in reply.alternatives:
            yield from other.citations
    else:
        yield from reply.closest


def questions(document: Document, chance: random.Random) -> Iterator[str]:
    found = words(document.text)
    for n in range(QUESTIONS):
        start = chance.randrange(max(1, len(found) - 12))
        yield ("Combien " if n == 0 else "") + " ".join(found[start : start + 12])


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    if not CORPUS.is_dir():
        pytest.skip(f"the sample documents are not at {CORPUS}")
    return parsed()


def test_every_quote_is_cut_from_its_document(documents: list[Document], open_library, reader, calibration) -> None:
    chance = random.Random(20_26)
    assert len(documents) > 100
    library: Library = open_library()
    texts = {}
    for outcome, document in zip(library.add(documents), documents, strict=True):
        assert outcome.state in {"added", "failed"}, outcome
        if outcome.state == "added":
            texts[document.id] = document.text
    library.publish()
    engine = Engine(library, reader, calibration, None)
    answers = quotes = places = 0
    asked = chance.sample([d for d in documents if d.id in texts and len(words(d.text)) > 20], ASKED)
    for document in asked:
        for question in questions(document, chance):
            for least in (0.0, 1.0):
                reply = engine.answer(question[:2_000], min_confidence=least)
                if isinstance(reply, Answer):
                    answers += 1
                    first = reply.citations[0]
                    assert texts[first.document_id][reply.start : reply.end] == reply.text
                    assert first.start <= reply.start < reply.end <= first.end
                for citation in cited(reply):
                    text = texts[citation.document_id]
                    quotes += 1
                    assert citation.quote == text[citation.start : citation.end] != ""
                    assert citation.revision == revision_of(text)
                    assert citation.sha256 == sha256(citation.quote.encode()).hexdigest()
                    assert verify(citation, library.store.document(citation.document_id, citation.revision)).valid
                    for place in citation.also_in:
                        places += 1
                        assert texts[place.document_id][place.start : place.end].strip()
                        assert place.similarity >= 0.8
    assert answers >= ASKED
    assert quotes >= 4 * ASKED
    assert places > 0
