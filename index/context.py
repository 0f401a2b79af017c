"""What a passage does not say itself: the title of its document and the headings above it.

Both legs of a search read it before the passage's own text; quotes never do, since a chunk stays a pair of offsets.
Knows nothing of models or of storage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from index.documents import Chunk, Document
from index.text import folded

CONTEXT_PIECES = 40  # of the embedder's window that are kept free for it
CONTEXT_CHARACTERS = 80  # in French and English two or more to a piece


def context_of(document: Document, chunk: Chunk) -> str:
    """The title and the trail of headings, without what the chunk begins with; "" when nothing is left."""
    beginning = folded(document.text[chunk.start : chunk.start + 2 * CONTEXT_CHARACTERS])
    parts = [part for part in (document.title, chunk.heading) if part and folded(part) not in beginning]
    if len(parts) > 1 and folded(parts[0]) in folded(parts[1]):
        parts = parts[1:]
    text = " > ".join(parts)
    return text if len(text) <= CONTEXT_CHARACTERS else text[:CONTEXT_CHARACTERS].rsplit(" ", 1)[0]


def in_context(document: Document, chunk: Chunk) -> str:
    """The chunk's text below its context."""
    text = document.text[chunk.start : chunk.end]
    context = context_of(document, chunk)
    return f"{context}\n{text}" if context else text


def to_embed(
    document: Document, chunks: Sequence[Chunk], window: int, count_pieces: Callable[[Sequence[str]], list[int]]
) -> list[str]:
    """The text that each chunk's vector is made of: without its context where both do not fit into the window."""
    texts = [in_context(document, chunk) for chunk in chunks]
    return [
        text if pieces <= window else document.text[chunk.start : chunk.end]
        for chunk, text, pieces in zip(chunks, texts, count_pieces(texts), strict=True)
    ]
