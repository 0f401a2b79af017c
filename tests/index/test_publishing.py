"""index.publishing: generations built on one another, gone back to, and freed of deleted words."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.documents import Document, revision_of
from index.errors import DamagedIndex, NotFound
from index.lexical import WORDS
from index.library import Library
from index.publishing import Publisher

JOBS = "Le projet, d'un montant de 3 milliards de dirhams, permettra la création de 2 500 emplois directs."
BRIDGE = "Le nouveau pont suspendu relie les deux rives du fleuve et accueille chaque jour des cyclistes."
GARDEN = "Le jardin botanique ouvre ses portes au printemps avec une collection rare de fougères arborescentes."
CODE = "Le mot de passe du coffre est hortensia, que personne ne doit plus jamais retrouver ici."


def ids(library: Library, question: str) -> list[str]:
    return [p.document.id for p in library.search(question, k=50)]


def postings(library: Library, word: str) -> int:
    """How many chunks the files of the index have this word of, those that no search finds included."""
    return int(library.generation.lexical._searcher.doc_freq(WORDS, word))


def held_bytes(data: Path) -> bytes:
    return b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())


# Built on one another


STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "delete"]), st.sampled_from("abc"), st.sampled_from([JOBS, BRIDGE, GARDEN])),
    min_size=1,
    max_size=8,
)


@given(STEPS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_generation_built_on_another_is_the_one_built_from_nothing(
    tmp_path_factory, make_embedder, monkeypatch, steps: list[tuple[str, str, str]]
) -> None:
    monkeypatch.setattr("index.publishing.AT_ONCE", 0)
    library = Library(tmp_path_factory.mktemp("library"), make_embedder())
    for verb, name, text in steps:
        if verb == "put":
            list(library.add([Document(name, name, f"{text}\n{text.upper()} {name}", language="fr")]))
            library.publish()
        elif library.store.revision(name):
            library.delete(name)
        else:
            continue
        built_on = library.generation
        found = {question: ids(library, question) for question in (JOBS, BRIDGE, GARDEN)}
        assert len(built_on.dense) == len(built_on.lexical) == built_on.manifest.chunks
        library.publisher.rebuild()
        assert library.generation.manifest.digest == built_on.manifest.digest
        assert {question: sorted(ids(library, question)) for question in found} == {
            question: sorted(names) for question, names in found.items()
        }
    library.close()


def test_the_digest_does_not_depend_on_the_order_of_additions(tmp_path: Path, open_library, add: Callable) -> None:
    digests = set()
    for name, order in (("one", (JOBS, BRIDGE, GARDEN)), ("two", (GARDEN, JOBS, BRIDGE))):
        library = open_library(tmp_path / name)
        for text in order:
            add((text[:20], text), into=library)
        digests.add(library.generation.manifest.digest)
    assert len(digests) == 1


def test_an_addition_leaves_the_files_of_the_index_and_the_older_generation_as_they_are(
    library: Library, add: Callable, tmp_path: Path
) -> None:
    add(("a", JOBS), ("b", BRIDGE))
    older, models = library.generation.manifest.number, library.models
    folder = library.publisher.generations.path(older)
    segment = next(folder.glob("lexical/*.idx"))
    add(("c", GARDEN))
    newer = library.publisher.generations.path(library.generation.manifest.number)
    assert (newer / "lexical" / segment.name).samefile(segment)
    again = Library(tmp_path, library.embedder)  # which has not seen any file yet, and reads them all
    assert again.publisher.generations.load(older, models).manifest.chunks == 2
    assert again.generation.manifest.chunks == 3
    again.close()


def test_a_copy_takes_the_place_of_a_deleted_one_also_when_built_on_another(
    library: Library, add: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.publishing.AT_ONCE", 0)
    add(("a", JOBS), ("b", JOBS), ("c", GARDEN))
    library.delete("a")
    assert ids(library, "emplois directs")[0] == "b"
    assert library.generation.manifest.chunks == 2


def test_a_generation_of_an_older_format_is_built_again_at_start(
    library: Library, add: Callable, open_library, make_embedder
) -> None:
    add(("a", JOBS))
    library.close()
    path = library.publisher.generations.path(library.generation.manifest.number) / "manifest.json"
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))
    fresh = make_embedder()
    assert ids(open_library(model=fresh), "emplois") == ["a"]
    assert fresh.encoded == ["emplois"]


# Going back


def test_going_back_shows_the_generation_before_until_the_next_write(
    library: Library, add: Callable, open_library
) -> None:
    add(("a", JOBS), ("b", BRIDGE))
    before = library.generation.manifest
    add(("a", GARDEN), ("c", f"{JOBS} Et trois de plus."))
    number = library.publisher.roll_back()
    assert number > before.number + 1
    assert library.generation.manifest.digest == before.digest
    (found,) = library.search("emplois directs", k=1)
    assert (found.document.id, found.document.text, found.chunk.revision) == ("a", JOBS, revision_of(JOBS))
    assert "c" not in ids(library, "trois de plus")
    library.close()
    again = open_library()  # a start is no reason to go forward
    assert again.generation.manifest.number == number
    add(("d", BRIDGE.upper()), into=again)
    assert "c" in ids(again, "trois de plus")
    assert JOBS not in [p.document.text for p in again.search("emplois directs", k=50)]


def test_building_again_ends_going_back_and_embeds_nothing(library: Library, add: Callable, embedder) -> None:
    add(("a", JOBS))
    add(("b", BRIDGE))
    wanted = library.generation.manifest.digest
    library.publisher.roll_back()
    assert "b" not in ids(library, "pont suspendu")
    encoded = len(embedder.encoded)
    library.publisher.rebuild()
    assert len(embedder.encoded) == encoded
    assert library.generation.manifest.digest == wanted
    assert "b" in ids(library, "pont suspendu")


def test_another_process_sees_that_one_went_back(library: Library, add: Callable, open_library) -> None:
    add(("a", JOBS))
    add(("b", BRIDGE))
    other = open_library()
    assert "b" in ids(other, "pont suspendu")
    library.publisher.roll_back()
    assert "b" not in ids(other, "pont suspendu")


def test_one_cannot_go_back_to_what_was_deleted(library: Library, add: Callable) -> None:
    with pytest.raises(NotFound, match="no older generation"):
        library.publisher.roll_back()
    add(("a", JOBS))
    add(("b", CODE))
    library.delete("b")
    with pytest.raises(NotFound, match="after a deletion one"):
        library.publisher.roll_back()


def test_one_does_not_go_back_to_a_damaged_generation(library: Library, add: Callable) -> None:
    add(("a", JOBS))
    older = library.publisher.generations.path(library.generation.manifest.number)
    add(("b", BRIDGE))
    now = library.generation.manifest.number
    (older / "content.npy").write_bytes(b"torn")
    library.publisher.generations._whole.clear()
    with pytest.raises(DamagedIndex, match="torn"):
        library.publisher.roll_back()
    assert library.publisher.generations.current() == now


# Without a model


def test_commands_need_no_model(library: Library, add: Callable, tmp_path: Path) -> None:
    add(("a", JOBS))
    library.close()
    shutil.rmtree(tmp_path / "generations")
    publisher = Publisher(tmp_path)
    publisher.rebuild()
    assert publisher.generation.manifest.chunks == 1
    publisher.store.close()


def test_where_there_is_no_library_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="extrait ingest"):
        Publisher(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


# Nothing left behind


def test_after_a_deletion_no_file_has_its_words(library: Library, add: Callable, tmp_path: Path) -> None:
    add(("a", CODE), ("b", BRIDGE))
    assert postings(library, "hortensia") == 1
    library.delete("a")
    assert postings(library, "hortensia") == 0
    assert b"hortensia" not in held_bytes(tmp_path)
    assert library.store.value("unscrubbed") == ""
    assert not library.publisher.scrub()


def test_a_large_index_is_freed_of_deleted_words_later(
    library: Library, add: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, open_library
) -> None:
    monkeypatch.setattr("index.publishing.AT_ONCE", 0)
    add(("a", CODE), ("b", BRIDGE))
    library.delete("a")
    assert "a" not in ids(library, "hortensia")
    assert postings(library, "hortensia") == 1  # in a file, where no search finds it
    digest = library.generation.manifest.digest
    library.close()
    again = open_library()  # a crash in between changes nothing
    assert again.publisher.scrub(lambda: True)  # stopped: it is still owed
    assert postings(again, "hortensia") == 1
    assert again.publisher.scrub()
    assert postings(again, "hortensia") == 0
    assert again.generation.manifest.digest == digest
    assert sorted(path.name for path in (tmp_path / "generations").iterdir()) == [
        f"{again.generation.manifest.number:06d}"
    ]
    assert not again.publisher.scrub()


def test_what_is_written_while_the_index_is_scrubbed_is_kept(
    library: Library, add: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.publishing.AT_ONCE", 0)
    add(("a", CODE), ("b", BRIDGE), ("c", JOBS))
    library.delete("a")
    publisher = library.publisher
    build = publisher._build

    def write_then_build(base: Path) -> int:
        monkeypatch.setattr(publisher, "_build", build)
        add(("d", GARDEN))
        library.delete("b")
        return build(base)

    monkeypatch.setattr(publisher, "_build", write_then_build)
    assert publisher.scrub()
    assert set(ids(library, f"{GARDEN} {BRIDGE} {JOBS}")) == {"c", "d"}
    assert publisher.scrub()  # the second deletion is owed as well
    assert postings(library, "cyclistes") == 0
    assert set(ids(library, f"{GARDEN} {BRIDGE} {JOBS}")) == {"c", "d"}


def test_older_revisions_are_readable_until_they_are_purged(library: Library, add: Callable, tmp_path: Path) -> None:
    add(("a", CODE), ("b", CODE.replace("mot", "vieux mot")))
    add(("a", BRIDGE), ("b", GARDEN))
    assert library.document("a", revision_of(CODE)).text == CODE
    with pytest.raises(NotFound, match="'ghost'"):
        library.publisher.purge("ghost")
    assert library.publisher.purge("a") == 1
    with pytest.raises(NotFound):
        library.document("a", revision_of(CODE))
    assert library.document("a").text == BRIDGE
    assert b"hortensia" in held_bytes(tmp_path)  # that of b
    assert library.publisher.purge() == 1
    assert library.publisher.purge() == 0
    assert postings(library, "hortensia") == 0
    assert b"hortensia" not in held_bytes(tmp_path)
    assert ids(library, "pont suspendu")[0] == "a"
