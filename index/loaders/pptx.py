"""PowerPoint presentations (.pptx): each slide is a page, its title a heading, then its text, tables and notes.

python-pptx opens the package and gives the slides in order. The walk over a slide is ours: it goes through groups and
content that its own passes over. Footers, dates, slide numbers, charts and comments are not read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from index.errors import MalformedFile
from index.loaders.loaded import Builder, Loaded

if TYPE_CHECKING:
    from lxml.etree import _Element
    from pptx.presentation import Presentation

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # says the same again
TITLES = frozenset({"title", "ctrTitle"})
AROUND = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})
GENERATED_TITLES = frozenset({"PowerPoint Presentation", "Présentation PowerPoint", "PowerPoint-Präsentation"})


def load(data: bytes, name: str) -> Loaded:
    """Read a presentation. Raises `MalformedFile` or `EmptyText`."""
    from lxml.etree import LxmlError  # noqa: PLC0415  not needed for other formats
    from pptx.exc import PythonPptxError  # noqa: PLC0415

    builder = Builder(name)
    try:
        presentation = _open(data)
        for number, slide in enumerate(presentation.slides, start=1):
            builder.start_page(number)
            _add_shapes(builder, slide.shapes._spTree)
            if slide.has_notes_slide:
                _add_shapes(builder, slide.notes_slide.shapes._spTree)
        title = presentation.core_properties.title
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        PythonPptxError,
        LxmlError,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
        RuntimeError,
    ) as error:
        raise MalformedFile(f"{name} is a damaged PowerPoint presentation ({error}). Save or send it again.") from error
    return builder.build(MEDIA_TYPE, title="" if title in GENERATED_TITLES else title)


def _open(data: bytes) -> Presentation:
    """By the package: `pptx.Presentation` refuses slide shows and templates, which are the same inside."""
    from pptx.package import Package  # noqa: PLC0415

    presentation: Presentation = Package.open(io.BytesIO(data)).presentation_part.presentation
    return presentation


def _add_shapes(builder: Builder, tree: _Element) -> None:
    """The title first, wherever it stands in the file; then the others in their order."""
    shapes = list(_shapes(tree))
    for shape in [shape for shape in shapes if _placeholder(shape) in TITLES]:
        builder.add_heading(" ".join(_paragraphs(shape)), 1)
    for shape in shapes:
        kind = _placeholder(shape)
        if kind in TITLES or kind in AROUND:
            continue
        rows = list(shape.iter(f"{A}tr"))
        lines = [_row(row) for row in rows] if rows else list(_paragraphs(shape))
        builder.add("\n".join(line for line in lines if line.strip()))


def _shapes(parent: _Element) -> Iterator[_Element]:
    """The shapes that hold text, through groups."""
    for child in parent:
        if child.tag in {f"{P}sp", f"{P}graphicFrame", f"{P}cxnSp"}:
            yield child
        elif child.tag != FALLBACK:
            yield from _shapes(child)


def _placeholder(shape: _Element) -> str:
    """What the shape is there for ("title", "body", "ftr"); "" for a shape that somebody drew."""
    found = shape.find(f"{P}nvSpPr/{P}nvPr/{P}ph")
    return "" if found is None else found.get("type") or "body"


def _row(row: _Element) -> str:
    cells = (" ".join(" ".join(_paragraphs(cell)).split()) for cell in row.iter(f"{A}tc"))
    return " | ".join(cell for cell in cells if cell)


def _paragraphs(element: _Element) -> Iterator[str]:
    for paragraph in element.iter(f"{A}p"):
        pieces = paragraph.iter(f"{A}t", f"{A}br")
        yield "".join("\n" if piece.tag == f"{A}br" else piece.text or "" for piece in pieces).strip()
