"""Paragraphs that say the same: exactly (after folding), or nearly (by their word shingles). Knows nothing of chunks.

Every paragraph of some length is a member of a cluster. Candidates for a near-duplicate come from MinHash bands and are
confirmed by the Jaccard similarity of the texts themselves. Texts whose numbers differ are never near-duplicates: the
same sentence with another figure is another fact, and hiding it would hide an answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from sqlite3 import Connection

import numpy as np
import xxhash
from rensa import RMinHash

from index.documents import Chunk, Document, Place
from index.text import folded, join_digits, words

# Below this a paragraph is a heading, a label or a line of a table: repeated for layout, not for what it says.
MIN_WORDS = 8
SHINGLE_WORDS = 3
# Two paragraphs of 40 words that differ in one word have a similarity of about 0.85.
NEAR = 0.8
# 20 bands of 5 rows find a pair of similarity 0.8 with probability 1 - (1 - 0.8**5)**20 = 0.9996.
BANDS, ROWS = 20, 5
CANDIDATES = 16  # that are compared in full, those with most bands in common first
MAX_PLACES = 20  # that a citation lists; a boilerplate paragraph may stand in thousands of documents


FIGURE = re.compile(r"([-+<>≤≥±$€£¥]?) ?(\d+(?:[.,:/]\d+)*) ?([%‰€$£¥°]?)")


def fingerprint(text: str) -> bytes:
    """16 bytes, the same for texts that differ in case, accents, typographic variants or white space only."""
    return sha256(join_digits(folded(text)).encode()).digest()[:16]


def shingles(text: str) -> frozenset[str]:
    """The runs of three words in a text, folded; the whole text when it has fewer words."""
    found = words(text)
    last = max(1, len(found) - SHINGLE_WORDS + 1)
    return frozenset(" ".join(found[i : i + SHINGLE_WORDS]) for i in range(last))


def figures(text: str) -> list[str]:
    """The numbers of a text with their signs and symbols, in order: "-5 %" and "5 €" are not the same figure."""
    return ["".join(found) for found in FIGURE.findall(join_digits(folded(text)))]


def similarity(one: str, other: str) -> float:
    """The Jaccard similarity of two texts over their shingles; 0.0 when their numbers differ."""
    if figures(one) != figures(other):
        return 0.0
    a, b = shingles(one), shingles(other)
    return len(a & b) / len(a | b)


def bands(text: str) -> list[bytes]:
    """The keys under which near-duplicates of a text are looked for, 8 bytes each.

    The figures are part of a key: texts whose numbers differ never meet, however many there are.
    """
    own = repr(figures(text)).encode()
    minhash = RMinHash(num_perm=BANDS * ROWS, seed=1)
    minhash.update(sorted(shingles(text)))
    rows = np.asarray(minhash.digest(), dtype=np.uint32).reshape(BANDS, ROWS)
    return [xxhash.xxh64(row.tobytes() + own, seed=band).digest() for band, row in enumerate(rows)]


def repeats(text: str) -> bool:
    """Whether a paragraph is long enough for its repetition to mean anything."""
    return len(words(text)) >= MIN_WORDS


def add_paragraphs(
    db: Connection, document: Document, scope: str, ranges: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """Puts a document's paragraphs in clusters; gives the range and row id of each that repeats one in its scope.

    Called inside a transaction, once for each revision that becomes current.
    """
    for start, end in ranges:
        text = document.text[start:end]
        if not repeats(text):
            continue
        mark = fingerprint(text)
        keys: list[bytes] = []
        cluster = _cluster_of_equal(db, mark)
        if cluster is None:
            keys = bands(text)
            cluster = _cluster_of_near(db, text, keys)
        [(row,)] = db.execute(
            "INSERT INTO paragraphs VALUES (NULL, ?, ?, ?, ?, ?, ?) RETURNING id",
            (document.id, start, end, mark, cluster or 0, scope),
        ).fetchall()
        if cluster is None:  # the first of its kind: the cluster bears its number, and the bands lead to it
            db.execute("UPDATE paragraphs SET cluster = id WHERE id = ?", (row,))
            db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(key, row) for key in keys])
    return repeated_in(db, document.id)


def repeated_in(db: Connection, document_id: str) -> dict[tuple[int, int], int]:
    """The range and row id of each paragraph of a document that repeats an earlier one in its scope, in order."""
    rows = db.execute(
        'SELECT p.start, p."end", p.id FROM paragraphs p WHERE p.document_id = ? AND EXISTS (SELECT 1 FROM paragraphs '
        "earlier WHERE earlier.cluster = p.cluster AND earlier.scope = p.scope AND earlier.id < p.id) ORDER BY p.start",
        (document_id,),
    )
    return {(start, end): row for start, end, row in rows}


def _cluster_of_equal(db: Connection, mark: bytes) -> int | None:
    row = db.execute("SELECT cluster FROM paragraphs WHERE fingerprint = ? LIMIT 1", (mark,)).fetchone()
    return row[0] if row else None


def _cluster_of_near(db: Connection, text: str, keys: list[bytes]) -> int | None:
    marks = ",".join("?" * len(keys))
    candidates = db.execute(
        "SELECT p.id, p.cluster FROM bands b JOIN paragraphs p ON p.id = b.paragraph_id "
        f"WHERE b.band IN ({marks}) GROUP BY p.id ORDER BY count(*) DESC, p.id LIMIT {CANDIDATES}",
        keys,
    ).fetchall()
    best = max(((similarity(text, text_of(db, row)), -cluster) for row, cluster in candidates), default=(0.0, 0))
    return -best[1] if best[0] >= NEAR else None


def text_of(db: Connection, paragraph_id: int) -> str:
    """The text of a paragraph, cut from its document."""
    row = db.execute(
        'SELECT substr(r.text, p.start + 1, p."end" - p.start) FROM paragraphs p '
        "JOIN documents d ON d.id = p.document_id "
        "JOIN revisions r ON r.document_id = d.id AND r.revision = d.revision WHERE p.id = ?",
        (paragraph_id,),
    ).fetchone()
    return str(row[0]) if row else ""


def clusters_led_by(db: Connection, document_id: str) -> list[int]:
    """The clusters whose bands lead to a paragraph of this document, and which therefore need another way in."""
    return [
        row[0]
        for row in db.execute(
            "SELECT DISTINCT p.cluster FROM paragraphs p JOIN bands b ON b.paragraph_id = p.id WHERE p.document_id = ?",
            (document_id,),
        )
    ]


def lead_by_next(db: Connection, clusters: Sequence[int]) -> None:
    """Lets the bands of these clusters lead to their first remaining member. Called after paragraphs were removed."""
    for cluster in clusters:
        row = db.execute("SELECT min(id) FROM paragraphs WHERE cluster = ?", (cluster,)).fetchone()
        if row[0] is not None:
            keys = bands(text_of(db, row[0]))
            db.executemany("INSERT OR IGNORE INTO bands VALUES (?, ?)", [(key, row[0]) for key in keys])


def clusters_in(db: Connection, document_id: str, start: int, end: int) -> list[tuple[int, int, int]]:
    """(start, end, cluster) of the clustered paragraphs of a document that overlap a range."""
    return db.execute(
        'SELECT start, "end", cluster FROM paragraphs WHERE document_id = ? AND start < ? AND "end" > ? ORDER BY start',
        (document_id, end, start),
    ).fetchall()


def said_before(db: Connection, chunk: Chunk, seen: dict[int, tuple[str, int]]) -> bool:
    """Whether better passages said all of this, at other places; notes where each cluster was seen first.

    Another part of a long paragraph belongs to the same cluster and is no repetition of it.
    """
    members = clusters_in(db, chunk.document_id, chunk.start, chunk.end)
    elsewhere = [cluster in seen and seen[cluster] != (chunk.document_id, start) for start, _, cluster in members]
    covered = sum(min(end, chunk.end) - max(start, chunk.start) for start, end, _ in members)
    for start, _, cluster in members:
        seen.setdefault(cluster, (chunk.document_id, start))
    return bool(members) and all(elsewhere) and covered > 0.9 * (chunk.end - chunk.start)


def places_of(db: Connection, document: Document, start: int, end: int, visible: set[str] | None) -> list[Place]:
    """The first MAX_PLACES other places that say what this range's paragraphs say, in documents that the asker can see.

    Only their texts are read and compared, and only where the fingerprints are not equal.
    """
    found: list[Place] = []
    for own_start, own_end, mark, others in _members(db, document.id, start, end, visible):
        rows = db.execute(
            "SELECT p.document_id, json_extract(r.info, '$.title'), p.start, p.\"end\", p.fingerprint = ?, "
            "CASE p.fingerprint WHEN ? THEN '' ELSE substr(r.text, p.start + 1, p.\"end\" - p.start) END "
            "FROM paragraphs p JOIN documents d ON d.id = p.document_id "
            "JOIN revisions r ON r.document_id = d.id AND r.revision = d.revision "
            "WHERE p.id IN (SELECT value FROM json_each(?)) ORDER BY p.id",
            (mark, mark, json.dumps(others[: MAX_PLACES - len(found)])),
        )
        for other_id, title, other_start, other_end, equal, text in rows:
            same = 1.0 if equal else similarity(document.text[own_start:own_end], text)
            found.append(Place(other_id, title, other_start, other_end, round(same, 4)))
    return found


def count_places(db: Connection, document: Document, start: int, end: int, visible: set[str] | None) -> int:
    """How many other places there are, of which `places_of` gives the first."""
    return sum(len(others) for *_, others in _members(db, document.id, start, end, visible))


def _members(
    db: Connection, document_id: str, start: int, end: int, visible: set[str] | None
) -> list[tuple[int, int, bytes, list[int]]]:
    """(start, end, fingerprint, row ids of the others of its cluster) of the paragraphs that overlap a range."""
    own_paragraphs = db.execute(
        'SELECT id, start, "end", fingerprint, cluster FROM paragraphs '
        'WHERE document_id = ? AND start < ? AND "end" > ? ORDER BY start',
        (document_id, end, start),
    ).fetchall()
    found = []
    for own, own_start, own_end, mark, cluster in own_paragraphs:
        rows = db.execute("SELECT id, document_id FROM paragraphs WHERE cluster = ? ORDER BY id", (cluster,))
        others = [row for row, holder in rows if row != own and (visible is None or holder in visible)]
        found.append((own_start, own_end, mark, others))
    return found
