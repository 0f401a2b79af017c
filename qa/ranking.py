"""What the search knows of a span, beside what the reader says of it, and one strength out of both.

The words that a question shares with a sentence count for more the fewer of the sentences found hold them. The weights
are fitted with the calibration (`qa/training/calibrate.py`). Pure; knows no model.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from index.documents import Passage
from index.language import language_of
from index.sentences import sentences
from qa.questions import content_keys

FEATURES = ("margin", "score", "rank", "retrieval", "overlap", "passage_overlap")


class Shared(Struct, frozen=True):
    """What a question shares with one passage, each share from 0 to 1; `rank` is 1 for the first, 1/2 for the next.

    `retrieval` is the score that the search gave; `crossed` says that question and document differ in language.
    """

    rank: float
    retrieval: float
    overlap: float
    sentences: tuple[tuple[int, int, float], ...]  # start and end in the document, overlap
    crossed: bool = False

    def at(self, start: int, end: int) -> float:
        """The share of the sentence that a span of the document begins in."""
        return next((share for left, right, share in self.sentences if left < end and start < right), 0.0)


def shared(question: str, passages: Sequence[Passage]) -> list[Shared]:
    """For each passage, in order."""
    asked, language = set(content_keys(question)), language_of(question)
    pieces = []
    for p in passages:
        text = p.document.text[p.start : p.end]
        ranges = sentences(text, p.document.language)
        found = [(p.start + start, p.start + end, asked & set(content_keys(text[start:end]))) for start, end in ranges]
        pieces.append(found)
    held = Counter(key for found in pieces for _, _, keys in found for key in keys)
    count = sum(len(found) for found in pieces)
    weight = {key: math.log(1 + (count + 1) / (held[key] + 1)) for key in asked}
    total = sum(weight.values()) or 1.0

    def share(keys: set[str]) -> float:
        return sum(weight[key] for key in sorted(keys)) / total

    return [
        Shared(
            1 / (1 + place),
            passages[place].score,
            share(set().union(*(keys for _, _, keys in found))),
            tuple((start, end, share(keys)) for start, end, keys in found),
            bool(language) and passages[place].document.language not in {"", language},
        )
        for place, found in enumerate(pieces)
    ]


def strength(features: Sequence[float], weights: Mapping[str, float]) -> float:
    """The weighted sum of features in the order of FEATURES."""
    return sum(weights[name] * value for name, value in zip(FEATURES, features, strict=True))


def promise(passage: Shared, weights: Mapping[str, float]) -> float:
    """The part of the strength that is known of a passage before it is read."""
    known = {"rank": passage.rank, "retrieval": passage.retrieval, "passage_overlap": passage.overlap}
    return sum(weights[name] * value for name, value in known.items())
