"""The two replies: an answer, cut from a document, or no answer. Values, made in `qa.compose`."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from qa.citations import Citation


class Answer(Struct, frozen=True, tag="answer", tag_field="type"):
    """`text` is the short answer, `[start:end]` of the document of `citations[0]`, inside its quote.

    `confidence` is a calibrated probability that the answer is right; `generation` names the index that was asked.
    """

    question: str
    text: str
    start: int
    end: int
    confidence: float
    citations: tuple[Citation, ...]
    alternatives: tuple[Alternative, ...]
    generation: int


class Alternative(Struct, frozen=True):
    """Another answer that was found, less sure than the first; the same laws hold."""

    text: str
    start: int
    end: int
    confidence: float
    citations: tuple[Citation, ...]


class NoAnswer(Struct, frozen=True, tag="no_answer", tag_field="type"):
    """The documents do not say. `closest` are offered as the nearest there is, not asserted as an answer.

    `confidence` is the probability of the best candidate, which was under what the asker wanted; 0 with nothing found.
    """

    question: str
    reason: Literal["nothing_found", "low_confidence"]
    confidence: float
    closest: tuple[Citation, ...]
    generation: int


Reply = Answer | NoAnswer
