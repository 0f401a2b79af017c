"""Numbered generations: the FAISS and tantivy files made from the database, and the one pointer to the current one.

Knows nothing of documents beyond the rows it is given. A generation is built in a folder of its own, brought to the
disk, and then made current by replacing the file `current`. Readers hold the generation they started with. Whatever is
here can be deleted: it is made again from the database, without embedding anything.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from hashlib import file_digest, sha256
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct

from index.dense import DenseIndex
from index.disk import sync
from index.documents import Chunk
from index.errors import DamagedIndex, ManifestMismatch
from index.lexical import LexicalIndex

FORMAT = 1
KEPT = 2  # the current generation and the one before it


class Models(Struct, frozen=True):
    """What made the vectors and the chunks; two of these that differ do not mix."""

    embedder: str
    embedder_digest: str
    dimension: int
    window: int
    tokenizer: str
    chunk_tokens: int


class Manifest(Struct, frozen=True):
    """What a generation holds. `changes` is the state of the database it was made from; `digest` names its content."""

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

    def current(self) -> int:
        """The number of the current generation; 0 when there is none."""
        try:
            text = self.pointer.read_bytes().strip()
        except FileNotFoundError:
            return 0
        if not text.isdigit() or text.startswith(b"0"):
            raise DamagedIndex(
                f"{self.pointer} holds {text[:40]!r}, not a number: delete it and start again, "
                "which rebuilds the index from the database."
            )
        return int(text)

    def path(self, number: int) -> Path:
        """The folder of a generation."""
        return self.folder / f"{number:06d}"

    def load(self, number: int, models: Models) -> Generation:
        """Opens a generation. Raises ManifestMismatch for other models, DamagedIndex for a torn or foreign file."""
        folder = self.path(number)
        remedy = f"delete {self.pointer} and start again, which rebuilds the index from the database."
        try:
            manifest = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
        except (OSError, msgspec.MsgspecError) as error:
            raise DamagedIndex(f"{folder / 'manifest.json'} cannot be read ({error}): {remedy}") from error
        if manifest.format != FORMAT:
            raise ManifestMismatch(f"{folder} has format {manifest.format}; this program reads {FORMAT}: {remedy}")
        check_models(manifest.models, models, str(folder))
        for name, digest in manifest.files.items():
            if not (folder / name).is_file() or _file_sha256(folder / name) != digest:
                raise DamagedIndex(f"{folder / name} is torn or was changed: {remedy}")
        return Generation(manifest, DenseIndex.load(folder / "dense.faiss"), LexicalIndex.load(folder / "lexical"))

    def build(self, rows: Iterable[Row], models: Models, changes: int, documents: int) -> int:
        """Builds a generation beside the current one and brings it to the disk; gives its number. Not yet current."""
        number = max([self.current(), *(int(path.name) for path in self.folder.glob("[0-9]*"))]) + 1
        folder = self.path(number)
        folder.mkdir()
        ids, vectors, content = [], [], sha256()

        def lexical_rows() -> Iterable[tuple[int, str, str, list[str]]]:
            for row in rows:
                ids.append(row.id)
                vectors.append(np.frombuffer(row.vector, np.float32))
                content.update(msgspec.json.encode(row.chunk))
                content.update(row.vector)
                yield row.id, row.text, row.language, row.scope

        LexicalIndex.build(folder / "lexical", lexical_rows())
        matrix = np.stack(vectors) if vectors else np.zeros((0, models.dimension), np.float32)
        DenseIndex.build(ids, matrix, models.dimension).save(folder / "dense.faiss")
        files = {
            str(path.relative_to(folder)): _file_sha256(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix != ".lock"
        }
        manifest = Manifest(number, FORMAT, models, documents, len(ids), changes, content.hexdigest(), files)
        (folder / "manifest.json").write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        for path in [*folder.rglob("*"), folder, self.folder]:
            sync(path)
        return number

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
        for path in sorted(self.folder.glob("[0-9]*"))[:-kept]:
            shutil.rmtree(path)

    def discard_drafts(self) -> None:
        """Removes what a crash left half-built. The caller holds the writer's lock."""
        current = self.current()
        for path in self.folder.glob("[0-9]*"):
            if int(path.name) > current:
                shutil.rmtree(path)


def check_models(made: Models, running: Models, where: str) -> None:
    """Raises ManifestMismatch, naming what differs, unless the two are equal."""
    if made != running:
        names = [name for name in Models.__struct_fields__ if getattr(made, name) != getattr(running, name)]
        differences = "; ".join(
            f"{name} was {getattr(made, name)!r} and is {getattr(running, name)!r}" for name in names
        )
        raise ManifestMismatch(
            f"{where} was made by other models than those that are running: {differences}. Set them back "
            "(EXTRAIT_EMBEDDER), or choose another EXTRAIT_DATA and ingest the documents again."
        )


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
