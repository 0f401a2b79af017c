"""qa.lists: what the text joins becomes one span, for a question that asks for several things and no other."""

import pytest

from index.documents import Chunk, Document, Passage, revision_of
from qa.lists import ASKING, joined
from qa.reader import Span

TEXT = (
    "Elle parle français, anglais et l'arabe. Le Maroc et la Chine signent. Rabat, dit-on, attend Pékin. "
    "يلتقي المغرب والصين. It reads PDF, HTML, as well as the Markdown."
)

DOCUMENT = Document("d", "D", TEXT)


def passage(start: int, end: int) -> Passage:
    return Passage(DOCUMENT, Chunk("d", revision_of(TEXT), start, end), start, end, 1.0)


WHOLE = [passage(0, len(TEXT))]


def span(words: str, strength: float = 1.0) -> Span:
    start = TEXT.index(words)
    return Span(DOCUMENT, start, start + len(words), strength, 0.0, strength)


@pytest.mark.parametrize(
    ("found", "whole"),
    [
        (["français", "anglais", "arabe"], "français, anglais et l'arabe"),
        (["arabe", "anglais"], "anglais et l'arabe"),
        (["Le Maroc", "la Chine"], "Le Maroc et la Chine"),
        (["Maroc", "Le Maroc et la Chine"], "Le Maroc et la Chine"),
        (["PDF, HTML", "Markdown"], "PDF, HTML, as well as the Markdown"),
        (["المغرب", "الصين"], "المغرب والصين"),
        (["Rabat", "Pékin"], "Rabat"),
        (["Chine", "Rabat"], "Chine"),
        (["français", "arabe"], "français"),
    ],
)
def test_what_the_text_joins_is_one(found: list[str], whole: str) -> None:
    first = joined("Quels pays ?", [span(words) for words in found], WHOLE)[0]
    assert TEXT[first.start : first.end] == whole


def test_a_question_for_one_thing_gets_one() -> None:
    spans = [span("Le Maroc"), span("la Chine")]
    assert joined("Quel pays signe ?", spans, WHOLE) == spans
    assert joined("Quels pays ?", [], WHOLE) == []


def test_what_is_much_weaker_is_not_joined() -> None:
    first = joined("Quels pays ?", [span("Le Maroc", 3.0), span("la Chine", 1.5)], WHOLE)[0]
    assert TEXT[first.start : first.end] == "Le Maroc"


def test_a_list_ends_with_its_passage() -> None:
    border = TEXT.index("la Chine")
    spans, parts = [span("Le Maroc"), span("la Chine")], [passage(0, border), passage(border, len(TEXT))]
    assert joined("Quels pays ?", spans, parts) == spans


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Quels pays signent ?", True),
        ("Dans quelles langues peut-on demander ?", True),
        ("Which file formats does it read?", True),
        ("In which languages can one ask?", True),
        ("What are the causes?", True),
        ("ما هي اللغات؟", True),
        ("Quelle usine ?", False),
        ("Which class is it?", False),
        ("Which city is the capital?", False),
        ("Qui signe ?", False),
    ],
)
def test_what_asks_for_several(question: str, asks: bool) -> None:
    assert bool(ASKING.match(question)) is asks
