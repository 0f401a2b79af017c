"""What a reader is: a question and passages in, spans out. Knows no model.

A span lies inside one of the passages, in the coordinates of its document. `score` and `no_answer_score` are raw
scores of one reader for one passage: they compare with each other and are never shown as a confidence. `strength`
compares spans of different passages, with what the search knows of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from index.documents import Document, Passage

MOST = 10.0  # of a margin; beyond it a reader is as sure as it gets


class Span(Struct, frozen=True):
    """A candidate answer."""

    document: Document
    start: int
    end: int
    score: float
    no_answer_score: float
    strength: float
    overlap: float = 0.0  # share of the question's words that its sentence holds, 0..1; rare words count for more
    passage_overlap: float = 0.0  # the same for its passage
    retrieval: float = 0.0  # score of its passage, 0..1
    crossed: bool = False  # the question is in another language than the document

    @property
    def margin(self) -> float:
        """How far it is ahead of no answer."""
        return max(-MOST, min(MOST, self.score - self.no_answer_score))


class Reader(Protocol):
    """Finds the spans that answer a question. `digest` names what it was trained to, so that calibrations never mix."""

    name: str
    digest: str

    def read(self, question: str, passages: Sequence[Passage]) -> list[Span]:
        """Spans worth considering, strongest first."""
        ...
