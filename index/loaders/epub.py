"""EPUB books: the chapters in the order of the spine, as HTML. Knows nothing of pages: a book of this kind has none.

The table of contents repeats the headings and is left out. A book that is locked to a reader's account is refused.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from typing import TYPE_CHECKING
from urllib.parse import unquote

from index.errors import EncryptedFile, MalformedFile
from index.loaders.html import add_whole, decoded
from index.loaders.loaded import Builder, Loaded

if TYPE_CHECKING:
    from lxml.etree import _Element

MEDIA_TYPE = "application/epub+zip"
CHAPTERS = frozenset({"application/xhtml+xml", "text/html", "application/x-dtbook+xml"})
CONTAINER, LOCK = "META-INF/container.xml", "META-INF/encryption.xml"


def load(data: bytes, name: str) -> Loaded:
    """Read a book. Raises `MalformedFile`, `EncryptedFile` or `EmptyText`."""
    from lxml.etree import LxmlError  # noqa: PLC0415  not needed for plain texts

    builder = Builder(name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            description = _described_in(package)
            book = _parsed(package.read(description))
            chapters = _chapters(book, posixpath.dirname(description))
            if LOCK in package.namelist():
                locked = {unquote(str(uri)) for uri in _parsed(package.read(LOCK)).xpath("//@URI")}
                if locked & set(chapters):  # fonts may be scrambled in a book that is open
                    raise EncryptedFile(f"{name} is locked to a reader's account. Only a book without DRM can be read.")
            for chapter in chapters:
                if chapter in package.namelist():  # one that is missing costs itself
                    add_whole(builder, decoded(package.read(chapter), name))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        LxmlError,
        LookupError,
        ValueError,
        NotImplementedError,
        RecursionError,
    ) as error:
        raise MalformedFile(f"{name} is a damaged EPUB book ({error}). Send it again.") from error
    return builder.build(MEDIA_TYPE, title=_metadata(book, "title"), language=_metadata(book, "language"))


def _described_in(package: zipfile.ZipFile) -> str:
    """The name of the file that describes the book."""
    for found in _parsed(package.read(CONTAINER)).xpath("//*[local-name()='rootfile']/@full-path"):
        return str(found)
    raise ValueError("its container names no book")


def _chapters(book: _Element, folder: str) -> list[str]:
    """The names of the chapters, each once, in reading order."""
    items = {item.get("id"): item for item in book.xpath("//*[local-name()='manifest']/*[local-name()='item']")}
    found = []
    for reference in book.xpath("//*[local-name()='spine']/*[local-name()='itemref']/@idref"):
        item = items.get(str(reference))
        if item is None or item.get("media-type") not in CHAPTERS or "nav" in (item.get("properties") or "").split():
            continue
        found.append(posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "").partition("#")[0])))
    return list(dict.fromkeys(found))


def _metadata(book: _Element, field: str) -> str:
    found = book.xpath(f"string(//*[local-name()='metadata']/*[local-name()='{field}'])")
    return " ".join(str(found).split())


def _parsed(data: bytes) -> _Element:
    from lxml import etree  # noqa: PLC0415

    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
