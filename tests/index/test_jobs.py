"""index.jobs: what was handed in is on the disk, is done once, and is taken up again."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from index.documents import Document
from index.errors import NotFound
from index.ingest import sources
from index.jobs import Job, Jobs, Upload
from index.library import Library

TEXT = "L'usine de Tanger créera deux mille emplois directs dans la région."
NOTE = "Le pont suspendu relie enfin les deux rives du fleuve depuis ce printemps."


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(tmp_path)


def broken(*_: object) -> None:
    raise OSError("No space left on device")


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]


def test_what_was_submitted_outlives_the_one_who_took_it(jobs: Jobs, tmp_path: Path, library: Library) -> None:
    job_id = jobs.submit([Upload("a.txt", TEXT.encode()), Document("n", "Note", NOTE, language="fr")])
    assert len(files(tmp_path)) == 2
    heir = Jobs(tmp_path)
    assert heir.job(job_id) == Job(job_id, "queued", 0, 2, 0, 0, ())
    assert heir.run_next(library)
    done = heir.job(job_id)
    assert (done.state, done.done, done.total, done.chunks) == ("done", 2, 2, 2)
    assert [file.state for file in done.files] == ["added", "added"]
    assert library.search("emplois directs")[0].document.text == TEXT
    assert library.document("n").text == NOTE


def test_files_of_a_folder_stay_where_they_are(jobs: Jobs, tmp_path: Path, library: Library, monkeypatch) -> None:
    (tmp_path / "own").mkdir()
    path = Path(os.fsdecode(os.fsencode(tmp_path / "own") + b"/caf\xe9 100%.txt"))  # as a disk of 1998 names it
    path.write_text(TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "own")
    job_id = jobs.submit(sources([Path()]))
    assert files(tmp_path) == []
    monkeypatch.chdir("/")  # whoever takes it up runs elsewhere
    assert Jobs(tmp_path).run_next(library)
    (outcome,) = jobs.job(job_id).files
    assert (outcome.state, outcome.name) == ("added", "caf\\xe9 100%.txt")
    assert library.document(outcome.document_id).uri == "caf\\xe9 100%.txt"
    assert path.read_text(encoding="utf-8") == TEXT


def test_a_job_that_is_given_up_says_what_was_left_out(jobs: Jobs, tmp_path: Path, library: Library) -> None:
    job_id = jobs.submit([Upload("a.txt", TEXT.encode()), Document("n", "Note", NOTE)])
    jobs.give_up(job_id)
    assert not jobs.run_next(library)
    job = jobs.job(job_id)
    assert job.state == "done"
    assert [(o.state, o.name) for o in job.files] == [("failed", "a.txt"), ("failed", "text 2")]
    assert all("given up" in o.reason for o in job.files)
    assert folders(tmp_path) == set()


def test_a_finished_job_leaves_no_file_behind(jobs: Jobs, tmp_path: Path, library: Library) -> None:
    jobs.submit([Upload("a.txt", TEXT.encode())])
    assert jobs.run_next(library)
    assert files(tmp_path) == []
    assert not jobs.run_next(library)


def test_jobs_run_in_the_order_they_came(jobs: Jobs, library: Library) -> None:
    first = jobs.submit([Document("a", "A", TEXT)])
    second = jobs.submit([Document("a", "A", NOTE)])
    jobs.run_next(library)
    assert (jobs.job(first).state, jobs.job(second).state) == ("done", "queued")
    jobs.run_next(library)
    assert library.document("a").text == NOTE


def test_a_bad_file_does_not_stop_the_others(jobs: Jobs, library: Library) -> None:
    job_id = jobs.submit(
        [Upload("empty.pdf", b""), Upload("a.txt", TEXT.encode()), Upload("x.docx", b"PK\x03\x04torn")]
    )
    jobs.run_next(library)
    job = jobs.job(job_id)
    assert job.state == "done"
    assert [(file.name, file.state) for file in job.files] == [
        ("empty.pdf", "failed"),
        ("a.txt", "added"),
        ("x.docx", "failed"),
    ]
    assert all(file.reason for file in job.files if file.state == "failed")


def test_an_unknown_job_is_not_found_by_name(jobs: Jobs) -> None:
    with pytest.raises(NotFound, match="'nothing'"):
        jobs.job("nothing")


def test_a_job_that_was_cut_short_is_taken_up_where_it_was(
    jobs: Jobs, tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.ingest.BATCH_CHARACTERS", 1)  # a transaction for each
    job_id = jobs.submit([Document(f"d{n}", f"D{n}", f"{TEXT} Et {n} de plus.") for n in range(4)])
    monkeypatch.setattr(library, "_add_batch", cut_short(library._add_batch, after=2))
    with pytest.raises(KeyboardInterrupt):
        jobs.run_next(library)
    monkeypatch.setattr(library, "_add_batch", library.__class__._add_batch.__get__(library))
    heir = Jobs(tmp_path)
    assert (heir.job(job_id).state, heir.job(job_id).done) == ("running", 2)
    assert heir.run_next(library)
    job = heir.job(job_id)
    assert (job.state, [file.state for file in job.files]) == ("done", ["added"] * 4)
    assert library.generation.manifest.documents == 4


def cut_short(add: Callable, after: int) -> Callable:
    calls = iter(range(after))

    def batch(documents: list, sent: int | None = None) -> list:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return add(documents, sent)

    return batch


def test_a_stop_amid_a_batch_does_not_change_what_is_reported(
    jobs: Jobs, tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The batch is in the database when the first outcome is written; the others are still "added" afterwards."""
    job_id = jobs.submit([Document(f"d{n}", f"D{n}", f"{TEXT} Et {n} de plus.") for n in range(3)])
    encode = library.embedder.encode

    def stopped_amid(texts: list, role: str) -> object:
        jobs.stop()
        return encode(texts, role)

    monkeypatch.setattr(library.embedder, "encode", stopped_amid)
    jobs.run_next(library)
    assert jobs.job(job_id).done >= 1
    heir = Jobs(tmp_path)
    heir.run_next(library)
    assert [file.state for file in heir.job(job_id).files] == ["added"] * 3


def test_a_fault_fails_the_job_with_a_sentence_and_the_next_start_tries_again(
    jobs: Jobs, tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = jobs.submit([Upload("a.txt", TEXT.encode())])

    monkeypatch.setattr(library.embedder, "encode", broken)
    assert jobs.run_next(library)
    job = jobs.job(job_id)
    assert job.state == "failed"
    assert "No space left" in job.error
    assert "tried again" in job.error
    assert len(files(tmp_path)) == 1  # nothing that was acknowledged is lost
    assert not jobs.run_next(library)  # it does not spin
    monkeypatch.undo()
    heir = Jobs(tmp_path)
    thread = threading.Thread(target=heir.run_forever, args=(library,))
    thread.start()
    until(lambda: heir.job(job_id).state == "done")
    heir.stop()
    thread.join(10)
    assert heir.job(job_id).error == ""
    assert library.search("emplois directs")


def test_a_failed_job_does_not_block_the_next(jobs: Jobs, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = jobs.submit([Document("a", "A", TEXT)])
    good = jobs.submit([Document("b", "B", NOTE)])
    monkeypatch.setattr(library.embedder, "encode", broken)
    jobs.run_next(library)
    monkeypatch.undo()
    jobs.run_next(library)
    assert (jobs.job(bad).state, jobs.job(good).state) == ("failed", "done")


def test_of_two_runners_one_runs_and_the_other_takes_over(tmp_path: Path, library: Library, open_library) -> None:
    one, two = Jobs(tmp_path), Jobs(tmp_path)
    ran: list[str] = []

    class Watched:
        def __init__(self, name: str, jobs: Jobs) -> None:
            original = jobs.run_next
            jobs.run_next = lambda library: bool(original(library) and not ran.append(name))  # type: ignore[method-assign]

    Watched("one", one)
    Watched("two", two)
    threads = [threading.Thread(target=one.run_forever, args=(library,))]
    threads[0].start()
    first = one.submit([Document("a", "A", TEXT)])
    until(lambda: one.job(first).state == "done")
    threads.append(threading.Thread(target=two.run_forever, args=(open_library(),)))
    threads[1].start()
    done = [one.submit([Document(f"d{n}", "D", f"{NOTE} {n}")]) for n in range(3)]
    until(lambda: all(one.job(job).state == "done" for job in done) and len(ran) == 4)
    assert ran == ["one"] * 4
    one.stop()
    threads[0].join(10)
    last = two.submit([Document("z", "Z", NOTE)])
    until(lambda: two.job(last).state == "done" and len(ran) == 5)
    assert ran == ["one"] * 4 + ["two"]
    two.stop()
    threads[1].join(10)
    assert not any(thread.is_alive() for thread in threads)


def test_a_runner_stops_soon(jobs: Jobs, library: Library) -> None:
    thread = threading.Thread(target=jobs.run_forever, args=(library,))
    thread.start()
    start = time.monotonic()
    jobs.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert time.monotonic() - start < 3


def test_a_name_is_a_name_and_no_path(jobs: Jobs, tmp_path: Path, library: Library) -> None:
    job_id = jobs.submit([Upload("../../../evil.txt", TEXT.encode()), Upload("/etc/passwd", NOTE.encode())])
    assert all(path.parent == tmp_path / "spool" / job_id for path in files(tmp_path))
    jobs.run_next(library)
    assert [file.state for file in jobs.job(job_id).files] == ["added", "added"]
    assert not (tmp_path.parent / "evil.txt").exists()


def test_metadata_and_collection_arrive(jobs: Jobs, library: Library) -> None:
    jobs.submit([Upload("a.txt", TEXT.encode(), "notes", {"year": 2024, "ratio": 0.5, "kind": "x"})])
    jobs.run_next(library)
    (found,) = library.search("emplois", collection="notes", filters={"year": 2024, "ratio": 0.5, "kind": "x"})
    assert found.document.collection == "notes"


def test_an_empty_job_is_done(jobs: Jobs, library: Library) -> None:
    job_id = jobs.submit([])
    jobs.run_next(library)
    assert jobs.job(job_id).state == "done"


def test_feedback_is_kept(jobs: Jobs) -> None:
    assert jobs.keep_feedback("q", "{}", True, "merci 😀") != jobs.keep_feedback("q", "{}", False, "")


def test_a_job_that_is_stopped_twice_loses_nothing(tmp_path: Path, library: Library) -> None:
    """Each time one document is done; the job is not done before all of them are."""
    job_id = Jobs(tmp_path).submit([Document(f"d{n}", f"D{n}", f"{TEXT} Et {n} de plus. " * 2_000) for n in range(3)])
    for _ in range(2):
        runner = Jobs(tmp_path)
        original = library.embedder.encode

        def stopped_amid(texts: list, role: str, runner: Jobs = runner, original: object = original) -> object:
            runner.stop()
            return original(texts, role)  # type: ignore[operator]

        library.embedder.encode = stopped_amid  # type: ignore[method-assign]
        assert not runner.run_next(library)
        library.embedder.encode = original  # type: ignore[method-assign]
        assert runner.job(job_id).state == "running"
    heir = Jobs(tmp_path)
    assert heir.run_next(library)
    assert (heir.job(job_id).state, heir.job(job_id).done) == ("done", 3)


def test_a_loader_that_fails_costs_one_file(jobs: Jobs, library: Library) -> None:
    page = (
        b"<html><head><meta charset=idna></head><body>"
        + "Un caf\xe9 est ouvert à Tanger.".encode("latin-1")
        + b"</body></html>"
    )
    job_id = jobs.submit([Upload("a.html", page), Upload("b.txt", TEXT.encode())])
    assert jobs.run_next(library)
    assert jobs.job(job_id).state == "done"
    assert jobs.job(job_id).files[1].state == "added"


# What a crash leaves


def folders(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "spool").iterdir()}


def run_once(jobs: Jobs, library: Library, condition: Callable[[], bool]) -> None:
    """As a server does, until the condition holds."""
    thread = threading.Thread(target=jobs.run_forever, args=(library,))
    thread.start()
    until(condition)
    jobs.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_what_was_lost_from_the_spool_costs_one_file(jobs: Jobs, tmp_path: Path, library: Library) -> None:
    job_id = jobs.submit(
        [
            Upload("a.txt", TEXT.encode()),
            Document("n", "Note", NOTE),
            Document("m", "M", TEXT),
            Upload("b.txt", b"Bon."),
        ]
    )
    (tmp_path / "spool" / job_id / "0").unlink()
    (tmp_path / "spool" / job_id / "1").write_bytes(b'{"id": "n", "ti')
    assert jobs.run_next(library)
    job = jobs.job(job_id)
    assert (job.state, [file.state for file in job.files]) == ("done", ["failed", "failed", "added", "added"])
    assert "a.txt was lost" in job.files[0].reason
    assert "text 2 was lost" in job.files[1].reason
    assert folders(tmp_path) == set()


def test_a_spool_that_cannot_be_read_now_loses_nothing(jobs: Jobs, tmp_path: Path, library: Library) -> None:
    """An outage and no fault of the file: the job is tried again."""
    job_id = jobs.submit([Document("n", "Note", NOTE)])
    path = tmp_path / "spool" / job_id / "0"
    path.rename(tmp_path / "aside")
    path.mkdir()  # it is there, and reading it fails
    assert jobs.run_next(library)
    assert (jobs.job(job_id).state, jobs.job(job_id).done) == ("failed", 0)
    path.rmdir()
    (tmp_path / "aside").rename(path)
    run_once(Jobs(tmp_path), library, lambda: jobs.job(job_id).state == "done")
    assert library.document("n").text == NOTE


def test_a_start_removes_what_a_crash_left_in_the_spool(jobs: Jobs, tmp_path: Path, library: Library) -> None:
    """An upload that was never acknowledged, and the bytes of one that was done."""
    done = jobs.submit([Upload("a.txt", TEXT.encode())])
    assert jobs.run_next(library)
    for job_id in ("0" * 32, done):
        (tmp_path / "spool" / job_id).mkdir()
        (tmp_path / "spool" / job_id / "0").write_bytes(TEXT.encode())
    run_once(Jobs(tmp_path), library, lambda: folders(tmp_path) == set())


def test_what_is_arriving_elsewhere_and_what_waits_stays(jobs: Jobs, tmp_path: Path) -> None:
    waiting = jobs.submit([Document("n", "Note", NOTE)])
    heir = Jobs(tmp_path)
    with jobs._spool.arriving("0" * 32, [(0, b"x")]):
        heir._take_up()
        assert folders(tmp_path) == {waiting, "0" * 32}
    heir._tidy()  # it comes back to it
    assert folders(tmp_path) == {waiting}


def test_an_upload_that_fails_leaves_nothing(jobs: Jobs, tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        jobs.submit([Document("a", "A", TEXT), Document("b", "B", "\ud800")])
    assert folders(tmp_path) == set()


def test_a_fault_of_the_database_does_not_end_the_runner(
    jobs: Jobs, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.jobs.REST", 0.05)
    job_id = jobs.submit([Document("n", "Note", NOTE)])
    faults = [sqlite3.OperationalError("database or disk is full")] * 2
    run_next = jobs.run_next

    def faulty(library: Library) -> bool:
        if faults:
            raise faults.pop()
        return run_next(library)

    monkeypatch.setattr(jobs, "run_next", faulty)
    run_once(jobs, library, lambda: jobs.job(job_id).state == "done")
