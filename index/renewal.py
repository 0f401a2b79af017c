"""A library embedded anew, by other models perhaps, from the texts that it holds. Knows nothing of files or terminals.

The new chunks are drafts until every document has them: then one transaction puts them in force, with the name of the
models that made them, and a generation without the old ones is made. Until then the library is that of the old models,
for searches and for writers, who wait no longer than for another writer's batch. What is interrupted goes on where it
was; drafts of yet other models are thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from filelock import FileLock, Timeout

from index import drafts
from index.cutter import Cut, Cutter
from index.documents import Document, batches
from index.duplicates import repeated_in
from index.errors import IndexFault
from index.library import BATCH_CHARACTERS
from index.oversize import Range
from index.publishing import Publisher

RENEWING = "renewing"  # the models that the drafts are made by


class Renewed(NamedTuple):
    """A document that was embedded anew: how many are `done`, of how many."""

    name: str
    done: int
    total: int


def renew(publisher: Publisher, cutter: Cutter) -> Iterator[Renewed]:
    """Cuts and embeds every document again, and then makes the library that of these models. Yields each document.

    `publisher` was opened without models. Ids, texts, metadata, revisions and clusters of duplicates stay as they are.
    Raises IndexFault where another process does the same.
    """
    lock = FileLock(publisher.store.path.with_name("renewal.lock"), thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise IndexFault("Another process is embedding this library anew: let it end, or stop it.") from None
    try:
        _begin(publisher, cutter)
        while not _finished(publisher, cutter):
            yield from _round(publisher, cutter)
    finally:
        lock.release()


def _begin(publisher: Publisher, cutter: Cutter) -> None:
    """Throws away what other models have begun."""
    models = msgspec.json.encode(cutter.models).decode()
    store = publisher.store
    with publisher.writing(), store.transaction() as db:
        if store.value(RENEWING) != models:
            drafts.discard(db)
            store.set_value(RENEWING, models)


def _round(publisher: Publisher, cutter: Cutter) -> Iterator[Renewed]:
    """Drafts of the documents that have none. One that is written meanwhile is left for another round."""
    left = drafts.missing(publisher.store.connection)
    total = publisher.store.count_documents()
    done = total - len(left)
    for batch in batches(filter(None, map(publisher.store.document, left)), BATCH_CHARACTERS):
        db = publisher.store.connection
        repeated = [repeated_in(db, document.id) for document in batch]
        cuts = [cutter.cut(*pair) for pair in zip(batch, repeated, strict=True)]
        vectors = _vectors(cutter, cuts)
        with publisher.writing(), publisher.store.transaction():
            for document, ranges, own in zip(batch, repeated, cuts, strict=True):
                if _is_still(publisher, document, ranges):
                    drafts.add(db, document.id, [(cut.chunk, cut.paragraph_id, vectors[cut.text]) for cut in own])
        for document in batch:
            done += 1
            yield Renewed(document.title or document.uri or document.id, done, total)


def _vectors(cutter: Cutter, cuts: Sequence[Sequence[Cut]]) -> dict[str, bytes]:
    """The float32 vector of each text; equal texts are embedded once."""
    texts = list(dict.fromkeys(cut.text for own in cuts for cut in own))
    vectors = cutter.embedder.encode(texts, "passage")
    return {text: vector.tobytes() for text, vector in zip(texts, vectors, strict=True)}


def _is_still(publisher: Publisher, document: Document, repeated: dict[Range, int]) -> bool:
    """Whether nobody wrote this document, or the paragraphs that it repeats, since it was cut."""
    store = publisher.store
    return (store.document(document.id), repeated_in(store.connection, document.id)) == (document, repeated)


def _finished(publisher: Publisher, cutter: Cutter) -> bool:
    """Puts the drafts in force when every document has them; gives whether it did."""
    store = publisher.store
    with publisher.writing():
        if drafts.missing(store.connection):
            return False
        with store.transaction() as db:
            store.count_change()
            drafts.put_in_force(db, store.changes)
            store.set_value("models", msgspec.json.encode(cutter.models).decode())
            store.set_value(RENEWING, "")
        publisher.publish_alone()
        return True
