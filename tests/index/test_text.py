"""Canonical text, the folded form and words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text import canonical, folded, words

PIECES = [
    "\r\n",
    "\r",
    "\u2028",
    "\x85",
    "\ufeff",
    "\x00",
    "\ud83d",
    "e\u0301",
    "\u0301",
    "é",
    "👩‍🚒",
    "אב",
    "كَلِمَة",
    "ﷺ",
    "한",
    "a b",
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.characters()), max_size=40).map("".join)


@given(TEXTS)
def test_canonical_text_is_a_fixed_point(text: str) -> None:
    once = canonical(text)
    assert canonical(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not set(once) & set("\r\x0b\x0c\x85\u2028\u2029\x00\ufeff")
    assert once.encode().decode() == once  # no lone surrogates


@given(TEXTS, st.integers(0, 200), st.integers(0, 200))
def test_every_slice_of_a_canonical_text_is_canonical(text: str, start: int, end: int) -> None:
    cut = canonical(text)[start:end]
    assert canonical(cut) == cut


@given(TEXTS)
def test_folded_text_is_a_fixed_point(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(TEXTS)
def test_words_hold_letters_and_digits_only(text: str) -> None:
    assert all(word.isalnum() for word in words(text))


@given(st.integers(0, 10**12), st.sampled_from([" ", "\u00a0", "\u202f", "\u2009"]))
def test_a_number_in_groups_is_the_number(number: int, space: str) -> None:
    assert words(f"environ {number:,} emplois".replace(",", space)) == ["environ", str(number), "emplois"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\r\nb\rc\u2028d", "a\nb\nc\nd", id="line-ends"),
        pytest.param("e\u0301te\u0301", "été", id="NFC"),
        pytest.param("\ufeffa\ufeffb", "ab", id="byte-order-marks"),
        pytest.param("a\x00b\ud800c", "abc", id="unstorable"),
        pytest.param("a\r\x00\nb", "a\nb", id="NUL-inside-CRLF"),
    ],
)
def test_canonical(text: str, expected: str) -> None:
    assert canonical(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("  L’Été\n 2019 ", "l'ete 2019", id="case-accents-spaces"),
        pytest.param("« Œuvre » – n°", '" oeuvre " - n°', id="typographic"),
        pytest.param("℡", "tel", id="capitals-that-appear-when-decomposed"),
        pytest.param("pro\u00adfession\u200bnelle", "professionnelle", id="soft-hyphen"),
        pytest.param("أَكَّدَ الإتفاقيّة", "اكد الاتفاقيه", id="arabic"),
        pytest.param("STRASSE Straße", "strasse strasse", id="sharp-s"),
    ],
)
def test_folded(text: str, expected: str) -> None:
    assert folded(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("L'usine d’Évreux", ["l", "usine", "d", "evreux"], id="elisions"),
        pytest.param("2 500 emplois", ["2500", "emplois"], id="space"),
        pytest.param("2\u00a0500 emplois", ["2500", "emplois"], id="no-break-space"),
        pytest.param("1\u202f234\u202f567 €", ["1234567"], id="narrow-no-break-space"),
        pytest.param("2500 emplois", ["2500", "emplois"], id="no-space"),
        pytest.param("en 2019 300 emplois", ["en", "2019", "300", "emplois"], id="year-then-number"),
        pytest.param("01 23 45 67 89", ["01", "23", "45", "67", "89"], id="telephone"),
        pytest.param("2 5000", ["2", "5000"], id="four-digits"),
        pytest.param("12,5 300", ["12", "5", "300"], id="after-a-decimal"),
        pytest.param("tableau 2\n500 emplois", ["tableau", "2", "500", "emplois"], id="across-lines"),
        pytest.param("B2 500", ["b2", "500"], id="after-a-letter"),
        pytest.param("2 500,50 €", ["2500", "50"], id="decimals"),
        pytest.param("snake_case", ["snake", "case"], id="underscore"),
        pytest.param(" … ", [], id="none"),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected
