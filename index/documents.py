"""Documents, their chunks, and the passages that a search returns. Knows nothing of files, storage or models.

A document's text is canonical (see `index.text`) and is stored once. Everything else is a pair of offsets into it:
Unicode code points, half-open, so that `text[start:end]` is the thing itself. The text of a document never changes:
new text is a new revision, named by the SHA-256 of the text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from hashlib import sha256

from msgspec import Struct, field

from index.errors import EmptyText, InvalidRequest, TooLarge
from index.text import canonical

MetadataValue = str | int | float
DEFAULT_COLLECTION = "default"
MAX_TEXT = 20_000_000  # characters in one document


class Page(Struct, frozen=True):
    """A page, slide or sheet: a numbered range of the text. Numbers start at 1."""

    number: int
    start: int
    end: int


class Heading(Struct, frozen=True):
    """A heading: its own range in the text, and its level from 1 (the highest) to 6."""

    level: int
    start: int
    end: int


class Document(Struct, frozen=True, dict=True):
    """A source text with its identity. `text` is canonical; `language` is an ISO 639-1 code, or "" when unsure.

    `uri` makes it the same document next time. Where that is a path of this machine, `where` is what others are shown.
    """

    id: str
    title: str
    text: str
    uri: str = ""
    media_type: str = "text/plain"
    language: str = ""
    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()
    metadata: dict[str, MetadataValue] = field(default_factory=dict)
    collection: str = DEFAULT_COLLECTION
    where: str = ""

    @property
    def shown_uri(self) -> str:
        """For replies, which give no path of this machine."""
        return self.where or self.uri

    @cached_property
    def revision(self) -> str:
        """The name of its text."""
        return revision_of(self.text)


class Chunk(Struct, frozen=True):
    """A slice of one revision, the unit that is indexed. It has no text of its own.

    `heading` is the trail of headings above it ("Chapter > Section"); `page` is the page it starts on, 0 for none.
    """

    document_id: str
    revision: str
    start: int
    end: int
    heading: str = ""
    page: int = 0


class Place(Struct, frozen=True):
    """Where the same words, or nearly the same, stand too. `similarity` is a Jaccard similarity, 1.0 when equal."""

    document_id: str
    title: str
    start: int
    end: int
    similarity: float


class Passage(Struct, frozen=True):
    """A chunk found for a question. `score` compares within one list only; `start` and `end` are those of the chunk."""

    document: Document
    chunk: Chunk
    start: int
    end: int
    score: float


def revision_of(text: str) -> str:
    """The name of a revision: the SHA-256, in hex, of its canonical text in UTF-8."""
    return sha256(text.encode()).hexdigest()


def page_at(pages: tuple[Page, ...], offset: int) -> int:
    """The number of the page that holds `offset`, or 0 when the document has no pages."""
    return next((page.number for page in reversed(pages) if page.start <= offset), 0)


def check(document: Document) -> None:
    """Raises EmptyText, TooLarge or InvalidRequest for a document that cannot be taken in."""
    if canonical(document.text) != document.text:
        raise InvalidRequest(f"The text of {document.id!r} is not canonical: pass it through index.text.canonical.")
    if not document.text.strip():
        raise EmptyText(f"{document.title or document.id!r} holds no text.")
    if len(document.text) > MAX_TEXT:
        raise TooLarge(
            f"{document.title or document.id!r} has {len(document.text):,} characters; the most is "
            f"{MAX_TEXT:,}. Split it into several documents."
        )


def batches(documents: Iterable[Document], characters: int) -> Iterator[list[Document]]:
    """The documents in lots, each closed once its texts have so many characters."""
    batch: list[Document] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.text)
        if size >= characters:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
