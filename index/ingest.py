"""Files and texts into a library, each with an outcome. Knows nothing of jobs, HTTP or progress bars.

A source that cannot be read becomes an outcome that says why; the others go on. Files are parsed in a process of their
own (`index.parsing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, field

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
    path = Path(source.path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DocumentError(f"{source.name} cannot be read: {error.strerror or error}.") from error
    if size > MAX_FILE:
        raise TooLarge(f"{source.name} has {size:,} bytes; the most is {MAX_FILE:,}. Split it into several files.")
    loaded = parser().parse(path, Path(source.name).name)
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


def ingest(library: Library, items: Iterable[Source | Document]) -> Iterator[tuple[int, Outcome]]:
    """Reads and adds each item; yields its position and outcome. Publishes a generation at the end."""
    failures: list[tuple[int, Outcome]] = []
    taken: list[tuple[int, str]] = []

    def documents() -> Iterator[Document]:
        for position, item in enumerate(items):
            try:
                document = text_document(item) if isinstance(item, Document) else read(item)
            except DocumentError as error:
                failures.append((position, Outcome(name_of(item), reason=str(error))))
            else:
                taken.append((position, name_of(item)))
                yield document

    for outcome in library.add(documents()):
        yield from failures
        failures.clear()
        position, name = taken.pop(0)
        yield position, msgspec.structs.replace(outcome, name=name or outcome.name)
    yield from failures
    library.publish()


def name_of(item: Source | Document) -> str:
    """What the user calls it."""
    return item.name if isinstance(item, Source) else item.id or item.title or item.uri
