"""The tables of `library.sqlite`, and the steps by which an older database gets them. Knows nothing of rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.errors import DamagedIndex

# What each version added to the one before it.
STEPS = (
    """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id TEXT PRIMARY KEY, collection TEXT NOT NULL, uri TEXT NOT NULL, revision TEXT NOT NULL, scope TEXT NOT NULL);
CREATE INDEX documents_by_place ON documents (collection, uri);
CREATE TABLE revisions (
    document_id TEXT NOT NULL, revision TEXT NOT NULL, info TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (document_id, revision));
CREATE TABLE metadata (document_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (document_id, key)) WITHOUT ROWID;
CREATE INDEX metadata_by_value ON metadata (key, value);
CREATE TABLE paragraphs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    fingerprint BLOB NOT NULL, cluster INTEGER NOT NULL, scope TEXT NOT NULL);
CREATE INDEX paragraphs_by_document ON paragraphs (document_id, start);
CREATE INDEX paragraphs_by_fingerprint ON paragraphs (fingerprint);
CREATE INDEX paragraphs_by_cluster ON paragraphs (cluster, scope, id);
CREATE TABLE bands (band BLOB NOT NULL, paragraph_id INTEGER NOT NULL, PRIMARY KEY (band, paragraph_id)) WITHOUT ROWID;
CREATE INDEX bands_by_paragraph ON bands (paragraph_id);
CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document_id TEXT NOT NULL, revision TEXT NOT NULL, start INTEGER NOT NULL,
    "end" INTEGER NOT NULL, heading TEXT NOT NULL, page INTEGER NOT NULL, paragraph_id INTEGER, embedding BLOB,
    superseded INTEGER);
CREATE INDEX chunks_by_document ON chunks (document_id, revision);
""",
    # The two indexes answer without reading past the embeddings; `files` and `deletions` belong to `index.history`.
    """
CREATE INDEX chunks_to_index ON chunks (id, paragraph_id) WHERE superseded IS NULL;
CREATE INDEX chunks_superseded ON chunks (superseded) WHERE superseded IS NOT NULL;
CREATE TABLE files (document_id TEXT PRIMARY KEY, revision TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE deletions (key BLOB PRIMARY KEY, changes INTEGER NOT NULL) WITHOUT ROWID;
""",
)
SCHEMA_VERSION = len(STEPS)
PATIENCE = 30.0  # seconds that another writer is waited for
# What says nothing against the file itself; the extended codes of SQLite have these in their last byte.
PASSING = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}


def connect(path: Path) -> sqlite3.Connection:
    """A connection to the database at this path, with the tables of today.

    An older database gets what it lacks, all at once or nothing. Raises DamagedIndex when the file is not one of ours,
    or of a later version of this program; sqlite3.OperationalError when it cannot be opened now.
    """
    db = None
    try:
        db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # an acknowledged document survives a power cut
        db.execute("PRAGMA secure_delete = ON")  # a deleted text leaves no bytes behind in the file
        version = version_of(db)
        if version < SCHEMA_VERSION:
            with transaction(db):
                for step in STEPS[version_of(db) :]:  # another process may have taken some meanwhile
                    for statement in step.split(";\n"):
                        db.execute(statement)
                db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except sqlite3.DatabaseError as error:
        if db is not None:
            db.close()
        if error.sqlite_errorcode & 0xFF in PASSING:
            raise sqlite3.OperationalError(
                f"{path} cannot be opened now ({error}): another program holds it, or the disk is full, read-only or "
                "failing. Its documents are not lost; mend that, and try again."
            ) from error
        raise DamagedIndex(
            f"{path} cannot be read as an Extrait database ({error}). Restore it from a backup, "
            "or move it away and ingest the documents again."
        ) from error
    if version > SCHEMA_VERSION:
        raise DamagedIndex(
            f"{path} has schema {version}; this program reads schema {SCHEMA_VERSION}. "
            "Run the program that made it, or ingest into another EXTRAIT_DATA."
        )
    return db


def version_of(db: sqlite3.Connection) -> int:
    """How many of the steps a database has taken; 0 for a new one."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One write: all of it, or none of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk may have ended it already
            db.execute("ROLLBACK")
        raise
