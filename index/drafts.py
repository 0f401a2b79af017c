"""Chunks that wait to come into force: those of a library that is being embedded anew. Knows nothing of models.

They stand beside the chunks in force, in the same table, and no generation holds them. A draft is of the document as it
is now: whoever replaces or deletes a document discards its drafts. `put_in_force` exchanges all chunks at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from sqlite3 import Connection

from index.documents import Chunk

DRAFT = 2**62  # in place of the number of the write that superseded a chunk, so that no generation is past it


def missing(db: Connection) -> list[str]:
    """The ids of the documents without drafts, in the order in which they came."""
    rows = db.execute(
        "SELECT id FROM documents WHERE (id, revision) NOT IN "
        "(SELECT document_id, revision FROM chunks WHERE superseded = ?) ORDER BY rowid",
        (DRAFT,),
    )
    return [row[0] for row in rows]


def add(db: Connection, document_id: str, rows: Iterable[tuple[Chunk, int | None, bytes]]) -> None:
    """Keeps the drafts of a document: (chunk, its repeated paragraph, embedding). Called inside a transaction."""
    discard(db, document_id)
    db.executemany(
        "INSERT INTO chunks VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (one.document_id, one.revision, one.start, one.end, one.heading, one.page, paragraph_id, embedding, DRAFT)
            for one, paragraph_id, embedding in rows
        ],
    )


def discard(db: Connection, document_id: str = "") -> None:
    """Removes the drafts of a document, or all. Called inside a transaction."""
    db.execute("DELETE FROM chunks WHERE superseded = ? AND ? IN ('', document_id)", (DRAFT, document_id))


def put_in_force(db: Connection, changes: int) -> None:
    """Makes all drafts the chunks in force, by the write of this number. Called inside its transaction.

    Those that were in force stay as those of a replaced revision do: a reader may hold the generation made of them.
    """
    db.execute("UPDATE chunks SET superseded = ? WHERE superseded IS NULL", (changes,))
    db.execute("UPDATE chunks SET superseded = NULL WHERE superseded = ?", (DRAFT,))
