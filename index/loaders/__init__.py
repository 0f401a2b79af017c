"""Files in, canonical text out. Knows nothing of where the bytes came from, of chunks, or of storage.

The content decides what a file is. The name is for messages, and settles one tie: Markdown has no signature, so that a
text is read as Markdown when its name says so. Each format has its module; its library is imported when first used.
"""

from __future__ import annotations

from index.errors import EmptyText
from index.loaders import docx, html, markdown, pdf, plain
from index.loaders.kind import Kind, kind_of
from index.loaders.loaded import Loaded

__all__ = ["Loaded", "load"]


def load(data: bytes, name: str) -> Loaded:
    """Read one file. Raises a `DocumentError` whose message names the file, what is wrong, and what to do."""
    if not data:
        raise EmptyText(f"{name} is empty (0 bytes). Check that it was saved or uploaded completely.")
    match kind_of(data, name):
        case Kind.PDF:
            return pdf.load(data, name)
        case Kind.DOCX:
            return docx.load(data, name)
        case Kind.HTML:
            return html.load(data, name)
        case Kind.MARKDOWN:
            return markdown.load(data, name)
        case Kind.PLAIN:
            return plain.load(data, name)
