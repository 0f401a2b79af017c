"""Files and texts into a library, each with an outcome. Knows nothing of jobs, HTTP or progress bars.

A source that cannot be read becomes an outcome that says why; the others go on. Files are parsed in a process of their
own (`index.parsing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import file_digest, sha256
from pathlib import Path

import msgspec
from msgspec import Struct, field

from index import history
from index.documents import DEFAULT_COLLECTION, Document, MetadataValue
from index.errors import DocumentError, TooLarge
from index.language import language_of
from index.library import Library, Outcome
from index.parsing import parser
from index.text import canonical

MAX_FILE = 100_000_000  # bytes


class Source(Struct, frozen=True):
    """A file to read: `name` is what the user calls it, `uri` is what makes it the same document next time."""

    path: str
    name: str
    uri: str
    collection: str = DEFAULT_COLLECTION
    metadata: dict[str, MetadataValue] = field(default_factory=dict)


def sources(paths: Iterable[Path], collection: str = DEFAULT_COLLECTION) -> list[Source]:
    """The files at these paths and in the folders below them, in order; hidden ones are left out.

    A file below the working directory is named from there, so that an index can move with its documents.
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
                found.append(Source(str(file), str(file), uri, collection))
    return found


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


def ingest(
    library: Library, items: Iterable[Source | Document], sent: int | None = None
) -> Iterator[tuple[int, Outcome]]:
    """Reads and adds each item; yields its position and outcome. Publishes a generation at the end.

    A file with the bytes that its document was read from is unchanged, and not read again. `sent`: see `Library.add`.
    """
    apart: list[tuple[int, Outcome]] = []  # outcomes of what needs no adding
    taken: list[tuple[int, Source | Document, Document, bytes]] = []
    met: set[tuple[str, str]] = set()  # what this run gives another text, perhaps

    def documents() -> Iterator[Document]:
        for position, item in enumerate(items):
            try:
                digest = digest_of(item) if isinstance(item, Source) else b""
                known = digest and history.read_before(library.store.connection, item.collection, item.uri, digest)
                if known and not met & {("", known), (item.collection, item.uri)}:
                    apart.append((position, Outcome(name_of(item), known, "unchanged")))
                    continue
                document = text_document(item) if isinstance(item, Document) else read(item)
            except DocumentError as error:
                apart.append((position, Outcome(name_of(item), reason=str(error))))
            else:
                met.add(("", document.id) if document.id else (item.collection, item.uri))
                taken.append((position, item, document, digest))
                yield document

    read_files = []
    for outcome in library.add(documents(), sent):
        yield from apart
        apart.clear()
        position, item, document, digest = taken.pop(0)
        if digest and outcome.state != "failed":
            read_files.append((outcome.document_id, document.revision, digest))
        yield position, msgspec.structs.replace(outcome, name=name_of(item) or outcome.document_id or outcome.name)
    yield from apart
    library.remember_files(read_files)
    library.publish()


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


def name_of(item: Source | Document) -> str:
    """What the user calls it; "" for a text that was given no name: its title may be its first line."""
    return item.name if isinstance(item, Source) else item.id or item.uri
