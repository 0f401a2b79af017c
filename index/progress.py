"""Where a job stands, read from the database of jobs: whole, in brief, or what is new since the last look.

Knows nothing of how jobs are run, nor of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from sqlite3 import Connection
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from index.errors import NotFound
from index.library import Outcome

UNFINISHED = ("queued", "running")


class Progress(NamedTuple):
    """A job's state, and how many of its items are finished."""

    state: Literal["queued", "running", "done", "failed"]
    done: int


class Job(Struct, frozen=True):
    """Where a job stands. `files` has an outcome for each file that is finished, in the order they were sent.

    In a stream of events those between the first and the last have the outcomes that are new since the one before;
    `done`, `chunks` and `duplicates` count all.
    """

    job_id: str
    state: Literal["queued", "running", "done", "failed"]
    done: int
    total: int
    chunks: int
    duplicates: int
    files: tuple[Outcome, ...]
    error: str = ""


def progress_of(db: Connection, job_id: str) -> Progress:
    """A job's state and how far it is. Raises NotFound."""
    row = db.execute("SELECT state FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no job {job_id!r}.")
    (done,) = db.execute("SELECT count(outcome) FROM items WHERE job_id = ?", (job_id,)).fetchone()
    return Progress(row[0], done)


def job_of(db: Connection, job_id: str) -> Job:
    """All of it. Raises NotFound."""
    row = db.execute("SELECT state, error FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no job {job_id!r}.")
    outcomes = db.execute("SELECT outcome FROM items WHERE job_id = ? ORDER BY position", (job_id,)).fetchall()
    files = tuple(msgspec.json.decode(outcome, type=Outcome) for (outcome,) in outcomes if outcome)
    return Job(
        job_id,
        row[0],
        len(files),
        len(outcomes),
        sum(file.chunks for file in files),
        sum(file.duplicates for file in files),
        files,
        row[1],
    )


class Follower:
    """Looks at one job again and again. All that it gives together is twice the job, however often it looks."""

    def __init__(self, database: Callable[[], AbstractContextManager[Connection]], job_id: str) -> None:
        self._database = database
        self._job_id = job_id
        self._told: Job | None = None
        self._seen: set[int] = set()  # positions

    def look(self) -> Job | None:
        """The job whole, at the first look and once it has ended; between, with what is new; None when nothing is."""
        with self._database() as db:
            db.execute("BEGIN")  # all of one moment
            now, told = progress_of(db, self._job_id), self._told
            if told and now == (told.state, told.done):
                return None
            if told is None or now.state not in UNFINISHED:
                self._told = job_of(db, self._job_id)
                self._seen = set(self._finished(db))
            else:
                fresh = tuple(self._outcome(db, at) for at in self._finished(db) if at not in self._seen)
                self._told = msgspec.structs.replace(
                    told,
                    state=now.state,
                    done=now.done,
                    chunks=told.chunks + sum(file.chunks for file in fresh),
                    duplicates=told.duplicates + sum(file.duplicates for file in fresh),
                    files=fresh,
                )
                self._seen.update(self._finished(db))
            return self._told

    def _finished(self, db: Connection) -> list[int]:
        rows = db.execute(
            "SELECT position FROM items WHERE job_id = ? AND outcome IS NOT NULL ORDER BY position", (self._job_id,)
        )
        return [position for (position,) in rows]

    def _outcome(self, db: Connection, position: int) -> Outcome:
        row = db.execute(
            "SELECT outcome FROM items WHERE job_id = ? AND position = ?", (self._job_id, position)
        ).fetchone()
        return msgspec.json.decode(row[0], type=Outcome)
