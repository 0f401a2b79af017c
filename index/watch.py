"""Folders followed: which files are new or changed since the last look, and which are gone. Knows nothing of documents.

A file counts once two looks found it alike, so that one that is still being written is left alone; it is gone once two
looks missed it, since programs save by removing and renaming. A folder that is gone itself, a disk that is not mounted
say, takes no file with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from index.documents import DEFAULT_COLLECTION
from index.ingest import Source, sources

State = tuple[int, int, int]  # inode, size, time of the last change in ns


class Watch:
    """Looks at paths again and again."""

    def __init__(self, paths: Iterable[Path], collection: str = DEFAULT_COLLECTION) -> None:
        self._paths = tuple(paths)
        self._collection = collection
        self._seen: dict[str, tuple[Source, State]] = {}  # at the last look
        self._told: dict[str, tuple[Source, State]] = {}
        self._missed: set[str] = set()

    def look(self) -> tuple[list[Source], list[Source]]:
        """The files that are new or changed, and those that are gone, since they were last told."""
        there = [path for path in self._paths if path.exists()]
        now = {source.path: (source, state) for source in sources(there, self._collection) if (state := _state(source))}
        changed = [
            path for path, found in now.items() if found == self._seen.get(path) and found != self._told.get(path)
        ]
        missing = {path for path in self._told if path not in now and any(Path(path).is_relative_to(p) for p in there)}
        gone = [self._told.pop(path)[0] for path in sorted(missing & self._missed)]
        self._told |= {path: now[path] for path in changed}
        self._seen, self._missed = now, missing
        return [now[path][0] for path in changed], gone


def _state(source: Source) -> State | None:
    try:
        found = Path(source.path).stat()
    except OSError:  # it went meanwhile
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
