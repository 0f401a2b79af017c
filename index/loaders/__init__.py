"""Files in, canonical text out. Knows nothing of where the bytes came from, of chunks, or of storage.

The content decides what a file is. The name is for messages, and settles one tie: Markdown and CSV have no signature,
so that a text is read as one of them when its name says so. Each format has its module; its library is imported when
first used.
"""

from __future__ import annotations

from collections.abc import Callable

from index.errors import EmptyText
from index.loaders import (
    csv,
    doc,
    docx,
    eml,
    epub,
    html,
    markdown,
    msg,
    odf,
    pdf,
    plain,
    pptx,
    rtf,
    xls,
    xlsx,
)
from index.loaders.kind import Kind, kind_of
from index.loaders.loaded import Loaded

__all__ = ["Loaded", "load"]

LOADERS: dict[Kind, Callable[[bytes, str], Loaded]] = {
    Kind.PLAIN: plain.load,
    Kind.MARKDOWN: markdown.load,
    Kind.CSV: csv.load,
    Kind.HTML: html.load,
    Kind.EML: lambda data, name: eml.load(data, name, load),  # it reads its attachments
    Kind.RTF: rtf.load,
    Kind.PDF: pdf.load,
    Kind.DOCX: docx.load,
    Kind.PPTX: pptx.load,
    Kind.XLSX: xlsx.load,
    Kind.ODF: odf.load,
    Kind.EPUB: epub.load,
    Kind.DOC: doc.load,
    Kind.XLS: xls.load,
    Kind.MSG: lambda data, name: msg.load(data, name, load),
}


def load(data: bytes, name: str) -> Loaded:
    """Read one file. Raises a `DocumentError` whose message names the file, what is wrong, and what to do."""
    if not data:
        raise EmptyText(f"{name} is empty (0 bytes). Check that it was saved or uploaded completely.")
    return LOADERS[kind_of(data, name)](data, name)
