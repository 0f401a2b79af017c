"""index.renewal: a library embedded anew is the one freshly made by the new embedder, and no search mixes the two."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index import history
from index.cutter import Cutter
from index.documents import Document, Passage, revision_of
from index.errors import IndexFault, ManifestMismatch, NotFound
from index.library import Library
from index.publishing import Publisher
from index.renewal import renew

JOBS = "Le projet, d'un montant de 3 milliards de dirhams, permettra la création de 2 500 emplois directs."
BRIDGE = "Le nouveau pont suspendu relie les deux rives du fleuve et accueille chaque jour des cyclistes."
GARDEN = "Le jardin botanique ouvre ses portes au printemps avec une collection rare de fougères arborescentes."
TEXTS = {
    "ville": " ".join([JOBS, BRIDGE, GARDEN] * 4),
    "copie": f"{GARDEN}\n{JOBS}\n{BRIDGE.replace('cyclistes', 'promeneurs')}",
    "autre": f"{JOBS}\n{GARDEN.upper()} Et autre chose encore.",
}
QUESTIONS = ("emplois directs", "pont suspendu", "fougères arborescentes", "autre chose", "dirhams au printemps")

Anew = Callable[..., int]


def found(passages: list[Passage]) -> list[tuple]:
    return [(p.document, p.start, p.end, round(p.score, 6)) for p in passages]


def searches(library: Library) -> list[list[tuple]]:
    return [found(library.search(question)) for question in QUESTIONS]


def documents(texts: dict[str, str], **fields) -> list[Document]:
    return [Document(name, name, text, language="fr", **fields) for name, text in texts.items()]


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.renewal.BATCH_CHARACTERS", 1)  # a document each


@pytest.fixture
def filled(library: Library) -> Library:
    list(library.add(documents(TEXTS)))
    library.publish()
    return library


@pytest.fixture
def begun(tmp_path: Path, other_embedder) -> Iterator[Callable]:
    """Begins to embed the library of a data directory anew: an iterator of documents."""
    publishers = []

    def begin(data: Path = tmp_path, model=None, **more) -> Iterator:
        publishers.append(Publisher(data))
        return renew(publishers[-1], Cutter(model or other_embedder, **more))

    yield begin
    for publisher in publishers:
        publisher.store.close()


@pytest.fixture
def fresh(tmp_path: Path, open_library, other_embedder) -> Callable[..., list]:
    """What the searches of a library find that the other embedder made from these documents."""

    def make(texts: dict[str, str] = TEXTS, **fields) -> list:
        library = open_library(tmp_path / "fresh", other_embedder)
        list(library.add(documents(texts, **fields)))
        library.publish()
        return searches(library)

    return make


def test_it_finds_what_a_library_freshly_made_by_the_new_embedder_finds(
    filled: Library, begun: Callable, open_library, fresh: Callable, tmp_path: Path, other_embedder
) -> None:
    with pytest.raises(ManifestMismatch, match="extrait rebuild --embed"):
        open_library(model=other_embedder)
    chunks = filled.generation.manifest.chunks
    assert list(begun()) == [("ville", 1, 3), ("copie", 2, 3), ("autre", 3, 3)]
    renewed = open_library(model=other_embedder)
    assert renewed.generation.manifest.chunks > chunks  # its window is smaller
    assert renewed.generation.manifest.models == Cutter(other_embedder).models
    assert searches(renewed) == fresh()
    digest = renewed.generation.manifest.digest
    assert digest == open_library(tmp_path / "fresh", other_embedder).generation.manifest.digest
    renewed.publisher.rebuild()
    assert renewed.generation.manifest.digest == digest


def test_all_but_chunks_and_vectors_stays_as_it_was(filled: Library, begun: Callable, open_library) -> None:
    list(filled.add(documents({"ville": BRIDGE}, collection="travail", metadata={"year": 2026}, uri="v.txt")))
    filled.remember_files([("ville", revision_of(BRIDGE), b"digest")])
    filled.publish()
    tables = ("documents", "revisions", "metadata", "paragraphs", "bands", "files", "deletions")

    def held() -> list:
        return [filled.store.connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables]

    before = held()
    list(begun())
    assert held() == before
    assert filled.document("ville", revision_of(TEXTS["ville"])).text == TEXTS["ville"]
    assert history.read_before(filled.store.connection, "travail", "v.txt", b"digest") == "ville"


def test_where_nothing_differs_it_embeds_anew_all_the_same(
    filled: Library, begun: Callable, open_library, make_embedder
) -> None:
    before, number = searches(filled), filled.generation.manifest.number
    same = make_embedder()
    list(begun(model=same))
    assert len(set(same.encoded)) == len(same.encoded) >= filled.generation.manifest.chunks
    assert searches(filled) == before
    assert filled.generation.manifest.number == number + 1


def test_another_budget_cuts_anew(filled: Library, begun: Callable, embedder, tmp_path: Path) -> None:
    before = filled.generation.manifest.chunks
    list(begun(model=embedder, chunk_tokens=40))
    with pytest.raises(ManifestMismatch, match="40 tokens, and 160 are wanted"):
        Library(tmp_path, embedder)
    library = Library(tmp_path, embedder, chunk_tokens=40)
    assert library.generation.manifest.chunks > before
    library.close()


def test_what_is_interrupted_leaves_the_library_as_it_was_and_goes_on(
    filled: Library, begun: Callable, open_library, fresh: Callable, other_embedder, embedder
) -> None:
    before = searches(filled)
    half = begun()
    next(half)
    next(half)
    half.close()
    assert searches(filled) == searches(open_library()) == before
    with pytest.raises(ManifestMismatch):
        open_library(model=other_embedder)
    embedded = len(other_embedder.encoded)
    assert [one.name for one in begun()] == ["autre"]
    assert not set(other_embedder.encoded[:embedded]) & set(other_embedder.encoded[embedded:])
    assert searches(open_library(model=other_embedder)) == fresh()


def test_drafts_of_yet_another_model_are_thrown_away(
    filled: Library, begun: Callable, open_library, fresh: Callable, make_embedder, other_embedder
) -> None:
    half = begun(model=make_embedder("third", "fake-3"))
    next(half)
    next(half)
    half.close()
    assert len(list(begun())) == 3
    assert searches(open_library(model=other_embedder)) == fresh()


def test_what_is_written_meanwhile_by_the_old_embedder_is_embedded_too(
    filled: Library, begun: Callable, open_library, fresh: Callable, other_embedder
) -> None:
    running = begun()
    next(running)
    list(filled.add(documents({"ville": GARDEN, "neu": BRIDGE.upper()})))
    filled.publish()
    filled.delete("copie")
    assert [p.document.id for p in filled.search("pont suspendu", k=1)] == ["neu"]
    names = [one.name for one in running]
    assert {"ville", "neu"} <= set(names)
    renewed = open_library(model=other_embedder)
    assert renewed.store.value("renewing") == ""
    left = {"autre": TEXTS["autre"], "ville": GARDEN, "neu": BRIDGE.upper()}
    wanted = fresh(left)
    assert [sorted(one[1:] for one in each) for each in searches(renewed)] == [
        sorted(one[1:] for one in each) for each in wanted
    ]


def test_a_document_that_changes_while_it_is_embedded_is_embedded_as_it_is_then(
    filled: Library, begun: Callable, open_library, other_embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode = other_embedder.encode

    def write_then_encode(texts: list[str], role: str):
        monkeypatch.setattr(other_embedder, "encode", encode)
        list(filled.add(documents({"ville": GARDEN})))
        filled.delete("copie")
        return encode(texts, role)

    monkeypatch.setattr(other_embedder, "encode", write_then_encode)
    names = [one.name for one in begun()]
    assert names.count("ville") == 2
    renewed = open_library(model=other_embedder)
    for question in QUESTIONS:
        assert {p.document.text for p in renewed.search(question, k=50)} <= {GARDEN, TEXTS["autre"]}
    renewed.publisher.rebuild()
    assert searches(renewed) == searches(open_library(model=other_embedder))


def test_a_library_that_was_open_refuses_in_words_and_gives_nothing_of_two_models(
    filled: Library, begun: Callable, open_library
) -> None:
    list(begun())
    for act in (
        lambda: filled.search("pont"),
        lambda: list(filled.add(documents({"neu": BRIDGE}))),
        lambda: filled.delete("ville"),
        filled.publisher.purge,
        filled.publisher.rebuild,
    ):
        with pytest.raises(ManifestMismatch, match="embedded anew since this program started, by the embedder other"):
            act()
    assert filled.document("ville").text == TEXTS["ville"]
    with pytest.raises(ManifestMismatch, match="made by the embedder other-words, and hashed-words is running"):
        open_library()


def test_until_the_new_generation_is_current_the_old_one_is_searched_whole(
    filled: Library, begun: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = searches(filled)
    seen = []
    publish = Publisher.publish_alone

    def look_then_publish(publisher: Publisher) -> None:
        seen.append(searches(filled))
        publish(publisher)

    monkeypatch.setattr(Publisher, "publish_alone", look_then_publish)
    list(begun())
    assert seen == [before]


def test_a_crash_before_the_new_generation_is_mended_by_the_next_start(
    filled: Library, begun: Callable, open_library, fresh: Callable, other_embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(_: Publisher) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Publisher, "publish_alone", crash)
        with pytest.raises(OSError):  # noqa: PT011 - it has no words
            list(begun())
    with pytest.raises(ManifestMismatch):
        open_library()
    embedded = len(other_embedder.encoded)
    renewed = open_library(model=other_embedder)
    assert len(other_embedder.encoded) == embedded
    with pytest.raises(ManifestMismatch, match=r"generation at .* made by the embedder hashed-words"):
        renewed.publisher.roll_back()
    assert searches(renewed) == fresh()


def test_one_cannot_go_back_to_the_old_models(filled: Library, begun: Callable, open_library, other_embedder) -> None:
    list(begun())
    with pytest.raises(NotFound, match="no older generation"):
        open_library(model=other_embedder).publisher.roll_back()


def test_the_old_chunks_go_with_the_next_write(filled: Library, begun: Callable, open_library, other_embedder) -> None:
    list(begun())
    renewed = open_library(model=other_embedder)
    list(renewed.add(documents({"neu": BRIDGE.upper()})))
    renewed.publish()
    db = renewed.store.connection
    assert db.execute("SELECT DISTINCT length(embedding), superseded FROM chunks").fetchall() == [(4 * 48, None)]


def test_a_library_that_holds_nothing_takes_the_new_models(library: Library, begun: Callable, open_library) -> None:
    assert list(begun()) == []
    with pytest.raises(ManifestMismatch):
        open_library()


def test_two_do_not_do_it_at_once(filled: Library, begun: Callable) -> None:
    first = begun()
    next(first)
    with pytest.raises(IndexFault, match="Another process"):
        next(begun())
    first.close()
    assert len(list(begun())) == 2
