"""Word documents (.docx): paragraphs and tables in the order of the document, headings by their style.

python-docx opens the package. The walk is ours, because its own passes over what stands in content controls, in text
boxes, and in tracked insertions. Headers, footers, notes and comments are not read.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.errors import MalformedFile, UnsupportedFormat
from index.loaders.loaded import Builder, Loaded

if TYPE_CHECKING:
    from docx.document import Document
    from lxml.etree import _Element

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
FALLBACK = (
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # says the same again for old readers
)
STRICT = b"http://purl.oclc.org/ooxml/"
# Word stores "heading 1" whatever its own language; other programs store the name they show.
HEADING_NAME = re.compile(r"(?:heading|titre|überschrift|título|titolo|kop|عنوان)\s*(?P<level>[1-9])", re.IGNORECASE)
TITLE_NAME = re.compile(r"title|titre|titel|título|titolo", re.IGNORECASE)
GENERATED_TITLES = frozenset({"Word Document"})  # what python-docx and its like write into the properties


def load(data: bytes, name: str) -> Loaded:
    """Read a Word document. Raises `MalformedFile`, `UnsupportedFormat` or `EmptyText`."""
    document = _open(data, name)
    levels = _heading_levels(document)
    builder = Builder(name)
    in_list = False
    for block in _blocks(document.element.body):
        if block.tag == f"{W}tbl":
            for n, row in enumerate(_inside(block, f"{W}tr")):
                builder.add(_row_text(row), tight=n > 0)
            in_list = False
            continue
        level = _level_of(block, levels)
        text = _paragraph_text(block)
        if level:
            builder.add_heading(text, level)
        else:
            item = block.find(f"{W}pPr/{W}numPr") is not None or _style_id(block).startswith("List")
            builder.add(text, tight=item and in_list)
            in_list = item
            continue
        in_list = False
    title = document.core_properties.title
    return builder.build(MEDIA_TYPE, title="" if title in GENERATED_TITLES else title)


def _open(data: bytes, name: str) -> Document:
    import docx  # noqa: PLC0415  not needed for other formats
    from docx.opc.exceptions import OpcError  # noqa: PLC0415
    from lxml.etree import LxmlError  # noqa: PLC0415

    try:
        document = docx.Document(io.BytesIO(data))
        _ = document.core_properties.title, document.element.body.tag, document.styles.element
    except KeyError as error:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if any(STRICT in package.read(part) for part in package.namelist() if part == "_rels/.rels"):
                raise UnsupportedFormat(
                    f"{name} is a Strict Open XML document. In Word, save it as an ordinary Word document (.docx)."
                ) from error
        raise MalformedFile(
            f"{name} is a Word document with a part missing ({error}). Save it again in Word."
        ) from error
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OpcError,
        LxmlError,
        ValueError,
        AttributeError,
        RuntimeError,
    ) as error:
        raise MalformedFile(f"{name} is a damaged Word document ({error}). Save or send it again.") from error
    return document


def _heading_levels(document: Document) -> dict[str, int]:
    """The level of each style that is a heading, by style id: by its name, its outline, or the style it is based on."""
    levels: dict[str, int] = {}
    based_on: dict[str, str] = {}
    for style in document.styles.element.iter(f"{W}style"):
        style_id = style.get(f"{W}styleId") or ""
        name = _value(style.find(f"{W}name"))
        outline = _value(style.find(f"{W}pPr/{W}outlineLvl"))
        based_on[style_id] = _value(style.find(f"{W}basedOn"))
        if match := HEADING_NAME.fullmatch(name):
            levels[style_id] = int(match["level"])
        elif TITLE_NAME.fullmatch(name):
            levels[style_id] = 1
        elif outline.isdecimal() and int(outline) < 9:
            levels[style_id] = int(outline) + 1
    for style_id in based_on:
        ancestor, steps = style_id, 0
        while ancestor and ancestor not in levels and steps < 10:  # a damaged file may go round in circles
            ancestor, steps = based_on.get(ancestor, ""), steps + 1
        if ancestor in levels:
            levels[style_id] = levels[ancestor]
    return levels


def _value(element: _Element | None) -> str:
    return "" if element is None else element.get(f"{W}val") or ""


def _style_id(paragraph: _Element) -> str:
    return _value(paragraph.find(f"{W}pPr/{W}pStyle"))


def _level_of(paragraph: _Element, levels: dict[str, int]) -> int:
    outline = _value(paragraph.find(f"{W}pPr/{W}outlineLvl"))
    if outline.isdecimal():
        return int(outline) + 1 if int(outline) < 9 else 0
    return levels.get(_style_id(paragraph), 0)


def _blocks(parent: _Element) -> Iterator[_Element]:
    """The paragraphs and tables under an element, in order, through content controls and tracked changes."""
    for child in parent:
        if child.tag == f"{W}tbl":
            yield child
        elif child.tag == f"{W}p":
            yield child
            for box in _inside(child, f"{W}txbxContent"):
                yield from _blocks(box)
        elif child.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml", f"{W}smartTag", f"{W}moveTo"}:
            yield from _blocks(child)


def _inside(element: _Element, tag: str) -> Iterator[_Element]:
    """The outermost elements of that tag."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag != FALLBACK:
            yield from _inside(child, tag)


def _paragraph_text(paragraph: _Element) -> str:
    return "".join(_pieces(paragraph))


def _pieces(element: _Element) -> Iterator[str]:
    """The characters of a paragraph. Deleted and moved-away text and text boxes are no part of it."""
    for child in element:
        if child.tag in {f"{W}t", MATH_TEXT}:
            yield child.text or ""
        elif child.tag in {f"{W}tab", f"{W}ptab"}:
            if element.tag == f"{W}r":  # in the properties, a tab is a tab stop
                yield "\t"
        elif child.tag in {f"{W}br", f"{W}cr"}:
            yield "\n"
        elif child.tag == f"{W}noBreakHyphen":
            yield "-"
        elif child.tag not in {f"{W}txbxContent", f"{W}moveFrom", f"{W}del", FALLBACK}:
            yield from _pieces(child)


def _row_text(row: _Element) -> str:
    """The cells of a row; a table inside a cell is words of that cell."""
    cells = []
    for cell in _inside(row, f"{W}tc"):
        words = " ".join(_paragraph_text(paragraph) for paragraph in _inside(cell, f"{W}p")).split()
        if words:
            cells.append(" ".join(words))
    return " | ".join(cells)
