"""index.store: rows in, the same rows out; a write is whole or nothing."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from index.documents import Chunk, Document, Heading, Page, revision_of
from index.errors import DamagedIndex
from index.history import remember_files
from index.schema import SCHEMA_VERSION
from index.store import Store, scope_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "library.sqlite")
    yield opened
    opened.close()


FULL = Document(
    "é/1", "Titre « œuvre »", "Un 😀 texte.\nشجرة", "https://example.org/a#b", "text/html", "fr",
    (Page(1, 0, 5), Page(2, 5, 12)), (Heading(1, 0, 2),), {"s": "x", "i": 3, "f": 2.5}, "autre",
)  # fmt: skip


def test_a_document_comes_back_as_it_was(store: Store) -> None:
    with store.transaction():
        store.put_document(FULL)
    assert store.document(FULL.id) == FULL
    assert store.document(FULL.id, revision_of(FULL.text)) == FULL
    assert store.revision(FULL.id) == revision_of(FULL.text)
    assert store.id_at("autre", FULL.uri) == FULL.id
    assert store.id_at("default", FULL.uri) == ""


def test_a_file_of_before_is_shown_by_its_name(store: Store) -> None:
    """Of a text that was sent, a path is the sender's own word, and stays."""
    with store.transaction() as db:
        for name in ("file", "text"):
            store.put_document(Document(name, "T", "text", uri="/srv/docs/rapport d'été.txt"))
        remember_files(db, [("file", revision_of("text"), b"digest")])
    shown = {"file": "rapport d'été.txt", "text": "/srv/docs/rapport d'été.txt"}
    assert {name: store.document(name).shown_uri for name in shown} == shown
    assert {document.id: document.shown_uri for document, _ in store.documents(None, 9, "")} == shown
    assert {store.document(name).uri for name in shown} == {"/srv/docs/rapport d'été.txt"}


def test_what_is_absent_is_a_value(store: Store) -> None:
    assert store.document("nobody") is None
    assert store.revision("nobody") == ""
    assert store.chunk(1) is None
    assert store.value("nothing") == ""
    assert store.changes == 0
    assert store.documents(None, 10, "") == []
    assert store.collections() == {}


def test_old_revisions_stay_and_the_current_is_the_last_put(store: Store) -> None:
    with store.transaction():
        store.put_document(Document("a", "A", "one"))
        store.put_document(Document("a", "A", "two"))
    assert store.document("a").text == "two"
    assert store.document("a", revision_of("one")).text == "one"
    assert store.document("a", revision_of("three")) is None


def test_going_back_to_an_old_text_is_a_current_revision_again(store: Store) -> None:
    with store.transaction():
        for text in ("one", "two", "one"):
            store.put_document(Document("a", "A", text))
    assert store.document("a").text == "one"


def test_an_error_in_a_transaction_takes_all_of_it_back(store: Store) -> None:
    def interrupted() -> None:
        with store.transaction():
            store.put_document(FULL)
            store.count_change()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert store.document(FULL.id) is None
    assert store.changes == 0
    with store.transaction():
        store.put_document(FULL)  # and the next one works
    assert store.document(FULL.id) == FULL


def test_documents_come_in_pages_ordered_by_id(store: Store) -> None:
    names = ["a", "B", "é", "z", "ز", "aa"]
    with store.transaction():
        for name in names:
            store.put_document(Document(name, name, f"text of {name}", collection="x" if name < "b" else "y"))
    found, cursor = [], ""
    while page := store.documents(None, 2, cursor):
        found += [(d.id, d.text, length) for d, length in page]
        cursor = page[-1][0].id
    assert sorted(names) == [name for name, _, _ in found]
    assert all(text == "" and length == len(f"text of {name}") for name, text, length in found)
    assert {d.id for d, _ in store.documents("x", 10, "")} == {"a", "B", "aa"}
    assert store.collections() == {"x": 3, "y": 3}


def test_matching_is_none_when_nothing_narrows_the_documents_down(store: Store) -> None:
    with store.transaction():
        store.put_document(FULL)
        store.put_document(Document("plain", "P", "text"))
    assert store.matching(None, {}) is None
    assert store.matching("autre", {}) == {FULL.id}
    assert store.matching(None, {"i": 3, "s": "x"}) == {FULL.id}
    assert store.matching(None, {"i": "3"}) == set()
    assert store.matching("default", {"i": 3}) == set()


def test_a_replaced_document_loses_its_old_metadata(store: Store) -> None:
    with store.transaction():
        store.put_document(Document("a", "A", "t", metadata={"x": 1, "y": 1}))
        store.put_document(Document("a", "A", "t", metadata={"y": 2}))
    assert store.matching(None, {"x": 1}) == set()
    assert store.matching(None, {"y": 2}) == {"a"}


def test_chunks_keep_their_vectors_bit_for_bit(store: Store) -> None:
    vector = np.array([0.1, -0.0, 1e-30], np.float32)
    one = Chunk("a", revision_of("text"), 0, 4, "H > I", 3)
    with store.transaction():
        store.put_document(Document("a", "A", "text"))
        key = store.add_chunk(one, None)
        store.set_embedding([key], vector)
    assert store.chunk(key) == one
    assert store.indexed_ids() == [key]
    assert list(store.chunks([key])) == [(key, one, vector.tobytes())]
    assert store.chunk_ids(["a", "b"]) == [key]


def test_superseded_chunks_stay_until_no_generation_points_to_them(store: Store) -> None:
    with store.transaction():
        store.put_document(Document("a", "A", "text"))
        old = store.add_chunk(Chunk("a", "r1", 0, 4), None)
        store.count_change()
        store.supersede_chunks("a")
        new = store.add_chunk(Chunk("a", "r2", 0, 2), None)
    assert store.indexed_ids() == [new]
    assert store.chunk(old) is not None
    with store.transaction():
        store.forget_superseded(store.changes - 1)
    assert store.chunk(old) is not None
    with store.transaction():
        store.forget_superseded(store.changes)
    assert store.chunk(old) is None
    assert store.chunk(new) is not None


def test_an_id_is_never_given_again(store: Store) -> None:
    with store.transaction():
        store.put_document(Document("a", "A", "text"))
        first = store.add_chunk(Chunk("a", "r1", 0, 4), None)
        store.delete_document("a")
        store.put_document(Document("a", "A", "text"))
        assert store.add_chunk(Chunk("a", "r1", 0, 4), None) > first


def test_a_deleted_document_leaves_no_row_in_any_table(store: Store) -> None:
    with store.transaction() as db:
        store.put_document(FULL)
        store.add_chunk(Chunk(FULL.id, revision_of(FULL.text), 0, 4), None)
        db.execute("INSERT INTO paragraphs VALUES (7, ?, 0, 4, x'00', 7, '')", (FULL.id,))
        db.execute("INSERT INTO bands VALUES (x'01', 7)")
        store.delete_document(FULL.id)
    for (table,) in store.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        if table not in {"meta", "sqlite_sequence"}:
            assert store.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_another_thread_reads_while_this_one_writes(store: Store) -> None:
    seen: list[Document | None] = []
    with store.transaction():
        store.put_document(FULL)
        thread = threading.Thread(target=lambda: seen.append(store.document(FULL.id)))
        thread.start()
        thread.join(10)
    assert seen == [None]  # the write is not its own yet
    assert store.document(FULL.id) == FULL


def test_a_database_of_another_schema_is_refused_with_both_numbers(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()
    with pytest.raises(DamagedIndex, match=f"schema {SCHEMA_VERSION + 1}.*schema {SCHEMA_VERSION}"):
        Store(path)


def test_a_torn_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(DamagedIndex, match="backup"):
        Store(path)


def test_what_passes_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who restores a backup because somebody else was writing loses what was written since."""
    monkeypatch.setattr("index.schema.PATIENCE", 0.05)
    path = tmp_path / "library.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match=r"library\.sqlite.*locked.*try again"):
            Store(path)
        other.rollback()
    Store(path).close()
    with pytest.raises(sqlite3.OperationalError, match=r"nowhere.*unable to open.*try again"):
        Store(tmp_path / "nowhere" / "library.sqlite")


def test_a_database_of_another_program_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE documents (title TEXT)")
    with pytest.raises(DamagedIndex, match="backup"):
        Store(path)


def test_the_scope_of_a_document_is_what_a_filter_can_tell_apart() -> None:
    one = Document("a", "A", "t", metadata={"x": 1, "y": "é"})
    assert scope_of(one) == scope_of(Document("b", "B", "u", metadata={"y": "é", "x": 1}))
    assert scope_of(one) != scope_of(Document("a", "A", "t", metadata={"x": "1", "y": "é"}))
    assert scope_of(one) != scope_of(Document("a", "A", "t", metadata={"x": 1, "y": "é"}, collection="c"))


def test_a_line_end_in_a_name_does_not_make_two_scopes_one() -> None:
    one = Document("a", "A", "t", metadata={"x": 1})
    assert scope_of(one) != scope_of(Document("b", "B", "u", collection="default\nmetadata:x=1"))
