"""What a library remembers beside its documents: deletions, the files that documents came from, older revisions.

Knows nothing of models or indexes. A deletion is remembered as the hash of a name and the number of the write that it
was, so that a document sent before it does not come back after it; the name itself is forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from sqlite3 import Connection

from index.documents import Document
from index.drafts import DRAFT


def note_deletion(db: Connection, document: Document, changes: int) -> None:
    """Remembers that a document was deleted by the write of this number. Called inside its transaction."""
    keys = [_by_id(document.id)]
    if document.uri:
        keys.append(_by_place(document))
    db.executemany("INSERT INTO deletions VALUES (?, ?) ON CONFLICT DO UPDATE SET changes = excluded.changes",
                   [(key, changes) for key in keys])  # fmt: skip


def deleted_since(db: Connection, document: Document, by_place: bool, changes: int) -> bool:
    """Whether what is at its place, or else has its id, was deleted by a later write than that of this number."""
    key = _by_place(document) if by_place else _by_id(document.id)
    row = db.execute("SELECT changes FROM deletions WHERE key = ?", (key,)).fetchone()
    return row is not None and row[0] > changes


def _by_id(document_id: str) -> bytes:
    return sha256(f"id\0{document_id}".encode()).digest()


def _by_place(document: Document) -> bytes:
    return sha256(f"place\0{document.collection}\0{document.uri}".encode()).digest()


def remember_files(db: Connection, read: Iterable[tuple[str, str, bytes]]) -> None:
    """Remembers which bytes the current revision of a document was read from: (document id, revision, digest)."""
    db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", read)


def read_before(db: Connection, collection: str, uri: str, digest: bytes) -> str:
    """The id of the document at this place, when it was read from bytes of this digest; "" otherwise."""
    row = db.execute(
        "SELECT d.id FROM documents d JOIN files f ON f.document_id = d.id AND f.revision = d.revision "
        "WHERE d.collection = ? AND d.uri = ? AND f.digest = ?",
        (collection, uri, digest),
    ).fetchone()
    return row[0] if row else ""


def purge(db: Connection, document_id: str = "") -> int:
    """Removes the older revisions of a document, or of all, with their text; gives how many. In a transaction."""
    db.execute("DELETE FROM chunks WHERE superseded < ? AND ? IN ('', document_id)", (DRAFT, document_id))
    return db.execute(
        "DELETE FROM revisions WHERE ? IN ('', document_id) AND NOT EXISTS "
        "(SELECT 1 FROM documents d WHERE d.id = document_id AND d.revision = revisions.revision)",
        (document_id,),
    ).rowcount
