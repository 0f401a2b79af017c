"""OpenDocument: texts (.odt), spreadsheets (.ods) and presentations (.odp), of LibreOffice and its like.

Their text stands in one XML file, which is walked in its order. Headings are the document's own; a slide or a sheet is
a page; a row of a sheet is a sentence with its header. Notes, comments and deleted text are not read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING

from index.errors import EncryptedFile, MalformedFile
from index.loaders.loaded import Builder, Loaded
from index.loaders.table import add_rows
from index.loaders.xlsx import NAMELESS

if TYPE_CHECKING:
    from lxml.etree import _Element

MEDIA_TYPE = "application/vnd.oasis.opendocument."
NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
OFFICE, TEXT, TABLE = NAMESPACE % "office", NAMESPACE % "text", NAMESPACE % "table"
DRAW, PRESENTATION = NAMESPACE % "drawing", NAMESPACE % "presentation"
PARAGRAPHS = frozenset({f"{TEXT}h", f"{TEXT}p"})
PASSED_OVER = frozenset(
    {
        f"{TEXT}tracked-changes",
        f"{TEXT}note",
        f"{TEXT}table-of-content",
        f"{OFFICE}annotation",
        f"{OFFICE}forms",
        f"{PRESENTATION}notes",
        f"{DRAW}object",
        f"{TEXT}sequence-decls",
    }
)
MOST_REPEATED = 1000  # a row or cell that is said to be repeated more often is formatting, not data


def load(data: bytes, name: str) -> Loaded:
    """Read an OpenDocument file. Raises `MalformedFile`, `EncryptedFile` or `EmptyText`."""
    from lxml import etree  # noqa: PLC0415  not needed for plain texts

    builder = Builder(name)
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if b"encryption-data" in package.read("META-INF/manifest.xml"):
                raise EncryptedFile(f"{name} needs a password. Save it without one, then add it again.")
            content = etree.fromstring(package.read("content.xml"), parser)
            about = package.read("meta.xml") if "meta.xml" in package.namelist() else b"<none/>"
        (body,) = content.find(f"{OFFICE}body")
        title, language = _described(etree.fromstring(about, parser))
        kind = body.tag.removeprefix(OFFICE)
        if kind == "spreadsheet":
            named = _add_sheets(builder, body)
            title = title or ("" if named else PurePath(name).stem)
        elif kind == "presentation":
            for number, slide in enumerate(body.iter(f"{DRAW}page"), start=1):
                builder.start_page(number)
                _add_slide(builder, slide)
        else:
            _add_blocks(builder, body)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        etree.LxmlError,
        LookupError,
        ValueError,
        TypeError,
        RuntimeError,
    ) as error:
        raise MalformedFile(f"{name} is a damaged OpenDocument file ({error}). Save it again.") from error
    return builder.build(MEDIA_TYPE + kind, title=title, language=language)


def _described(about: _Element) -> tuple[str, str]:
    """Its title, and the language that it says it is in."""
    dublin = "{http://purl.org/dc/elements/1.1/}"
    return about.findtext(f".//{dublin}title") or "", about.findtext(f".//{dublin}language") or ""


def _add_blocks(builder: Builder, parent: _Element) -> None:
    """The headings, paragraphs, items and rows under an element, in order."""
    tight = False  # the next block goes on the next line: the last one was an item or a row
    for block in _outermost(parent, PARAGRAPHS | {f"{TABLE}table-row", f"{TEXT}list-item"}):
        if block.tag == f"{TEXT}h":
            builder.add_heading(_words(block), _level(block))
            tight = False
        elif block.tag == f"{TEXT}p":
            builder.add(_words(block))
            tight = False
        else:
            row = block.tag == f"{TABLE}table-row"
            text = " | ".join(filter(None, map(_joined, _cells(block)))) if row else _item(block)
            builder.add(text, tight=tight and _follows(block))
            tight = True


def _add_slide(builder: Builder, slide: _Element) -> None:
    """The title first, then the other frames in their order."""
    frames = list(_outermost(slide, {f"{DRAW}frame", f"{DRAW}custom-shape", f"{DRAW}g"}))
    titles = [frame for frame in frames if frame.get(f"{PRESENTATION}class") == "title"]
    for frame in titles:
        builder.add_heading(_joined(frame), 1)
    for frame in frames:
        if frame not in titles:
            rows = list(frame.iter(f"{TABLE}table-row"))
            lines = [" | ".join(filter(None, map(_joined, _cells(row)))) for row in rows] or _lines(frame)
            builder.add("\n".join(filter(None, lines)))


def _add_sheets(builder: Builder, body: _Element) -> bool:
    """Each sheet as a page; whether any has a name that says something."""
    named = False
    for number, sheet in enumerate(body.iter(f"{TABLE}table"), start=1):
        builder.start_page(number)
        rows = list(_rows(sheet))
        name = sheet.get(f"{TABLE}name") or ""
        if any(any(row) for row in rows) and not NAMELESS.fullmatch(name):
            builder.add_heading(name, 1)
            named = True
        add_rows(builder, rows)
    return named


def _rows(sheet: _Element) -> Iterator[list[str]]:
    for row in sheet.iter(f"{TABLE}table-row"):
        cells: list[str] = []
        for cell in _cells(row):
            cells += [_joined(cell)] * _repeated(cell, "columns")
        for _ in range(_repeated(row, "rows") if any(cells) else 1):
            yield cells


def _repeated(element: _Element, what: str) -> int:
    times = int(element.get(f"{TABLE}number-{what}-repeated") or 1)
    return times if times <= MOST_REPEATED else 1


def _cells(row: _Element) -> Iterator[_Element]:
    return _outermost(row, {f"{TABLE}table-cell", f"{TABLE}covered-table-cell"})


def _outermost(element: _Element, tags: frozenset[str] | set[str]) -> Iterator[_Element]:
    """The outermost elements with one of these tags."""
    for child in element:
        if child.tag in tags:
            yield child
        elif child.tag not in PASSED_OVER:
            yield from _outermost(child, tags)


def _follows(block: _Element) -> bool:
    """Whether it goes on the list or the table of the block before it."""
    return block.getprevious() is not None or (block.getparent().tag not in {f"{TEXT}list", f"{TABLE}table"})


def _level(heading: _Element) -> int:
    level = heading.get(f"{TEXT}outline-level") or "1"
    return int(level) if level.isdecimal() else 1


def _lines(element: _Element) -> list[str]:
    """The paragraphs in an element, one by one."""
    return [_words(paragraph).strip() for paragraph in _outermost(element, PARAGRAPHS)]


def _item(item: _Element) -> str:
    return "\n".join(filter(None, _lines(item)))


def _joined(element: _Element) -> str:
    return " ".join(" ".join(_lines(element)).split())


def _words(paragraph: _Element) -> str:
    return "".join(_pieces(paragraph))


def _pieces(element: _Element) -> Iterator[str]:
    """The characters of a paragraph. White space counts once unless an element says how often."""
    yield " ".join((element.text or "").replace("\n", " ").split(" "))
    for child in element:
        if child.tag == f"{TEXT}s":
            times = child.get(f"{TEXT}c") or "1"
            yield " " * min(int(times), MOST_REPEATED) if times.isdecimal() else " "
        elif child.tag == f"{TEXT}tab":
            yield "\t"
        elif child.tag == f"{TEXT}line-break":
            yield "\n"
        elif child.tag not in PASSED_OVER:
            yield from _pieces(child)
        yield (child.tail or "").replace("\n", " ")
