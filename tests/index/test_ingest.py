"""index.ingest: files and texts in, an outcome for each."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.documents import Document
from index.errors import DocumentError, TooLarge
from index.ingest import Source, ingest, read, sources, text_document
from index.library import Library, Outcome

TEXT = "L'usine de Tanger créera deux mille emplois directs dans la région."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "work"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


def test_folders_are_walked_in_order_and_hidden_files_left_out(folder: Path) -> None:
    for name in ("b/two.txt", "a.txt", ".git/config", "b/.hidden", "b/c/été.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(TEXT)
    assert [source.uri for source in sources([folder])] == ["a.txt", "b/c/été.md", "b/two.txt"]
    assert [source.uri for source in sources([folder / ".git/config"])] == [".git/config"]  # asked for by name


def test_a_file_is_shown_below_what_was_asked_for(folder: Path, tmp_path: Path) -> None:
    for name in ("b/two.txt", "a.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(TEXT)
    assert [source.below for source in sources([folder])] == ["a.txt", "b/two.txt"]
    assert [source.below for source in sources([Path(), Path("b"), folder / "b/two.txt"])] == [
        "a.txt",
        "b/two.txt",
        "two.txt",
        "two.txt",
    ]


def test_what_is_shown_makes_no_other_document(folder: Path, tmp_path: Path, library: Library) -> None:
    elsewhere = tmp_path / "srv"
    (elsewhere / "b").mkdir(parents=True)
    (elsewhere / "b/two.txt").write_text(TEXT)
    (_, first), *_ = ingest(library, sources([elsewhere]))
    document = library.document(first.document_id)
    assert (document.uri, document.shown_uri) == ((elsewhere / "b/two.txt").as_posix(), "b/two.txt")
    (_, again), *_ = ingest(library, sources([elsewhere / "b"]))
    assert (again.state, again.document_id) == ("unchanged", first.document_id)
    (elsewhere / "b/two.txt").write_text(f"{TEXT} ")  # other bytes, the same text
    (_, again), *_ = ingest(library, sources([elsewhere / "b"]))
    assert (again.state, again.document_id) == ("unchanged", first.document_id)
    (elsewhere / "b/two.txt").write_text(f"{TEXT} {TEXT}")
    (_, again), *_ = ingest(library, sources([elsewhere / "b"]))
    assert (again.state, again.document_id) == ("replaced", first.document_id)
    assert library.document(first.document_id).shown_uri == "two.txt"


def test_a_file_elsewhere_is_named_in_full(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text(TEXT)
    (source,) = sources([tmp_path / "other.txt"], "c")
    assert source.uri == (tmp_path / "other.txt").resolve().as_posix()
    assert source.collection == "c"


def test_one_file_said_in_two_ways_is_one_document(folder: Path) -> None:
    (folder / "a.txt").write_text(TEXT)
    uris = {source.uri for path in ("a.txt", "./a.txt", folder / "a.txt") for source in sources([Path(path)])}
    assert uris == {"a.txt"}


def test_a_file_over_the_limit_is_refused_before_it_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.ingest.MAX_FILE", 10)
    (folder / "a.txt").write_text(TEXT)
    with pytest.raises(TooLarge, match=r"a\.txt.*10"):
        read(Source("a.txt", "a.txt", "a.txt"))


def test_a_file_that_went_away_is_said_so(folder: Path) -> None:
    with pytest.raises(DocumentError, match=r"gone\.txt cannot be read"):
        read(Source("gone.txt", "gone.txt", "gone.txt"))


def test_a_file_keeps_what_the_source_says(folder: Path) -> None:
    (folder / "a.txt").write_text(TEXT)
    document = read(Source("a.txt", "A.txt", "here/a.txt", "c", {"year": 2024}))
    assert (document.uri, document.collection, document.metadata, document.language) == (
        "here/a.txt",
        "c",
        {"year": 2024},
        "fr",
    )
    assert document.text == TEXT


@pytest.mark.parametrize(
    ("given", "title"),
    [("Mon titre", "Mon titre"), ("", "Première ligne"), ("  ", "Première ligne")],
    ids=["given", "first line", "blank"],
)
def test_a_text_gets_a_title(given: str, title: str) -> None:
    assert text_document(Document("", given, "\n\n Première ligne \nSeconde")).title == title


def test_a_text_is_made_canonical_with_its_language() -> None:
    document = text_document(Document("a", "e\u0301", f"\ufeff{TEXT}\r\n"))
    assert (document.text, document.title, document.language) == (f"{TEXT}\n", "é", "fr")
    assert text_document(Document("a", "A", TEXT, language="en")).language == "en"


def run(library: Library, items: list) -> list:
    found = list(ingest(library, items))
    assert sorted(position for position, _ in found) == list(range(len(items)))
    return [outcome for _, outcome in sorted(found, key=lambda pair: pair[0])]


def test_a_bad_file_does_not_stop_the_others(library: Library, folder: Path) -> None:
    (folder / "good.txt").write_text(TEXT)
    (folder / "empty.txt").write_bytes(b"")
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "blank.txt").write_text("\n \n")
    names = ["empty.txt", "good.txt", "binary.txt", "gone.txt", "blank.txt"]
    outcomes = run(library, [Source(name, name, name) for name in names])
    assert [o.state for o in outcomes] == ["failed", "added", "failed", "failed", "failed"]
    assert [o.name for o in outcomes] == names
    assert all(o.reason.strip() and o.name in o.reason for o in outcomes if o.state == "failed")
    assert library.search("emplois directs")[0].document.uri == "good.txt"


def test_every_item_has_its_outcome_when_all_fail(library: Library) -> None:
    outcomes = run(library, [Source("gone", "gone", "gone"), Document("", "", " ")])
    assert [o.state for o in outcomes] == ["failed", "failed"]


def test_a_second_ingestion_changes_nothing(library: Library, folder: Path, embedder) -> None:
    (folder / "a.txt").write_text(TEXT)
    (folder / "b.md").write_text(f"# Titre\n\n{TEXT} Ou presque.")
    first = run(library, sources([folder]))
    number, encoded = library.generation.manifest.number, len(embedder.encoded)
    again = run(library, sources([folder]))
    assert [o.state for o in first] == ["added", "added"]
    assert [o.state for o in again] == ["unchanged", "unchanged"]
    assert (library.generation.manifest.number, len(embedder.encoded)) == (number, encoded)


def test_an_ingestion_that_was_cut_short_is_not_begun_anew(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.ingest.BATCH_CHARACTERS", 1)  # a transaction for each
    monkeypatch.setattr("index.ingest.REMEMBERED", 1)
    for n in range(4):
        (folder / f"{n}.txt").write_text(f"{TEXT} Dossier numéro {n}.")
    running = ingest(library, sources([folder]))
    assert [next(running)[1].state for _ in range(3)] == ["added"] * 3
    running.close()
    began: list[str] = []
    monkeypatch.setattr("index.ingest.read", lambda source: began.append(source.uri) or read(source))
    assert [o.state for o in run(library, sources([folder]))] == ["unchanged", "unchanged", "unchanged", "added"]
    assert began == ["3.txt"]
    assert library.generation.manifest.documents == 4


def test_once_it_is_stopped_no_item_is_begun(library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.ingest.BATCH_CHARACTERS", 1)
    told: list[str] = []
    items = [Document(f"d{n}", f"D{n}", f"{TEXT} Dossier numéro {n}.") for n in range(50)]
    for _, outcome in ingest(library, items, None, lambda: len(told) == 2):
        told.append(outcome.document_id)
    assert told == ["d0", "d1"]
    assert library.generation.manifest.documents == 2


def test_what_is_known_to_fail_is_passed_on(library: Library) -> None:
    known = Outcome("lost.txt", reason="lost.txt was lost.")
    assert run(library, [Document("a", "A", TEXT), known]) == [Outcome("a", "a", "added", "", 1, 0), known]


def test_an_outage_amid_reading_is_raised(library: Library) -> None:
    def items() -> Iterator[Document]:
        yield Document("a", "A", TEXT)
        raise OSError("no process")

    with pytest.raises(OSError, match="no process"):
        list(ingest(library, items()))


def test_reading_ahead_leaves_no_connection_behind(library: Library) -> None:
    before = len(library.store._connections)
    for n in range(3):
        run(library, [Document(f"d{n}", "D", TEXT), Source("gone", "gone", "gone")])
    assert len(library.store._connections) == before


def test_files_and_texts_go_together_over_several_batches(
    library: Library, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.ingest.BATCH_CHARACTERS", 100)
    items: list[Source | Document] = []
    for n in range(8):
        (folder / f"{n}.txt").write_text(f"{TEXT} Dossier numéro {n}.")
        items += [
            Source(f"{n}.txt", f"{n}.txt", f"{n}.txt"),
            Source("gone", "gone", "gone"),
            Document(f"d{n}", "", f"Note {n}."),
        ]
    outcomes = run(library, items)
    assert [o.state for o in outcomes] == ["added", "failed", "added"] * 8
    assert [o.document_id for o in outcomes if o.state == "added"][:2] == ["0", "d0"]


def test_an_outcome_always_names_what_it_is_about(library: Library) -> None:
    (outcome,) = run(library, [Document("", "", TEXT)])
    assert outcome.name, "the title that the text was given, say"


@pytest.mark.parametrize("load", [lambda library, items: list(ingest(library, items))], ids=["ingest"])
def test_nothing_to_do_is_no_error(library: Library, load: Callable) -> None:
    assert load(library, []) == []
