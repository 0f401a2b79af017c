"""index.drafts: chunks that wait to come into force."""

from collections.abc import Callable

import pytest

from index import drafts
from index.documents import Chunk
from index.library import Library

JOBS = "Le projet, d'un montant de 3 milliards de dirhams, permettra la création de 2 500 emplois directs."
BRIDGE = "Le nouveau pont suspendu relie les deux rives du fleuve et accueille chaque jour des cyclistes."


@pytest.fixture
def drafted(library: Library, add: Callable) -> Library:
    """A library of two documents, b before a, with a draft of each."""
    add(("b", JOBS), ("a", BRIDGE))
    put(library, "b")
    put(library, "a")
    return library


def put(library: Library, name: str) -> None:
    with library.store.transaction() as db:
        drafts.add(db, name, [(Chunk(name, library.document(name).revision, 0, 9), None, b"new")])


def missing(library: Library) -> list[str]:
    return drafts.missing(library.store.connection)


def test_documents_without_drafts_are_missing_in_the_order_in_which_they_came(library: Library, add: Callable) -> None:
    add(("b", JOBS), ("a", BRIDGE))
    assert missing(library) == ["b", "a"]
    put(library, "b")
    assert missing(library) == ["a"]


def test_drafts_are_in_no_generation_and_outlive_other_writes(drafted: Library, add: Callable) -> None:
    held = drafted.generation.manifest.digest
    drafted.publisher.rebuild()
    assert drafted.generation.manifest.digest == held
    for text in (JOBS.upper(), BRIDGE.upper()):  # two generations, each of which forgets superseded chunks
        add(("c", text))
    drafted.publisher.purge()
    assert missing(drafted) == ["c"]


def test_drafts_of_a_document_that_is_written_are_discarded(drafted: Library, add: Callable) -> None:
    add(("a", JOBS))
    assert missing(drafted) == ["a"]
    add(("b", JOBS), into=drafted, metadata={"year": 2026})  # the same text
    assert missing(drafted) == ["b", "a"]
    put(drafted, "b")
    drafted.delete("b")
    assert missing(drafted) == ["a"]


def test_a_second_draft_takes_the_place_of_the_first(drafted: Library) -> None:
    put(drafted, "a")
    (count,) = drafted.store.connection.execute("SELECT count(*) FROM chunks WHERE embedding = ?", (b"new",)).fetchone()
    assert count == 2


def test_all_are_discarded_or_put_in_force_at_once(drafted: Library) -> None:
    before = drafted.store.indexed_ids()
    with drafted.store.transaction() as db:
        drafts.put_in_force(db, 99)
    after = drafted.store.indexed_ids()
    assert [vector for _, _, vector in drafted.store.chunks(after)] == [b"new", b"new"]
    assert all(drafted.store.chunk(key) for key in before)  # for readers of the older generation
    assert missing(drafted) == ["b", "a"]
    put(drafted, "a")
    with drafted.store.transaction() as db:
        drafts.discard(db)
    assert drafted.store.indexed_ids() == after
    assert missing(drafted) == ["b", "a"]
