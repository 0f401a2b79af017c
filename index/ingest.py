"""Files and texts into a library, each with an outcome. Knows nothing of jobs, HTTP or progress bars.

A source that cannot be read becomes an outcome that says why; the others go on. Files are parsed in a process of their
own (`index.parsing`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import cache
from hashlib import file_digest, sha256
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct, field

from index import history
from index.ahead import ahead
from index.documents import DEFAULT_COLLECTION, Document, MetadataValue
from index.errors import DocumentError, TooLarge
from index.language import language_of
from index.library import BATCH_CHARACTERS, Library, Outcome
from index.parsing import parser
from index.text import canonical

MAX_FILE = 100_000_000  # bytes
AHEAD = 200_000  # characters that are read and wait: two batches of the library, while one is embedded
REMEMBERED = 50  # files that are remembered together: so many are read again after a crash


class Source(Struct, frozen=True):
    """A file to read: `name` is what the user calls it, `uri` is what makes it the same document next time.

    `below` is what replies give in place of `uri`: the path below the folder that was asked for.
    """

    path: str
    name: str
    uri: str
    collection: str = DEFAULT_COLLECTION
    metadata: dict[str, MetadataValue] = field(default_factory=dict)
    below: str = ""


def sources(paths: Iterable[Path], collection: str = DEFAULT_COLLECTION) -> list[Source]:
    """The files at these paths and in the folders below them, in order; hidden ones are left out.

    A file below the working directory is named from there, so that an index can move with its documents. Bytes of a
    name that are no UTF-8 are shown as "\\xe9"; `path` has them as they are.
    """
    here = Path.cwd()
    found = []
    for path in paths:
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in inside:
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if file.is_file() and not hidden:
                full = file.resolve()
                uri = (full.relative_to(here) if full.is_relative_to(here) else full).as_posix()
                below = file.relative_to(path).as_posix() if path.is_dir() else file.name
                found.append(Source(str(file), shown(str(file)), shown(uri), collection, below=shown(below)))
    return found


def shown(path: str) -> str:
    """A path as text that can be stored and printed."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def read(source: Source) -> Document:
    """The document in a file, without an id. Raises DocumentError."""
    loaded = parser().parse(checked(source), Path(source.name).name)
    return Document(
        id="",
        title=loaded.title,
        text=loaded.text,
        uri=source.uri,
        media_type=loaded.media_type,
        language=loaded.language,
        pages=loaded.pages,
        headings=loaded.headings,
        metadata=source.metadata,
        collection=source.collection,
        where=source.below,
    )


def checked(source: Source) -> Path:
    """The path of a file that may be read. Raises DocumentError."""
    path = Path(source.path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DocumentError(f"{source.name} cannot be read: {error.strerror or error}.") from error
    if size > MAX_FILE:
        raise TooLarge(f"{source.name} has {size:,} bytes; the most is {MAX_FILE:,}. Split it into several files.")
    return path


def text_document(document: Document) -> Document:
    """A document whose text was typed or sent: canonical, with its language and a title if it had none."""
    text = canonical(document.text)
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return msgspec.structs.replace(
        document,
        text=text,
        title=canonical(document.title).strip() or first[:120],
        language=document.language or language_of(text),
    )


class Read(NamedTuple):
    """An item that was read and is to be added: its position, name, and the digest of its file."""

    position: int
    name: str
    document: Document
    digest: bytes


def ingest(
    library: Library,
    items: Iterable[Source | Document | Outcome],
    sent: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, Outcome]]:
    """Reads and adds each item; yields its position and outcome. Publishes a generation at the end.

    A file with the bytes that its document was read from is unchanged, and not read again. An item may be an outcome
    that is known already. Files are read in a thread, ahead of the embedder. Once it is `stopped`, no further item is
    begun, and what was read and waits is left out. `sent`: see `Library.add`.
    """
    lot: list[Read] = []
    read_files: list[tuple[str, str, bytes]] = []

    def added() -> Iterator[tuple[int, Outcome]]:
        for one, outcome in zip(lot, library.add([one.document for one in lot], sent), strict=True):
            if one.digest and outcome.state != "failed":
                read_files.append((outcome.document_id, one.document.revision, one.digest))
            if len(read_files) >= REMEMBERED:
                library.remember_files(read_files)
                read_files.clear()
            yield one.position, msgspec.structs.replace(outcome, name=one.name or outcome.document_id or outcome.name)
        lot.clear()

    begun = _begun_each(library, takewhile(lambda _: not stopped(), enumerate(items)))
    with closing(ahead(begun, lambda one: len(one.document.text) if isinstance(one, Read) else 0, AHEAD)) as waiting:
        for one in takewhile(lambda _: not stopped(), waiting):
            if not isinstance(one, Read):
                yield one
                continue
            lot.append(one)
            if sum(len(one.document.text) for one in lot) >= BATCH_CHARACTERS:
                yield from added()
    if not stopped():
        yield from added()
    library.remember_files(read_files)
    library.publish()


def _begun_each(
    library: Library, items: Iterable[tuple[int, Source | Document | Outcome]]
) -> Generator[tuple[int, Outcome] | Read, None, None]:
    met: set[tuple[str, str]] = set()  # what this run gives another text, perhaps
    try:
        for position, item in items:
            found = item if isinstance(item, Outcome) else _begun(library, item, met)
            yield (position, found) if isinstance(found, Outcome) else Read(position, name_of(item), *found)
    finally:
        library.store.leave()  # the thread that reads ends with them


def _begun(library: Library, item: Source | Document, met: set[tuple[str, str]]) -> Outcome | tuple[Document, bytes]:
    """The document of an item, and the digest of its file; its outcome when there is nothing to add."""
    if isinstance(item, Document):
        document, digest = text_document(item), b""
    else:
        try:
            digest = digest_of(item)
            known = history.read_before(library.store.connection, item.collection, item.uri, digest)
            if known and not met & {("", known), (item.collection, item.uri)}:
                return Outcome(item.name, known, "unchanged")
            document = read(item)
        except DocumentError as error:
            return Outcome(item.name, reason=str(error))
    met.add(("", document.id) if document.id else (document.collection, document.uri))
    return document, digest


def digest_of(source: Source) -> bytes:
    """The SHA-256 of all that makes a file's document: its bytes, what is said of it, and our program that reads it.

    Raises DocumentError.
    """
    said = repr((Path(source.name).name, sorted(source.metadata.items()), loaders_digest()))
    total = sha256(said.encode(errors="surrogateescape"))
    try:
        with checked(source).open("rb") as file:
            total.update(file_digest(file, "sha256").digest())
    except OSError as error:
        raise DocumentError(f"{source.name} cannot be read: {error.strerror or error}.") from error
    return total.digest()


@cache
def loaders_digest() -> str:
    """The SHA-256, in hex, of the program that reads files: what another one read is read again."""
    folder = Path(__file__).parent
    paths = sorted([*(folder / "loaders").glob("*.py"), folder / "text.py", folder / "language.py"])
    return sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def name_of(item: Source | Document | Outcome) -> str:
    """What the user calls it; "" for a text that was given no name: its title may be its first line."""
    return item.id or item.uri if isinstance(item, Document) else item.name
