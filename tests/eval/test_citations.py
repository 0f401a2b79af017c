"""Validity of quotes, and how spans overlap gold."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import pytest

from eval.citations import Overlap, holds, is_valid, span_overlap
from eval.outcomes import Cited
from eval.ranges import Range
from index.documents import revision_of

TEXT = "Le Nil coule vers la mer."
CITED = Cited("a", revision_of(TEXT), 3, 12, "Nil coule", sha256(b"Nil coule").hexdigest(), (Range("b", 10, 19),))


def test_a_true_quote() -> None:
    assert is_valid(CITED, {"a": TEXT})


@pytest.mark.parametrize(
    "change",
    [
        {"document": "z"},
        {"revision": "0" * 64},
        {"start": 2},
        {"end": 99},
        {"start": -22, "end": -13},
        {"quote": "Nil roule"},
        {"sha256": "0" * 64},
    ],
    ids="+".join,
)
def test_a_false_quote(change: dict[str, object]) -> None:
    assert not is_valid(msgspec.structs.replace(CITED, **change), {"a": TEXT})


@pytest.mark.parametrize(
    ("targets", "held"),
    [
        ([[Range("a", 3, 6)]], True),
        ([[Range("a", 3, 13)]], False),
        ([[Range("b", 12, 14)]], True),  # by its duplicate
        ([[Range("z", 0, 1)], [Range("a", 7, 12)]], True),
        ([], False),
    ],
)
def test_a_citation_holds_an_answer(targets: list[list[Range]], held: bool) -> None:
    assert holds(CITED, targets) == held


@pytest.mark.parametrize(
    ("given", "targets", "overlap"),
    [
        # 5 of 10 characters given are right; 5 of the 5 right ones are given
        (Range("a", 0, 10), [[Range("a", 5, 10)]], (0.5, 1)),
        # against 0..2 (0.2, 1): 1/3; against 2..10 (0.8, 1): 0.89, the best
        (Range("a", 0, 10), [[Range("a", 0, 2), Range("a", 2, 10)]], (0.8, 1)),
        (Range("a", 0, 10), [[Range("b", 0, 10)]], (0, 0)),
        (Range("a", 0, 10), [], (0, 0)),
    ],
)
def test_span_overlap_takes_the_best_place(
    given: Range, targets: list[list[Range]], overlap: tuple[float, float]
) -> None:
    assert span_overlap(given, targets) == Overlap(*overlap)
