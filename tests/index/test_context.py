"""index.context: what a passage is read below, and that it never costs the passage its end."""

import pytest

from index.context import CONTEXT_CHARACTERS, context_of, in_context, to_embed
from index.documents import Chunk, Document

TEXT = "Les horaires\n\nLe musée ouvre à dix heures."


def document(title: str) -> Document:
    return Document("d", title, TEXT)


def chunk(start: int, heading: str = "") -> Chunk:
    return Chunk("d", "r", start, len(TEXT), heading)


@pytest.mark.parametrize(
    ("title", "heading", "start", "expected"),
    [
        ("Musée de Tanger", "", 14, "Musée de Tanger"),
        ("Musée de Tanger", "Les horaires", 14, "Musée de Tanger > Les horaires"),
        ("Musée de Tanger", "Les horaires", 0, "Musée de Tanger"),  # the chunk begins with the heading
        ("LES HORAIRES", "", 0, ""),  # said already, whatever the case
        ("Musée", "Musée > Accès", 14, "Musée > Accès"),  # the trail has the title
        ("", "", 14, ""),
    ],
)
def test_context(title: str, heading: str, start: int, expected: str) -> None:
    assert context_of(document(title), chunk(start, heading)) == expected


def test_a_long_title_is_cut_at_a_word() -> None:
    context = context_of(document("mot " * 60), chunk(14))
    assert len(context) <= CONTEXT_CHARACTERS
    assert set(context.split()) == {"mot"}


def test_the_text_stands_whole_below_it() -> None:
    assert in_context(document("Musée de Tanger"), chunk(14)) == "Musée de Tanger\nLe musée ouvre à dix heures."


def test_a_context_that_does_not_fit_is_left_out() -> None:
    def count(texts: list[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    assert to_embed(document("Tanger"), [chunk(14)], 7, count) == ["Tanger\nLe musée ouvre à dix heures."]
    assert to_embed(document("Tanger"), [chunk(14)], 6, count) == ["Le musée ouvre à dix heures."]
