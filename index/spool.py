"""What was handed in, on the disk until its job is done: a folder for each job. Knows nothing of jobs but their ids.

Law: what `arriving` holds is on the disk when it ends, or leaves nothing; `tidy` removes what a crash left of jobs that
are over or never came to be, and nothing that is still arriving, in any process.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec.structs import replace

from index.disk import sync
from index.documents import Document
from index.ingest import Source
from index.library import Outcome

IN_PLACE = "file://"


def in_place(source: Source) -> str:
    """A file that stays where it is, as it is kept in the database: from any directory, whatever bytes its name has."""
    return msgspec.json.encode(replace(source, path=Path(source.path).absolute().as_uri())).decode()


class Spool:
    """The spool of one data directory."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder

    def path(self, job_id: str, position: int) -> Path:
        """Where an item of a job lies."""
        return self._folder / job_id / str(position)

    @contextmanager
    def arriving(self, job_id: str, items: Iterable[tuple[int, bytes]]) -> Iterator[None]:
        """Brings the items of a new job to the disk; inside it the job is queued. On a fault nothing stays.

        An item is its position in the job and its bytes; those of files that stay where they are do not come here.
        """
        folder = self._folder / job_id
        with self._held(fcntl.LOCK_SH):
            folder.mkdir()
            try:
                for position, data in items:
                    path = self.path(job_id, position)
                    path.write_bytes(data)
                    sync(path)
                sync(folder)
                sync(self._folder)
                yield
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise

    def item(self, job_id: str, position: int, source: str) -> Source | Document | Outcome:
        """An item: the `source` of a file, or the text that was sent; a failed outcome when its bytes are lost.

        Raises OSError when they cannot be read now, which is an outage and no fault of theirs.
        """
        path = self.path(job_id, position)
        file = msgspec.json.decode(source, type=Source) if source else None
        if file and file.path.startswith(IN_PLACE):
            return replace(file, path=os.fsdecode(unquote_to_bytes(file.path.removeprefix(IN_PLACE))))
        name = file.name if file else f"text {position + 1}"
        lost = Outcome(name, reason=f"{name} was lost on the server before it was taken in: send it again.")
        try:
            if file:
                path.open("rb").close()
                return file
            return msgspec.json.decode(path.read_bytes(), type=Document)
        except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
            return lost

    def forget(self, job_id: str, position: int) -> None:
        """Removes an item that has its outcome."""
        self.path(job_id, position).unlink(missing_ok=True)

    def end(self, job_id: str) -> None:
        """Removes what is left of a job that is over. What cannot be removed now is left to `tidy`."""
        shutil.rmtree(self._folder / job_id, ignore_errors=True)

    def tidy(self, unfinished: Callable[[], Collection[str]]) -> bool:
        """Removes the folders of all but the `unfinished` jobs; False when something is arriving, so that it must wait.

        A crash leaves such a folder before its job is queued, and after it is done.
        """
        with self._held(fcntl.LOCK_EX | fcntl.LOCK_NB) as held:
            if held:
                kept = unfinished()
                for folder in self._folder.iterdir():
                    if folder.name not in kept:
                        shutil.rmtree(folder, ignore_errors=True)
        return held

    @contextmanager
    def _held(self, kind: int) -> Iterator[bool]:
        """The lock of the spool, which the system gives back when its holder dies; whether it was to be had."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, kind)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(descriptor)
