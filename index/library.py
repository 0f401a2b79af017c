"""A library of documents: put in, taken out, searched. Knows nothing of files, jobs, questions' meaning or answers.

One data directory holds the database (`library.sqlite`, the truth) and generations of FAISS and tantivy files. Several
processes may read; one writes at a time, by file lock. A write is durable when its transaction ends; it is seen by
searches once `publish` made a generation of it. A deletion is seen at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from index import drafts, duplicates, history
from index.chunker import CHUNK_TOKENS
from index.cutter import Cutter
from index.documents import DEFAULT_COLLECTION, Document, MetadataValue, Passage, Place, batches, check
from index.embedder import Embedder
from index.errors import EmptyText, NotFound, TooLarge
from index.fusion import fuse, weights
from index.generations import Generation
from index.language import language_of
from index.paragraphs import paragraphs
from index.publishing import UNSCRUBBED, Publisher
from index.scope import scope_of, scope_terms
from index.text import words

CANDIDATES = 50  # that each leg of a search returns, at least
BATCH_CHARACTERS = 100_000  # written in one transaction: a few seconds of embedding
CACHED_DOCUMENTS = 128
CACHED_FILTERS = 16  # of which the chunks are known until the next write: 20 ms for 100,000


class Outcome(Struct, frozen=True):
    """What became of one document: `state` is added, replaced, unchanged or failed; `reason` says why it failed."""

    name: str
    document_id: str = ""
    state: str = "failed"
    reason: str = ""
    chunks: int = 0
    duplicates: int = 0


class Library:
    """The documents of one data directory, opened with the embedder that its vectors were made by."""

    def __init__(self, data: Path, embedder: Embedder, chunk_tokens: int = CHUNK_TOKENS) -> None:
        """Opens or makes the library, and finishes what a crash left undone. Chunks have at most `chunk_tokens`.

        Raises ManifestMismatch when other models made it, DamagedIndex when a file is torn or foreign.
        """
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.embedder = embedder
        self._cutter = Cutter(embedder, chunk_tokens)
        self.models = self._cutter.models
        self.publisher = Publisher(data, self.models)
        self.store = self.publisher.store
        # With the generation's number: a document's title and metadata change while its text stays.
        self._cached = lru_cache(CACHED_DOCUMENTS)(
            lambda document_id, revision, _: self.store.document(document_id, revision)
        )
        self._chunk_ids = lru_cache(CACHED_FILTERS)(lambda _, visible: self.store.chunk_ids(visible))
        self.publisher.recover()

    def close(self) -> None:
        """Lets go of the database."""
        self.store.close()

    # Writing
    def add(self, documents: Iterable[Document], sent: int | None = None) -> Iterator[Outcome]:
        """Takes documents in, a batch to a transaction; an outcome for each, in order. Call `publish` afterwards.

        A document with the id of an older one replaces it whole; without an id it gets that of the document from the
        same `uri`, or a new one made of its title. When they were `sent` at an earlier write (`Store.changes`), those
        that were deleted since do not come back.
        """
        for batch in batches(documents, BATCH_CHARACTERS):
            with self.publisher.writing():
                yield from self._add_batch(batch, sent)

    def delete(self, document_id: str) -> None:
        """Removes a document with all its revisions, and makes a generation without it. Raises NotFound."""
        with self.publisher.writing():
            document = self.document(document_id)
            with self.store.transaction() as db:
                led = duplicates.clusters_led_by(db, document_id)
                self.store.delete_document(document_id)
                duplicates.lead_by_next(db, led)
                self.store.count_change()
                self.store.set_value(UNSCRUBBED, str(self.store.changes))
                history.note_deletion(db, document, self.store.changes)
            self._cached.cache_clear()
            self.publisher.publish_deletion()

    def remember_files(self, read: Sequence[tuple[str, str, bytes]]) -> None:
        """Remembers which bytes documents were read from: (document id, revision, digest)."""
        if read:
            with self.publisher.writing(), self.store.transaction() as db:
                history.remember_files(db, read)

    def publish(self) -> int:
        """Makes a generation of what the database holds, if it is behind; gives the number of the current one."""
        return self.publisher.publish()

    # Reading
    @property
    def generation(self) -> Generation:
        """The current generation, opened again when another process published a newer one."""
        return self.publisher.generation

    def search(
        self,
        question: str,
        k: int = 10,
        collection: str | None = None,
        filters: Mapping[str, MetadataValue] | None = None,
        generation: Generation | None = None,
    ) -> list[Passage]:
        """The k best passages for a question, without repetitions, in a generation: the current one if none is given.

        Raises NotFound for an unknown collection.
        """
        visible = self.visible(collection, filters or {})
        generation, asked = generation or self.generation, language_of(question)
        vector = self.embedder.encode([question], "question")[0]
        allowed = None if visible is None else self._chunk_ids(self.store.changes, frozenset(visible))
        scope = scope_terms(collection, filters or {})
        n = max(CANDIDATES, 4 * k)
        while True:
            dense, lexical = generation.dense.search(vector, n, allowed), generation.lexical.search(question, n, scope)
            held = self.store.languages(key for key, _ in [*dense, *lexical])
            ranking = fuse(dense, lexical, weights(asked, held))
            found = self._passages(ranking, k, visible, scope, generation.manifest.number)
            if len(found) == k or n > max(len(dense), len(lexical)):
                return found
            n *= 4  # copies, or deletions since, took the places of other passages

    def visible(self, collection: str | None, filters: Mapping[str, MetadataValue]) -> set[str] | None:
        """The ids of the documents that a question may see; None for all. Raises NotFound for an unknown collection."""
        if collection not in {None, DEFAULT_COLLECTION, *self.store.collections()}:
            raise NotFound(f"There is no collection {collection!r}: the first document put into it makes it.")
        return self.store.matching(collection, filters)

    def document(self, document_id: str, revision: str = "") -> Document:
        """A document, at its current revision or an older one. Raises NotFound."""
        found = self.store.document(document_id, revision)
        if found is None:
            raise NotFound(f"There is no document {document_id!r}" + (f" at revision {revision}." if revision else "."))
        return found

    def places(self, document: Document, start: int, end: int, visible: set[str] | None = None) -> list[Place]:
        """Other places that hold the paragraph of this range, or nearly, among the visible documents: the first 20.

        None for a revision that is no longer current: its paragraphs are not known any more.
        """
        if self.store.revision(document.id) != document.revision:
            return []
        return duplicates.places_of(self.store.connection, document, start, end, visible)

    def count_places(self, document: Document, start: int, end: int, visible: set[str] | None = None) -> int:
        """How many such places there are; 0 for a revision that is no longer current."""
        if self.store.revision(document.id) != document.revision:
            return 0
        return duplicates.count_places(self.store.connection, document, start, end, visible)

    # How it is done

    def _add_batch(self, batch: Sequence[Document], sent: int | None = None) -> list[Outcome]:
        pending: dict[str, list[int]] = {}
        with self.store.transaction():
            outcomes = [self._add_one(document, sent, pending) for document in batch]
            vectors = self.embedder.encode(list(pending), "passage")
            for chunk_ids, vector in zip(pending.values(), vectors, strict=True):
                self.store.set_embedding(chunk_ids, vector)
        return outcomes

    def _add_one(self, document: Document, sent: int | None, pending: dict[str, list[int]]) -> Outcome:
        """Writes all but the embeddings, and notes in `pending` which chunks await that of which text."""
        name = document.title or document.uri or document.id
        try:
            check(document)
        except (EmptyText, TooLarge) as error:
            return Outcome(name, document.id, reason=str(error))
        by_place = not document.id and document.uri != ""
        if not document.id:
            document = msgspec.structs.replace(document, id=self._new_id(document))
        if sent is not None and history.deleted_since(self.store.connection, document, by_place, sent):
            return Outcome(name, document.id, reason=f"{name} was deleted after it was sent: send it again to have it.")
        before = self.store.document(document.id)
        if before and before == msgspec.structs.replace(document, where=before.where):
            return Outcome(name, document.id, "unchanged")
        db = self.store.connection
        led = duplicates.clusters_led_by(db, document.id)
        self.store.delete_paragraphs(document.id)
        duplicates.lead_by_next(db, led)
        self.store.count_change()
        self.store.supersede_chunks(document.id)
        drafts.discard(db, document.id)
        self.store.put_document(document)
        repeated = duplicates.add_paragraphs(db, document, scope_of(document), paragraphs(document.text))
        cuts = self._cutter.cut(document, repeated)
        for one, text, paragraph_id in cuts:
            pending.setdefault(text, []).append(self.store.add_chunk(one, paragraph_id))
        copies = sum(cut.paragraph_id is not None for cut in cuts)
        return Outcome(name, document.id, "replaced" if before else "added", "", len(cuts), copies)

    def _new_id(self, document: Document) -> str:
        if document.uri and (known := self.store.id_at(document.collection, document.uri)):
            return known
        key = document.uri or document.revision
        slug = "-".join(words(Path(document.uri).stem or document.title))[:80].strip("-") or "document"
        if not document.uri or self.store.revision(slug):
            slug += "-" + sha256(f"{document.collection}\0{key}".encode()).hexdigest()[:8]
        return slug

    def _passages(
        self,
        ranking: Sequence[tuple[int, float]],
        k: int,
        visible: set[str] | None,
        scope: Sequence[str],
        generation: int,
    ) -> list[Passage]:
        found: list[Passage] = []
        seen: dict[int, tuple[str, int]] = {}
        for chunk_id, score in ranking:
            one = self.store.chunk(chunk_id)
            if one is None or (visible is not None and one.document_id not in visible):
                continue
            document = self._cached(one.document_id, one.revision, generation)
            # A revision that was replaced, and is still in the index, may have been in another collection.
            if document is None or not set(scope) <= set(scope_terms(document.collection, document.metadata)):
                continue
            if duplicates.said_before(self.store.connection, one, seen):
                continue
            found.append(Passage(document, one, one.start, one.end, score))
            if len(found) == k:
                break
        return found
