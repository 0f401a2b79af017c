"""index.attempts: an item that ends the program is begun twice; what is no fault of an item is not counted."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from index.attempts import MOST
from index.documents import Document
from index.jobs import Jobs, Upload
from index.library import Library

ROOT = Path(__file__).parents[2]
TEXT = "L'usine de Tanger créera deux mille emplois directs dans la région."
POISON = "Le pont suspendu relie enfin les deux rives du fleuve depuis ce printemps."


class PanicException(BaseException):
    """As a library in Rust raises it: no `Exception`."""


def poisoned(library: Library, monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> list[list[str]]:
    """Makes the embedder fail at the poison; gives what it was given, call by call."""
    encode, given = library.embedder.encode, []

    def fail(texts: Sequence[str], role: str) -> Any:
        given.append(list(texts))
        if any("pont suspendu" in text for text in texts):
            raise fault
        return encode(texts, role)

    monkeypatch.setattr(library.embedder, "encode", fail)
    return given


def some(bad: str = POISON) -> list[Document | Upload]:
    good = [Document(f"d{n}", f"D{n}", f"{TEXT} Et {n} de plus.") for n in range(4)]
    return [*good[:2], Upload("poison.txt", bad.encode()), *good[2:]]


FAULTS = [PanicException("byte index 3 is not a char boundary"), RuntimeError("bad shape"), MemoryError()]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_the_item_that_fails_is_found_and_the_queue_goes_on(
    tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    jobs = Jobs(tmp_path)
    given = poisoned(library, monkeypatch, fault)
    first, second = jobs.submit(some()), jobs.submit([Document("e", "E", f"{TEXT} Enfin.")])
    runner = threading.Thread(target=jobs.run_forever, args=(library,))
    runner.start()
    end = time.monotonic() + 20
    while jobs.progress(second).state != "done":
        assert time.monotonic() < end
        assert runner.is_alive(), "the runner ended"
        time.sleep(0.01)
    jobs.stop()
    runner.join(10)
    job = jobs.job(first)
    assert job.state == "done"
    assert [file.state for file in job.files] == ["added", "added", "failed", "added", "added"]
    assert job.files[2].name == "poison.txt"
    assert "2 times" in job.files[2].reason
    assert sum(any("pont suspendu" in text for text in texts) for texts in given) == MOST
    assert library.generation.manifest.documents == 5
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]


PROGRAM = """
import os, runpy, sys
from pathlib import Path
from index.jobs import Jobs
from index.library import Library

class Killed(runpy.run_path("tests/faults/writer.py", run_name="writer")["Words"]):
    def encode(self, texts, role):
        if any("pont suspendu" in text for text in texts):
            os._exit(9)  # as the system does when there is no memory left
        return super().encode(texts, role)

data = Path(sys.argv[1])
library, jobs = Library(data, Killed()), Jobs(data)
while jobs.run_next(library):
    pass
"""


def test_an_item_that_kills_the_program_is_begun_twice(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    first, second = jobs.submit(some()), jobs.submit([Document("e", "E", f"{TEXT} Enfin.")])
    starts = [
        subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, check=False).returncode
        for _ in range(3)
    ]
    assert starts == [9, 9, 0]
    assert [file.state for file in jobs.job(first).files] == ["added", "added", "failed", "added", "added"]
    assert (jobs.job(first).state, jobs.job(second).state) == ("done", "done")


def broken(*_: object) -> None:
    raise OSError("No space left on device")


def test_outages_and_stops_are_not_counted(
    tmp_path: Path, library: Library, open_library: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = Jobs(tmp_path).submit(some())
    for _ in range(MOST + 1):
        jobs = Jobs(tmp_path)
        with monkeypatch.context() as patch, jobs.runner() as alone:
            assert alone
            patch.setattr(library.embedder, "encode", broken)
            jobs.run_next(library)
        assert jobs.progress(job_id).state == "failed"
    for _ in range(MOST + 1):
        jobs = Jobs(tmp_path)
        with monkeypatch.context() as patch, jobs.runner():
            patch.setattr("index.jobs.ingest", lambda _, items, *__, jobs=jobs: iter([next(items), jobs.stop()][:0]))
            jobs.run_next(library)
        assert jobs.progress(job_id) == ("running", 0)
    jobs = Jobs(tmp_path)
    assert jobs.run_next(library)
    assert {file.state for file in jobs.job(job_id).files} == {"added"}


def test_a_fault_that_blames_no_item_fails_the_job(
    tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything has its outcome when the index cannot be made: to begin again at once would never end."""
    jobs = Jobs(tmp_path)
    job_id = jobs.submit(some())

    def fail() -> None:
        raise RuntimeError("the index cannot be made")

    monkeypatch.setattr(library, "publish", fail)
    assert jobs.run_next(library)
    job = jobs.job(job_id)
    assert (job.state, job.done) == ("failed", 5)
    assert "cannot be made" in job.error
