"""Laws and behaviour of index.library, with a fake embedder."""

import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.documents import Document, Passage, revision_of
from index.duplicates import MAX_PLACES
from index.errors import DamagedIndex, InvalidRequest, ManifestMismatch, NotFound
from index.library import Library
from index.publishing import Publisher
from index.text import canonical

JOBS = "Le projet, d'un montant de 3 milliards de dirhams, permettra la création de 2 500 emplois directs."
PHASE = "La première phase du projet devrait être opérationnelle dès septembre 2026 à Tanger Tech."
BRIDGE = "Le nouveau pont suspendu relie les deux rives du fleuve et accueille chaque jour des cyclistes."
GARDEN = "Le jardin botanique ouvre ses portes au printemps avec une collection rare de fougères arborescentes."

Add = Callable[..., list]


def texts(passages: list[Passage]) -> list[str]:
    return [p.document.text[p.start : p.end] for p in passages]


def ids(passages: list[Passage]) -> list[str]:
    return [p.document.id for p in passages]


# Outcomes


def test_a_document_is_added_then_unchanged_then_replaced(add: Add) -> None:
    assert [o.state for o in add(("a", JOBS))] == ["added"]
    assert [o.state for o in add(("a", JOBS))] == ["unchanged"]
    assert [o.state for o in add(("a", PHASE))] == ["replaced"]


def test_an_unchanged_document_is_not_embedded_again_and_makes_no_generation(
    library: Library, add: Add, embedder
) -> None:
    add(("a", JOBS))
    before, encoded = library.generation.manifest.number, len(embedder.encoded)
    add(("a", JOBS))
    assert library.generation.manifest.number == before
    assert len(embedder.encoded) == encoded


def test_a_replaced_document_is_found_by_its_new_text_only(library: Library, add: Add) -> None:
    add(("a", JOBS), ("other", GARDEN))
    add(("a", BRIDGE))
    assert library.document("a").text == BRIDGE
    for question in ("création de 2 500 emplois directs", "pont suspendu", "dirhams"):
        assert all(p.document.text in (BRIDGE, GARDEN) for p in library.search(question))
    assert ids(library.search("pont suspendu fleuve"))[0] == "a"


def test_an_older_revision_stays_readable_by_its_name(library: Library, add: Add) -> None:
    add(("a", JOBS))
    add(("a", BRIDGE))
    assert library.document("a", revision_of(JOBS)).text == JOBS
    with pytest.raises(NotFound, match="revision"):
        library.document("a", revision_of("never"))


@pytest.mark.parametrize("blank", ["", " ", "\n\n\t", "\u00a0"], ids=["empty", "space", "lines", "no-break space"])
def test_a_text_without_a_word_fails_and_the_others_go_on(library: Library, add: Add, blank: str) -> None:
    outcomes = add(("blank", blank), ("a", JOBS))
    assert [o.state for o in outcomes] == ["failed", "added"]
    assert "blank" in outcomes[0].reason
    assert "no text" in outcomes[0].reason
    with pytest.raises(NotFound):
        library.document("blank")


def test_a_text_over_the_limit_fails_with_both_numbers(
    library: Library, monkeypatch: pytest.MonkeyPatch, add: Add
) -> None:
    monkeypatch.setattr("index.documents.MAX_TEXT", 50)
    (outcome,) = add(("long", JOBS))
    assert outcome.state == "failed"
    assert "50" in outcome.reason
    assert str(len(JOBS)) in outcome.reason


def test_a_text_that_is_not_canonical_is_refused_and_nothing_of_its_batch_is_kept(library: Library) -> None:
    good, bad = Document("good", "Good", JOBS), Document("bad", "Bad", "e\u0301tage")
    with pytest.raises(InvalidRequest, match="canonical"):
        list(library.add([good, bad]))
    with pytest.raises(NotFound):
        library.document("good")


def test_new_metadata_with_the_same_text_is_a_replacement_that_is_seen(library: Library, add: Add) -> None:
    add(Document("a", "Old title", JOBS, metadata={"year": 2024}))
    assert library.document("a").title == "Old title"  # so that a cache has it
    assert library.search("emplois", filters={"year": 2024})
    (outcome,) = add(Document("a", "New title", JOBS, metadata={"year": 2025}))
    assert outcome.state == "replaced"
    assert library.document("a").title == "New title"
    assert [p.document.title for p in library.search("emplois")] == ["New title"]
    assert library.search("emplois", filters={"year": 2024}) == []
    assert [p.document.title for p in library.search("emplois", filters={"year": 2025})] == ["New title"]


def test_a_document_can_move_to_another_collection(library: Library, add: Add) -> None:
    add(Document("a", "A", JOBS, collection="one"), Document("b", "B", GARDEN, collection="one"))
    add(Document("a", "A", JOBS, collection="two"))
    assert ids(library.search("emplois directs", collection="two")) == ["a"]
    assert ids(library.search("emplois directs", collection="one")) == ["b"]


# Names


def test_an_id_is_made_from_the_place_and_found_again_by_it(library: Library, add: Add) -> None:
    (first,) = add(Document("", "Titre", JOBS, uri="rapports/Rapport Été 2024.txt"))
    assert first.document_id == "rapport-ete-2024"
    (again,) = add(Document("", "Titre", PHASE, uri="rapports/Rapport Été 2024.txt"))
    assert (again.document_id, again.state) == (first.document_id, "replaced")


def test_files_of_one_stem_in_two_folders_do_not_replace_one_another(library: Library, add: Add) -> None:
    outcomes = add(
        *(Document("", "R", text, uri=f"{folder}/rapport.txt") for folder, text in (("a", JOBS), ("b", PHASE)))
    )
    assert [o.state for o in outcomes] == ["added", "added"]
    assert len({o.document_id for o in outcomes}) == 2
    again = add(*(Document("", "R", text, uri=f"{folder}/rapport.txt") for folder, text in (("a", JOBS), ("b", PHASE))))
    assert [(o.state, o.document_id) for o in again] == [("unchanged", o.document_id) for o in outcomes]


def test_one_place_in_two_collections_makes_two_documents(library: Library, add: Add) -> None:
    outcomes = add(*(Document("", "R", JOBS, uri="r.txt", collection=name) for name in ("one", "two")))
    assert len({o.document_id for o in outcomes}) == 2


def test_a_text_without_place_is_named_by_its_title_and_its_words(library: Library, add: Add) -> None:
    outcomes = add(Document("", "Note", JOBS), Document("", "Note", PHASE), Document("", "Note", JOBS))
    assert [o.state for o in outcomes] == ["added", "added", "unchanged"]
    assert all(o.document_id.startswith("note-") for o in outcomes)


@pytest.mark.parametrize("title", ["", "!!!", "تقرير", "报告", "x" * 3000, "😀"])
def test_any_title_makes_an_id_that_fits_a_url(library: Library, add: Add, title: str) -> None:
    (outcome,) = add(Document("", title, JOBS))
    assert 0 < len(outcome.document_id) <= 200
    assert not set(outcome.document_id) & set(" /?#\n")


# Deletion


def test_a_deleted_document_is_nowhere(library: Library, add: Add) -> None:
    add(("a", JOBS), ("b", f"{JOBS}\n{GARDEN}"), ("c", BRIDGE))
    library.search("emplois directs")  # so that caches have it
    assert [p.document_id for p in library.places(library.document("b"), 0, len(JOBS))] == ["a"]
    library.delete("a")
    for question in (JOBS, "emplois directs", "2500", "milliards de dirhams"):
        assert "a" not in ids(library.search(question, k=50))
    assert library.places(library.document("b"), 0, len(JOBS)) == []
    for call in (
        lambda: library.document("a"),
        lambda: library.document("a", revision_of(JOBS)),
        lambda: library.delete("a"),
    ):
        with pytest.raises(NotFound):
            call()
    assert [d.id for d, _ in library.store.documents(None, 10, "")] == ["b", "c"]
    assert library.generation.manifest.documents == 2


def test_a_deletion_leaves_no_words_in_the_database_file(library: Library, add: Add) -> None:
    gone = "Le mot de passe du coffre est hortensia-cobalt, que personne ne doit retrouver ici."
    add(("a", gone), ("b", BRIDGE))
    library.delete("a")
    library.close()
    left = b"".join(path.read_bytes() for path in library.data.glob("library.sqlite*"))
    assert b"hortensia" not in left


def test_deleting_the_indexed_member_of_a_cluster_promotes_another(library: Library, add: Add) -> None:
    add(("a", JOBS), ("b", JOBS), ("c", JOBS))
    assert library.generation.manifest.chunks == 1
    for gone, left in (("a", "b"), ("b", "c")):
        library.delete(gone)
        (found,) = library.search("emplois directs")
        assert found.document.id == left
    library.delete("c")
    assert library.search("emplois directs") == []


def test_replacing_the_indexed_member_of_a_cluster_promotes_another(library: Library, add: Add) -> None:
    add(("a", JOBS), ("b", JOBS))
    add(("a", GARDEN))
    assert ids(library.search("emplois directs"))[0] == "b"
    assert library.places(library.document("b"), 0, len(JOBS)) == []


def test_after_its_leader_left_a_cluster_still_takes_near_duplicates_in(library: Library, add: Add) -> None:
    long = f"{JOBS} {PHASE} {GARDEN} {BRIDGE}"
    near = long.replace("rare", "unique")
    add(("a", long), ("b", long))
    library.delete("a")
    add(("c", near))
    (place,) = library.places(library.document("c"), 0, len(near))
    assert place.document_id == "b"
    assert 0.8 <= place.similarity < 1


def test_deleting_what_is_not_there_names_it(library: Library) -> None:
    with pytest.raises(NotFound, match="'ghost'"):
        library.delete("ghost")


# Duplicates


def test_the_seed_text_ranks_its_repeated_paragraphs_once_with_both_places(
    library: Library, add: Add, seed_text: str
) -> None:
    add(("seed", seed_text))
    lines = [line for line in seed_text.split("\n") if seed_text.count(line) == 2]
    repeated = list(dict.fromkeys(lines))
    assert len(repeated) == 5
    for line in repeated:
        found = library.search(line, k=50)
        assert sum(line[:80] in text for text in texts(found)) == 1
        start = seed_text.index(line)
        (other,) = library.places(library.document("seed"), start, start + len(line))
        assert (other.start, other.similarity) == (seed_text.rindex(line), 1.0)
        assert seed_text[other.start : other.end] == line
        (back,) = library.places(library.document("seed"), other.start, other.end)
        assert back.start == start


def test_duplicates_in_two_collections_are_each_found_by_who_sees_one(library: Library, add: Add) -> None:
    add(Document("a", "A", JOBS, collection="one"), Document("b", "B", JOBS, collection="two"))
    for collection, expected in (("one", "a"), ("two", "b")):
        (found,) = library.search("emplois directs", collection=collection)
        assert found.document.id == expected
        seen = library.visible(collection, {})
        assert library.places(found.document, found.start, found.end, seen) == []
    assert len(library.search("emplois directs")) == 1  # who sees both sees it once
    document = library.document("a")
    assert [p.document_id for p in library.places(document, 0, len(JOBS))] == ["b"]


def test_duplicates_under_two_filters_are_each_found_by_who_sees_one(library: Library, add: Add) -> None:
    add(*(Document(f"d{year}", "D", JOBS, metadata={"year": year, "kind": "note"}) for year in (2024, 2025)))
    for year in (2024, 2025):
        (found,) = library.search("emplois directs", filters={"year": year})
        assert found.document.id == f"d{year}"
        assert library.places(found.document, found.start, found.end, library.visible(None, {"year": year})) == []
    assert len(library.search("emplois directs", filters={"kind": "note"})) == 1


def test_duplicates_are_found_when_only_some_carry_the_metadata(library: Library, add: Add) -> None:
    add(Document("plain", "P", JOBS), Document("tagged", "T", JOBS, metadata={"public": 1}))
    assert ids(library.search("emplois directs", filters={"public": 1})) == ["tagged"]


def test_a_repeated_paragraph_is_found_whatever_stands_around_it(library: Library, add: Add) -> None:
    add(("a", f"{BRIDGE}\n{JOBS}\n{GARDEN}"), ("b", f"{GARDEN.upper()}\n\n{JOBS}\n\n{PHASE}"))
    place = next(p for p in library.places(library.document("b"), len(GARDEN) + 2, len(GARDEN) + 2 + len(JOBS)))
    assert (place.document_id, place.start, place.end) == ("a", len(BRIDGE) + 1, len(BRIDGE) + 1 + len(JOBS))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Le projet coûte 3 milliards de dirhams", "Le projet coûte 4 milliards de dirhams"),
        ("La température descend à 5 degrés", "La température descend à -5 degrés"),
        ("Le prix monte de 50 % cette année", "Le prix monte de 50 € cette année"),
        ("La hausse est de 1,5 point", "La hausse est de 15 points"),
        ("Le nord compte 3 écoles et le sud 5 écoles", "Le nord compte 5 écoles et le sud 3 écoles"),
    ],
    ids=["figure", "sign", "unit", "decimal", "exchanged"],
)
def test_another_figure_is_another_fact_and_stays_in_the_index(
    library: Library, add: Add, one: str, other: str
) -> None:
    rest = (
        " et les équipes locales qui suivent ce dossier depuis le printemps estiment que rien ne viendra plus changer"
        " cette prévision avant que la commission compétente rende enfin les conclusions attendues par les acteurs"
        " de la filière industrielle régionale comme par les habitants des communes voisines du chantier."
    )
    add(("a", one + rest), ("b", other + rest))
    assert set(ids(library.search(one))) == {"a", "b"}
    assert library.places(library.document("a"), 0, len(one)) == []


def test_the_places_of_many_copies_are_counted_and_the_first_listed(library: Library, add: Add) -> None:
    long = f"{JOBS} {PHASE} {GARDEN} {BRIDGE}"
    copies = [long.replace("rare", "unique") if n == 1 else long for n in range(3 * MAX_PLACES)]
    add(Document("a", "A", long), *(Document(f"copy-{n}", "C", text) for n, text in enumerate(copies)))
    document, read = library.document("a"), []
    library.store.connection.set_trace_callback(read.append)
    found = library.places(document, 0, len(long))
    assert library.count_places(document, 0, len(long)) == 3 * MAX_PLACES
    library.store.connection.set_trace_callback(None)
    assert len(read) < 10, "the work grows with the number of copies"
    assert [p.document_id for p in found] == [f"copy-{n}" for n in range(MAX_PLACES)]
    assert [p.document_id for p in found if p.similarity < 1] == ["copy-1"]
    seen = {"a", "copy-1", "copy-50"}
    assert [p.document_id for p in library.places(document, 0, len(long), seen)] == ["copy-1", "copy-50"]
    assert library.count_places(document, 0, len(long), seen) == 2


def test_many_copies_do_not_crowd_other_passages_out(library: Library, add: Add) -> None:
    add(*(Document(f"copy-{n}", "C", JOBS, collection=f"c{n}") for n in range(60)), Document("other", "O", PHASE))
    assert "other" in ids(library.search("projet création emplois directs", k=10))


def test_before_publish_an_old_revision_lists_no_foreign_places(library: Library, add: Add) -> None:
    add(("a", f"{JOBS}\n{GARDEN}"), ("b", BRIDGE))
    list(library.add([Document("a", "a", f"{BRIDGE}\n{PHASE}", language="fr")]))  # written, not published
    for passage in library.search("emplois directs"):
        for place in library.places(passage.document, passage.start, passage.end):
            assert place.similarity >= 0.8, "a place that does not say the same"


# What a search may see


def test_an_unknown_collection_is_not_found_by_name(library: Library, add: Add) -> None:
    add(("a", JOBS))
    with pytest.raises(NotFound, match="'nowhere'"):
        library.search("emplois", collection="nowhere")


def test_filters_tell_strings_whole_numbers_and_decimals_apart(library: Library, add: Add) -> None:
    values = {"s": "2", "i": 2, "f": 2.5, "quoted": 'a"b', "arabic": "عربي"}
    add(*(Document(name, name, JOBS, metadata={"v": value}) for name, value in values.items()))
    for name, value in values.items():
        assert ids(library.search("emplois", filters={"v": value})) == [name]
    assert library.search("emplois", filters={"v": 3}) == []
    assert library.search("emplois", filters={"w": 2}) == []


def test_a_filter_does_not_care_how_an_equal_number_is_written(library: Library, add: Add) -> None:
    """JSON has one kind of number: a browser sends 2.0 as 2."""
    add(Document("a", "A", JOBS, metadata={"v": 2.0}), Document("b", "B", GARDEN, metadata={"v": 3}))
    assert ids(library.search("emplois", filters={"v": 2})) == ["a"]
    assert ids(library.search("jardin", filters={"v": 3.0})) == ["b"]


def test_several_filters_must_all_hold(library: Library, add: Add) -> None:
    add(Document("a", "A", JOBS, metadata={"x": 1, "y": 1}), Document("b", "B", PHASE, metadata={"x": 1, "y": 2}))
    assert ids(library.search("projet", filters={"x": 1, "y": 2})) == ["b"]
    assert sorted(ids(library.search("projet", filters={"x": 1}))) == ["a", "b"]


VALUES: list[str | int | float] = [
    "2024-03-05", "2024-03-06", "2024-03", "20240305", 20240305, 2024, "2024", 2024.5, -1, 0, "", "é", "x=1", "a\nb"
]  # fmt: skip
KEYS = ["date", "date=2024", "n", "n\nmetadata:date"]


@pytest.mark.parametrize("seed", range(3))
def test_a_filter_lets_pass_what_has_the_value_and_nothing_else(library: Library, add: Add, seed: int) -> None:
    """Strings, dates and numbers, in two collections: what is found, and its copies, are what a loop finds."""
    draw = random.Random(seed)
    documents = [
        Document(
            f"d{n}",
            f"D{n}",
            draw.choice([JOBS, GARDEN, f"Le dossier numéro {n} attend les deux mille emplois directs."]),
            collection=draw.choice(["default", "b"]),
            metadata={key: draw.choice(VALUES) for key in KEYS if draw.random() < 0.6},
            language="fr",
        )
        for n in range(60)
    ]
    add(*documents)
    for collection in (None, "default", "b"):
        for key, value in ((key, value) for key in KEYS for value in VALUES):
            expected = {
                d.id
                for d in documents
                if collection in {None, d.collection} and key in d.metadata and d.metadata[key] == value
                and isinstance(d.metadata[key], str) == isinstance(value, str)
            }  # fmt: skip
            seen = library.visible(collection, {key: value})
            found = library.search("emplois jardin", 50, collection, {key: value})
            places = [place for p in found for place in library.places(p.document, p.start, p.end, seen)]
            assert {p.document.id for p in found} | {place.document_id for place in places} == expected, (key, value)


def test_a_filter_is_applied_before_the_nearest_are_counted(library: Library, add: Add) -> None:
    """One document that is far from the question, among many that are near."""
    near = [Document(f"n{n}", "N", f"{JOBS} Dossier numéro {n}.", metadata={"date": "2024-03-05"}) for n in range(120)]
    add(*near, Document("far", "Far", GARDEN, metadata={"date": "2023-01-01"}))
    assert ids(library.search("emplois directs usine", 3, filters={"date": "2023-01-01"})) == ["far"]


def test_a_filter_that_was_asked_before_sees_what_was_written_since(library: Library, add: Add, open_library) -> None:
    add(Document("a", "A", JOBS, metadata={"year": 2024}), Document("b", "B", BRIDGE))
    reader = open_library()
    asked = ("emplois pont jardin", 10, None, {"year": 2024})
    assert ids(library.search(*asked)) == ids(reader.search(*asked)) == ["a"]
    add(Document("c", "C", GARDEN, metadata={"year": 2024}))
    assert set(ids(library.search(*asked))) == set(ids(reader.search(*asked))) == {"a", "c"}
    library.delete("a")
    assert ids(library.search(*asked)) == ids(reader.search(*asked)) == ["c"]


def test_a_search_gives_at_most_k_ordered_and_distinct(library: Library, add: Add, seed_text: str) -> None:
    add(("seed", seed_text), ("a", f"{JOBS}\n{PHASE}"), ("b", BRIDGE), ("c", GARDEN))
    for k in (1, 2, 50):
        found = library.search("le projet de Tanger", k=k)
        assert 0 < len(found) <= k
        assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
        assert len({(p.document.id, p.start) for p in found}) == len(found)


def test_an_empty_library_finds_nothing(library: Library) -> None:
    assert library.search("quoi que ce soit") == []
    assert library.generation.manifest.chunks == 0


# Saving and opening again


def test_opened_again_it_gives_the_same_results_without_encoding(
    library: Library, add: Add, open_library, make_embedder, seed_text: str
) -> None:
    add(("seed", seed_text), ("b", BRIDGE))
    question = "Combien d'emplois directs ?"
    before = [(p.chunk, p.score) for p in library.search(question)]
    fresh = make_embedder()
    again = open_library(model=fresh)
    assert fresh.encoded == []
    assert [(p.chunk, p.score) for p in again.search(question)] == before


TEXTS = st.lists(
    st.sampled_from([JOBS, PHASE, BRIDGE, GARDEN, "😀 e\u0301t\u00e9.\r\nشجرة؟", "1. Un\n\n2. Deux"]),
    min_size=1,
    max_size=4,
)


@given(st.lists(TEXTS.map("\n\n".join).map(canonical), min_size=1, max_size=4))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_save_load_search_is_the_identity(tmp_path_factory, make_embedder, bodies: list[str]) -> None:
    data = tmp_path_factory.mktemp("library")
    library = Library(data, make_embedder())
    documents = [Document(f"d{n}", f"D{n}", text) for n, text in enumerate(bodies)]
    outcomes = list(library.add(documents))
    library.publish()
    found = [library.search(text[:200], k=50) for text in bodies]
    for results in found:
        for p in results:
            assert p.document.text == bodies[int(p.document.id[1:])]
            assert 0 <= p.start < p.end <= len(p.document.text)
            assert p.chunk.revision == revision_of(p.document.text)
            for place in library.places(p.document, p.start, p.end):
                assert 0 <= place.start < place.end <= len(bodies[int(place.document_id[1:])])
    library.close()
    again = Library(data, make_embedder())
    assert [again.search(text[:200], k=50) for text in bodies] == found
    assert all(again.document(o.document_id).text == text for o, text in zip(outcomes, bodies, strict=True))
    again.close()


def test_two_builds_of_the_same_input_have_the_same_digest(
    tmp_path: Path, open_library, add: Add, seed_text: str
) -> None:
    digests = set()
    for name in ("one", "two"):
        library = open_library(tmp_path / name)
        add(("seed", seed_text), ("b", BRIDGE), ("c", f"{GARDEN}\n{JOBS}"), into=library)
        digests.add(library.generation.manifest.digest)
    assert len(digests) == 1


# What does not fit


def test_another_embedder_is_refused_in_words(library: Library, add: Add, make_embedder, tmp_path: Path) -> None:
    add(("a", JOBS))
    library.close()
    with pytest.raises(ManifestMismatch) as caught:
        Library(tmp_path, make_embedder(name="other-model", digest="fake-2"))
    message = str(caught.value)
    assert "the embedder hashed-words, and other-model is running" in message
    assert "`extrait rebuild --embed`" in message
    assert "fake-2" not in message


def faiss_torn(data: Path) -> None:
    path = next(data.glob("generations/*/dense/*.faiss"))
    path.write_bytes(path.read_bytes()[:-7])


def lexical_torn(data: Path) -> None:
    path = max(data.glob("generations/*/lexical/*"), key=lambda p: p.stat().st_size)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lexical_missing(data: Path) -> None:
    shutil.rmtree(next(data.glob("generations/*/lexical")))


def manifest_torn(data: Path) -> None:
    path = next(data.glob("generations/*/manifest.json"))
    path.write_bytes(path.read_bytes()[:40])


def manifest_empty(data: Path) -> None:
    next(data.glob("generations/*/manifest.json")).write_bytes(b"")


def pointer_foreign(data: Path) -> None:
    (data / "current").write_text("the newest one")


def pointer_not_text(data: Path) -> None:
    (data / "current").write_bytes(b"\xff\xfe\x00\x80")


def pointer_odd_digit(data: Path) -> None:
    (data / "current").write_text("²")


def pointer_empty(data: Path) -> None:
    (data / "current").write_text("")


def pointer_dangling(data: Path) -> None:
    (data / "current").write_text("99\n")


def generations_gone(data: Path) -> None:
    shutil.rmtree(data / "generations")


@pytest.mark.parametrize(
    "damage",
    [faiss_torn, lexical_torn, lexical_missing, manifest_torn, manifest_empty, pointer_foreign, pointer_not_text,
     pointer_odd_digit, pointer_empty, pointer_dangling, generations_gone],
    ids=lambda damage: damage.__name__,
)  # fmt: skip
def test_a_damaged_index_is_refused_with_a_remedy_that_works(
    library: Library, add: Add, open_library, make_embedder, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    add(("a", JOBS), ("b", BRIDGE))
    before = [p.chunk for p in library.search("emplois")]
    library.close()
    damage(tmp_path)
    with pytest.raises(DamagedIndex, match="run `extrait rebuild`") as caught:
        open_library()
    assert str(tmp_path) in str(caught.value)
    Publisher(tmp_path).rebuild()  # the remedy
    fresh = make_embedder()
    assert [p.chunk for p in open_library(model=fresh).search("emplois")] == before
    assert fresh.encoded == ["emplois"]


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path: Path, open_library) -> None:
    (tmp_path / "library.sqlite").write_bytes(b"this is not a database at all, and long enough to be read as one")
    with pytest.raises(DamagedIndex, match="backup"):
        open_library()


def test_without_its_generations_it_is_built_again_without_encoding(
    library: Library, add: Add, open_library, make_embedder, tmp_path: Path, seed_text: str
) -> None:
    add(("seed", seed_text), ("b", BRIDGE))
    digest, before = library.generation.manifest.digest, [p.chunk for p in library.search("emplois")]
    library.close()
    shutil.rmtree(tmp_path / "generations")
    (tmp_path / "current").unlink()
    fresh = make_embedder()
    again = open_library(model=fresh)
    assert fresh.encoded == []
    assert again.generation.manifest.digest == digest
    assert [p.chunk for p in again.search("emplois")] == before


# Crashes and company


def test_what_was_written_and_not_published_is_found_after_opening_again(
    library: Library, add: Add, open_library, make_embedder
) -> None:
    add(("old", BRIDGE))
    list(library.add([Document("new", "N", JOBS, language="fr"), Document("old", "O", GARDEN, language="fr")]))
    library.close()
    fresh = make_embedder()
    again = open_library(model=fresh)
    assert fresh.encoded == []
    assert texts(again.search("emplois directs jardin", k=50)).count(JOBS) == 1
    assert BRIDGE not in texts(again.search("pont suspendu", k=50))


def test_a_half_built_generation_is_cleared_away(library: Library, add: Add, open_library, tmp_path: Path) -> None:
    add(("a", JOBS))
    number = library.generation.manifest.number
    library.close()
    draft = tmp_path / "generations" / f"{number + 1:06d}"
    (draft / "lexical").mkdir(parents=True)
    (draft / "content.npy").write_bytes(b"half")
    again = open_library()
    assert not draft.exists()
    add(("b", BRIDGE), into=again)
    assert ids(again.search("pont suspendu"))[0] == "b"


def test_a_failed_batch_leaves_the_library_as_it_was(
    library: Library, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no memory")

    add(("a", JOBS))
    monkeypatch.setattr(library.embedder, "encode", broken)
    with pytest.raises(OSError, match="no memory"):
        list(library.add([Document("b", "B", BRIDGE)]))
    monkeypatch.undo()
    with pytest.raises(NotFound):
        library.document("b")
    assert ids(library.search("emplois")) == ["a"]


def test_another_instance_sees_what_the_first_publishes(library: Library, add: Add, open_library) -> None:
    other = open_library()
    assert other.search("emplois") == []
    add(("a", JOBS))
    assert ids(other.search("emplois")) == ["a"]
    assert other.document("a").title == "a"
    add(Document("a", "Another title", JOBS, language="fr"))
    assert [p.document.title for p in other.search("emplois")] == ["Another title"]
    library.delete("a")
    assert other.search("emplois") == []
    with pytest.raises(NotFound):
        other.document("a")


def test_another_process_sees_what_this_one_publishes(library: Library, add: Add, tmp_path: Path) -> None:
    add(("a", JOBS))
    script = "import sys, pathlib, index.store as s; print(s.Store(pathlib.Path(sys.argv[1])).collections())"
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "library.sqlite")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "{'default': 1}"


def test_two_instances_that_write_at_once_lose_nothing(library: Library, add: Add, open_library) -> None:
    other = open_library()
    failures: list[BaseException] = []

    def write(target: Library, prefix: str) -> None:
        try:
            for n in range(4):
                add((f"{prefix}{n}", f"{JOBS} Dossier {prefix} numéro {ord(prefix)}{n}."), into=target)
        except BaseException as error:  # noqa: BLE001 - handed to the main thread
            failures.append(error)

    threads = [threading.Thread(target=write, args=pair) for pair in ((library, "x"), (other, "y"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    expected = sorted(f"{p}{n}" for p in "xy" for n in range(4))
    assert [d.id for d, _ in library.store.documents(None, 50, "")] == expected
    assert library.generation.manifest.number == other.generation.manifest.number
    assert library.generation.manifest.documents == len(expected)


def test_a_search_goes_on_while_the_library_is_written(library: Library, add: Add) -> None:
    add(("a", JOBS))
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                assert ids(library.search("emplois directs", k=50)).count("a") == 1
        except BaseException as error:  # noqa: BLE001 - handed to the main thread
            failures.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    for n in range(5):
        add((f"n{n}", f"{GARDEN} {n}"))
    stop.set()
    thread.join(30)
    assert failures == []


def test_the_manifest_counts_documents_that_hold_nothing_but_copies(library: Library, add: Add) -> None:
    add(("a", JOBS), ("b", JOBS))
    assert library.generation.manifest.documents == 2


def test_the_manifest_says_what_made_it(library: Library, add: Add, tmp_path: Path) -> None:
    add(("a", JOBS))
    manifest = msgspec.json.decode(next((tmp_path / "generations").glob("*2/manifest.json")).read_bytes())
    assert manifest["models"]["embedder"] == "hashed-words"
    assert (manifest["documents"], manifest["chunks"]) == (1, 1)
    assert len(manifest["digest"]) == 64


def test_every_part_of_a_long_paragraph_can_be_found(library: Library, add: Add) -> None:
    """All its chunks belong to one cluster; another part of it is no repetition."""
    text = " ".join(f"La girafe numéro {number} mange les feuilles hautes de son arbre." for number in range(60))
    (outcome,) = add(("long", text))
    assert outcome.chunks > 3
    assert len(library.search("girafe feuilles arbre", k=10)) == min(10, outcome.chunks)


def test_a_replaced_revision_does_not_leak_into_its_new_collection(library: Library, add: Add) -> None:
    add(Document("plan", "Plan", "Le budget secret de la fusion est de neuf cents millions.", collection="private"))
    harmless = Document("plan", "Plan", "Le jardin public ouvre chaque matin à huit heures.", collection="public")
    list(library.add([harmless]))  # written, not published
    assert all("secret" not in p.document.text for p in library.search("budget secret fusion", collection="public"))


def test_a_deletion_empties_the_log_and_the_older_generation(library: Library, add: Add) -> None:
    add(("a", JOBS), ("b", GARDEN))
    library.delete("a")
    assert len(list((library.data / "generations").iterdir())) == 1
    assert (library.data / "library.sqlite-wal").stat().st_size == 0
