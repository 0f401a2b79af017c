"""SQLite (WAL) is the truth: revisions, their text, chunks, paragraphs, clusters of duplicates, embeddings.

Knows nothing of models, FAISS or tantivy: it keeps rows, and gives them back. Every write is one transaction, and
`changes` counts them, so that a generation can tell whether it is behind. Rows of a superseded revision's chunks stay
until `forget_superseded`, so that a reader that holds an older generation still finds what it points to.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import numpy as np

from index.documents import Chunk, Document, MetadataValue
from index.schema import connect, transaction
from index.scope import key_of, scope_of

# A chunk that is one duplicated paragraph is left out while an earlier member of its cluster stands in the same scope.
INDEXED_CHUNKS = """
FROM chunks c WHERE c.superseded IS NULL AND (c.paragraph_id IS NULL OR NOT EXISTS (
    SELECT 1 FROM paragraphs p JOIN paragraphs earlier
    ON earlier.cluster = p.cluster AND earlier.scope = p.scope AND earlier.id < p.id WHERE p.id = c.paragraph_id))
"""
FROM_FILE = "EXISTS (SELECT 1 FROM files f WHERE f.document_id = d.id)"


class Store:
    """The database of one data directory. One writer at a time (the caller holds the lock); any number of readers."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the database. Raises DamagedIndex when the file is not one of ours."""
        self.path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self.connection  # noqa: B018 - so that a foreign file is refused now

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection: SQLite connections are not shared between threads."""
        if not hasattr(self._local, "connection"):
            self._local.connection = connect(self.path)
            self._connections.append(self._local.connection)
        return self._local.connection  # type: ignore[no-any-return]

    def close(self) -> None:
        """Closes the connections of all threads."""
        for connection in self._connections:
            connection.close()

    def leave(self) -> None:
        """Closes this thread's connection, when the thread is about to end."""
        if hasattr(self._local, "connection"):
            self._connections.remove(self._local.connection)
            self._local.connection.close()
            del self._local.connection

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """One write: all of it, or none of it."""
        return transaction(self.connection)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read inside it, by this thread, is the state of one moment."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("COMMIT")

    def truncate_log(self) -> bool:
        """Brings the write-ahead log into the database and empties it, so that it keeps no deleted words.

        False when a reader that still needs the log prevents it for a second.
        """
        self.connection.execute("PRAGMA busy_timeout = 1000")
        (busy,) = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[:1]
        self.connection.execute("PRAGMA busy_timeout = 30000")
        return not busy

    # Settings of the whole store

    def value(self, key: str) -> str:
        """A value kept under a name; "" when there is none."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else ""

    def set_value(self, key: str, value: str) -> None:
        """Keeps a value under a name. Called inside a transaction."""
        self.connection.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = ?", (key, value, value)
        )

    @property
    def changes(self) -> int:
        """How many writes there were, ever."""
        return int(self.value("changes") or 0)

    def count_change(self) -> None:
        """Notes that what should be indexed is now another. Called inside a transaction."""
        self.set_value("changes", str(self.changes + 1))

    # Documents

    def put_document(self, document: Document) -> None:
        """Makes this the current revision of its document. Called inside a transaction."""
        db, revision = self.connection, document.revision
        info = msgspec.json.encode(msgspec.structs.replace(document, text="")).decode()
        db.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "collection = excluded.collection, uri = excluded.uri, revision = excluded.revision, "
            "scope = excluded.scope",
            (document.id, document.collection, document.uri, revision, scope_of(document)),
        )
        db.execute(
            "INSERT INTO revisions VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET info = excluded.info",
            (document.id, revision, info, document.text),
        )
        db.execute("DELETE FROM files WHERE document_id = ?", (document.id,))
        db.execute("DELETE FROM metadata WHERE document_id = ?", (document.id,))
        rows = [(document.id, key, key_of(value)) for key, value in document.metadata.items()]
        db.executemany("INSERT INTO metadata VALUES (?, ?, ?)", rows)

    def document(self, document_id: str, revision: str = "") -> Document | None:
        """A document with its text, at its current revision or an older one."""
        row = self.connection.execute(
            f"SELECT r.info, r.text, {FROM_FILE} FROM revisions r JOIN documents d ON d.id = r.document_id "
            "WHERE r.document_id = ? AND r.revision = CASE ? WHEN '' THEN d.revision ELSE ? END",
            (document_id, revision, revision),
        ).fetchone()
        return decoded(*row) if row else None

    def revision(self, document_id: str) -> str:
        """The current revision of a document; "" when there is no such document."""
        row = self.connection.execute("SELECT revision FROM documents WHERE id = ?", (document_id,)).fetchone()
        return row[0] if row else ""

    def id_at(self, collection: str, uri: str) -> str:
        """The id of the document that came from this place; "" when none did."""
        row = self.connection.execute(
            "SELECT id FROM documents WHERE collection = ? AND uri = ?", (collection, uri)
        ).fetchone()
        return row[0] if row else ""

    def documents(self, collection: str | None, limit: int, after: str) -> list[tuple[Document, int]]:
        """Documents without their text, and the length of it, ordered by id, from the first id after `after`."""
        rows = self.connection.execute(
            f"SELECT r.info, length(r.text), {FROM_FILE} FROM documents d JOIN revisions r "
            "ON r.document_id = d.id AND r.revision = d.revision "
            "WHERE d.id > ? AND (? IS NULL OR d.collection = ?) ORDER BY d.id LIMIT ?",
            (after, collection, collection, limit),
        )
        return [(decoded(info, "", from_file), length) for info, length, from_file in rows]

    def collections(self) -> dict[str, int]:
        """The collections, and how many documents each holds."""
        return dict(
            self.connection.execute("SELECT collection, count(*) FROM documents GROUP BY collection ORDER BY 1")
        )

    def count_documents(self) -> int:
        """How many documents there are."""
        return sum(self.collections().values())

    def matching(self, collection: str | None, filters: Mapping[str, MetadataValue]) -> set[str] | None:
        """The ids of the documents in a collection that have these metadata; None when nothing narrows them down."""
        if collection is None and not filters:
            return None
        found = {
            row[0]
            for row in self.connection.execute(
                "SELECT id FROM documents WHERE ? IS NULL OR collection = ?", (collection, collection)
            )
        }
        for key, value in filters.items():
            found &= {
                row[0]
                for row in self.connection.execute(
                    "SELECT document_id FROM metadata WHERE key = ? AND value = ?", (key, key_of(value))
                )
            }
        return found

    def delete_document(self, document_id: str) -> None:
        """Removes a document, all its revisions, and all that was made of them. Called inside a transaction."""
        self.delete_paragraphs(document_id)
        for table, column in (
            ("documents", "id"),
            ("revisions", "document_id"),
            ("metadata", "document_id"),
            ("chunks", "document_id"),
            ("files", "document_id"),
        ):
            self.connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (document_id,))

    def delete_paragraphs(self, document_id: str) -> None:
        """Takes a document out of the clusters of duplicates. Called inside a transaction."""
        self.connection.execute(
            "DELETE FROM bands WHERE paragraph_id IN (SELECT id FROM paragraphs WHERE document_id = ?)", (document_id,)
        )
        self.connection.execute("DELETE FROM paragraphs WHERE document_id = ?", (document_id,))

    # Chunks

    def add_chunk(self, chunk: Chunk, paragraph_id: int | None) -> int:
        """Keeps a chunk, without its embedding, and gives its id. Called inside a transaction."""
        return (
            self.connection.execute(
                "INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
                (chunk.document_id, chunk.revision, chunk.start, chunk.end, chunk.heading, chunk.page, paragraph_id),
            ).lastrowid
            or 0
        )

    def set_embedding(self, chunk_ids: Iterable[int], vector: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        """Keeps the float32 vector of chunks with the same text. Called inside a transaction."""
        self.connection.executemany(
            "UPDATE chunks SET embedding = ? WHERE id = ?", [(vector.tobytes(), chunk_id) for chunk_id in chunk_ids]
        )

    def chunk_ids(self, document_ids: Iterable[str]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The ids of all chunks of these documents, shape (n,); in one row, since a filter may let 100,000 pass."""
        sql = "SELECT group_concat(id) FROM chunks WHERE document_id IN (SELECT value FROM json_each(?))"
        (ids,) = self.connection.execute(sql, (json.dumps(list(document_ids)),)).fetchone()
        return np.fromstring(ids, np.int64, sep=",") if ids else np.empty(0, np.int64)

    def languages(self, chunk_ids: Iterable[int]) -> dict[int, str | None]:
        """The language of the document of each of these chunks, as far as it is known."""
        sql = """SELECT c.id, json_extract(r.info, '$.language') FROM chunks c
                 JOIN revisions r USING (document_id, revision) WHERE c.id IN (SELECT value FROM json_each(?))"""
        return dict(self.connection.execute(sql, (json.dumps(list(chunk_ids)),)).fetchall())

    def chunk(self, chunk_id: int) -> Chunk | None:
        """One chunk, or None when its document was deleted since."""
        row = self.connection.execute(
            'SELECT document_id, revision, start, "end", heading, page FROM chunks WHERE id = ?', (chunk_id,)
        ).fetchone()
        return Chunk(*row) if row else None

    def indexed_ids(self) -> list[int]:
        """The ids of the chunks that a generation should hold, in order."""
        return [row[0] for row in self.connection.execute("SELECT c.id " + INDEXED_CHUNKS + " ORDER BY c.id")]

    def chunks(self, chunk_ids: Sequence[int]) -> Iterator[tuple[int, Chunk, bytes]]:
        """(id, chunk, embedding) of each of these chunks, ordered by id."""
        rows = self.connection.execute(
            'SELECT id, embedding, document_id, revision, start, "end", heading, page FROM chunks '
            "WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (json.dumps(list(chunk_ids)),),
        )
        for chunk_id, embedding, *chunk in rows:
            yield chunk_id, Chunk(*chunk), embedding

    def supersede_chunks(self, document_id: str) -> None:
        """Marks a document's chunks as those of an older revision. Called inside a transaction, after count_change."""
        self.connection.execute(
            "UPDATE chunks SET superseded = ? WHERE document_id = ? AND superseded IS NULL", (self.changes, document_id)
        )

    def forget_superseded(self, changes: int) -> None:
        """Drops the chunks that no generation made at `changes` or later points to. Called inside a transaction."""
        self.connection.execute("DELETE FROM chunks WHERE superseded <= ?", (changes,))


def decoded(info: str, text: str, from_file: bool) -> Document:
    """A document as it was kept. A file that was read before there was `where` is shown by its name."""
    document = msgspec.structs.replace(msgspec.json.decode(info, type=Document), text=text)
    unnamed = from_file and not document.where and document.uri.startswith("/")
    return msgspec.structs.replace(document, where=PurePosixPath(document.uri).name) if unnamed else document
