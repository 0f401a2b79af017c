"""index.history: what was deleted does not come back with an upload that was sent before; files that did not change."""

from collections.abc import Callable
from pathlib import Path

import pytest

from index.documents import Document
from index.errors import NotFound
from index.ingest import Source, ingest
from index.jobs import Jobs, Upload
from index.library import Library

TEXT = "L'usine de Tanger créera deux mille emplois directs dans la région."
NOTE = "Le pont suspendu relie enfin les deux rives du fleuve depuis ce printemps."


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


SENT = [
    pytest.param(Document("a", "A", TEXT), Document("a", "A", NOTE), id="by id"),
    pytest.param(Upload("a.txt", TEXT.encode()), Upload("a.txt", NOTE.encode()), id="by the name of a file"),
    pytest.param(Document("", "A", TEXT, uri="u"), Document("", "A", NOTE, uri="u"), id="by place"),
    pytest.param(Document("", "A", TEXT), Document("", "A", TEXT), id="by its words"),
]


@pytest.mark.parametrize(("first", "second"), SENT)
def test_an_upload_sent_before_a_deletion_does_not_come_back_after_it(
    jobs: Jobs, library: Library, first: Document | Upload, second: Document | Upload
) -> None:
    jobs.submit([first], library.store.changes)
    jobs.run_next(library)
    (document, _), *_ = library.store.documents(None, 2, "")
    job_id = jobs.submit([second], library.store.changes)
    library.delete(document.id)
    jobs.run_next(library)
    (outcome,) = jobs.job(job_id).files
    assert (jobs.job(job_id).state, outcome.state) == ("done", "failed")
    assert "deleted after it was sent" in outcome.reason
    with pytest.raises(NotFound):
        library.document(document.id)
    assert library.search("emplois pont") == []
    jobs.submit([second], library.store.changes)  # sent after the deletion
    jobs.run_next(library)
    assert library.document(document.id)


def test_a_deletion_amid_the_job_holds(jobs: Jobs, library: Library) -> None:
    """The file was read, and waits for its batch to be written."""
    jobs.submit([Document("a", "A", TEXT)], library.store.changes)
    jobs.run_next(library)
    sent = library.store.changes

    def documents():
        yield Document("a", "A", NOTE)
        library.delete("a")

    (outcome,) = library.add(documents(), sent)
    assert outcome.state == "failed"
    with pytest.raises(NotFound):
        library.document("a")


def test_a_deletion_keeps_no_name(library: Library, add: Callable, tmp_path: Path) -> None:
    add(Document("dossier-hortensia", "A", TEXT, uri="hortensia.txt"), ("b", NOTE))
    library.delete("dossier-hortensia")
    library.close()
    assert b"hortensia" not in b"".join(path.read_bytes() for path in tmp_path.glob("library.sqlite*"))


# Files


def run(library: Library, *items: Source | Document) -> list[str]:
    return [outcome.state for _, outcome in sorted(ingest(library, items), key=lambda pair: pair[0])]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_file_that_did_not_change_is_not_read_again(
    library: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(str(file), "a.txt", "a.txt")
    assert run(library, source) == ["added"]

    def nobody() -> None:
        raise AssertionError("it was parsed")

    with monkeypatch.context() as patch:
        patch.setattr("index.ingest.parser", nobody)
        assert run(library, source) == ["unchanged"]
    file.write_text(NOTE, encoding="utf-8")
    assert run(library, source) == ["replaced"]
    assert library.document("a").text == NOTE


def test_other_metadata_or_another_reader_are_a_change(
    library: Library, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(library, Source(str(file), "a.txt", "a.txt")) == ["added"]
    assert run(library, Source(str(file), "a.txt", "a.txt", metadata={"year": 2026})) == ["replaced"]
    parsed: list[object] = []
    monkeypatch.setattr("index.ingest.loaders_digest", lambda: str(parsed.append(1)))
    assert run(library, Source(str(file), "a.txt", "a.txt", metadata={"year": 2026})) == ["unchanged"]
    assert parsed


def test_a_text_in_the_place_of_a_file_is_followed_by_the_file(library: Library, file: Path) -> None:
    """The bytes are those of last time; the document is not."""
    source = Source(str(file), "a.txt", "a.txt")
    assert run(library, source) == ["added"]
    assert run(library, Document("a", "A", NOTE, uri="a.txt"), source) == ["replaced", "replaced"]
    assert library.document("a").text == TEXT
    assert run(library, Document("a", "Another title", TEXT, uri="a.txt")) == ["replaced"]
    assert run(library, source) == ["replaced"]
    assert library.document("a").title == TEXT


def test_a_deleted_file_is_added_again(library: Library, file: Path) -> None:
    source = Source(str(file), "a.txt", "a.txt")
    run(library, source)
    library.delete("a")
    assert run(library, source) == ["added"]
