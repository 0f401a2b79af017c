"""What a reader is: a question and passages in, spans out. Knows no model.

A span lies inside one of the passages, in the coordinates of its document. `score` and `no_answer_score` are raw
scores of one reader: they compare with each other and are never shown as a confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from index.documents import Document, Passage


class Span(Struct, frozen=True):
    """A candidate answer."""

    document: Document
    start: int
    end: int
    score: float
    no_answer_score: float


class Reader(Protocol):
    """Finds the spans that answer a question. `digest` names what it was trained to, so that calibrations never mix."""

    name: str
    digest: str

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """The best span of each sentence worth considering, best first."""
        ...
