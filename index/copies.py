"""A report of the paragraphs that several documents share, equal or nearly. Knows nothing of searching."""

from __future__ import annotations

from collections.abc import Iterator
from sqlite3 import Connection

from msgspec import Struct

from index.documents import Place
from index.duplicates import fingerprint, similarity, text_of


class Copies(Struct, frozen=True):
    """A paragraph and the places that say it; `similarity` of each is to `text`, which is that of the first place."""

    text: str
    places: tuple[Place, ...]


def copies(db: Connection, collection: str | None = None) -> Iterator[Copies]:
    """The paragraphs that stand in more than one document of a collection, or of all; those at most places first."""
    clusters = db.execute(
        "SELECT p.cluster FROM paragraphs p JOIN documents d ON d.id = p.document_id "
        "WHERE ? IS NULL OR d.collection = ? GROUP BY p.cluster HAVING count(DISTINCT p.document_id) > 1 "
        "ORDER BY count(*) DESC, p.cluster",
        (collection, collection),
    ).fetchall()
    for (cluster,) in clusters:
        rows = db.execute(
            "SELECT p.id, d.id, p.start, p.\"end\", json_extract(r.info, '$.title') FROM paragraphs p "
            "JOIN documents d ON d.id = p.document_id "
            "JOIN revisions r ON r.document_id = d.id AND r.revision = d.revision "
            "WHERE p.cluster = ? AND (? IS NULL OR d.collection = ?) ORDER BY p.id",
            (cluster, collection, collection),
        ).fetchall()
        first = text_of(db, rows[0][0])
        yield Copies(first, tuple(Place(d, t, s, e, alike(first, text_of(db, row))) for row, d, s, e, t in rows))


def alike(one: str, other: str) -> float:
    """1.0 for paragraphs that are equal once folded, otherwise the Jaccard similarity of their shingles."""
    return 1.0 if fingerprint(one) == fingerprint(other) else round(similarity(one, other), 4)
