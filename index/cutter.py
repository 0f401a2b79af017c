"""A document into chunks, each with the text that its vector is made of, for one embedder and budget.

Knows nothing of storage. Whoever takes documents in and whoever embeds them anew cut them here, so that both get the
same chunks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple

from index.chunker import CHUNK_TOKENS, chunk
from index.context import CONTEXT_PIECES, to_embed
from index.documents import Chunk, Document
from index.embedder import Embedder
from index.generations import Models
from index.oversize import Range
from index.tokens import vocabulary_digest


class Cut(NamedTuple):
    """A chunk, the text to embed, and the row of the repeated paragraph that it is a part of, if it is one."""

    chunk: Chunk
    text: str
    paragraph_id: int | None


class Cutter:
    """`models` says what makes the chunks and their vectors."""

    def __init__(self, embedder: Embedder, chunk_tokens: int = CHUNK_TOKENS) -> None:
        """Chunks have at most `chunk_tokens`, and fit the embedder's window below their context."""
        self.embedder = embedder
        self._room = room = embedder.window - CONTEXT_PIECES
        self._chunk_tokens = chunk_tokens
        tokens = vocabulary_digest()
        self.models = Models(embedder.name, embedder.digest, embedder.dimension, room, tokens, chunk_tokens)

    def cut(self, document: Document, repeated: Mapping[Range, int]) -> list[Cut]:
        """The chunks of a document, in order; a `repeated` paragraph, by its range, shares a chunk with nothing else.

        Raises ChunkTooLong when a limit is too small for a single character.
        """
        count_pieces = self.embedder.count_pieces
        chunks = chunk(document, self._chunk_tokens, self._room, count_pieces, list(repeated))
        cuts = []
        left = deque(sorted(repeated.items()))
        for one, text in zip(chunks, to_embed(document, chunks, self.embedder.window, count_pieces), strict=True):
            while left and left[0][0][1] <= one.start:
                left.popleft()
            cuts.append(Cut(one, text, left[0][1] if left and left[0][0][0] <= one.start else None))
        return cuts
