"""A running server as a system to measure. Reads only: measuring must not change what is served.

Times are those of a client: they hold the way there and back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http.client import HTTPException
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import msgspec
from msgspec import Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from index.documents import Chunk, Document, Passage, revision_of
from index.errors import ExtraitError
from qa.answers import Answer, Reply
from qa.citations import Citation

T = TypeVar("T")
PAGE = 500  # documents in a listing, the most that the server gives
TIMEOUT = 120.0  # seconds, for one question


class ServerError(ExtraitError):
    """The server cannot be reached, or cannot answer; the message gives the address and what it said."""


class WirePassage(Struct):
    """A passage as /v1/search gives it, as far as it is needed."""

    document_id: str
    revision: str
    start: int
    end: int
    score: float


class WirePassages(Struct):
    """The reply of /v1/search."""

    passages: list[WirePassage]


class WireDocument(Struct):
    """A document as /v1/documents lists it, as far as it is needed."""

    id: str
    revision: str


class WireDocuments(Struct):
    """A page of /v1/documents; `cursor` is "" on the last."""

    documents: list[WireDocument]
    cursor: str


REPLY: Decoder[Reply] = Decoder(Reply)
PASSAGES = Decoder(WirePassages)
DOCUMENTS = Decoder(WireDocuments)


class Server:
    """`answer` and `search` by HTTP, in the names of the set: documents are matched by revision, not by id.

    Construction asks the server for its documents. Raises ServerError unless it holds every text of the set; others
    that it holds take part in the search, and are never right.
    """

    def __init__(self, url: str, documents: Sequence[Document]) -> None:
        if not url.startswith(("http://", "https://")):
            raise ServerError(f"{url!r} is no address of a server; write http://host:port.")
        self.url = url.rstrip("/")
        by_revision = {revision_of(document.text): document for document in documents}
        served = {item.id: by_revision[item.revision] for item in self.listed() if item.revision in by_revision}
        held = {document.id for document in served.values()}
        if missing := [document.id for document in by_revision.values() if document.id not in held]:
            raise ServerError(
                f"{self.url} does not hold {missing[0]!r} and {len(missing) - 1} others of the set, character for "
                "character; ingest the documents of the set there, or evaluate without --url."
            )
        self.documents = served

    def listed(self) -> Iterator[WireDocument]:
        """Every document that the server holds."""
        cursor = ""
        while True:
            query = urlencode({"limit": PAGE, "cursor": cursor})
            page = self.decoded(self.call(f"/v1/documents?{query}"), DOCUMENTS)
            yield from page.documents
            cursor = page.cursor
            if not cursor:
                return

    def answer(self, question: str, *, timings: dict[str, float] | None = None) -> Reply:  # noqa: ARG002
        """POST /v1/answers. The server does not tell its stages, so `timings` stays as it is."""
        reply = self.decoded(self.call("/v1/answers", {"question": question}), REPLY)
        if isinstance(reply, Answer):
            return replace(reply, citations=tuple(map(self.renamed, reply.citations)))
        return replace(reply, closest=tuple(map(self.renamed, reply.closest)))

    def search(self, question: str, k: int) -> list[Passage]:
        """POST /v1/search."""
        reply = self.decoded(self.call("/v1/search", {"question": question, "k": k}), PASSAGES)
        return [self.passage(item) for item in reply.passages]

    def passage(self, item: WirePassage) -> Passage:
        """With the set's document, or one without text where the set has none."""
        document = self.documents.get(item.document_id) or Document(item.document_id, "", "")
        chunk = Chunk(document.id, item.revision, item.start, item.end)
        return Passage(document, chunk, item.start, item.end, item.score)

    def renamed(self, citation: Citation) -> Citation:
        """The citation with the set's ids for the server's."""
        places = tuple(replace(place, document_id=self.name(place.document_id)) for place in citation.also_in)
        return replace(citation, document_id=self.name(citation.document_id), also_in=places)

    def name(self, document_id: str) -> str:
        """The set's id for a document of the server, or its own."""
        return self.documents[document_id].id if document_id in self.documents else document_id

    def call(self, path: str, body: dict[str, str | int] | None = None) -> bytes:
        """GET, or POST where there is a body."""
        data = msgspec.json.encode(body) if body is not None else None
        headers = {"Content-Type": "application/json"}
        request = Request(self.url + path, data, headers)  # noqa: S310 (the constructor lets http and https pass only)
        try:
            with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                content: bytes = response.read()
                return content
        except HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")[:300]
            raise ServerError(f"{self.url}{path}: {error.code}, {said}; see the server's log.") from error
        except (URLError, HTTPException, OSError) as error:
            raise ServerError(f"{self.url}{path}: no reply ({error}); is the server running?") from error

    def decoded(self, content: bytes, decoder: Decoder[T]) -> T:
        """The body as the contract has it."""
        try:
            return decoder.decode(content)
        except msgspec.DecodeError as error:
            raise ServerError(f"{self.url}: a reply that the contract does not know ({error}).") from error
