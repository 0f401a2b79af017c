"""Generations of what the database holds: built, published, gone back to, freed of deleted words. Knows no embedder.

One process writes at a time, by file lock; the others read, and see a new generation at their next search. A generation
is built on the current one, so that adding or deleting a document costs what the document costs. That leaves the words
of a deleted document in files of the index, where no search finds them; `scrub` builds those files anew.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby, takewhile
from pathlib import Path

import msgspec
import numpy as np
from filelock import FileLock, Timeout

from index import history
from index.context import in_context
from index.errors import DamagedIndex, ManifestMismatch, NotFound
from index.generations import FORMAT, Generation, Generations, Models, Row, check_models
from index.language import language_of
from index.scope import scope_terms
from index.store import Store

AT_ONCE = 1_000  # chunks: an index of so few is built whole after a deletion, in less than a second
DRAFT = "draft"
ROLLED_BACK = "rolled back"  # the number of writes at which the owner went back to an older generation
UNSCRUBBED = "unscrubbed"  # the number of the last deletion whose words may still be in files of the index


class Publisher:
    """What a library and the commands that load no model have in common."""

    def __init__(self, data: Path, models: Models | None = None) -> None:
        """Opens or makes the database at `data`. Without `models`, those that made what is there.

        Raises NotFound when there is no library, ManifestMismatch when other models made it, DamagedIndex.
        """
        path = data / "library.sqlite"
        if models is None and not path.exists():
            raise NotFound(f"There is no library at {path}: run `extrait ingest PATH` first, or set EXTRAIT_DATA.")
        self.store = Store(path)
        made = self._made_by()
        if made and models is not None:
            check_models(made, models, f"The library at {data}")
        if not made and models is None:
            raise NotFound(f"The library at {path} is empty: run `extrait ingest PATH` first, or set EXTRAIT_DATA.")
        self._given = models
        self.generations = Generations(data)
        self._file_lock = FileLock(data / "writer.lock")
        self._scrub_lock = FileLock(data / "scrub.lock", thread_local=False)
        self._write_lock = threading.RLock()
        self._load_lock = threading.Lock()
        self._generation: Generation | None = None

    @property
    def models(self) -> Models:
        """Those that were given, or else those that made what is there."""
        return self._given or msgspec.json.decode(self.store.value("models"), type=Models)

    @property
    def generation(self) -> Generation:
        """The current generation, opened again when another process published a newer one.

        Raises ManifestMismatch when the library was embedded anew by other models since it was opened.
        """
        with self._load_lock:
            while self._generation is None or self._generation.manifest.number != self.generations.current():
                number = self.generations.current()
                try:
                    self._generation = self.generations.load(number, self.models)
                except DamagedIndex:
                    if number == self.generations.current():  # otherwise newer ones took its place meanwhile
                        raise
                except ManifestMismatch:
                    self._check_still()  # whose words are better
                    raise
            return self._generation

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Inside it, this thread of this process is the only writer. Raises ManifestMismatch as `generation` does."""
        with self._write_lock, self._file_lock:
            self._check_still()
            yield

    def recover(self) -> None:
        """Builds the generation that a crash prevented; leaves it to another process if that one is writing."""
        try:
            with self._write_lock, self._file_lock.acquire(timeout=0):
                if not self.store.value("models"):
                    with self.store.transaction():
                        self.store.set_value("models", msgspec.json.encode(self.models).decode())
                self.generations.discard_drafts()
                self.publish()
        except Timeout:
            if not self.generations.current():
                with self.writing():
                    self.publish()

    def publish(self, whole: bool = False) -> int:
        """Makes a generation of what the database holds, if the current one is behind; gives the number of that.

        A `whole` one is built without the files of another, as is one after a generation of other models or of an older
        format. After a rollback nothing is behind until the next write.
        """
        with self.writing():
            changes, current = self.store.changes, self.generations.current()
            whole = whole or (current > 0 and not self._can_build_on(current))
            before = -1 if whole or not current else self.generation.manifest.changes
            if before == changes or (current and not whole and self.store.value(ROLLED_BACK) == str(changes)):
                return current
            number = self._build(self.generations.path(current) if before >= 0 else None)
            self.generations.publish(number)
            with self.store.transaction():
                self.store.forget_superseded(before)
                if whole:
                    self.store.set_value(ROLLED_BACK, "")
            return number

    def rebuild(self) -> int:
        """Makes the index anew from the database, whatever is on the disk; embeds nothing. Gives its number."""
        with self.writing():
            self.generations.forget_damage()
            return self.publish(whole=True)

    def roll_back(self) -> int:
        """Goes back to the generation before the current one, until the next write or `rebuild`; gives its new number.

        Raises NotFound when there is none: two are kept, and after a deletion one.
        """
        with self.writing():
            previous = self.generations.previous()
            if not previous:
                raise NotFound("There is no older generation to go back to: two are kept, and after a deletion one.")
            self.generations.load(previous, self.models)
            with self.store.transaction():
                self.store.set_value(ROLLED_BACK, str(self.store.changes))
            number = self.generations.again(previous)
            self.generations.publish(number)
            return number

    def purge(self, document_id: str = "") -> int:
        """Removes the older revisions of a document, or of all, with every word of them; gives how many.

        Raises NotFound for an unknown document.
        """
        with self.writing():
            if document_id and not self.store.revision(document_id):
                raise NotFound(f"There is no document {document_id!r}.")
            with self.store.transaction() as db:
                purged = history.purge(db, document_id)
                if purged:
                    self.store.count_change()
                    self.store.set_value(UNSCRUBBED, str(self.store.changes))
            if purged:
                self.publish_alone()
            return purged

    def publish_deletion(self) -> None:
        """Makes a generation without what was deleted, and removes those before it. Called inside `writing`."""
        self.publish_alone(whole=self.generation.manifest.chunks <= AT_ONCE)

    def publish_alone(self, whole: bool = True) -> None:
        """Makes a generation, and removes those before it. Called inside `writing`."""
        changes = self.store.changes
        self.publish(whole)
        self.generations.forget_older()
        if whole:
            self._finish_scrubbing(changes)

    def scrub(self, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Frees the files of the index of deleted words, if there may be any; gives whether it did.

        Others may write meanwhile: most of the work is done on a snapshot, without the lock. One process does it at a
        time; the others leave it to that one.
        """
        try:
            with self._scrub_lock.acquire(timeout=0):
                return bool(self.store.value(UNSCRUBBED)) and self._scrub(stopped)
        except Timeout:
            return False

    def _scrub(self, stopped: Callable[[], bool]) -> bool:
        folder = self.generations.folder / DRAFT
        shutil.rmtree(folder, ignore_errors=True)
        with self.store.snapshot():
            changes = self.store.changes
            rows = takewhile(lambda _: not stopped(), self._rows(self.store.indexed_ids()))
            self.generations.build(rows, self.models, changes, 0, draft=DRAFT)
        if not stopped():
            with self.writing():
                self.generations.publish(self._build(folder))
                self._finish_scrubbing(changes)
        shutil.rmtree(folder)
        return True

    def _made_by(self) -> Models | None:
        made = self.store.value("models")
        return msgspec.json.decode(made, type=Models) if made else None

    def _check_still(self) -> None:
        """Raises ManifestMismatch when other models than those given have made the library since it was opened."""
        made = self._made_by()
        if made and self._given and made != self._given:
            raise ManifestMismatch(
                f"The library at {self.store.path.parent} was embedded anew since this program started, by the "
                f"embedder {made.embedder}: start the program again with it."
            )

    def _can_build_on(self, number: int) -> bool:
        manifest = self.generations.manifest(number)
        return manifest.format >= FORMAT and manifest.models == self.models

    def _finish_scrubbing(self, changes: int) -> None:
        self.generations.forget_older()
        if self.store.truncate_log() and int(self.store.value(UNSCRUBBED) or 0) <= changes:
            with self.store.transaction():
                self.store.set_value(UNSCRUBBED, "")
            self.store.truncate_log()

    def _build(self, base: Path | None) -> int:
        wanted = np.array(self.store.indexed_ids(), np.int64)
        held = self.generations.ids(base) if base else wanted[:0]
        rows = self._rows(wanted[~np.isin(wanted, held)].tolist())
        gone = held[~np.isin(held, wanted)].tolist()
        return self.generations.build(rows, self.models, self.store.changes, self.store.count_documents(), base, gone)

    def _rows(self, chunk_ids: Sequence[int]) -> Iterator[Row]:
        """These chunks as they are indexed, document by document."""
        rows = self.store.chunks(chunk_ids)
        for document_id, group in groupby(rows, key=lambda row: row[1].document_id):
            document = self.store.document(document_id)
            if document is None:
                raise DamagedIndex(f"{self.store.path} has chunks of {document_id!r} and no such document: restore it.")
            scope = scope_terms(document.collection, document.metadata)
            for chunk_id, one, vector in group:
                text = in_context(document, one)
                yield Row(chunk_id, one, text, document.language or language_of(text), scope, vector)
