"""RTF: words, accents, tables, and damage."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.errors import DocumentError
from index.loaders import load

START = rb"{\rtf1\ansi\ansicpg1252{\fonttbl\f0 Arial;}{\info{\title Accord du 3 mars}}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(rb"Un mot.\par\par\par Un autre.\par", "Un mot.\n\nUn autre.", id="paragraphs"),
        pytest.param(rb"\'e9t\'e9 \u8364? \u-10179?\u-8704?", "été € 😀", id="characters"),
        pytest.param(rb"\b gras\b0  et {\i pench\'e9}", "gras et penché", id="formatting"),
        pytest.param(
            rb"\trowd Ann\'e9e\cell Emplois\cell\row\trowd 2018\cell 2500\cell\row",
            "Année | Emplois\n2018 | 2500",
            id="table",
        ),
        pytest.param(rb"{\*\generator Riched20;}{\pict\wmetafile8 0102}Texte", "Texte", id="what-is-not-shown"),
    ],
)
def test_what_is_read(body: bytes, text: str) -> None:
    loaded = load(START + body + b"}", "a.rtf")
    assert (loaded.text, loaded.title, loaded.media_type) == (text, "Accord du 3 mars", "application/rtf")


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(["{", "}", "\\u", "-9", "\\'", "g", "\\bin5 ", "\\ansicpg9", "\\f9", "é", "\\pict"])))
def test_any_rtf_gives_a_text_or_an_error(pieces: list[str]) -> None:
    try:
        text = load(b"{\\rtf1 " + "".join(pieces).encode("latin-1"), "a.rtf").text
    except DocumentError as error:
        text = str(error)
    assert text
