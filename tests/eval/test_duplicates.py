"""Where gold stands as well, and what counts as one thing to find."""

from __future__ import annotations

import pytest

from eval.duplicates import sentence_around, shown_twice, targets, twins
from eval.gold import Gold, GoldSpan
from eval.ranges import Range

SENTENCE = "Le projet créera 2 500 emplois directs à Tanger."
TEXT = f"Titre\n{SENTENCE} Il ouvre en 2026.\n{SENTENCE}\nFin."
OTHER = f"Rappel : rien. {SENTENCE}"
TEXTS = {"a": TEXT, "b": OTHER}


def place(document: str, needle: str, nth: int = 0) -> Range:
    at = -1
    for _ in range(nth + 1):
        at = TEXTS[document].index(needle, at + 1)
    return Range(document, at, at + len(needle))


def span(document: str, needle: str, nth: int = 0) -> GoldSpan:
    found = place(document, needle, nth)
    return GoldSpan(found.document, found.start, found.end, needle)


@pytest.mark.parametrize(
    ("needle", "sentence"),
    [
        ("2 500", SENTENCE[:-1]),
        ("Titre", "Titre"),
        ("Tanger.", SENTENCE),
        ("Tanger. Il", SENTENCE + " Il ouvre en 2026"),
        ("Fin.", "Fin."),
    ],
)
def test_the_sentence_around_a_span(needle: str, sentence: str) -> None:
    found = place("a", needle)
    start, end = sentence_around(TEXT, found.start, found.end)
    assert TEXT[start:end] == sentence


def test_a_repeated_sentence_holds_the_answer_everywhere() -> None:
    assert twins(span("a", "2 500"), TEXTS) == [place("a", "2 500"), place("a", "2 500", 1), place("b", "2 500")]


def test_a_short_sentence_has_no_twins() -> None:
    assert twins(GoldSpan("a", 0, 3, "Oui"), {"a": "Oui.\nOui.\n"}) == [Range("a", 0, 3)]


def test_spellings_and_copies_are_one_target() -> None:
    answers = (span("a", "2 500"), span("a", "2 500 emplois"), span("b", "2 500"))
    (group,) = targets(Gold("q", "?", answers=answers), TEXTS)
    assert set(group) == {
        place(d, text, n) for text in ("2 500", "2 500 emplois") for d, n in [("a", 0), ("a", 1), ("b", 0)]
    }


def test_other_answers_are_other_targets() -> None:
    groups = targets(Gold("q", "?", answers=(span("a", "2 500"), span("a", "2026"))), TEXTS)
    assert [group[0] for group in groups] == [place("a", "2 500"), place("a", "2026")]
    assert targets(Gold("q", "?", answerable=False), TEXTS) == []


def test_what_was_shown_twice_is_folded_first() -> None:
    # The second repeats the first but for case and spaces: 1 of 4.
    assert shown_twice(["L’usine  ouvre", "l'usine ouvre", "Le Nil", "Le Niger"]) == 1 / 4
    assert shown_twice([]) == 0
