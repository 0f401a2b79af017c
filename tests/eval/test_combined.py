"""Sets made of sets, by hand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from eval.combined import crossed, drawn, joined
from eval.gold import Gold, GoldError, GoldSet, GoldSpan, gather
from index.documents import Document

FRENCH = gather(
    "x_fr",
    [Document("d", "Fleuves", "Le Nil coule.", language="fr")],
    [("here", Gold("a", "Quel fleuve ?", "fr", (GoldSpan("d", 3, 6, "Nil"),)))],
)
ENGLISH = gather(
    "x_en",
    [Document("d", "Rivers", "The Nile flows.", language="en"), Document("e", "", "Le Nil coule.")],
    [("here", Gold("a", "Which river?", "en", (GoldSpan("d", 4, 8, "Nile"),)))],
)


def test_documents_of_others_come_once_and_without_questions() -> None:
    both = joined(FRENCH, [ENGLISH, ENGLISH])
    # "e" says what "d" of the first set says, and the second copy brings nothing.
    assert [(document.id, document.title) for document in both.documents] == [("d", "Fleuves"), ("1+d", "Rivers")]
    assert (both.name, both.questions) == ("x_fr", FRENCH.questions)
    assert joined(FRENCH, []) == FRENCH


def test_questions_of_one_language_on_the_documents_of_another() -> None:
    found = crossed(ENGLISH, FRENCH)
    assert (found.name, found.documents) == ("x_en@x_fr", FRENCH.documents)
    assert found.questions == (replace(FRENCH.questions[0], question="Which river?"),)


def test_sets_that_are_no_translations_are_refused() -> None:
    other = GoldSet("y", FRENCH.documents, (replace(FRENCH.questions[0], id="b"),))
    with pytest.raises(GoldError, match=r"x_en@y: 2 questions are in one of the two sets alone \('a'\)"):
        crossed(ENGLISH, other)


def test_a_part_is_drawn_the_same_each_time_and_has_a_name_of_its_own() -> None:
    whole = gather(
        "many", [Document("a", "A", "Un.")], [(str(n), Gold(f"q{n}", "Quoi ?", answerable=False)) for n in range(9)]
    )
    part = drawn(whole, 4)
    assert (part.name, len(part.questions), part.documents) == ("many-4", 4, whole.documents)
    assert part == drawn(whole, 4)
    assert set(part.questions) < set(whole.questions)
    assert drawn(whole, 0) == drawn(whole, 9) == whole
