"""qa.ranking: the words that a question shares with what was found, and the strength made of them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.documents import Chunk, Document, Passage, revision_of
from qa.ranking import FEATURES, Shared, promise, shared, strength

TEXT = "Le pont ouvre en mars. Le port de Tanger emploie deux mille personnes. 😀 Rien."
WEIGHTS = dict(zip(FEATURES, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), strict=True))


def passage(text: str, start: int = 0) -> Passage:
    document = Document("d", "D", text, language="fr")
    return Passage(document, Chunk("d", revision_of(text), start, len(text)), start, len(text), 1.0)


def test_by_hand() -> None:
    first, second = shared("Qui emploie le port ?", [passage(TEXT), passage("Le port ouvre.")])
    # 4 sentences; "emploie" in one, "port" in two: ln(1 + 5/2) and ln(1 + 5/3).
    whole, port = math.log(3.5) + math.log(1 + 5 / 3), math.log(1 + 5 / 3)
    assert (first.rank, second.rank) == (1.0, 0.5)
    assert first.overlap == 1.0
    assert second.overlap == pytest.approx(port / whole)
    assert first.at(TEXT.index("deux"), TEXT.index("deux") + 4) == 1.0
    assert first.at(0, 7) == 0.0


def test_a_span_outside_every_sentence_shares_nothing() -> None:
    assert shared("port", [passage("Le port.")])[0].at(100, 105) == 0.0


def test_sentences_have_the_coordinates_of_the_document() -> None:
    start = TEXT.index("Le port")
    (found,) = shared("port ?", [passage(TEXT, start)])
    assert [TEXT[left:right] for left, right, share in found.sentences if share] == [
        "Le port de Tanger emploie deux mille personnes."
    ]


def test_strength_and_promise() -> None:
    assert strength([1.0, 1.0, 1.0, 1.0, 1.0, 1.0], WEIGHTS) == 21.0
    assert promise(Shared(0.5, 0.9, 0.2, ()), WEIGHTS) == pytest.approx(3 * 0.5 + 4 * 0.9 + 6 * 0.2)


def test_it_is_known_when_question_and_document_differ_in_language() -> None:
    asked = {"Qui emploie deux mille personnes ?": False, "Who employs two thousand people?": True, "2 000 ?": False}
    assert {question: shared(question, [passage(TEXT)])[0].crossed for question in asked} == asked


@given(st.text(max_size=40), st.lists(st.text(min_size=1, max_size=60), max_size=4))
def test_shares_are_shares(question: str, texts: list[str]) -> None:
    for one in shared(question, [passage(text) for text in texts if text.strip()]):
        assert 0 <= one.overlap <= 1 + 1e-9
        assert all(0 <= share <= one.overlap + 1e-9 for _, _, share in one.sentences)
