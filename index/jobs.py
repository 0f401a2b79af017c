"""Jobs: what was handed in to be ingested, kept on disk until it is done. Knows nothing of HTTP.

`submit` returns once the files and the job are on the disk; from then on nothing is lost. Files of a folder that is
ingested (`Source`) stay where they are: only their names are kept. One process runs the jobs of a data directory at a
time, by file lock; when it dies, the next one takes up what it left. Jobs live in a database of
their own (`service.sqlite`), so that a new one is not kept waiting by a long write to the library.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, time
from typing import Any
from uuid import uuid4

import msgspec
from filelock import FileLock, Timeout
from msgspec import Struct, field

from index import attempts
from index.attempts import MOST, Attempts, Guard, Left, blames_no_item
from index.documents import DEFAULT_COLLECTION, Document, MetadataValue
from index.errors import ExtraitError
from index.ingest import Source, ingest
from index.library import Library, Outcome
from index.progress import Follower, Job, Progress, job_of, progress_of
from index.spool import Spool, in_place

logger = logging.getLogger("extrait")
SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS items (
    job_id TEXT NOT NULL, position INTEGER NOT NULL, item TEXT NOT NULL, outcome TEXT, PRIMARY KEY (job_id, position));
CREATE TABLE IF NOT EXISTS feedback (
    id TEXT PRIMARY KEY, created REAL NOT NULL, question TEXT NOT NULL, reply TEXT NOT NULL, helpful INTEGER NOT NULL,
    comment TEXT NOT NULL);
"""
# Of a reply that was judged, places and hashes are kept and no words: a text that is deleted is then nowhere.
WORDS = {"quote", "prefix", "suffix", "text", "title", "link"}
REST = 60.0  # seconds before the index is scrubbed again after a fault
POLL = 1.0  # seconds between looks for jobs that another process submitted


class Upload(Struct, frozen=True):
    """A file as it was sent: its name and its bytes."""

    name: str
    data: bytes
    collection: str = DEFAULT_COLLECTION
    metadata: dict[str, MetadataValue] = field(default_factory=dict)


class Jobs:
    """The jobs of one data directory."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._path = data / "service.sqlite"
        self._spool = Spool(data / "spool")
        self._runner_lock = FileLock(data / "jobs.lock", thread_local=False)
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._rest_until = 0.0
        self._tidied = False
        with self._database() as db:
            db.executescript(SCHEMA + attempts.SCHEMA)
            db.execute("BEGIN IMMEDIATE")
            if not db.execute("PRAGMA user_version").fetchone()[0]:  # as the first programs made it
                db.execute("ALTER TABLE jobs ADD COLUMN sent INTEGER")
                for feedback_id, reply in db.execute("SELECT id, reply FROM feedback").fetchall():
                    db.execute("UPDATE feedback SET reply = ? WHERE id = ?", (without_words(reply), feedback_id))
                db.execute("PRAGMA user_version = 1")

    def submit(self, items: Sequence[Upload | Document | Source], sent: int | None = None) -> str:
        """Brings the items to the disk and queues them; gives the job's id.

        `sent` is the library's number of writes when they arrived: what is deleted by a later one does not come back.
        """
        job_id = uuid4().hex
        rows = [(job_id, position, self._row(job_id, position, item), None) for position, item in enumerate(items)]
        data = (
            (position, item.data if isinstance(item, Upload) else msgspec.json.encode(item))
            for position, item in enumerate(items)
            if not isinstance(item, Source)
        )
        with self._spool.arriving(job_id, data), self._database() as db:
            db.execute(
                "INSERT INTO jobs (id, number, state, sent) "
                "SELECT ?, coalesce(max(number), 0) + 1, 'queued', ? FROM jobs",
                (job_id, sent),
            )
            db.executemany("INSERT INTO items VALUES (?, ?, ?, ?)", rows)
        self._wake.set()
        return job_id

    def job(self, job_id: str) -> Job:
        """Where a job stands. Raises NotFound."""
        with self._database() as db:
            return job_of(db, job_id)

    def progress(self, job_id: str) -> Progress:
        """Where a job stands, without its outcomes. Raises NotFound."""
        with self._database() as db:
            return progress_of(db, job_id)

    def follow(self, job_id: str) -> Follower:
        """For whoever wants to know what is new, again and again."""
        return Follower(self._database, job_id)

    def give_up(self, job_id: str) -> None:
        """Ends a job: what is left of it is not taken in. The caller is the only runner."""
        with self._database() as db:
            left = db.execute("SELECT position, item FROM items WHERE job_id = ? AND outcome IS NULL", (job_id,))
            for position, item in left.fetchall():
                name = name_of(position, item)
                outcome = msgspec.json.encode(Outcome(name, reason=f"{name} was left out: the job was given up."))
                done = "UPDATE items SET outcome = ?, item = '' WHERE job_id = ? AND position = ?"
                db.execute(done, (outcome.decode(), job_id, position))
            db.execute("UPDATE jobs SET state = 'done', error = '' WHERE id = ?", (job_id,))
            db.execute("DELETE FROM attempts WHERE job_id = ?", (job_id,))
        self._spool.end(job_id)

    def keep_feedback(self, question: str, reply: str, helpful: bool, comment: str) -> str:
        """Keeps what somebody thought of a reply, without the words that it quotes; gives its id."""
        feedback_id = uuid4().hex
        with self._database() as db:
            db.execute(
                "INSERT INTO feedback VALUES (?, ?, ?, ?, ?, ?)",
                (feedback_id, time(), question, without_words(reply), helpful, comment),
            )
        return feedback_id

    @contextmanager
    def runner(self) -> Iterator[bool]:
        """Inside it no other process runs jobs; False when one does already. What a crash left is queued again."""
        try:
            self._runner_lock.acquire(timeout=0)
        except Timeout:
            yield False
            return
        try:
            self._take_up()
            yield True
        finally:
            self._runner_lock.release()

    def run_forever(self, library: Library) -> None:
        """Runs jobs as they come, until `stop`. Waits while another process runs them."""
        while not self._stop.is_set():
            with self.runner() as alone:
                while alone and not self._stop.is_set():
                    if not self._run_next(library):
                        self._tidy()
                        self._scrub(library)
                        self._wake.wait(POLL)
                        self._wake.clear()
            self._stop.wait(POLL)

    def stop(self) -> None:
        """Ends `run_forever` after the file in hand; what is left is taken up at the next start."""
        self._stop.set()
        self._wake.set()

    def run_next(self, library: Library, told: Callable[[str, Outcome], None] = lambda *_: None) -> bool:
        """Runs the oldest job that is not finished; False when there is none. The caller is the only runner.

        `told` is called with the job's id and each outcome.
        """
        with self._database() as db:
            row = db.execute(
                "SELECT id, sent FROM jobs WHERE state IN ('queued', 'running') ORDER BY number"
            ).fetchone()
            if row is None:
                return False
            job_id, sent = row
            db.execute("UPDATE jobs SET state = 'running' WHERE id = ?", (job_id,))
        tries = Attempts(self._database, job_id)
        lots = tries.lots()
        with Guard() as guard:
            for lot in lots:
                items = (self._item(job_id, one) for one in tries.begin(lot))
                for number, outcome in ingest(library, items, sent, self._stop.is_set):
                    self._finish(job_id, lot[number].position, outcome)
                    told(job_id, outcome)
        state, error = "done", ""
        if guard.fault is not None:
            logger.error("job %s stopped", job_id, exc_info=guard.fault)
            if not blames_no_item(guard.fault) and tries.unfinished():
                return True  # goes on at once, with each of these alone
            state, error = "failed", f"The job stopped: {guard.fault}. It is tried again when the server starts again."
        tries.take_back()
        now = self.job(job_id)
        if state == "done" and now.done < now.total:  # stopped: what is left is taken up at the next start
            return False
        with self._database() as db:
            db.execute("UPDATE jobs SET state = ?, error = ? WHERE id = ?", (state, error, job_id))
            if state == "done":
                db.execute("DELETE FROM attempts WHERE job_id = ?", (job_id,))
        if state == "done":
            self._spool.end(job_id)
        return True

    def _item(self, job_id: str, one: Left) -> Source | Document | Outcome:
        """What is to be taken in; a failed outcome when it ended the program too often."""
        if one.attempts < MOST:
            return self._spool.item(job_id, one.position, one.item)
        name = name_of(one.position, one.item)
        return Outcome(
            name,
            reason=f"{name} could not be taken in: the program failed or ended {MOST} times at it, and goes on without "
            "it. Its log says how; send it again to have it tried again.",
        )

    def _finish(self, job_id: str, position: int, outcome: Outcome) -> None:
        """Keeps the outcome of an item, and lets go of what was handed in."""
        done = "UPDATE items SET outcome = ?, item = '' WHERE job_id = ? AND position = ?"
        with self._database() as db:
            db.execute(done, (msgspec.json.encode(outcome).decode(), job_id, position))
        self._spool.forget(job_id, position)

    def _run_next(self, library: Library) -> bool:
        """`run_next`; a fault of the jobs' own database, a full disk say, puts the job off and ends nothing."""
        try:
            return self.run_next(library)
        except (OSError, sqlite3.Error) as fault:
            logger.error("a job could not be run; it is tried again in %g s", REST, exc_info=fault)
            self._stop.wait(REST)
            return True

    def _scrub(self, library: Library) -> None:
        """Frees the index of deleted words, when nothing else is to be done; a fault puts it off for a while."""
        if monotonic() < self._rest_until:
            return
        try:
            library.publisher.scrub(self._stop.is_set)
        except (ExtraitError, OSError, sqlite3.Error) as fault:
            logger.error("deleted words are still in files of the index", exc_info=fault)
            self._rest_until = monotonic() + REST

    def _take_up(self) -> None:
        """What a start does: queues the jobs that failed again, and removes what a crash left of jobs that are over."""
        with self._database() as db:
            db.execute("UPDATE jobs SET state = 'queued', error = '' WHERE state = 'failed'")
        self._tidied = False
        self._tidy()

    def _tidy(self) -> None:
        self._tidied = self._tidied or self._spool.tidy(self._unfinished)

    def _row(self, job_id: str, position: int, item: Upload | Document | Source) -> str:
        """What is kept of a file in the database beside its bytes, if it has any here; "" for a text."""
        if isinstance(item, Document):
            return ""
        if isinstance(item, Source):
            return in_place(item)
        path = str(self._spool.path(job_id, position))
        return msgspec.json.encode(Source(path, item.name, item.name, item.collection, item.metadata)).decode()

    def _unfinished(self) -> set[str]:
        with self._database() as db:
            return {job_id for (job_id,) in db.execute("SELECT id FROM jobs WHERE state <> 'done'")}

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA secure_delete = ON")
            with db:
                yield db


def name_of(position: int, item: str) -> str:
    """What an item is called that is kept in the database: its file's name, or the number of a text."""
    return msgspec.json.decode(item, type=Source).name if item else f"text {position + 1}"


def without_words(reply: str) -> str:
    """A reply, as JSON, without the words of documents; their places stay."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: kept(inner) for key, inner in value.items() if key not in WORDS}
        return [kept(inner) for inner in value] if isinstance(value, list) else value

    return msgspec.json.encode(kept(msgspec.json.decode(reply))).decode()
