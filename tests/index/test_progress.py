"""index.progress: a follower is told of each outcome once between the first look and the last."""

from pathlib import Path

import pytest

from index.documents import Document
from index.errors import NotFound
from index.jobs import Jobs
from index.library import Library, Outcome
from index.progress import Job

TEXT = "L'usine de Tanger créera deux mille emplois directs dans la région."
FILES = 40


def test_what_is_new_is_told_once_and_the_end_whole(tmp_path: Path, library: Library) -> None:
    jobs = Jobs(tmp_path)
    job_id = jobs.submit([Document(f"d{n}", "D", f"{TEXT} {n}." if n % 3 else " ") for n in range(FILES)])
    follower = jobs.follow(job_id)
    assert follower.look() == jobs.job(job_id)
    assert follower.look() is None
    between: list[Job] = []
    finished: list[Outcome] = []

    def told(_: str, outcome: Outcome) -> None:
        finished.append(outcome)
        if len(finished) % 3 == 0:  # so that several are new
            found = follower.look()
            assert found is not None
            between.append(found)

    assert jobs.run_next(library, told)
    whole = jobs.job(job_id)
    assert follower.look() == whole
    assert follower.look() is None
    assert [len(found.files) for found in between] == [3] * (FILES // 3)
    for number, found in enumerate(between, 1):
        assert sorted(found.files, key=finished.index) == finished[3 * number - 3 : 3 * number]
        assert (found.state, found.done, found.total) == ("running", 3 * number, FILES)
        assert found.chunks == sum(outcome.chunks for outcome in finished[: 3 * number])


def test_a_late_follower_begins_whole(tmp_path: Path, library: Library) -> None:
    jobs = Jobs(tmp_path)
    job_id = jobs.submit([Document("a", "A", TEXT), Document("b", "B", " ")])
    jobs.run_next(library)
    assert jobs.follow(job_id).look() == jobs.job(job_id)


def test_a_job_that_is_not_there_is_named(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    for ask in (jobs.job, jobs.progress, lambda job_id: jobs.follow(job_id).look()):
        with pytest.raises(NotFound, match="'ghost'"):
            ask("ghost")
