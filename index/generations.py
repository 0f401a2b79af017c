"""Numbered generations: the FAISS and tantivy files made from the database, and the one pointer to the current one.

Knows nothing of documents beyond the rows it is given. A generation is built in a folder of its own, brought to the
disk, and then made current by replacing the file `current`. Readers hold the generation they started with. Whatever is
here can be deleted: it is made again from the database, without embedding anything.

A generation can be built on an older one: files that hold nothing new only get a second name in the new folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from index.dense import DenseIndex, Vectors
from index.disk import link, sync
from index.documents import Chunk
from index.errors import DamagedIndex, ManifestMismatch
from index.lexical import LexicalIndex

FORMAT = 3
KEPT = 2  # the current generation and the one before it
CONTENT = np.dtype([("id", np.int64), ("digest", np.bytes_, 32)])  # of `content.npy`: which chunks there are
OURS = "extrait-"  # how the names of the embedders begin that ship
REMEDY = "run `extrait rebuild`, which makes the index again from the database."


class Models(Struct, frozen=True):
    """What made the vectors and the chunks; two of these that differ do not mix."""

    embedder: str
    embedder_digest: str
    dimension: int
    window: int
    tokenizer: str
    chunk_tokens: int


class Manifest(Struct, frozen=True):
    """What a generation holds. `changes` is the state of the database it was made from.

    `digest` names the content: the same chunks with the same vectors have the same, however they came together.
    """

    number: int
    format: int
    models: Models
    documents: int
    chunks: int
    changes: int
    digest: str
    files: dict[str, str]


class Row(Struct, frozen=True):
    """One chunk as it is indexed: `text` is cut from the document, `scope` holds the terms that a filter asks for."""

    id: int
    chunk: Chunk
    text: str
    language: str
    scope: list[str]
    vector: bytes


class Generation(Struct, frozen=True):
    """An open generation."""

    manifest: Manifest
    dense: DenseIndex
    lexical: LexicalIndex


class Generations:
    """The generations of one data directory."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "generations"
        self.pointer = data / "current"
        self.folder.mkdir(parents=True, exist_ok=True)
        self._whole: set[tuple[int, ...]] = set()  # files that were found to be as their manifest says

    def current(self) -> int:
        """The number of the current generation; 0 when there is none."""
        try:
            text = self.pointer.read_bytes().strip()
        except FileNotFoundError:
            return 0
        if not text.isdigit() or text.startswith(b"0"):
            raise DamagedIndex(f"{self.pointer} holds {text[:40]!r}, not a number: {REMEDY}")
        return int(text)

    def path(self, number: int) -> Path:
        """The folder of a generation."""
        return self.folder / f"{number:06d}"

    def load(self, number: int, models: Models) -> Generation:
        """Opens a generation. Raises ManifestMismatch for other models, DamagedIndex for a torn or foreign file."""
        folder = self.path(number)
        manifest = self.manifest(number)
        if manifest.format != FORMAT:
            raise ManifestMismatch(f"{folder} has format {manifest.format}; this program reads {FORMAT}: {REMEDY}")
        check_models(manifest.models, models, f"The generation at {folder}")
        for name, digest in manifest.files.items():
            if not self._is_whole(folder / name, digest):
                raise DamagedIndex(f"{folder / name} is torn or was changed: {REMEDY}")
        return Generation(manifest, DenseIndex.load(folder / "dense"), LexicalIndex.load(folder / "lexical"))

    def manifest(self, number: int) -> Manifest:
        """What a generation says of itself. Raises DamagedIndex."""
        return _decoded(self.path(number) / "manifest.json")

    def previous(self) -> int:
        """The number of the generation before the current one; 0 when none is kept."""
        return max((number for number in map(int, self._numbers()) if number < self.current()), default=0)

    def ids(self, folder: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The ids of the chunks that a generation holds, shape (n,)."""
        return np.load(folder / "content.npy")["id"]  # type: ignore[no-any-return]

    def build(
        self,
        rows: Iterable[Row],
        models: Models,
        changes: int,
        documents: int,
        base: Path | None = None,
        gone: Sequence[int] = (),
        draft: str = "",
    ) -> int:
        """Builds a generation beside the current one and brings it to the disk; gives its number. Not yet current.

        It holds `rows`, and those of the generation in the folder `base` that are not `gone`. A `draft` is built in the
        folder of that name, has the number 0, and serves as a base only.
        """
        number = 0 if draft else self._highest() + 1
        if not draft:
            self.discard_drafts()
        folder = self.folder / (draft or f"{number:06d}")
        folder.mkdir()
        held = np.load(base / "content.npy") if base else np.empty(0, CONTENT)
        content: list[tuple[int, bytes]] = []
        vectors: list[tuple[int, Vectors]] = []

        def lexical_rows() -> Iterable[tuple[int, str, str, list[str]]]:
            for row in rows:
                content.append((row.id, sha256(msgspec.json.encode(row.chunk) + row.vector).digest()))
                vectors.append((row.id, np.frombuffer(row.vector, np.float32)))
                yield row.id, row.text, row.language, row.scope

        LexicalIndex.build(folder / "lexical", lexical_rows(), base / "lexical" if base else None, gone)
        DenseIndex.write(folder / "dense", vectors, base / "dense" if base else None, gone)
        held = np.concatenate([held[~np.isin(held["id"], gone)], np.array(content, CONTENT)])
        np.save(folder / "content.npy", held)
        digest = sha256(np.sort(held["digest"]).tobytes()).hexdigest()
        manifest = Manifest(number, FORMAT, models, documents, len(held), changes, digest, self._digests(folder, base))
        self._write(folder, manifest)
        return number

    def again(self, number: int) -> int:
        """Gives an older generation a new number, the highest; it shares its files. Not yet current."""
        highest = self._highest() + 1
        self.discard_drafts()
        folder = self.path(highest)
        shutil.copytree(self.path(number), folder, copy_function=link, ignore=shutil.ignore_patterns("*.lock"))
        (folder / "manifest.json").unlink()
        self._write(folder, msgspec.structs.replace(self.manifest(number), number=highest))
        return highest

    def _write(self, folder: Path, manifest: Manifest) -> None:
        (folder / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        for path in [*folder.rglob("*"), folder, self.folder]:
            sync(path)

    def _digests(self, folder: Path, base: Path | None) -> dict[str, str]:
        """The SHA-256 of each file; that of a file which `base` holds too is known."""
        known = _decoded(base / "manifest.json").files if base else {}
        found = {}
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".lock":
                name = str(path.relative_to(folder))
                same = base is not None and name in known and path.samefile(base / name)
                found[name] = known[name] if same else _file_sha256(path)
        return found

    def publish(self, number: int) -> None:
        """Makes a built generation the current one, at once for every reader, and drops those before the last two."""
        draft = self.pointer.with_suffix(".draft")
        draft.write_text(f"{number}\n")
        sync(draft)
        draft.replace(self.pointer)
        sync(self.pointer.parent)
        self.forget_older(KEPT)

    def forget_older(self, kept: int = 1) -> None:
        """Removes all but the newest; after a deletion an older one would still hold the words."""
        for name in self._numbers()[:-kept]:
            shutil.rmtree(self.folder / name)

    def forget_damage(self) -> None:
        """Removes a pointer that points to nothing, so that a generation can be built."""
        try:
            self.current()
        except DamagedIndex:
            self.pointer.unlink()

    def discard_drafts(self) -> None:
        """Removes what a crash left half-built. The caller holds the writer's lock."""
        for name in self._numbers():
            if int(name) > self.current():
                shutil.rmtree(self.folder / name)

    def _highest(self) -> int:
        """The highest number ever given, as far as is known: a reader tells generations apart by their numbers."""
        return max([self.current(), *map(int, self._numbers())])

    def _numbers(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("[0-9]*"))

    def _is_whole(self, path: Path, digest: str) -> bool:
        """Whether a file is as it was written; it is read once, and again when it changed."""
        if not path.is_file():
            return False
        state = path.stat()
        key = (state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns)
        if key not in self._whole and _file_sha256(path) == digest:
            self._whole.add(key)
        return key in self._whole


def check_models(made: Models, running: Models, where: str) -> None:
    """Raises ManifestMismatch, saying what differs and what to do, unless the two are equal."""
    if made != running:
        # Of our own embedders only the newest ships: nobody can set an older one.
        same_cut = (made.tokenizer, made.chunk_tokens) == (running.tokenizer, running.chunk_tokens)
        can_go_back = same_cut and not made.embedder.startswith(OURS)
        raise ManifestMismatch(
            f"{where} was {_difference(made, running)}: `extrait rebuild --embed` makes it fit, from the texts that it "
            f"holds and without the source files{'; or set EXTRAIT_EMBEDDER back' if can_go_back else ''}."
        )


def _difference(made: Models, running: Models) -> str:
    """The one that matters most, in words: a library "was ..."."""
    if made.embedder != running.embedder:
        return f"made by the embedder {made.embedder}, and {running.embedder} is running"
    if (made.embedder_digest, made.dimension) != (running.embedder_digest, running.dimension):
        return f"made by another version of the embedder {made.embedder} than the one that is running"
    if made.window != running.window:
        return (
            f"cut for an embedder that reads {made.window} pieces at once, and the running one reads {running.window}"
        )
    if made.tokenizer != running.tokenizer:
        return "cut by another vocabulary than the one that is running"
    return f"cut into chunks of at most {made.chunk_tokens} tokens, and {running.chunk_tokens} are wanted now"


def _decoded(path: Path) -> Manifest:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, msgspec.MsgspecError) as error:
        raise DamagedIndex(f"{path} cannot be read ({error}): {REMEDY}") from error


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
